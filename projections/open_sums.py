"""Open stays added up by hours and days, so that a page of the whole country need not read them.

How many are late, or older than a week, hangs on the moment at which it is asked. Days and hours
that lie wholly on one side of it are added up; of the hour in which it falls the stays themselves
are counted. So the answer is the same to the microsecond as if every open stay had been read.
Nothing is kept of the stages of single organisations: whoever asks for a few reads their stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import add
from typing import Any, ClassVar, NamedTuple, cast

import sqlalchemy as sa

from projections.hours import HOUR, floor, hour_of, literal
from projections.open_stays import AGES, OpenWork, of_organisations, of_stages, open_work
from projections.tables import Loading, Target, add_up, micros
from projections.view import Batch, SummingView, View
from projections.visits import Visits

_DAY = 24  # hours
_ENTERED, _DUE = "entered", "due"
_OF = ("organisation", "edition", "kind", "stage")
_ZERO: sa.ColumnElement[int] = sa.literal_column("0")
_EMPTY: sa.ColumnElement[str] = sa.literal_column("''")
Of = tuple[int, str, str, str]
Key = tuple[int, str, int, int, str, str, str]
Counts = Sequence[int]  # all, the late ones, and those younger than each of `AGES`
Columns = sa.ColumnCollection[str, sa.Column[Any]]
Level = tuple[Sequence[sa.ColumnElement[Any]], Sequence[sa.Column[Any]]]  # shown, grouped by


class OpenSums(SummingView):
    """How many open stays were entered in each hour and in each day, and how many are due in it.

    A row is about so many `hours`, 1 or 24, of which the first `begins` so many hours after 1970
    (UTC). It is of the country, organisation 0, by edition (empty: none), kind and stage; or of an
    organisation altogether, these three empty.
    """

    name: ClassVar[str] = "open_sums"

    def define(self) -> dict[str, sa.Table]:
        """Define the table; a row from which everything is taken away is deleted."""
        self.sums = self.table(
            "open_sums",
            sa.Column("hours", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("what", sa.Text, primary_key=True),
            sa.Column("begins", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("organisation", sa.Integer, primary_key=True, autoincrement=False),
            *(sa.Column(name, sa.Text, primary_key=True) for name in _OF[1:]),
            sa.Column("count", sa.Integer, nullable=False),
            sqlite_with_rowid=False,
        )
        return {"open_sums": self.sums}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Take away the stays that were open before; add those that are open now."""
        if isinstance(connection, Loading):
            return  # derived when all stays are there
        stays, added = batch.stays, defaultdict[Key, int](int)
        for rows, sign in ((stays.gone, -1), (stays.replaced, -1), (stays.written, 1)):
            for row in rows:
                if row["left_at"] is None:
                    for key in _keys_of(row):
                        added[key] += sign
        add_up(connection, self.sums, [(*key, added[key]) for key in sorted(added) if added[key]])

    def derive(self, connection: sa.Connection, others: Mapping[str, View]) -> None:
        """Add up all open stays by the hour: of each stage, of each organisation; hours to days."""
        v, c = cast("Visits", others[Visits.name]).visits.c, self.sums.c
        for what, at in ((_ENTERED, v.entered_at), (_DUE, v.due_at)):
            hour, of = hour_of(at), (v.left_at.is_(None), at.is_not(None))
            for shown, by in (_of_country(v), _of_organisation(v)):
                key = (literal(1), sa.literal_column(f"'{what}'"), hour, *shown)
                self._fill(connection, sa.select(*key, sa.func.count()).where(*of), (hour, *by))
        day, by = floor(c.begins, _DAY), [c[name] for name in _OF]
        days = sa.select(literal(_DAY), c.what, day, *by, sa.func.sum(c.count)).where(c.hours == 1)
        self._fill(connection, days, (c.what, day, *by))

    def _fill(
        self, connection: sa.Connection, rows: sa.Select[Any], by: Sequence[sa.ColumnElement[Any]]
    ) -> None:
        names = [column.name for column in self.sums.columns]
        connection.execute(self.sums.insert().from_select(names, rows.group_by(*by)))

    # --- questions ----------------------------------------------------------------------------

    def work(
        self, connection: sa.Connection, visits: Visits, now: datetime
    ) -> tuple[list[OpenWork], list[OpenWork]]:
        """Count what the whole country has open: by stage, and by organisation.

        As `of_stages` and `of_organisations` tell of `OpenStays.work`. Ages are plain time.
        """
        found: dict[Of, Counts] = {}
        for organisation, edition, kind, stage, *counts in connection.execute(
            sa.union_all(*self._counts(visits.visits.c, _edges(now)))
        ):
            of = organisation, edition, kind, stage
            before = found.get(of)
            found[of] = counts if before is None else list(map(add, before, counts))
        lines = [open_work(self._described(of), list(map(int, found[of]))) for of in found]
        offices = of_organisations(line for line in lines if line.organisation)
        return of_stages(line for line in lines if not line.organisation), offices

    def _described(self, of: Of) -> tuple[int, str | None, str | None, str, str]:
        organisation, edition, kind, stage = of
        if not edition:
            return organisation, None, None, kind, stage
        service = self.knowledge.regulations.edition(edition).service.key
        return organisation, service, edition, kind, stage

    def _counts(self, visits: Columns, edges: Sequence[_Edge]) -> Iterator[sa.Select[Any]]:
        """Select counts to be added up; read at once, so that sums and stays are of one moment."""
        yield self._whole_days(edges)
        for edge in edges:
            yield self._whole_hours(edges, edge)
            yield _part(visits, _of_country(visits), edges, edge)
            yield _part(visits, _of_organisation(visits), edges, edge)

    def _whole_days(self, edges: Sequence[_Edge]) -> sa.Select[Any]:
        c = self.sums.c
        by = [c[name] for name in _OF]
        bounded = ((c.what == edge.what) & edge.whole_days(c.begins) for edge in edges)
        meant = (c.what == _ENTERED, *bounded)
        counts = (sa.func.sum(sa.case((which, c.count), else_=_ZERO)) for which in meant)
        return sa.select(*by, *counts).where(c.hours == _DAY).group_by(*by)

    def _whole_hours(self, edges: Sequence[_Edge], edge: _Edge) -> sa.Select[Any]:
        c = self.sums.c
        by, of = [c[name] for name in _OF], (c.hours == 1, c.what == edge.what)
        counts = _in_place(edges, edge, sa.func.sum(c.count))
        within = edge.within(c.begins, edge.hour, _DAY)
        return sa.select(*by, *counts).where(*of, within).group_by(*by)


