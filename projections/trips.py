"""Trips: which bag went with which courier from when to when, and what couriers said of runs.

What figures of runs are made of; which runs were planned, the timetables say when it is asked
[003 service 7 §11, rows 3 and 12].
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from domain.dispatch.journey import BagState, HandOver, Journey
from domain.numbers import BagCode, PlaceCode, place_organisation
from domain.runs import Run, RunKey
from projections.view import (
    Batch,
    Target,
    View,
    among,
    delete_where_in,
    insert,
    instant,
    micros,
    parts,
    upsert,
)

_LEG_TIMES = (5, 6, 7)  # where they stand: ready, taken, handed over
_SAID: dict[str, type[Run.Departed | Run.Arrived]] = {
    kind.TOPIC: kind for kind in (Run.Departed, Run.Arrived)
}
_TOPICS: dict[type[Run.Event], str] = {kind: topic for topic, kind in _SAID.items()}


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
        self,
        connection: sa.Connection,
        pairs: Collection[tuple[int, int]],
        since: datetime,
        until: datetime,
    ) -> dict[frozenset[int], list[LegRow]]:
        """Return the legs of pairs of organisations, either way, in order of taking.

        Taken from `since` to before `until` (UTC).
        """
        found: dict[frozenset[int], list[LegRow]] = {frozenset(pair): [] for pair in pairs}
        ends = sorted(frozenset().union(*found))
        c = self.legs.c
        for leg in self._taken(
            connection, since, until, c.origin.in_(ends), c.destination.in_(ends)
        ):
            between = found.get(frozenset({leg.origin, leg.destination}))
            if between is not None:
                between.append(leg)
        return found

    def firsts_of(
        self, connection: sa.Connection, pairs: Collection[tuple[int, int]]
    ) -> dict[tuple[int, int], tuple[datetime | None, RunKey | None]]:
        """Return when the first bag of each pair was taken (UTC), and the first run told of.

        Pairs of a branch and an authority; None where there is none. Each is looked up in an
        index, all in one question: the bags of all years are not read.
        """
        queries = [
            sa.select(
                sa.literal(branch),
                sa.literal(authority),
                self._first_taken(branch, authority),
                self._first_taken(authority, branch),
                self._first_told(branch, authority),
            )
            for branch, authority in pairs
        ]
        rows: Sequence[Any] = connection.execute(sa.union_all(*queries)).all() if queries else []
        return {
            (branch, authority): (
                instant(min((each for each in taken if each is not None), default=None)),
                None if told is None else RunKey.parse(told),
            )
            for branch, authority, *taken, told in rows
        }

    def _first_taken(self, origin: int, destination: int) -> sa.ScalarSelect[int]:
        c = self.legs.c
        which = (c.origin == origin) & (c.destination == destination)
        return sa.select(sa.func.min(c.taken_at)).where(which).scalar_subquery()

    def _first_told(self, branch: int, authority: int) -> sa.ScalarSelect[str]:
        run, pair = self.said.c.run, f"{branch}-{authority}-"
        between = run >= f"{pair}00000000-0000", run <= f"{pair}99999999-9999"  # by the index
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
        self, connection: sa.Connection, runs: Iterable[RunKey]
    ) -> dict[RunKey, list[Run.Event]]:
        """Return what was said of these runs, for `domain.runs.trip_of`; empty for nothing."""
        keys = {str(run): run for run in runs}
        found: dict[RunKey, list[Run.Event]] = {run: [] for run in keys.values()}
        c = self.said.c
        for part in parts(list(keys)):
            query = self.said.select().where(c.run.in_(part))
            rows = connection.execute(query.order_by(c.run, c.happened_at, c.ref))
            for text, said in groupby(rows, attrgetter("run")):
                stream = Run.stream(keys[text])
                found[keys[text]] = [_report(stream, row) for row in said]
        return found


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


def _report(stream: UUID, row: sa.Row[Any]) -> Run.Event:
    facts = row._asdict()
    return _SAID[facts.pop("topic")](
        **facts
        | {
            "originator_id": stream,
            "originator_version": facts.pop("version"),
            "timestamp": instant(facts.pop("recorded_at")),
            "place": PlaceCode(row.place),
            "happened_at": instant(row.happened_at),
        }
    )
