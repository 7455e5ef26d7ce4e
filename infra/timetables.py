"""Changes the timetable of a route, tells how it became what it is [003 service 7 §11: two runs].

A timetable begins on a day from today on and holds until another begins; holidays need none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.runs import Route, RunTimes
from domain.zones import local_day
from infra.store.group_commit import Committed, UnitOfWork
from infra.store.log import EventLog, StaffBook


@dataclass(frozen=True, slots=True)
class TimesChange:
    """What an administrator wants: local times (`HH:MM`) from a local day of the branch on."""

    route: Route
    times: Sequence[str]
    starts: date
    by: int


def change_times(
    log: EventLog, staff: StaffBook, change: TimesChange, now: datetime
) -> Committed[bool]:
    """Set the times from a day on; False if that day begins with them already.

    `now` is UTC. Raises BadTimetableError, PastTimetableError, StorageError.
    """
    route = change.route

    def work(unit: UnitOfWork) -> bool:
        timetable = unit.load(RunTimes, RunTimes.stream(route.branch, route.authority))
        return timetable.change(
            route.branch,
            route.authority,
            change.times,
            change.starts,
            local_day(now, route.zone),
            now,
            change.by,
        )

    answer = log.commands.run(work)
    staff.refresh()
    return answer


def changes_of(log: EventLog, route: Route) -> list[RunTimes.TimesSet]:
    """Return what was set for a route, the latest decision first. Raises StorageError."""
    events = log.events_of(RunTimes.stream(route.branch, route.authority))
    return [each for each in reversed(events) if isinstance(each, RunTimes.TimesSet)]
