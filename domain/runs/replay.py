"""What another timetable would gain: the recorded arrivals replayed against it.

Both timetables are applied by the same rule, so that couriers' lateness does not pass for the
merit of a plan; what was recorded stands beside, because plans are not always kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.calendar import Calendar
from domain.runs.amounts import mean, ninetieth
from domain.runs.planned import Route, TimesOf
from domain.zones import local_day

_NOTHING = timedelta(0)
_HORIZON = timedelta(days=31)  # longer than any row of days off


@dataclass(frozen=True, slots=True)
class Departure:
    """What was recorded of a packet (UTC): ready at the sender's, taken, handed over."""

    ready_at: datetime
    taken_at: datetime
    handed_at: datetime


@dataclass(frozen=True, slots=True)
class Waits:
    """Waiting of many packets, in working time of the sender."""

    mean: timedelta
    total: timedelta
    ninetieth: timedelta  # the 90th percentile


@dataclass(frozen=True, slots=True)
class Replayed:
    """Waiting for the next run under two timetables; nothing is counted as 0.

    `gain` is what a packet would wait less on average (negative: more). `recorded` is what packets
    did wait on average, `travel` how long they were on the way (plain time), which no timetable
    changes. `left_out` packets found no run, up to a month after the last of them was ready.
    """

    count: int
    left_out: int
    before: Waits
    after: Waits
    gain: timedelta
    recorded: timedelta
    travel: timedelta


def replay(
    departures: Sequence[Departure],
    times_before: TimesOf,
    times_after: TimesOf,
    route: Route,
    calendar: Calendar,
) -> Replayed:
    """Let recorded packets wait for the next run after they were ready, under both timetables.

    `times_...` say the local times of a day's runs; `calendar` is the sender's. Raises
    OutsideCalendarError.
    """
    before = _next_runs(departures, times_before, route)
    after = _next_runs(departures, times_after, route)
    went: list[Departure] = []
    waits: list[tuple[timedelta, timedelta]] = []
    for departure, old, new in zip(departures, before, after, strict=True):
        if old is not None and new is not None:
            went.append(departure)
            ready = departure.ready_at
            waits.append((calendar.working_time(ready, old), calendar.working_time(ready, new)))
    old_waits, new_waits = _waits([old for old, _ in waits]), _waits([new for _, new in waits])
    return Replayed(
        count=len(went),
        left_out=len(departures) - len(went),
        before=old_waits,
        after=new_waits,
        gain=old_waits.mean - new_waits.mean,
        recorded=mean([calendar.working_time(each.ready_at, each.taken_at) for each in went]),
        travel=mean([max(each.handed_at - each.taken_at, _NOTHING) for each in went]),
    )


def _next_runs(
    departures: Sequence[Departure], times_of: TimesOf, route: Route
) -> list[datetime | None]:
    """Return when the first run strictly after each packet was ready leaves."""
    if not departures:
        return []
    ready = [departure.ready_at for departure in departures]
    first, last = (local_day(at, route.zone) for at in (min(ready), max(ready)))
    planned = [run.planned_at for run in route.runs(first, last + _HORIZON, times_of)]
    following = (bisect_right(planned, at) for at in ready)
    return [planned[index] if index < len(planned) else None for index in following]


def _waits(amounts: Sequence[timedelta]) -> Waits:
    return Waits(mean(amounts), sum(amounts, _NOTHING), ninetieth(amounts))
