"""Due: what runs out next, per organisation and person [003 annexes 3, 4 and 7; 002 §7 and §15]."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa

from domain.norms import Due
from domain.numbers import PacketNumber, PlaceCode, place_organisation
from domain.progress import Progress, VisitKind
from domain.regulations.edition import Edition
from projections.tables import Target, among, delete_where_in, insert, instant, micros, stored
from projections.view import Batch, PacketChange, Stays, View


class Clock(StrEnum):
    """Which term runs out."""

    STAGE = "stage"
    TOTAL = "total"  # the whole service
    KEPT = "kept"  # an uncollected result goes back to the authority


@dataclass(frozen=True, slots=True)
class DueRow:
    """A term that is running. Times are UTC; from `warn_at` on it is about to run out.

    Provisional: past the last year whose transfers of working days are known.
    """

    number: PacketNumber
    clock: str
    due_at: datetime
    warn_at: datetime
    provisional: bool
    organisation: int
    person: int
    place: PlaceCode
    stage: str
    edition: str
    service: str


class _Term(NamedTuple):
    """A term, since when it runs, and by whose hours."""

    clock: Clock
    due: Due | None
    begun: datetime | None
    organisation: int


class DueView(View):
    """One row for each term that is running."""

    name: ClassVar[str] = "due"

    def define(self) -> dict[str, sa.Table]:
        """Define the table."""
        self.due = self.table(
            "due",
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("clock", sa.Text, primary_key=True),
            sa.Column("due_at", sa.BigInteger, nullable=False),
            sa.Column("warn_at", sa.BigInteger, nullable=False),
            sa.Column("provisional", sa.Boolean, nullable=False),
            sa.Column("organisation", sa.Integer, nullable=False),
            sa.Column("person", sa.BigInteger, nullable=False),
            sa.Column("place", sa.BigInteger, nullable=False),
            sa.Column("stage", sa.Text, nullable=False),
            sa.Column("edition", sa.Text, nullable=False),
            sa.Column("service", sa.Text, nullable=False),
            self.index("due", "due_at"),
            self.index("due", "warn_at"),
            self.index("due", "organisation", "due_at"),
            self.index("due", "organisation", "warn_at"),
            self.index("due", "person", "due_at"),
        )
        return {"due": self.due}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write the terms that run for the packets of the batch."""
        numbers = [change.number for change in batch.packets]
        gone = [row._asdict() for row in stored(connection, self.due.c.number, numbers)]
        delete_where_in(connection, self.due.c.number, numbers)
        rows = [row for change in batch.packets for row in self._rows(change)]
        insert(connection, self.due, rows)
        batch.terms = Stays(rows, gone)

    def _rows(self, change: PacketChange) -> Iterator[dict[str, Any]]:
        progress = change.progress
        if not progress.edition or progress.ending is not None:
            return
        edition = self.knowledge.regulations.edition(progress.edition)
        for term in self._running(progress, edition):
            if term.due is not None and progress.place is not None:
                yield {
                    "number": change.number,
                    "clock": term.clock.value,
                    "due_at": micros(term.due.at),
                    "warn_at": micros(self._warn_at(term, term.due)),
                    "provisional": term.due.provisional,
                    "organisation": place_organisation(progress.place),
                    "person": progress.person,
                    "place": progress.place,
                    "stage": edition.stages[progress.stage].key,
                    "edition": edition.id,
                    "service": edition.service.key,
                }

    def _running(self, progress: Progress, edition: Edition) -> Iterator[_Term]:
        visit, clocks = progress.open, self.knowledge.clocks
        if visit is not None and visit.kind == VisitKind.STAGE.value:
            due = clocks.measure(visit, edition.stage(visit.stage)).due
            yield _Term(Clock.STAGE, due, visit.clock_from, place_organisation(visit.place))
        if progress.rendered_at is None:
            side = progress.parties.on(edition.total.calendar)
            total = clocks.total_due(progress, edition)
            yield _Term(Clock.TOTAL, total, progress.accepted_at, side)
        else:
            kept = clocks.kept_until(progress, edition)
            yield _Term(Clock.KEPT, kept, progress.rendered_at, progress.accepting)

    def _warn_at(self, term: _Term, due: Due) -> datetime:
        if term.begun is None:
            return due.at
        return self.knowledge.clocks.warn_at(due, term.begun, term.organisation)

    # --- questions ----------------------------------------------------------------------------

    def next(
        self,
        connection: sa.Connection,
        *,
        organisation: int | None = None,
        organisations: Collection[int] | None = None,
        place: PlaceCode | None = None,
        person: int | None = None,
        before: datetime | None = None,
        number: PacketNumber | None = None,
        limit: int = 100,
    ) -> list[DueRow]:
        """Return what runs out next, the most urgent (or longest overdue) first."""
        table = self.due
        query = table.select().where(among(table.c.organisation, organisation, organisations))
        if place is not None:  # its organisation leads to it by the index
            here = table.c.organisation == place_organisation(place)
            query = query.where(here, table.c.place == place)
        if person is not None:
            query = query.where(table.c.person == person)
        if before is not None:
            query = query.where(table.c.due_at < micros(before))
        if number is not None:
            query = query.where(table.c.number == number)
        ordered = query.order_by(table.c.due_at, table.c.number, table.c.clock).limit(limit)
        return [due_row(row) for row in connection.execute(ordered)]

    def warned(
        self,
        connection: sa.Connection,
        since: datetime,
        until: datetime,
        *,
        organisations: Collection[int],
        limit: int = 20_000,
    ) -> list[DueRow]:
        """Return the running terms that came to be about to run out within that time (UTC).

        `since` is not within it, `until` is; the most urgent come first.
        """
        c = self.due.c
        query = self.due.select().where(
            c.organisation.in_(sorted(organisations)),
            c.warn_at > micros(since),
            c.warn_at <= micros(until),
        )
        ordered = query.order_by(c.due_at, c.number, c.clock).limit(limit)
        return [due_row(row) for row in connection.execute(ordered)]

    def count_before(self, connection: sa.Connection, at: datetime) -> int:
        """Count the terms that run out before an instant."""
        query = sa.select(sa.func.count()).where(self.due.c.due_at < micros(at))
        return connection.execute(query).scalar_one()


def due_row(row: sa.Row[Any]) -> DueRow:
    """Read a row of the table."""
    values = row._asdict()
    for name in ("due_at", "warn_at"):
        values[name] = instant(values[name])
    return DueRow(**values)
