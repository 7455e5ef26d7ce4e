"""Visits: every stay in every stage, its working time against its norm [003 annexes 3, 4 and 7]."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal

import msgspec
import sqlalchemy as sa

from domain.numbers import PacketNumber, PlaceCode, place_organisation
from domain.progress import Pause, Visit, VisitKind
from domain.regulations.edition import Edition, Stage
from domain.sketch import bucket_of
from projections.tables import (
    Loading,
    Target,
    among,
    delete_where_in,
    instant,
    micros,
    one_of,
    span_micros,
    stored,
    upsert,
)
from projections.view import Batch, PacketChange, Stays, View


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One stay. Times are UTC, the spans working time as `domain.clocks.Measured` tells.

    `verified`: the packet was scanned in; false: concluded from an act or from a bag. `pauses`: all
    that stopped the stage's clock, whether or not the edition gives the ground.
    """

    number: PacketNumber
    seq: int
    kind: str
    stage: str
    loop: int
    place: PlaceCode
    organisation: int
    person: int
    edition: str | None
    service: str | None
    entered_at: datetime
    left_at: datetime | None
    ended_by: str | None
    norm_amount: int | None
    norm_unit: str | None
    due_at: datetime | None
    provisional: bool
    working: timedelta | None
    counted: timedelta | None
    over: timedelta | None
    late: bool | None
    deviations: tuple[str, ...]
    verified: bool
    stood: timedelta | None
    pauses: tuple[Pause, ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """A stage's figures over the stays that ended. Medians and percentiles by nearest rank.

    `judged` counts the stays that could be compared with a norm, `within` those in time.
    """

    service: str | None
    edition: str | None
    kind: str
    stage: str
    count: int
    median: timedelta
    percentile_90: timedelta
    judged: int
    within: int

    @property
    def share_within(self) -> float | None:
        """The share of judged stays that were in time, 0 to 1; None if none could be judged."""
        return self.within / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """Which stays are meant; None: all. `since` and `until` (UTC) are of the entering.

    `ended`: by week or by month; the one in which they ended begins on `begins_since` or later,
    and before `begins_until`. `timed`: only those that the figures of `Visits.timings` are about:
    they ended, and how long they lasted is known. `verified`: only those that began with a scan,
    or that did not.
    """

    organisation: int | None = None
    service: str | None = None
    stage: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    late: bool | None = None
    deviating: bool = False
    number: PacketNumber | None = None
    organisations: Collection[int] | None = None
    edition: str | None = None
    kind: str | None = None
    timed: bool = False
    verified: bool | None = None
    ended: Literal["week", "month"] | None = None
    begins_since: date | None = None
    begins_until: date | None = None
    person: int | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Pause, ...]).decode
ALL_VISITS = VisitFilter()
_OPEN = "left_at IS NULL"
_ENDED = "bucket IS NOT NULL"
_OF_OPEN = ("left_at", "organisation", "edition", "kind", "stage", "entered_at", "due_at")
_EXACTLY = ("number", "organisation", "person", "edition", "service", "kind", "stage")


