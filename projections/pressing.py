"""Pressing: which packets are overdue, or will be soon, counted and listed by one query (ADR 18).

A packet is counted once, by its nearest term, however many of its terms run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

import sqlalchemy as sa

from domain.numbers import PacketNumber, PlaceCode, place_organisation
from domain.urgency import Urgency
from projections.country_sums import CountrySums
from projections.due import DueRow, DueView, due_row
from projections.tables import among, micros


@dataclass(frozen=True, slots=True)
class Whose:
    """Which packets are meant: those that lie in these organisations; with `places`, only there.

    `everywhere`: these are all there are, so that what is added up for the country serves.
    """

    organisations: Collection[int]
    places: Collection[PlaceCode] | None = None
    everywhere: bool = False

    @classmethod
    def at(cls, places: Collection[PlaceCode]) -> Whose:
        """Return the packets at these places; their organisations lead to them by the index."""
        return cls({place_organisation(place) for place in places}, places)


@dataclass(frozen=True, slots=True)
class Moment:
    """The instants (UTC) by which packets are judged.

    `midnights`: when the day ends, with the organisations where it ends then; one entry as long as
    the country has one time zone. Only `Urgency.TODAY` needs them.
    """

    now: datetime
    midnights: Mapping[datetime, Collection[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PressingPacket:
    """A packet with its running terms: the one for which it is listed first, then the nearest."""

    number: PacketNumber
    terms: tuple[DueRow, ...]

    @property
    def first(self) -> DueRow:
        """The term for which it is listed."""
        return self.terms[0]


class Pressing:
    """The questions; they are asked of the views at one moment."""

    def __init__(
        self, view: DueView, sums: CountrySums, connection: sa.Connection, moment: Moment
    ) -> None:
        self._view = view
        self._table = view.due
        self._sums = sums
        self._connection = connection
        self._moment = moment

    def count(self, which: Urgency, whose: Whose) -> int:
        """Count packets."""
        midnights = list(self._moment.midnights)
        if whose.everywhere and len(midnights) < 2:
            moment = (self._moment.now, *midnights)
            return self._sums.pressing(self._connection, self._view, which, *moment)
        chosen = self._chosen(which, whose).subquery()
        query = sa.select(sa.func.count()).select_from(chosen)
        return self._connection.execute(query).scalar_one()

    def by_place(self, which: Urgency, whose: Whose) -> dict[PlaceCode, int]:
        """Count packets by the place where they lie."""
        place = sa.func.min(self._table.c.place).label("place")  # all terms of a packet have one
        chosen = self._chosen(which, whose).add_columns(place).subquery()
        query = sa.select(chosen.c.place, sa.func.count()).group_by(chosen.c.place)
        return {PlaceCode(place): count for place, count in self._connection.execute(query)}

    def list(
        self, which: Urgency, whose: Whose, *, limit: int = 100, offset: int = 0
    ) -> list[PressingPacket]:
        """Return the packets that `count` counts, the most urgent (or longest overdue) first."""
        chosen = self._chosen(which, whose).order_by("first", "number")
        rows = self._connection.execute(chosen.limit(limit).offset(offset))
        firsts = {row.number: row.first for row in rows}
        terms: dict[int, list[DueRow]] = {number: [] for number in firsts}
        table = self._table
        every = table.select().where(table.c.number.in_(list(firsts))).order_by(table.c.due_at)
        for row in self._connection.execute(every):
            place = 0 if row.due_at == firsts[row.number] else len(terms[row.number])
            terms[row.number].insert(place, due_row(row))
        return [PressingPacket(PacketNumber(number), tuple(terms[number])) for number in firsts]

    def _chosen(self, which: Urgency, whose: Whose) -> sa.Select[Any]:
        """Return the query for the packets' numbers and the terms for which they are listed."""
        c, now = self._table.c, micros(self._moment.now)
        first = sa.func.min(c.due_at)
        query = (
            sa.select(c.number, first.label("first"))
            .where(
                among(c.organisation, None, whose.organisations), among(c.place, None, whose.places)
            )
            .group_by(c.number)
        )
        match which:
            case Urgency.OVERDUE:
                return query.where(c.due_at < now)
            case Urgency.PRESSING:
                return query.where(c.warn_at <= now)
            case Urgency.SOON:  # an overdue term was about to run out before: it is not left out
                return query.where(c.warn_at <= now).having(first >= now)
            case Urgency.TODAY:
                return query.where(self._before_midnight()).having(first >= now)
        assert_never(which)

    def _before_midnight(self) -> sa.ColumnElement[bool]:
        c, midnights = self._table.c, self._moment.midnights
        if len(midnights) == 1:
            return c.due_at < micros(next(iter(midnights)))
        days = [
            sa.and_(c.organisation.in_(sorted(where)), c.due_at < micros(at))
            for at, where in midnights.items()
        ]
        return sa.or_(sa.false(), *days)
