"""What became of a run, and how punctual couriers and routes are [003 service 7 §11].

No source has a norm for the courier: "late" here only compares with the timetable.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from domain.runs.amounts import median
from domain.runs.planned import PlannedRun
from domain.runs.reports import Report

ON_TIME = timedelta(minutes=10)
MISSED_AFTER = timedelta(hours=1)
_NOTHING = timedelta(0)
_Key = TypeVar("_Key", bound=Hashable)


class RunState(StrEnum):
    """What is known of a run at an instant."""

    PLANNED = "planned"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    MISSED = "missed"  # nobody left, long after its time


@dataclass(frozen=True, slots=True)
class RunTrip:
    """A run as it went: by whom, left and arrived when (UTC; None: nobody said)."""

    run: PlannedRun
    couriers: tuple[int, ...] = ()
    departed_at: datetime | None = None
    arrived_at: datetime | None = None

    @property
    def delay(self) -> timedelta | None:
        """How long after its time it left; negative if before."""
        return None if self.departed_at is None else self.departed_at - self.run.planned_at

    @property
    def travel(self) -> timedelta | None:
        """How long it was under way; None where clocks disagree and it arrived before it left."""
        if self.departed_at is None or self.arrived_at is None:
            return None
        travel = self.arrived_at - self.departed_at
        return None if travel < _NOTHING else travel


def trip_of(run: PlannedRun, reports: Iterable[Report], courier: int | None = None) -> RunTrip:
    """Work out a trip from what was said of its run, in any order; of one courier, if named.

    It left with the first departure and arrived with the first arrival after it: later ones are
    said on the way back, or by a second device. If all arrivals lie before the departure, clocks
    disagree; the first one stands, because somebody did arrive.
    """
    said = sorted(each for each in reports if courier is None or each.person == courier)
    if not said:
        return RunTrip(run)
    left = [each.happened_at for each in said if each.departed]
    came = [each.happened_at for each in said if not each.departed]
    departed = left[0] if left else None
    after = [at for at in came if departed is None or at >= departed] or came
    couriers = tuple(dict.fromkeys(each.person for each in said))
    return RunTrip(run, couriers, departed, after[0] if after else None)


def run_state(trip: RunTrip, now: datetime, tolerance: timedelta = MISSED_AFTER) -> RunState:
    """Return what a run is at an instant: missed when more than `tolerance` late and not gone."""
    if trip.arrived_at is not None:
        return RunState.ARRIVED
    if trip.departed_at is not None:
        return RunState.DEPARTED
    return RunState.MISSED if now > trip.run.planned_at + tolerance else RunState.PLANNED


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How some trips compare with the timetable; runs that are still to leave are left out.

    `on_time` left at most `ON_TIME` after their time (or before it), `late` later, `missed` not at
    all; of `unknown` ones only the arrival was said. Medians are None where there is nothing to
    take them of; a delay is negative for a run that left before its time.
    """

    on_time: int
    late: int
    missed: int
    unknown: int
    median_delay: timedelta | None
    median_travel: timedelta | None


def punctuality(
    trips: Sequence[RunTrip], now: datetime, tolerance: timedelta = MISSED_AFTER
) -> Punctuality:
    """Count and measure trips as they stand at an instant."""
    counted = Counter([_verdict(trip, now, tolerance) for trip in trips])
    return Punctuality(
        on_time=counted["on-time"],
        late=counted["late"],
        missed=counted["missed"],
        unknown=counted["unknown"],
        median_delay=_median(trip.delay for trip in trips),
        median_travel=_median(trip.travel for trip in trips),
    )


def punctuality_by_courier(
    trips: Iterable[RunTrip], now: datetime, tolerance: timedelta = MISSED_AFTER
) -> dict[int, Punctuality]:
    """Compare by courier; a run that two carried counts for both, one that nobody did for none."""
    pairs = ((courier, trip) for trip in trips for courier in trip.couriers)
    return _grouped(pairs, now, tolerance)


def punctuality_by_route(
    trips: Iterable[RunTrip], now: datetime, tolerance: timedelta = MISSED_AFTER
) -> dict[tuple[int, int], Punctuality]:
    """Compare by branch and authority."""
    pairs = (((trip.run.key.branch, trip.run.key.authority), trip) for trip in trips)
    return _grouped(pairs, now, tolerance)


def _grouped(
    pairs: Iterable[tuple[_Key, RunTrip]], now: datetime, tolerance: timedelta
) -> dict[_Key, Punctuality]:
    groups: defaultdict[_Key, list[RunTrip]] = defaultdict(list)
    for key, trip in pairs:
        groups[key].append(trip)
    return {key: punctuality(group, now, tolerance) for key, group in groups.items()}


def _verdict(trip: RunTrip, now: datetime, tolerance: timedelta) -> str:
    delay = trip.delay
    if delay is not None:
        return "on-time" if delay <= ON_TIME else "late"
    state = run_state(trip, now, tolerance)
    return "unknown" if state is RunState.ARRIVED else state.value


def _median(amounts: Iterable[timedelta | None]) -> timedelta | None:
    known = [amount for amount in amounts if amount is not None]
    return median(known) if known else None
