"""Open stays: how much lies where, for how long already, and what runs out next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from operator import add
from typing import Any, cast

import sqlalchemy as sa

from domain.numbers import PacketNumber
from domain.progress import VisitKind
from projections.tables import among, instant, micros
from projections.visits import VisitRow, Visits, visit_row

_DAY = timedelta(days=1)
AGES: tuple[timedelta, ...] = (_DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY)


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What lies in a stage: `ages` are the stays younger than each of `AGES`, and the older ones.

    `late` of them are past their norm.
    """

    organisation: int
    service: str | None
    edition: str | None
    kind: str
    stage: str
    count: int
    late: int
    ages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RunningOut:
    """An open stay in a stage whose norm runs out. Times are UTC.

    `since`: when its norm began to run.
    """

    number: PacketNumber
    seq: int
    organisation: int
    service: str | None
    edition: str | None
    stage: str
    since: datetime
    due_at: datetime


def _running_out(row: Sequence[Any]) -> RunningOut:
    number, seq, organisation, service, edition, stage, *times = row
    since, due_at = (cast("datetime", instant(each)) for each in times)
    return RunningOut(number, seq, organisation, service, edition, stage, since, due_at)


def open_work(of: tuple[Any, ...], counts: Sequence[int]) -> OpenWork:
    """Return what lies there: all, the late ones, and those younger than each of `AGES`.

    `of`: organisation, service, edition, kind, stage.
    """
    count, late, *younger = counts
    edges = [0, *younger, count]
    ages = tuple(upper - lower for lower, upper in pairwise(edges))
    organisation, service, edition, kind, stage = of
    return OpenWork(organisation, service, edition, kind, stage, count, late, ages)


def of_stages(work: Iterable[OpenWork]) -> list[OpenWork]:
    """Add up what several organisations have open, by stage; the organisation is then 0."""
    return _added((0, each.service, each.edition, each.kind, each.stage, each) for each in work)


def of_organisations(work: Iterable[OpenWork]) -> list[OpenWork]:
    """Add up what each organisation has open; the most late first. The stage is then empty."""
    found = _added((each.organisation, None, None, "", "", each) for each in work)
    return sorted(found, key=lambda each: (-each.late, -each.count, each.organisation))


def _added(
    work: Iterable[tuple[int, str | None, str | None, str, str, OpenWork]],
) -> list[OpenWork]:
    """Add up what is told alike; by organisation, edition and stage in their order."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for *of, each in work:
        counts = [each.count, each.late, *each.ages]
        before = found.get(key := tuple(of))
        found[key] = counts if before is None else list(map(add, before, counts))
    summed = [(*of, count, late, tuple(ages)) for of, (count, late, *ages) in found.items()]
    return sorted((OpenWork(*each) for each in summed), key=_order)


def _order(work: OpenWork) -> tuple[int, str, str, str]:
    return work.organisation, work.edition or "", work.stage, work.kind


class OpenStays:
    """The questions; they are asked of the view of visits at one moment."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits.visits

    def work(
        self,
        connection: sa.Connection,
        now: datetime,
        organisations: Collection[int] | None = None,
    ) -> list[OpenWork]:
        """Count what is open by organisation and stage, in their order. Ages are plain time."""
        c = self._visits.c
        by = (c.organisation, c.service, c.edition, c.kind, c.stage)
        edges = [micros(now - age) for age in AGES]
        late = sa.func.sum(sa.case((c.due_at < micros(now), 1), else_=0))
        younger = [sa.func.sum(sa.case((c.entered_at > edge, 1), else_=0)) for edge in edges]
        query = sa.select(*by, sa.func.count(), late, *younger).where(*self._open(organisations))
        rows = connection.execute(query.group_by(*by))
        found = [open_work(tuple(row[:5]), [int(value) for value in row[5:]]) for row in rows]
        return sorted(found, key=lambda each: (each.organisation, each.edition or "", each.stage))

    def next_due(
        self,
        connection: sa.Connection,
        now: datetime,
        organisations: Collection[int] | None = None,
        limit: int = 500,
    ) -> list[RunningOut]:
        """Return the open stays in stages whose norm runs out after now, the next first."""
        c = self._visits.c
        running = (c.due_at >= micros(now), c.kind == VisitKind.STAGE.value)
        since = sa.func.coalesce(c.clock_from, c.entered_at)
        of = (c.number, c.seq, c.organisation, c.service, c.edition, c.stage)
        query = sa.select(*of, since, c.due_at).where(*self._open(organisations), *running)
        ordered = query.order_by(c.due_at, c.number, c.seq).limit(limit)
        return [_running_out(row) for row in connection.execute(ordered)]

    def rows_of(
        self, connection: sa.Connection, numbers: Iterable[PacketNumber]
    ) -> dict[tuple[PacketNumber, int], VisitRow]:
        """Return the open stays of packets, by number and seq; few."""
        c = self._visits.c
        query = self._visits.select().where(c.number.in_(sorted(numbers)), c.left_at.is_(None))
        return {(row.number, row.seq): visit_row(row) for row in connection.execute(query)}

    def _open(self, organisations: Collection[int] | None) -> Sequence[sa.ColumnElement[bool]]:
        c = self._visits.c
        return c.left_at.is_(None), among(c.organisation, None, organisations)
