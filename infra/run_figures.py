"""Figures of the couriers' runs over some days: punctuality, and where the packets' waiting went.

No source has a norm for the courier: late is what left later than the timetable says [003 service 7
§11, rows 3 and 12].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from domain.runs import (
    Period,
    Punctuality,
    Route,
    RunTrip,
    Waiting,
    WaitingFigures,
    punctuality_by_courier,
    punctuality_by_route,
    waiting_figures,
)
from infra.courier_runs import CourierRuns


@dataclass(frozen=True, slots=True)
class RunFigures:
    """Punctuality by branch and authority, and by courier; the waiting of all, and by sender."""

    by_route: dict[tuple[int, int], Punctuality]
    by_courier: dict[int, Punctuality]
    waiting: WaitingFigures
    by_sender: dict[int, WaitingFigures]


def run_figures(
    runs: CourierRuns, routes: Iterable[Route], period: Period, now: datetime
) -> RunFigures:
    """Count and measure the runs of some routes in a period; `now` is UTC. Raises StorageError.

    Runs of the days before anything was known of a route are not counted as missed: nobody could
    have told of them.
    """
    trips = trips_of(runs, known := list(routes), period)
    waits: list[Waiting] = []
    by_sender: defaultdict[int, list[Waiting]] = defaultdict(list)
    for route, first in _begun(runs, known, period):
        for sender, waiting in runs.waiting(route, first, period.last):
            waits.append(waiting)
            by_sender[sender].append(waiting)
    return RunFigures(
        punctuality_by_route(trips, now),
        punctuality_by_courier(trips, now),
        waiting_figures(waits),
        {sender: waiting_figures(each) for sender, each in by_sender.items()},
    )


def trips_of(runs: CourierRuns, routes: Iterable[Route], period: Period) -> list[RunTrip]:
    """List the trips of some routes in a period. Raises StorageError."""
    return runs.trips(dict(_begun(runs, routes, period)), period.last)


def _begun(
    runs: CourierRuns, routes: Iterable[Route], period: Period
) -> Iterator[tuple[Route, date]]:
    """Tell from which day of the period on anything is known of each route."""
    for route, begun in runs.first_days(list(routes)).items():
        if begun <= period.last:
            yield route, max(begun, period.first)
