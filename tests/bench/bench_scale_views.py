"""Catching up one view on PostgreSQL: our batches against the library's runner, event by event.

Both follow the same log - two days of the demonstration -, both keep the journal and one view, with
the same view code; their tables are compared row by row before anything is reported. Ours reads our
store by pages and takes a page in one transaction, as the server's `ViewRunner` does. Theirs is the
library from end to end: its own table of events, its subscription, `ProjectionRunner`, and a
transaction an event, into which the event's id goes as `PostgresTrackingRecorder` writes it. What
our groups do beside (locks, checks whether somebody else was faster) it is spared.

They take the same stretches of the log in turns; theirs a part of each, and the rest by batches.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from eventsourcing.persistence import Mapper, Tracking
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from infra.bootstrap import bootstrap
from infra.database import postgres_engine
from infra.store.log import PAGE, EventLog
from infra.store.mapper import CompactMapper
from infra.views.digest import Digest
from infra.views.group import ViewGroup
from projections.holdings import Holdings
from projections.journal import Journal
from projections.view import Knowledge, View
from projections.visits import Visits
from tests.bench.copied_log import Library, fill, fill_library, library_environment, recorded
from tests.bench.report import Row, ratio_row
from tests.servers.migrated import migrated_settings
from tests.servers.postgres import OwnPostgres, own_postgres

FIRST = 4_000  # the staff, who move no packet: nobody is measured on empty tables
STRETCH = PAGE
ROUNDS = 4
FEW = 300  # of each stretch, one by one
AIMS: tuple[tuple[type[View], float], ...] = ((Holdings, 30.0), (Visits, 10.0))
SERVER = {"shared_buffers": "256MB"}
AGAINST = "ProjectionRunner, the same view, one event a transaction"


def run() -> list[Row]:
    """Measure view by view; return the rows of the table."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="qolhat-bench-")))
        server = opened.enter_context(own_postgres(settings=SERVER))
        settings = migrated_settings(server.fresh_database(), folder)
        rows = recorded()
        with psycopg.connect(settings.postgres_dsn.get_secret_value()) as connection:
            fill(connection, "stored_events", rows)
        dsn = server.fresh_database()
        fill_library(dsn, rows)
        qolhat = opened.enter_context(bootstrap(settings))
        return [
            _compared(server, dsn, qolhat.log, qolhat.views.knowledge, kind, aim)
            for kind, aim in AIMS
        ]


def _compared(
    server: OwnPostgres,
    library: str,
    log: EventLog,
    knowledge: Knowledge,
    kind: type[View],
    aim: float,
) -> Row:
    what = f"catching up {kind.name}, PostgreSQL"
    batches = _Batches(server.fresh_database(), log, knowledge, kind)
    single = _OneByOne(server.fresh_database(), log, knowledge, kind, library)
    try:
        rates = [_round(batches, single, FIRST + n * STRETCH) for n in range(ROUNDS)]
        for side in (batches, single):
            side.catch_up(FIRST + ROUNDS * STRETCH)
        if batches.rows() != single.rows():
            return Row(what, AGAINST, "-", "the tables differ", None, aim, reached=False)
    finally:
        batches.group.close()
        single.group.close()
    ours, theirs = (median(side) for side in zip(*rates, strict=True))
    return ratio_row(what, AGAINST, ours, theirs, aim)


def _round(batches: _Batches, single: _OneByOne, after: int) -> tuple[float, float]:
    """Let each take the same stretch; the slow one a part of it."""
    for side in (batches, single):
        side.catch_up(after)
    return batches.rate(after + STRETCH), single.rate(after + FEW)


class _Batches:
    """Ours: a view and its journal in a database of their own."""

    def __init__(self, dsn: str, log: EventLog, knowledge: Knowledge, kind: type[View]) -> None:
        self.group = ViewGroup(postgres_engine(dsn), knowledge, (kind,))
        self.group.prepare()
        self._log = log

    def catch_up(self, until: int) -> None:
        """Bring the view up to a position, by pages."""
        after = self.group.position()
        while after < until:
            page = self._log.rows.rows_after(after, min(PAGE, until - after))
            after = self.group.take(page, after)

    def take(self, until: int) -> None:
        """The same, as it is to be measured."""
        self.catch_up(until)

    def rate(self, until: int) -> float:
        """The same; return how many events a second."""
        after, started = self.group.position(), perf_counter()
        self.take(until)
        return (until - after) / (perf_counter() - started)

    def rows(self) -> dict[str, list[str]]:
        """Return all that the tables hold."""
        assert self.group.set_aside() == []
        with self.group.engine.connect() as connection:
            return {
                name: sorted(
                    str(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}"))
                )
                for kind in self.group.kinds
                for name in self.group.of_generation(kind, 1).tables
            }


class _OneByOne(_Batches):
    """The library's runner, with the same view."""

    def __init__(
        self, dsn: str, log: EventLog, knowledge: Knowledge, kind: type[View], library: str
    ) -> None:
        super().__init__(dsn, log, knowledge, kind)
        self._env = library_environment(library) | {
            "ONEBYONE_PERSISTENCE_MODULE": "eventsourcing.popo"
        }
        self._journal = self.group.of_generation(Journal, 1)
        self._views = [self._journal, self.group.of_generation(kind, 1)]
        with self.group.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TABLE tracking (application_name text, notification_id bigint,"
                " PRIMARY KEY (application_name, notification_id))"
            )

    def take(self, until: int) -> None:
        after, done = self.group.position(), Event()

        class OneByOne(Projection[POPOTrackingRecorder]):
            def process_event(_, domain_event: Any, tracking: Tracking) -> None:  # noqa: N805
                if tracking.notification_id <= until:
                    self._take_one(domain_event, tracking)
                if tracking.notification_id == until:
                    done.set()

        with ProjectionRunner(
            application_class=_Library,
            projection_class=OneByOne,
            view_class=_starting(after),
            env=self._env,
        ) as runner:
            while not done.wait(0.001):
                assert not runner.is_interrupted.is_set()
        with self.group.alone() as connection:  # where its next stretch begins
            self.group.move(connection, until)

    def _take_one(self, stored: Any, tracking: Tracking) -> None:
        """Write what an event changes, and its id."""
        row = (
            tracking.notification_id,
            stored.originator_id,
            stored.originator_version,
            stored.topic,
            stored.state,
        )
        with self.group.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO tracking VALUES (%s, %s)",
                (tracking.application_name, tracking.notification_id),
            )
            batch = Digest(connection, self._journal, self.group.knowledge).of([row])
            for view in self._views:
                view.apply(connection, batch)


class _AsStored(CompactMapper):
    """Hands notifications over as they are: the views read what they need."""

    def to_domain_event(self, stored_event: Any) -> Any:
        return stored_event


class _Library(Library):
    """The library's application, with events as they are stored."""

    name = Library.name  # and so the same table

    def construct_mapper(self) -> Mapper[UUID]:
        return _AsStored()


def _starting(position: int) -> type[POPOTrackingRecorder]:
    """The library begins after this position; it keeps none: that is written with the rows."""

    class Kept(POPOTrackingRecorder):
        def max_tracking_id(self, application_name: str) -> int | None:
            return position

    return Kept
