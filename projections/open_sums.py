"""Open stays added up by the hour, so that a page of the whole country need not read them.

How many are late, or older than a week, hangs on the moment at which it is asked. Hours that lie
wholly on one side of it are added up; of the hour in which it falls the stays themselves are
counted. So the answer is the same to the microsecond as if every open stay had been read. Nothing
is kept of the stages of single organisations: whoever asks for a few reads their stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import add
from typing import Any, ClassVar, NamedTuple, cast

import sqlalchemy as sa

from projections.open_stays import AGES, OpenWork, of_organisations, of_stages, open_work
from projections.view import Batch, Loading, SummingView, Target, View, add_up, micros
from projections.visits import Visits

_HOUR = 3_600_000_000  # microseconds
_ENTERED, _DUE = "entered", "due"
_OF = ("organisation", "edition", "kind", "stage")
_NONE: sa.ColumnElement[int] = sa.literal_column("0")
Columns = sa.ColumnCollection[str, sa.Column[Any]]
Of = tuple[int, str, str, str]
Key = tuple[int, str, str, str, str, int]
Counts = Sequence[int]  # all, the late ones, and those younger than each of `AGES`


class OpenSums(SummingView):
    """How many open stays were entered in each hour, and how many are due in it.

    `hour` counts from 1970 (UTC). Of the country, organisation 0, by edition (empty: none), kind
    and stage; of each organisation altogether, these three empty.
    """

    name: ClassVar[str] = "open_sums"

    def define(self) -> dict[str, sa.Table]:
        """Define the table; a row from which everything is taken away is deleted."""
        self.sums = self.table(
            "open_sums",
            sa.Column("organisation", sa.Integer, primary_key=True, autoincrement=False),
            *(sa.Column(name, sa.Text, primary_key=True) for name in (*_OF[1:], "what")),
            sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
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
        """Add up all open stays: of each stage of the country, and of each organisation."""
        c = cast("Visits", others[Visits.name]).visits.c
        names = [column.name for column in self.sums.columns]
        for what, at in ((_ENTERED, c.entered_at), (_DUE, c.due_at)):
            hour, of = _hour_of(at), (c.left_at.is_(None), at.is_not(None))
            for key, by in (_of_country(c), _of_organisation(c)):
                shown = (*key, sa.literal_column(f"'{what}'"), hour, sa.func.count())
                rows = sa.select(*shown).where(*of).group_by(*by, hour)
                connection.execute(self.sums.insert().from_select(names, rows))

    # --- questions ----------------------------------------------------------------------------

    def work(
        self, connection: sa.Connection, visits: Visits, now: datetime
    ) -> tuple[list[OpenWork], list[OpenWork]]:
        """Count what the whole country has open: by stage, and by organisation.

        As `of_stages` and `of_organisations` tell of `OpenStays.work`. Ages are plain time.
        """
        found: dict[Of, Counts] = {}
        for of, counts in self._counted(connection, visits, now):
            before = found.get(of)
            found[of] = counts if before is None else list(map(add, before, counts))
        lines = [open_work(self._described(of), found[of]) for of in found]
        offices = [line for line in lines if line.organisation]
        return of_stages(line for line in lines if not line.organisation), of_organisations(offices)

    def _described(self, of: Of) -> tuple[int, str | None, str | None, str, str]:
        organisation, edition, kind, stage = of
        if not edition:
            return organisation, None, None, kind, stage
        service = self.knowledge.regulations.edition(edition).service.key
        return organisation, service, edition, kind, stage

    def _counted(
        self, connection: sa.Connection, visits: Visits, now: datetime
    ) -> Iterator[tuple[Of, Counts]]:
        """List counts to be added up; read at once, so that hours and stays are of one moment."""
        edges = _edges(now)
        parts = (_part(visits.visits.c, edges, edge) for edge in edges)
        query = sa.union_all(self._whole_hours(edges), *parts)
        for organisation, edition, kind, stage, *counts in connection.execute(query):
            stages, office = (0, edition, kind, stage), (organisation, "", "", "")
            if organisation == 0 or kind:  # of hours, or of stays, which stand in both lists
                yield stages, counts
            if organisation != 0:
                yield office, counts

    def _whole_hours(self, edges: Sequence[_Edge]) -> sa.Select[Any]:
        c = self.sums.c
        by = [c[name] for name in _OF]
        bounded = ((c.what == each.what) & each.whole(c.hour) for each in edges)
        meant = (c.what == _ENTERED, *bounded)
        counts = (sa.func.sum(sa.case((which, c.count), else_=_NONE)) for which in meant)
        return sa.select(*by, *counts).group_by(*by)


class _Edge(NamedTuple):
    """An instant (microseconds) on one side of which stays are counted."""

    what: str
    at: int

    @property
    def hour(self) -> int:
        """The hour in which it lies."""
        return self.at // _HOUR

    def whole(self, hour: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """Return the condition that an hour lies wholly on that side."""
        return hour < self.hour if self.what == _DUE else hour > self.hour

    def part(self, at: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """Return the condition that an instant lies on that side, in the same hour."""
        if self.what == _DUE:
            return (at >= self.hour * _HOUR) & (at < self.at)
        return (at > self.at) & (at < (self.hour + 1) * _HOUR)


def _edges(now: datetime) -> list[_Edge]:
    """Return what the counts after the first are bounded by."""
    younger = [_Edge(_ENTERED, cast("int", micros(now - age))) for age in AGES]
    return [_Edge(_DUE, cast("int", micros(now))), *younger]


def _part(c: Columns, edges: Sequence[_Edge], edge: _Edge) -> sa.Select[Any]:
    """Count the stays in that part of an hour, in the place of its edge; an index leads there."""
    key, by = [c.organisation, _edition(c), c.kind, c.stage], [c[name] for name in _OF]
    counts = (sa.func.count() if each is edge else _NONE for each in edges)
    at = c.due_at if edge.what == _DUE else c.entered_at
    rows = sa.select(*key, _NONE, *counts).where(c.left_at.is_(None), edge.part(at))
    return rows.group_by(*by)


def _keys_of(row: Mapping[str, Any]) -> Iterator[Key]:
    """Name the sums that an open stay adds to; `OpenSums.derive` says the same in SQL."""
    stage = (0, row["edition"] or "", row["kind"], row["stage"])
    for what, at in ((_ENTERED, row["entered_at"]), (_DUE, row["due_at"])):
        if at is not None:
            yield (*stage, what, at // _HOUR)
            yield (row["organisation"], "", "", "", what, at // _HOUR)


def _hour_of(at: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Return the hour of an instant; of one before 1970, too, where databases round up."""
    hour = sa.literal_column(str(_HOUR), sa.BigInteger)
    begins = at - (at % hour + hour) % hour
    return begins // hour


def _edition(c: Columns) -> sa.ColumnElement[str]:
    return sa.func.coalesce(c.edition, sa.literal_column("''"))


def _of_country(c: Columns) -> tuple[Sequence[sa.ColumnElement[Any]], Sequence[sa.Column[Any]]]:
    return (_NONE, _edition(c), c.kind, c.stage), (c.edition, c.kind, c.stage)


def _of_organisation(
    c: Columns,
) -> tuple[Sequence[sa.ColumnElement[Any]], Sequence[sa.Column[Any]]]:
    empty: sa.ColumnElement[str] = sa.literal_column("''")
    return (c.organisation, empty, empty, empty), (c.organisation,)
