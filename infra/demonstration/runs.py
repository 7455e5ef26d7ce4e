"""The courier's timetable: when the bag is filled, and on which days it is carried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from infra.demonstration.papers import Paper
from infra.demonstration.workers import Bureau

# The collecting department gathers so long before each run: what comes after the last time is
# gathered, and entered into the registry, on the next day.
_GATHERED_BEFORE = (timedelta(minutes=80), timedelta(minutes=15))
_DAY = timedelta(days=1)


def put_into_bag(paper: Paper) -> None:
    """Let the packet wait for the courier, at its branch or in the authority's office."""
    branch = paper.accepting
    (branch.returning if paper.on_the_way_back else branch.outgoing).append(paper)


def gather_after(branch: Bureau, runs: Sequence[time], now: datetime) -> datetime:
    """Return when the collecting department gathers next."""
    day = now.astimezone(branch.zone).date()
    while True:
        if runs_on(branch, day):
            for run in runs:
                for before in _GATHERED_BEFORE:
                    at = branch.instant(day, run) - before
                    if at > now:
                        return at
        day += _DAY


def runs_on(branch: Bureau, day: date) -> bool:
    """Tell whether the courier goes: a run makes sense where both sides work."""
    authority = branch.authority
    return branch.calendar.is_working_day(day) and (
        authority is not None and authority.calendar.is_working_day(day)
    )