class Visits(View):
    """One row a stay.

    `clock_from` is when its norm began to run, NULL where nobody wrote when. `week`, `month` and
    `bucket` are for who adds stays up: the days (ordinal) on which the week and the month of the
    leaving begin where the packet lay, and the bucket (`domain.sketch`) of what counted. NULL: the
    stay has not ended, or how long it lasted is not known. `pauses` is JSON, empty without any.
    """

    name: ClassVar[str] = "visits"

    def define(self) -> dict[str, sa.Table]:
        """Define the table."""
        self.visits = self.table(
            "visits",
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("kind", sa.Text, nullable=False),
            sa.Column("stage", sa.Text, nullable=False),
            sa.Column("loop", sa.Integer, nullable=False),
            sa.Column("place", sa.BigInteger, nullable=False),
            sa.Column("organisation", sa.Integer, nullable=False),
            sa.Column("person", sa.BigInteger, nullable=False),
            sa.Column("edition", sa.Text),
            sa.Column("service", sa.Text),
            sa.Column("entered_at", sa.BigInteger, nullable=False),
            sa.Column("clock_from", sa.BigInteger),
            sa.Column("left_at", sa.BigInteger),
            sa.Column("ended_by", sa.Text),
            sa.Column("norm_amount", sa.Integer),
            sa.Column("norm_unit", sa.Text),
            sa.Column("due_at", sa.BigInteger),
            sa.Column("provisional", sa.Boolean, nullable=False),
            sa.Column("working", sa.BigInteger),
            sa.Column("counted", sa.BigInteger),
            sa.Column("over", sa.BigInteger),
            sa.Column("late", sa.Boolean),
            sa.Column("deviations", sa.Text, nullable=False),
            sa.Column("verified", sa.Boolean, nullable=False),
            sa.Column("stood", sa.BigInteger),
            sa.Column("pauses", sa.Text, nullable=False),
            sa.Column("week", sa.Integer),
            sa.Column("month", sa.Integer),
            sa.Column("bucket", sa.Integer),
            self.index("visits", "organisation", "entered_at"),
            self.index("visits", "organisation", "due_at", where=_OPEN, mark="open"),
            self.index("visits", "due_at", where=_OPEN, mark="open"),
            self.index("visits", "entered_at", where=_OPEN, mark="open"),
            self.index(
                "visits",
                *("organisation", "stage", "week"),
                where=_ENDED,
                mark="timed",  # figures by person are counted from it
                carries=("person", "month", "kind", "edition", "service", "bucket"),
            ),
        )
        return {"visits": self.visits}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write the stays that began or ended.

        A stay that has ended changes only if its packet's are all worked out anew.
        """
        anew = [change.number for change in batch.packets if change.anew]
        gone = [row._asdict() for row in stored(connection, self.visits.c.number, anew)]
        delete_where_in(connection, self.visits.c.number, anew)
        rows = [row for change in batch.packets for row in self.rows_of(change)]
        replaced = list(self._open_until_now(connection, batch.packets))
        upsert(connection, self.visits, rows)
        batch.stays = Stays(rows, gone, replaced)

    def _open_until_now(
        self, connection: Target, changes: Iterable[PacketChange]
    ) -> Iterator[dict[str, Any]]:
        """List what is added up of the open stays that are going to be written over."""
        written = {each.number: each.visits for each in changes if each.visits and not each.anew}
        if isinstance(connection, Loading):
            return
        c = self.visits.c
        query = sa.select(*(c[name] for name in ("number", "seq", *_OF_OPEN)))
        theirs = one_of(connection, c.number, written), c.left_at.is_(None)
        for row in connection.execute(query.where(*theirs)).all():
            if row.seq in written[row.number]:
                yield row._asdict()

    def rows_of(self, change: PacketChange) -> Iterator[dict[str, Any]]:
        """List the rows of a packet's stays that began or ended."""
        progress = change.progress
        edition = None
        if progress.edition:
            edition = self.knowledge.regulations.edition(progress.edition)
        for visit in change.visits.values():
            yield self._row(change.number, visit, edition)

    def _row(self, number: int, visit: Visit, edition: Edition | None) -> dict[str, Any]:
        stage = _stage(visit, edition)
        measured = self.knowledge.clocks.measure(visit, stage)
        norm = stage.norm if stage is not None else None
        due = measured.due
        return {
            "number": number,
            "seq": visit.seq,
            "kind": visit.kind,
            "stage": visit.stage,
            "loop": visit.loop,
            "place": visit.place,
            "organisation": place_organisation(visit.place),
            "person": visit.person,
            "edition": edition.id if edition else None,
            "service": edition.service.key if edition else None,
            "entered_at": micros(visit.entered_at),
            "clock_from": micros(visit.clock_from),
            "left_at": micros(visit.left_at),
            "ended_by": visit.ended_by,
            "norm_amount": norm.amount if norm else None,
            "norm_unit": norm.unit.value if norm else None,
            "due_at": micros(due.at) if due else None,
            "provisional": due.provisional if due else False,
            "working": span_micros(measured.working),
            "counted": span_micros(measured.counted),
            "over": span_micros(measured.over),
            "late": measured.late,
            "deviations": " ".join(visit.deviations),
            "verified": visit.verified,
            "stood": span_micros(measured.stood) if visit.left_at else None,
            "pauses": _encode(visit.pauses).decode() if visit.pauses else "",
            **self._sorted_into(visit, measured.counted),
        }

    def _sorted_into(self, visit: Visit, counted: timedelta | None) -> dict[str, int | None]:
        if visit.left_at is None or counted is None:
            return {"week": None, "month": None, "bucket": None}
        calendar = self.knowledge.clocks.calendar(place_organisation(visit.place))
        day = calendar.local_date(visit.left_at)
        return {
            "week": week_of(day).toordinal(),
            "month": day.replace(day=1).toordinal(),
            "bucket": bucket_of(counted),
        }

    # --- questions ----------------------------------------------------------------------------

    def of(self, connection: sa.Connection, number: PacketNumber) -> list[VisitRow]:
        """Return a packet's stays in order."""
        table = self.visits
        query = table.select().where(table.c.number == number).order_by(table.c.seq)
        return [visit_row(row) for row in connection.execute(query)]

    def find(
        self,
        connection: sa.Connection,
        which: VisitFilter = ALL_VISITS,
        *,
        limit: int = 100,
        offset: int = 0,
        longest: bool = False,
    ) -> list[VisitRow]:
        """Return the stays that are meant, the latest (or the longest) first."""
        c = self.visits.c
        first = (c.counted if longest else c.entered_at).desc()
        query = self.visits.select().where(*self._conditions(which))
        ordered = query.order_by(first, c.number, c.seq)
        rows = connection.execute(ordered.limit(limit).offset(offset))
        return [visit_row(row) for row in rows]

    def count(self, connection: sa.Connection, which: VisitFilter = ALL_VISITS) -> int:
        """Count the stays that are meant."""
        query = sa.select(sa.func.count()).select_from(self.visits)
        return connection.execute(query.where(*self._conditions(which))).scalar_one()

    def timings(self, connection: sa.Connection, which: VisitFilter = ALL_VISITS) -> list[Timing]:
        """Return the figures of each stage of each edition, in no particular order.

        They are about the stays that `timed` means, whether or not `which` says so.
        """
        table = self.visits
        kind = (table.c.edition, table.c.service, table.c.kind, table.c.stage)
        counted = sa.select(
            *kind,
            table.c.counted,
            table.c.late,
            sa.func.row_number().over(partition_by=kind, order_by=table.c.counted).label("rank"),
            sa.func.count().over(partition_by=kind).label("size"),
        ).where(table.c.counted.is_not(None), *self._conditions(which))
        ranked = counted.subquery()
        r = ranked.c
        query = sa.select(
            r.edition,
            r.service,
            r.kind,
            r.stage,
            sa.func.max(r.size),
            sa.func.min(sa.case((r.rank * 2 >= r.size, r.counted))),
            sa.func.min(sa.case((r.rank * 10 >= r.size * 9, r.counted))),
            sa.func.count(r.late),
            sa.func.sum(sa.case((r.late.is_(False), 1), else_=0)),
        ).group_by(r.edition, r.service, r.kind, r.stage)
        return [_timing(row) for row in connection.execute(query)]

    def _conditions(self, which: VisitFilter) -> Iterator[sa.ColumnElement[bool]]:
        c = self.visits.c
        for name in _EXACTLY:
            value = getattr(which, name)
            if value is not None:
                yield c[name] == value
        yield among(c.organisation, None, which.organisations)
        if which.since is not None:
            yield c.entered_at >= micros(which.since)
        if which.until is not None:
            yield c.entered_at < micros(which.until)
        if which.late is not None:
            yield c.late.is_(which.late)
        if which.verified is not None:
            yield c.verified.is_(which.verified)
        if which.deviating:
            yield c.deviations != ""
        if which.ended is not None:
            yield from _begins(c[which.ended], which)
        if which.timed:
            yield c.counted.is_not(None)


