"""The couriers' runs as they were planned and as they went: what pages and devices ask of them.

Planned runs come from the timetables, departures and arrivals from what couriers said and from the
bags that changed hands [003 service 7 §11, rows 3 and 12].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from domain.clocks import Clocks
from domain.directory import Directory, OrganisationKind
from domain.dispatch.journey import BagState
from domain.errors import RefusedError
from domain.runs import (
    Departure,
    PlannedRun,
    Replayed,
    Report,
    Route,
    RunKey,
    RunsByDay,
    RunState,
    RunTrip,
    Waiting,
    replay,
    run_state,
    split_waiting,
    trip_of,
)
from domain.zones import local_day, zone
from infra.store.log import TimetableBook
from infra.views.group import Reading, ViewGroup
from projections.bags import Bags
from projections.tables import instant, micros
from projections.trips import LegRow, RouteDays, Taking, Trips

_CENTRES = frozenset({OrganisationKind.SERVICE_CENTRE, OrganisationKind.SERVICE_CENTRE_BRANCH})
_DAY = timedelta(days=1)
_Taken = TypeVar("_Taken", LegRow, Taking)
_LOOK_BACK = timedelta(days=14)  # the longest row of days off before a bag is taken


class NoRouteError(RefusedError):
    """No courier runs from there: it is no branch of a centre, or has no authority."""

    code = "no-route"
    status = 404


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run with what became of it, and the bags that were taken with it: there, and back."""

    trip: RunTrip
    state: RunState
    out: Sequence[LegRow]
    back: Sequence[LegRow]

    @property
    def bags_out(self) -> int:
        """How many bags went there."""
        return _load(self.out)[0]

    @property
    def packets_out(self) -> int:
        """How many packets went there."""
        return _load(self.out)[1]

    @property
    def bags_back(self) -> int:
        """How many bags came back."""
        return _load(self.back)[0]

    @property
    def packets_back(self) -> int:
        """How many packets came back."""
        return _load(self.back)[1]


class CourierRuns:
    """Answers about runs. Every method raises StorageError; unknown organisations raise, too."""

    def __init__(
        self,
        directory: Directory,
        clocks: Clocks,
        timetables: TimetableBook,
        views: ViewGroup,
        now: Callable[[], datetime],
    ) -> None:
        self._directory = directory
        self._clocks = clocks
        self._timetables = timetables
        self._views = views
        self._now = now

    def routes_of(self, organisations: Collection[int] | None) -> list[Route]:
        """Return the routes on which organisations lie (None: all), in order of the branch."""
        return [
            self.route(each.code, authority)
            for each in self._directory.organisations
            if each.kind in _CENTRES
            and (authority := self._directory.authority_of(each.code)) is not None
            and (organisations is None or not {each.code, authority}.isdisjoint(organisations))
        ]

    def route_from(self, branch: int) -> Route:
        """Return the route between a centre's branch and its authority. Raises NoRouteError."""
        is_centre = self._directory.organisation(branch).kind in _CENTRES
        authority = self._directory.authority_of(branch) if is_centre else None
        if authority is None:
            raise NoRouteError(organisation=branch)
        return self.route(branch, authority)

    def route(self, branch: int, authority: int) -> Route:
        """Return the route of a pair."""
        zone = self._directory.organisation(branch).zone
        return Route(branch, authority, self._clocks.calendar, zone)

    def times(self, route: Route, day: date) -> tuple[time, ...]:
        """Return the local times of a day's runs, were it worked."""
        return self._timetables.recent().times(route.branch, route.authority, day)

    def today(self, route: Route) -> date:
        """Return the day on the branch's wall."""
        return local_day(self._now(), route.zone)

    def planned(self, route: Route, first: date, last: date) -> list[PlannedRun]:
        """Return the planned runs of days."""
        timetables = self._timetables.recent()
        branch, authority = route.branch, route.authority
        return route.runs(first, last, lambda day: timetables.times(branch, authority, day))

    def first_day(self, route: Route) -> date | None:
        """Return the local day of the first run of which anything is known."""
        return self.first_days([route]).get(route)

    def first_days(self, routes: Collection[Route]) -> dict[Route, date]:
        """Return the same for many routes; those of which nothing is known are left out."""
        by_pair = {(route.branch, route.authority): route for route in routes}
        with self._views.reading() as reading:
            known = reading.view(Trips).firsts_of(reading.connection, by_pair.keys())
        found = {}
        for pair, (taken, said) in known.items():
            route = by_pair[pair]
            days = [] if taken is None else [local_day(taken, route.zone)]
            if said is not None:
                days.append(said.day)
            if days:
                found[route] = min(days)
        return found

    # --- how runs went ------------------------------------------------------------------------

    def lines(self, route: Route, first: date, last: date) -> list[RunLine]:
        """Return the runs of days with what became of them, in order."""
        planned = self.planned(route, first, last)
        pair, days = (route.branch, route.authority), self.days_of(route, first, last)
        with self._views.reading() as reading:
            trips = reading.view(Trips)
            legs = trips.legs_between(reading.connection, pair, days.since, days.until)
            said = trips.reports(reading.connection, [run.key for run in planned])
        taken = _by_run(route, planned, legs)
        return [self._line(run, said[run.key], *_there_and_back(taken, run.key)) for run in planned]

    def _line(
        self, run: PlannedRun, said: Iterable[Report], out: Sequence[LegRow], back: Sequence[LegRow]
    ) -> RunLine:
        trip = _with_bags(trip_of(run, said), out, back)
        return RunLine(trip, run_state(trip, self._now()), out, back)

    def trips(self, firsts: Mapping[Route, date], last: date) -> list[RunTrip]:
        """Return how the runs of many routes went, of each from a day of its own on until a day."""
        planned = {route: self.planned(route, first, last) for route, first in firsts.items()}
        days = [self.days_of(route, first, last) for route, first in firsts.items()]
        with self._views.reading() as reading:
            view, connection = reading.view(Trips), reading.connection
            takings = view.takings(connection, days)
            said = view.reports(connection, [run.key for runs in planned.values() for run in runs])
        trips = []
        for route, runs in planned.items():
            taken = _by_run(route, runs, takings.get((route.branch, route.authority), ()))
            trips += [
                _with_bags(trip_of(run, said[run.key]), *_there_and_back(taken, run.key))
                for run in runs
            ]
        return trips

    @staticmethod
    def days_of(route: Route, first: date, last: date) -> RouteDays:
        """Return from when until when the days of a route last, by its branch's wall."""
        since, until = _midnight(route, first), _midnight(route, last + _DAY)
        return RouteDays(route.branch, route.authority, since, until)

    # --- where waiting went -------------------------------------------------------------------

    def waiting(self, route: Route, first: date, last: date) -> list[tuple[int, Waiting]]:
        """Return for each packet that was taken on these days its sender and its waiting."""
        runs = self.planned(route, first - _LOOK_BACK, last)
        return [
            (
                origin,
                split_waiting(
                    each.ready_at,
                    each.taken_at,
                    each.handed_at,
                    runs,
                    self._clocks.calendar(origin),
                ),
            )
            for origin, each in self._departures(route, first, last)
        ]

    def replayed(
        self, route: Route, sender: int, first: date, last: date, times: Sequence[time]
    ) -> Replayed:
        """Let the packets that a sender sent on these days go by another timetable."""
        timetables, asked = self._timetables.recent(), tuple(times)
        branch, authority = route.branch, route.authority
        return replay(
            [each for origin, each in self._departures(route, first, last) if origin == sender],
            lambda day: timetables.times(branch, authority, day),
            lambda _: asked,
            route,
            self._clocks.calendar(sender),
        )

    def _departures(self, route: Route, first: date, last: date) -> Iterator[tuple[int, Departure]]:
        """Read the packets' ways: put into a bag, taken, handed over; taken on these days."""
        since, until = _midnight(route, first), _midnight(route, last + _DAY)
        with self._views.reading() as reading:
            rows = _departure_rows(reading, route, since, until)
        for origin, put_at, taken_at, handed_at in rows:
            ready, taken, handed = instant(put_at), instant(taken_at), instant(handed_at)
            if ready is not None and taken is not None and handed is not None and ready <= taken:
                yield origin, Departure(ready, taken, handed)


