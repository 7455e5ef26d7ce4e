"""Catching views up: our batches against the library's runner, which takes one event at a time.

All follow the same log - two days of the demonstration, as they were recorded - and keep the same
tables of packets in SQLite files of the same settings (write-ahead, `synchronous=NORMAL`); the
bench compares the tables row by row before it reports anything. Ours is `ViewRunner.catch_up`, as
the server runs it. Theirs is `eventsourcing.projection.ProjectionRunner` with a Projection that
writes what one event changes, and its position, in one transaction. It is measured
twice:

- with our views as they are, given one event at a time: what the library's runner would cost us;
- with our rules, but statements written by hand for plain sqlite3: what somebody would write who
  never meant to work in batches. It owes nothing to our layer above the database, so this ratio
  (about 5) is what batches themselves are worth; the aim is for the first.

The library has no subscription for SQLite: its own ListenNotifySubscription (500 events at a time,
read by another thread) is put on our recorder. The runner hands events over as they are stored, so
that none is read twice. All take the same stretches of the log in turns; medians are compared.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter
from typing import Any, ClassVar, cast
from uuid import UUID

import sqlalchemy as sa
from eventsourcing.persistence import (
    ListenNotifySubscription,
    Mapper,
    Notification,
    Subscription,
    Tracking,
)
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from domain.packet import Packet
from domain.progress import Progress
from infra.bootstrap import EVENTS_FILE, bootstrap
from infra.database import sqlite_engine
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.settings import Settings
from infra.store.log import PAGE, EventLog
from infra.store.mapper import CompactMapper
from infra.store.rows import EventRow
from infra.store.sqlite import SQLiteRowFactory, SQLiteRowRecorder
from infra.views.digest import Digest
from infra.views.group import ViewGroup
from infra.views.runner import ViewRunner
from projections.due import DueView
from projections.holdings import Holdings
from projections.journal import Journal, JournalRow, _decode, _encode
from projections.tables import Target
from projections.unsettled import Unsettled
from projections.view import Batch, Knowledge, PacketChange
from projections.visits import Visits
from tests.bench.report import Row, ratio_row
from tests.infra.demonstration.simulated import hasty

PLAN = Plan(days=2, packets=400)
KEPT = (Holdings, Visits, DueView, Unsettled)  # what somebody would write by hand, too
FIRST = 3000  # the staff, who move no packet, and some packets: nobody is measured on empty tables
ROUNDS = 3
FEW = 200  # of each stretch, with our views one by one
AIM = 10.0
LEAST_BY_HAND = 3.0  # a floor, no aim: below it ours would have become slow
WHAT = "catching views up, events"
BY_OURS = "ProjectionRunner, our views one by one"
BY_HAND = "ProjectionRunner, statements by hand"


def run() -> list[Row]:
    """Measure in turns; return the rows of the table."""
    with TemporaryDirectory(prefix="qolhat-bench-") as folder:
        knowledge = _record(Path(folder))
        batches, single, by_hand = sides = (
            _Batches(Path(folder), knowledge),
            _OneByOne(Path(folder), knowledge),
            _ByHand(Path(folder), knowledge),
        )
        rounds = [_round(batches, single, by_hand, FIRST + n * PAGE) for n in range(ROUNDS)]
        for side in sides:
            side.catch_up(FIRST + ROUNDS * PAGE)
        same = batches.rows() == single.rows() == by_hand.rows()
        for side in sides:
            side.close()
    if not same:
        return [Row(WHAT, BY_OURS, "-", "the tables differ", None, AIM, reached=False)]
    ours, theirs, lean = (median(rates) for rates in zip(*rounds, strict=True))
    return [
        ratio_row(WHAT, BY_OURS, ours, theirs, AIM),
        ratio_row(WHAT, BY_HAND, ours, lean, LEAST_BY_HAND),
    ]


def _record(folder: Path) -> Knowledge:
    """Fill the event store; no power fails meanwhile."""
    clock = SimulatedClock()
    with hasty(), bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        outcome = run_demonstration(qolhat, clock, PLAN)
        assert outcome.events >= FIRST + ROUNDS * PAGE, outcome.events
        return qolhat.views.knowledge


def _round(
    batches: _Batches, single: _OneByOne, by_hand: _ByHand, after: int
) -> tuple[float, float, float]:
    """Let each take the same stretch; the slow one a part of it, and the rest by batches."""
    for side in (batches, single, by_hand):
        side.catch_up(after)
    return batches.rate(after + PAGE), single.rate(after + FEW), by_hand.rate(after + PAGE)


# --- the log as all of them read it: only up to where the stretch ends ---------------------------


class _Until(SQLiteRowRecorder):
    """A store that ends at a position, with the library's subscription."""

    until: ClassVar[int] = 0

    def last_position(self) -> int:
        return min(self.until, super().last_position())

    def rows_after(self, position: int, limit: int) -> list[EventRow]:
        return super().rows_after(position, min(limit, self.until - position))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        return super().select_notifications(
            start, limit, self.until, topics, inclusive_of_start=inclusive_of_start
        )

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[SQLiteRowRecorder]:
        return ListenNotifySubscription(self, gt, topics)