def _begins(column: sa.ColumnElement[int], which: VisitFilter) -> Iterator[sa.ColumnElement[bool]]:
    if which.begins_since is not None:
        yield column >= which.begins_since.toordinal()
    if which.begins_until is not None:
        yield column < which.begins_until.toordinal()


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _timing(row: sa.Row[Any]) -> Timing:
    values: tuple[Any, ...] = tuple(row)
    edition, service, kind, stage, count, median, ninetieth, judged, within = values
    return Timing(
        service,
        edition,
        kind,
        stage,
        count,
        timedelta(microseconds=int(median)),
        timedelta(microseconds=int(ninetieth)),
        judged,
        int(within or 0),
    )


def pauses_in(text: str) -> tuple[Pause, ...]:
    """Read the pauses of a stay as the table has them."""
    return _decode(text) if text else ()


def _stage(visit: Visit, edition: Edition | None) -> Stage | None:
    if edition is None or visit.kind != VisitKind.STAGE.value:
        return None
    return edition.stage(visit.stage)


def visit_row(row: sa.Row[Any]) -> VisitRow:
    """Return a stay as the table has it."""
    values = row._asdict()
    for name in ("clock_from", "week", "month", "bucket"):
        del values[name]
    for name in ("entered_at", "left_at", "due_at"):
        values[name] = instant(values[name])
    for name in ("working", "counted", "over", "stood"):
        value = values[name]
        values[name] = None if value is None else timedelta(microseconds=value)
    values["pauses"] = pauses_in(values["pauses"])
    values["deviations"] = tuple(values["deviations"].split())
    return VisitRow(**values)
