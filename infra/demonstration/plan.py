"""What is to be simulated: how many days, how many packets a day, from when, by which chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from domain.calendar import Calendar
from domain.errors import RefusedError

DEFAULT_START = date(2026, 11, 16)  # a Monday in a week without holidays
_DAY = timedelta(days=1)


class BadPlanError(RefusedError):
    """A plan without days or without packets."""

    code = "bad-plan"


@dataclass(frozen=True, slots=True)
class Plan:
    """The same plan gives the same events. `packets` are accepted on each of `days` working days.

    Working days are those of the authorities; on the Saturdays between them centres give results
    out. The first day is `start`, or the working day after it. Raises BadPlanError.
    """

    days: int = 1
    packets: int = 400
    seed: int = 1
    start: date = DEFAULT_START

    def __post_init__(self) -> None:
        for field in ("days", "packets"):
            if getattr(self, field) < 1:
                raise BadPlanError(field=field, value=getattr(self, field))

    def working_days(self, calendar: Calendar) -> list[date]:
        """Return the days of the plan. Raises OutsideCalendarError."""
        first = calendar.next_working_day(self.start - _DAY)
        following = range(1, self.days)
        return [first, *(calendar.next_working_day(first, count) for count in following)]


def recent_start(days: int, today: date, calendar: Calendar) -> date:
    """Return the latest start from which all these working days have ended before `today`."""
    day = today
    for _ in range(days):
        day -= _DAY
        while not calendar.is_working_day(day):
            day -= _DAY
    return day