def _departure_rows(
    reading: Reading, route: Route, since: datetime, until: datetime
) -> Sequence[Any]:
    """Taken by the first courier; handed over where the bag was to go, by whichever courier."""
    packets, legs = reading.view(Bags).packets.c, reading.view(Trips).legs
    pair, first, last = (route.branch, route.authority), legs.c, legs.alias("last").c
    query = (
        sa.select(first.origin, packets.put_at, first.taken_at, sa.func.min(last.handed_at))
        .where(
            packets.bag == first.bag,
            last.bag == first.bag,
            first.leg == 1,
            last.handed_to == first.destination,
            last.ended_as != BagState.TAKEN.value,
            packets.put_at.is_not(None),
            first.origin.in_(pair),
            first.destination.in_(pair),
            first.taken_at >= micros(since),
            first.taken_at < micros(until),
        )
        .group_by(packets.packet, first.bag, first.origin, packets.put_at, first.taken_at)
        .order_by(first.taken_at, packets.packet)
    )
    return reading.connection.execute(query).all()


def _load(legs: Iterable[LegRow]) -> tuple[int, int]:
    """Return how many bags and packets; a bag that two couriers carried in turn counts once."""
    counts = {leg.bag: leg.count for leg in legs}
    return len(counts), sum(counts.values())


def _midnight(route: Route, day: date) -> datetime:
    return datetime.combine(day, time(), zone(route.zone))


def _by_run(
    route: Route, runs: Iterable[PlannedRun], taken: Iterable[_Taken]
) -> dict[tuple[RunKey, int], list[_Taken]]:
    """Sort what was taken by the run with which it went, and by where it came from.

    What was taken on a day without runs went with none.
    """
    found: defaultdict[tuple[RunKey, int], list[_Taken]] = defaultdict(list)
    by_day = RunsByDay(runs, route.zone)
    for each in taken:
        run = by_day.run_of(each.taken_at)
        if run is not None:
            found[run.key, each.origin].append(each)
    return found


def _there_and_back(
    taken: Mapping[tuple[RunKey, int], Sequence[_Taken]], run: RunKey
) -> tuple[Sequence[_Taken], Sequence[_Taken]]:
    return taken.get((run, run.branch), ()), taken.get((run, run.authority), ())


def _with_bags(trip: RunTrip, out: Sequence[_Taken], back: Sequence[_Taken]) -> RunTrip:
    """Add what the bags tell to what the courier said: said or not, who took a bag was there."""
    if not out and not back:
        return trip
    departed = trip.departed_at or min((each.taken_at for each in out), default=None)
    came = [each.came_at for each in out if each.came_at is not None]
    came += [each.taken_at for each in back]
    arrived = trip.arrived_at or min(came, default=None)
    couriers = dict.fromkeys((*trip.couriers, *(each.courier for each in (*out, *back))))
    return RunTrip(trip.run, tuple(couriers), departed, arrived)