class _Factory(SQLiteRowFactory):
    application_recorder_class = _Until


class _AsStored(CompactMapper):
    """Hands notifications over as they are: the views read what they need."""

    def to_domain_event(self, stored_event: Any) -> Any:
        return stored_event


class _Log(EventLog):
    """The library's runner opens it by its environment alone."""

    def __init__(self, env: dict[str, str]) -> None:
        file = Path(env["SQLITE_DBNAME"])
        super().__init__(env, partial(sqlite_engine, file, durable=True))

    def construct_mapper(self) -> Mapper[UUID]:
        return _AsStored()


# --- the three ----------------------------------------------------------------------------------


class _Side(ABC):
    """Views in a file of their own."""

    def __init__(self, folder: Path, knowledge: Knowledge) -> None:
        self.log = {
            "PERSISTENCE_MODULE": f"{__name__}:{_Factory.__name__}",
            "SQLITE_DBNAME": str(folder / EVENTS_FILE),
        }
        self.file = folder / f"{type(self).__name__}.db"
        self.group = ViewGroup(sqlite_engine(self.file, durable=False), knowledge, KEPT)
        self.group.prepare()

    def catch_up(self, until: int) -> None:
        """Bring the views up to a position, by batches."""
        _Until.until = until
        with _Log(self.log) as log:
            ViewRunner(log, self.group).catch_up()

    @abstractmethod
    def take(self, until: int) -> None:
        """Bring the views up to a position, as it is to be measured."""

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

    def close(self) -> None:
        self.group.close()


class _Batches(_Side):
    """Ours."""

    def take(self, until: int) -> None:
        self.catch_up(until)


class _OneByOne(_Side):
    """The library's runner with our views as they are."""

    def take(self, until: int) -> None:
        _Until.until = until
        tracking, done = _tracking(self.group.position()), Event()

        class OneByOne(Projection[POPOTrackingRecorder]):
            def process_event(_, domain_event: Any, tracking: Tracking) -> None:  # noqa: N805
                self.take_one(_as_row(domain_event))
                if tracking.notification_id == until:
                    done.set()

        env = self.log | {"ONEBYONE_PERSISTENCE_MODULE": "eventsourcing.popo"}
        with ProjectionRunner(
            application_class=_Log, projection_class=OneByOne, view_class=tracking, env=env
        ) as runner:
            while not done.wait(0.01) and not runner.is_interrupted.is_set():
                pass

    def take_one(self, row: EventRow) -> None:
        """Write what an event changes and its position."""
        self.group.take([row], row[0] - 1)


def _tracking(position: int) -> type[POPOTrackingRecorder]:
    """The library keeps no position: ours is written with the rows."""

    class Kept(POPOTrackingRecorder):
        def max_tracking_id(self, application_name: str) -> int | None:
            return position

    return Kept


