"""With which of the couriers' runs a bag went, by the timetable [003 service 7 §11]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from domain.dispatch.bag import Bag
from domain.errors import QolhatError
from domain.numbers import place_organisation, place_role
from domain.roles import Role
from domain.runs import PlannedRun, Route, RunKey, planned_run, run_of
from domain.zones import local_day
from infra.courier_runs import CourierRuns


class BagRuns:
    """Finds runs, and remembers which were told of."""

    def __init__(self, runs: CourierRuns) -> None:
        self._runs = runs
        self._told: set[str] = set()
        self._routes: dict[tuple[int, int], Route | None] = {}

    def of(self, events: Sequence[Any]) -> Iterator[PlannedRun]:
        """Yield the runs with which couriers took a bag, each once."""
        begun = next((event for event in events if isinstance(event, Bag.Begun)), None)
        route = begun and self._route(place_organisation(begun.place), begun.to)
        if not route:
            return
        taken = (e for e in events if isinstance(e, Bag.Accepted) and _by_courier(e))
        found = (self._run(route, event.happened_at) for event in taken)
        yield from {run.key: run for run in found if run is not None}.values()

    def planned_at(self, key: str) -> datetime:
        """Return when a run should leave (UTC)."""
        parsed = RunKey.parse(key)
        zone = self._runs.route(parsed.branch, parsed.authority).zone
        return planned_run(parsed, zone).planned_at

    def is_new(self, key: str) -> bool:
        """Tell whether a run is asked for the first time."""
        new = key not in self._told
        self._told.add(key)
        return new

    def _route(self, sender: int, receiver: int) -> Route | None:
        """Return the route that both ends name; the branch may be either."""
        pair = sender, receiver
        if pair not in self._routes:
            self._routes[pair] = self._route_from(*pair) or self._route_from(receiver, sender)
        return self._routes[pair]

    def _route_from(self, branch: int, authority: int) -> Route | None:
        try:
            route = self._runs.route_from(branch)
        except QolhatError:  # none runs from there
            return None
        return route if route.authority == authority else None

    def _run(self, route: Route, at: datetime) -> PlannedRun | None:
        day = local_day(at, route.zone)
        try:
            return run_of(at, self._runs.planned(route, day, day))
        except QolhatError:  # a year without a calendar
            return None


def _by_courier(event: Bag.Accepted) -> bool:
    return bool(event.place) and place_role(event.place) is Role.COURIER
