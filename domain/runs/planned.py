"""Planned runs: which leave on a day, and with which a courier went [003 service 7 §11].

A run is known by its pair, its day and its planned time, so devices without a network name it
alike. On a day on which one side does not work, nobody hands over or nobody takes: none leaves.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Self

from domain.calendar import Calendar
from domain.errors import RefusedError
from domain.zones import local_day
from domain.zones import zone as zone_named

EARLY = timedelta(minutes=30)
Calendars = Callable[[int], Calendar]
TimesOf = Callable[[date], Sequence[time]]
_KEY = re.compile(r"([1-9][0-9]{0,3})-([1-9][0-9]{0,3})-([0-9]{8})-([0-9]{4})")
_DAY = timedelta(days=1)
_planned_at = attrgetter("planned_at")


class BadRunKeyError(RefusedError):
    """A text that names no run."""

    code = "bad-run-key"


@dataclass(frozen=True, slots=True, order=True)
class RunKey:
    """A run: of which pair, on which local day, planned at which local time (whole minutes).

    As a text: `BRANCH-AUTHORITY-YYYYMMDD-HHMM`, for example `267-32-20261123-1100`.
    """

    branch: int
    authority: int
    day: date
    at: time

    def __post_init__(self) -> None:
        """Raise ValueError if the time has a zone or is no whole minute."""
        if self.at != time(self.at.hour, self.at.minute):
            raise ValueError("a run is planned at a whole minute of local time")

    def __str__(self) -> str:
        day = self.day.isoformat().replace("-", "")
        return f"{self.branch}-{self.authority}-{day}-{self.at:%H%M}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form. Raises BadRunKeyError."""
        match = _KEY.fullmatch(text)
        if match is None:
            raise BadRunKeyError(text=text)
        branch, authority, day, clock = match.groups()
        try:
            at = time(int(clock[:2]), int(clock[2:]))
            return cls(int(branch), int(authority), date.fromisoformat(day), at)
        except ValueError as error:
            raise BadRunKeyError(text=text) from error


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run and the instant (UTC) at which it should leave; `zone` is the branch's."""

    key: RunKey
    planned_at: datetime
    zone: str


@lru_cache(maxsize=1 << 14)  # each page of the country asks for the same two thousand
def planned_run(key: RunKey, zone: str) -> PlannedRun:
    """Return the run of a key, wherever its day is worked or not; `zone` is the branch's.

    Of a local time that occurs twice (clocks turned back) the first is meant.
    """
    local = datetime.combine(key.day, key.at.replace(fold=0), zone_named(zone))
    return PlannedRun(key, local.astimezone(UTC), zone)


def planned_runs(
    branch: int,
    authority: int,
    day: date,
    times: Sequence[time],
    calendars: Calendars,
    zone: str,
) -> list[PlannedRun]:
    """Return the runs of a local day in order; none where either side does not work that day.

    `times` are local ones of `zone`, the branch's. Raises OutsideCalendarError for a day of a year
    without a calendar, and what `calendars` raises for an organisation that it does not know.
    """
    if not all(calendars(side).is_working_day(day) for side in (branch, authority)):
        return []
    return [planned_run(RunKey(branch, authority, day, at), zone) for at in times]


@dataclass(frozen=True, slots=True)
class Route:
    """The way between a branch and its authority; `zone` is the branch's."""

    branch: int
    authority: int
    calendars: Calendars
    zone: str

    @property
    def ends(self) -> frozenset[int]:
        """Both organisations."""
        return frozenset({self.branch, self.authority})

    def closed(self, day: date) -> tuple[int, ...]:
        """Return which sides do not work on a local day; then none leaves."""
        sides = (self.branch, self.authority)
        return tuple(side for side in sides if not self.calendars(side).is_working_day(day))

    def runs(self, first: date, last: date, times_of: TimesOf) -> list[PlannedRun]:
        """Return the runs of the local days `first` to `last` in order. Raises as planned_runs."""
        days = (first + _DAY * passed for passed in range((last - first).days + 1))
        return [run for day in days for run in self._runs_on(day, times_of(day))]

    def _runs_on(self, day: date, times: Sequence[time]) -> list[PlannedRun]:
        return planned_runs(self.branch, self.authority, day, times, self.calendars, self.zone)


def run_of(at: datetime, runs: Iterable[PlannedRun]) -> PlannedRun | None:
    """Return the run to which a courier's taking at an instant belongs, among those of its day.

    The last one planned not later than `EARLY` after it (the courier may come early), else the
    first of the day; None if the day has none. Runs of other days may be among `runs`.
    """
    return _chosen(at, [run for run in runs if local_day(at, run.zone) == run.key.day])


class RunsByDay:
    """The planned runs of one route, ready to be asked about thousands of takings.

    `zone` is the branch's.
    """

    def __init__(self, runs: Iterable[PlannedRun], zone: str) -> None:
        self._zone = zone
        self._of_day: defaultdict[date, list[PlannedRun]] = defaultdict(list)
        for run in runs:
            self._of_day[run.key.day].append(run)

    def run_of(self, at: datetime) -> PlannedRun | None:
        """Return the run to which a taking at an instant belongs, as `run_of` does."""
        return _chosen(at, self._of_day.get(local_day(at, self._zone), ()))


def _chosen(at: datetime, today: Sequence[PlannedRun]) -> PlannedRun | None:
    latest = at + EARLY
    begun = [run for run in today if run.planned_at <= latest]
    if begun:
        return max(begun, key=_planned_at)
    return min(today, key=_planned_at, default=None)
