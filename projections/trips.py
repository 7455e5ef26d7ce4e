"""Trips: which bag went with which courier from when to when, and what couriers said of runs.

What figures of runs are made of; which runs were planned, the timetables say when it is asked
[003 service 7 §11, rows 3 and 12].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa

from domain.dispatch.journey import BagState, HandOver, Journey
from domain.numbers import BagCode, place_organisation
from domain.runs import Report, Run, RunKey
from projections.tables import (
    Target,
    among,
    delete_where_in,
    given_rows,
    insert,
    instant,
    micros,
    upsert,
)
from projections.view import Batch, View

_LEG_TIMES = (5, 6, 7)  # where they stand: ready, taken, handed over
_TOPICS: dict[type[Run.Event], str] = {kind: kind.TOPIC for kind in (Run.Departed, Run.Arrived)}
_FIRST_RUN, _LAST_RUN = "00000000-0000", "99999999-9999"  # after a pair, as keys are written
_MINUTE = 60_000_000  # microseconds
_PAIRS = {"branch": sa.Integer(), "authority": sa.Integer(), "runs": sa.Text()}
_RUNS = {"first": sa.Text(), "last": sa.Text()}
_WAYS = {
    **{name: sa.Integer() for name in ("branch", "authority", "origin", "destination")},
    **{name: sa.BigInteger() for name in ("since", "until")},
}


@dataclass(frozen=True, slots=True)
class LegRow:
    """A bag with one courier. Times are UTC; `handed_at` None: it is still with the courier.

    `origin` and `destination` are the bag's. `ready_at`: it was sealed (else last packed), or,
    after the first leg, it came to where it was then taken. `handed_to`: the organisation where
    the leg ended, `ended_as` the bag's state then; `inferred`: concluded from its being opened
    there. `count`: how many packets are on its list.
    """

    bag: BagCode
    leg: int
    courier: int
    origin: int
    destination: int
    ready_at: datetime
    taken_at: datetime
    handed_at: datetime | None
    handed_to: int | None
    ended_as: str | None
    inferred: bool
    count: int

    @property
    def came_at(self) -> datetime | None:
        """When it came where it was to go; None: to another courier, or back, or not at all."""
        came = self.handed_to == self.destination and self.ended_as != BagState.TAKEN.value
        return self.handed_at if came else None


class Taking(NamedTuple):
    """What a courier took on a route within one minute, one bag or many. Times are UTC.

    The first of them: no run begins within a minute. `origin`: where the bags come from. `came_at`:
    when the first of them came where it was to go; None: none did.
    """

    courier: int
    origin: int
    taken_at: datetime
    came_at: datetime | None


@dataclass(frozen=True, slots=True)
class RouteDays:
    """A route, and from when until before when (UTC) bags were taken on it."""

    branch: int
    authority: int
    since: datetime
    until: datetime


class Trips(View):
    """One row a leg, and one a report of a courier."""

    name: ClassVar[str] = "trips"

    def define(self) -> dict[str, sa.Table]:
        """Define the tables."""
        self.legs = self.table(
            "legs",
            sa.Column("bag", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("leg", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("courier", sa.BigInteger, nullable=False),
            sa.Column("origin", sa.Integer, nullable=False),
            sa.Column("destination", sa.Integer, nullable=False),
            sa.Column("ready_at", sa.BigInteger, nullable=False),
            sa.Column("taken_at", sa.BigInteger, nullable=False),
            sa.Column("handed_at", sa.BigInteger),
            sa.Column("handed_to", sa.Integer),
            sa.Column("ended_as", sa.Text),
            sa.Column("inferred", sa.Boolean, nullable=False),
            sa.Column("count", sa.Integer, nullable=False),
            self.index("legs", "taken_at"),
            self.index("legs", "origin", "taken_at"),
            self.index("legs", "origin", "destination", "taken_at"),
            self.index("legs", "destination", "taken_at"),
        )
        self.said = self.table(
            "run_reports",
            sa.Column("run", sa.Text, primary_key=True),
            sa.Column("ref", sa.Text, primary_key=True),
            sa.Column("version", sa.Integer, nullable=False),
            sa.Column("topic", sa.Text, nullable=False),
            sa.Column("place", sa.BigInteger, nullable=False),
            sa.Column("person", sa.BigInteger, nullable=False),
            sa.Column("device", sa.BigInteger, nullable=False),
            sa.Column("counter", sa.BigInteger, nullable=False),
            sa.Column("happened_at", sa.BigInteger, nullable=False),
            sa.Column("recorded_at", sa.BigInteger, nullable=False),
        )
        return {"legs": self.legs, "run_reports": self.said}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write the legs of the bags that changed, and what was said."""
        delete_where_in(connection, self.legs.c.bag, [j.number for j in batch.journeys()])
        insert(connection, self.legs, [row for j in batch.journeys() for row in _legs(j)])
        upsert(connection, self.said, [_report_values(event) for event in batch.runs])

    # --- questions ----------------------------------------------------------------------------

    def legs_between(
        self, connection: sa.Connection, pair: tuple[int, int], since: datetime, until: datetime
    ) -> list[LegRow]:
        """Return the legs of two organisations, either way, in order of taking.

        Taken from `since` to before `until` (UTC).
        """
        c = self.legs.c
        return self._taken(connection, since, until, c.origin.in_(pair), c.destination.in_(pair))

    def takings(
        self, connection: sa.Connection, days: Collection[RouteDays]
    ) -> dict[tuple[int, int], list[Taking]]:
        """Return what couriers took, by route, in order of taking; nothing for nothing."""
        ways, c = self.on_routes(connection, days), self.legs.c
        came = (c.handed_to == c.destination) & (c.ended_as != BagState.TAKEN.value)
        what = (ways.c.branch, ways.c.authority, c.courier, c.origin)
        taken_at = sa.func.min(c.taken_at).label("taken_at")
        query = (
            sa.select(*what, taken_at, sa.func.min(sa.case((came, c.handed_at))))
            .where(taken_on(self.legs, ways))
            .group_by(*what, c.taken_at // _MINUTE)
            .order_by(taken_at, c.courier)
        )
        found: defaultdict[tuple[int, int], list[Taking]] = defaultdict(list)
        for branch, authority, courier, origin, taken, handed in connection.execute(query).all():
            taking = Taking(courier, origin, instant(taken), instant(handed))
            found[branch, authority].append(taking)
        return found

    @staticmethod
    def on_routes(connection: sa.Connection, days: Collection[RouteDays]) -> sa.FromClause:
        """Return the ways there and back to join legs with, by `taken_on`."""
        rows = [
            (each.branch, each.authority, *way, micros(each.since), micros(each.until))
            for each in days
            for way in ((each.branch, each.authority), (each.authority, each.branch))
        ]
        return given_rows(connection, _WAYS, rows)

    def firsts_of(
        self, connection: sa.Connection, pairs: Collection[tuple[int, int]]
    ) -> dict[tuple[int, int], tuple[datetime | None, RunKey | None]]:
        """Return when the first bag of each pair was taken (UTC), and the first run told of.

        Pairs of a branch and an authority; None where there is none. Each is looked up in an
        index, all in one question: the bags of all years are not read.
        """
        rows = ((branch, authority, f"{branch}-{authority}-") for branch, authority in pairs)
        pair = given_rows(connection, _PAIRS, rows).c
        query = sa.select(
            pair.branch,
            pair.authority,
            self._first_taken(pair.branch, pair.authority),
            self._first_taken(pair.authority, pair.branch),
            self._first_told(pair.runs),
        )
        return {
            (branch, authority): (
                instant(min((each for each in taken if each is not None), default=None)),
                None if told is None else RunKey.parse(told),
            )
            for branch, authority, *taken, told in connection.execute(query)
        }

    def _first_taken(
        self, origin: sa.ColumnElement[int], destination: sa.ColumnElement[int]
    ) -> sa.ScalarSelect[int]:
        c = self.legs.c
        which = (c.origin == origin) & (c.destination == destination)
        return sa.select(sa.func.min(c.taken_at)).where(which).scalar_subquery()

    def _first_told(self, pair: sa.ColumnElement[str]) -> sa.ScalarSelect[str]:
        run = self.said.c.run
        between = run >= pair + _FIRST_RUN, run <= pair + _LAST_RUN  # by the index
        # Keys of one pair are in order of time as texts are.
        told = sa.select(sa.func.min(run)).where(*between, run.startswith(pair))
        return told.scalar_subquery()

    def legs_of(
        self,
        connection: sa.Connection,
        organisations: Collection[int] | None,
        since: datetime,
        until: datetime,
        *,
        courier: int | None = None,
    ) -> list[LegRow]:
        """Return the legs from or to organisations, in order of taking.

        Taken from `since` to before `until` (UTC).
        """
        c = self.legs.c
        mine = among(c.origin, None, organisations) | among(c.destination, None, organisations)
        return self._taken(connection, since, until, mine, among(c.courier, courier, None))

    def legs_of_bag(self, connection: sa.Connection, bag: BagCode) -> list[LegRow]:
        """Return the legs of a bag in order."""
        c = self.legs.c
        query = self.legs.select().where(c.bag == bag).order_by(c.leg)
        return [_leg(row) for row in connection.execute(query)]

    def _taken(
        self,
        connection: sa.Connection,
        since: datetime,
        until: datetime,
        *which: sa.ColumnElement[bool],
    ) -> list[LegRow]:
        c = self.legs.c
        within = c.taken_at >= micros(since), c.taken_at < micros(until)
        query = self.legs.select().where(*within, *which)
        return [_leg(row) for row in connection.execute(query.order_by(c.taken_at, c.bag, c.leg))]

    def reports(
        self, connection: sa.Connection, runs: Collection[RunKey]
    ) -> dict[RunKey, list[Report]]:
        """Return what was said of these runs, for `domain.runs.trip_of`; empty for nothing.

        Each pair's are found between its first and its last one of these.
        """
        found: dict[RunKey, list[Report]] = {run: [] for run in runs}
        keys, said = {str(run): run for run in found}, self.said.c
        of = given_rows(connection, _RUNS, _spans(found)).c
        query = sa.select(
            said.run, said.happened_at, said.device, said.counter, said.ref, said.person, said.topic
        ).where(said.run >= of.first, said.run <= of.last)
        for run, at, device, counter, ref, person, topic in connection.execute(query).all():
            if (key := keys.get(run)) is not None:
                left = topic == Run.Departed.TOPIC
                found[key].append(Report(instant(at), device, counter, ref, person, left))
        return found


def taken_on(legs: sa.FromClause, ways: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition that a leg is on a way of `Trips.on_routes`, taken in its time."""
    leg, way = legs.c, ways.c
    return sa.and_(
        leg.origin == way.origin,
        leg.destination == way.destination,
        leg.taken_at >= way.since,
        leg.taken_at < way.until,
    )


def _spans(runs: Iterable[RunKey]) -> list[tuple[str, str]]:
    """Return each pair's first and last key, as texts: they are in order of time as texts are."""
    by_pair: defaultdict[tuple[int, int], list[RunKey]] = defaultdict(list)
    for run in runs:
        by_pair[run.branch, run.authority].append(run)
    return [(str(min(keys)), str(max(keys))) for _, keys in sorted(by_pair.items())]


def _legs(journey: Journey) -> Iterator[dict[str, Any]]:
    """List the legs: each begins with a courier's taking and ends with the next hand-over."""
    moves, leg = journey.hand_overs, 0
    for before, taken, after in zip([None, *moves], moves, [*moves[1:], None], strict=False):
        if taken.state is BagState.TAKEN:
            leg += 1
            yield _leg_values(journey, leg, before, taken, after)


def _leg_values(
    journey: Journey, leg: int, before: HandOver | None, taken: HandOver, after: HandOver | None
) -> dict[str, Any]:
    ready_at = _packed_at(journey, taken.at) if before is None else _came_at(before, taken)
    return {
        "bag": journey.number,
        "leg": leg,
        "courier": taken.receiver,
        "origin": journey.origin,
        "destination": journey.to,
        "ready_at": micros(ready_at),
        "taken_at": micros(taken.at),
        "handed_at": None if after is None else micros(after.at),
        "handed_to": None if after is None else place_organisation(after.place),
        "ended_as": None if after is None else after.state.value,
        "inferred": after is not None and after.inferred,
        "count": len(journey.contents),
    }


def _packed_at(journey: Journey, taken_at: datetime) -> datetime:
    """Return when a bag was ready to be taken: sealed, else packed last, else begun."""
    if journey.sealed_at is not None and journey.sealed_at <= taken_at:
        return journey.sealed_at
    put = [taking.at for taking in journey.contents.values() if taking.at <= taken_at]
    return max(put, default=min(journey.begun_at, taken_at))


def _came_at(before: HandOver, taken: HandOver) -> datetime:
    """Return when a bag was ready to go on: at once, if one courier took it from another."""
    return taken.at if before.state is BagState.TAKEN else before.at


def _leg(row: sa.Row[Any]) -> LegRow:
    values = list(row)  # thousands for one page
    for at in _LEG_TIMES:
        values[at] = instant(values[at])
    return LegRow(*values)


def _report_values(event: Run.Event) -> dict[str, Any]:
    return {
        "run": event.run,
        "ref": event.ref,
        "version": event.originator_version,
        "topic": _TOPICS[type(event)],
        "place": event.place,
        "person": event.person,
        "device": event.device,
        "counter": event.counter,
        "happened_at": micros(event.happened_at),
        "recorded_at": micros(event.timestamp),
    }