def _as_row(stored: Notification) -> EventRow:
    stream = cast("UUID", stored.originator_id)
    return stored.id, stream, stored.originator_version, stored.topic, stored.state


class _ByHand(_OneByOne):
    """The library's runner with statements for plain sqlite3; the rules are ours."""

    def __init__(self, folder: Path, knowledge: Knowledge) -> None:
        super().__init__(folder, knowledge)
        self.raw = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
        for pragma in ("synchronous=NORMAL", "cache_size=-65536"):
            self.raw.execute(f"PRAGMA {pragma}")
        self._views = {kind: kind(1, knowledge) for kind in KEPT}
        self._journal = _JournalByHand(self.raw, knowledge)
        self._upserts = {
            table: _upsert(table)
            for view in (self._journal, *self._views.values())
            for table in view.tables.values()
        }
        # what is doubtful is rare: the view's own statements, on the same connection
        self._rare = sa.create_engine(
            "sqlite://", creator=lambda: self.raw, poolclass=sa.StaticPool
        ).connect()

    def take_one(self, row: EventRow) -> None:
        self.raw.execute("BEGIN IMMEDIATE")
        batch = Digest(self._rare, self._journal, self.group.knowledge).of([row])
        for change in batch.packets:
            self._write(change)
        if _is_doubtful(batch):
            self._views[Unsettled].apply(self._rare, batch)
        self.raw.execute("UPDATE view_positions SET position=? WHERE source='log'", (row[0],))
        self.raw.execute("COMMIT")

    def _write(self, change: PacketChange) -> None:
        holdings, visits, due = (self._views[kind] for kind in (Holdings, Visits, DueView))
        assert isinstance(holdings, Holdings)
        assert isinstance(visits, Visits)
        assert isinstance(due, DueView)
        progress = {"packet": change.number, "progress": _encode(change.progress)}
        self._put(self._journal.progress, [progress])
        self._put(holdings.holdings, [holdings.row_of(change)])
        if change.anew:
            self.raw.execute("DELETE FROM visits_g1 WHERE number=?", (change.number,))
        self._put(visits.visits, visits.rows_of(change))
        self.raw.execute("DELETE FROM due_g1 WHERE number=?", (change.number,))
        self._put(due.due, due._rows(change))

    def _put(self, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self.raw.execute(self._upserts[table], row)

    def close(self) -> None:
        self._rare.close()
        super().close()


def _upsert(table: sa.Table) -> str:
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    changed = ",".join(f"{name}=excluded.{name}" for name in names if name not in keys)
    return (
        f"INSERT INTO {table.name} ({','.join(names)}) VALUES (:{',:'.join(names)})"
        f" ON CONFLICT ({','.join(keys)}) DO UPDATE SET {changed}"
    )


def _is_doubtful(batch: Batch) -> bool:
    """Tell whether the view of unsettled scans has to look at it."""
    if batch.unsettled:
        return True
    return any(
        change.absorbs
        or event.ref in change.early
        or getattr(event, "doubt", None) is not None
        or isinstance(event, Packet.ScanSettled | Packet.ScanVoided)
        for change in batch.packets
        for event in change.events
    )


class _JournalByHand(Journal):
    """The journal with statements for plain sqlite3."""

    def __init__(self, raw: sqlite3.Connection, knowledge: Knowledge) -> None:
        super().__init__(1, knowledge)
        self._raw = raw

    def load(self, connection: sa.Connection, packets: list[int]) -> dict[int, Progress]:
        query = "SELECT packet, progress FROM progress_g1 WHERE packet=?"
        rows = (row for packet in packets for row in self._raw.execute(query, (packet,)))
        return {number: _decode(progress) for number, progress in rows}

    def entries_of(self, connection: sa.Connection, packet: int) -> list[JournalRow]:
        query = "SELECT version, topic, state FROM journal_g1 WHERE packet=? ORDER BY version"
        return self._raw.execute(query, (packet,)).fetchall()

    def append(self, connection: Target, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self._raw.execute("INSERT INTO journal_g1 VALUES (:packet,:version,:topic,:state)", row)