class _Edge(NamedTuple):
    """An instant (microseconds): those that are due before it are counted, or entered after it."""

    what: str
    at: int

    @property
    def hour(self) -> int:
        """The hour in which it lies."""
        return self.at // HOUR

    def whole_days(self, begins: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """Return the condition that a day lies wholly on that side."""
        day = self.hour - self.hour % _DAY
        return begins < day if self.what == _DUE else begins > day

    def within(
        self, column: sa.ColumnElement[int], edge: int, length: int
    ) -> sa.ColumnElement[bool]:
        """Return the condition of lying on that side of `edge`, in the same stretch of a length."""
        begins = edge - edge % length
        if self.what == _DUE:
            return (column >= begins) & (column < edge)
        return (column > edge) & (column < begins + length)


def _edges(now: datetime) -> list[_Edge]:
    """Return what the counts after the first are bounded by."""
    younger = [_Edge(_ENTERED, micros(now - age)) for age in AGES]
    return [_Edge(_DUE, micros(now)), *younger]


def _part(c: Columns, level: Level, edges: Sequence[_Edge], edge: _Edge) -> sa.Select[Any]:
    """Count the stays in the part of an hour on one side of an edge; an index leads there."""
    shown, by = level
    at = c.due_at if edge.what == _DUE else c.entered_at
    counts = _in_place(edges, edge, sa.func.count())
    of = (c.left_at.is_(None), edge.within(at, edge.at, HOUR))
    return sa.select(*shown, *counts).where(*of).group_by(*by)


def _in_place(
    edges: Sequence[_Edge], edge: _Edge, count: sa.ColumnElement[int]
) -> Iterator[sa.ColumnElement[int]]:
    """List nothing for all counts but that of the edge."""
    return (count if each is edge else _ZERO for each in (None, *edges))


def _keys_of(row: Mapping[str, Any]) -> Iterator[Key]:
    """Name the sums that an open stay adds to; `OpenSums.derive` says the same in SQL."""
    stage = (0, row["edition"] or "", row["kind"], row["stage"])
    office = (row["organisation"], "", "", "")
    for what, at in ((_ENTERED, row["entered_at"]), (_DUE, row["due_at"])):
        if at is not None:
            hour = at // HOUR
            for hours, begins in ((1, hour), (_DAY, hour - hour % _DAY)):
                yield (hours, what, begins, *stage)
                yield (hours, what, begins, *office)


def _of_country(c: Columns) -> Level:
    edition = sa.func.coalesce(c.edition, _EMPTY)
    return (_ZERO, edition, c.kind, c.stage), (c.edition, c.kind, c.stage)


def _of_organisation(c: Columns) -> Level:
    return (c.organisation, _EMPTY, _EMPTY, _EMPTY), (c.organisation,)
