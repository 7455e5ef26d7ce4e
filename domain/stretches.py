"""Why an organisation is open or closed: every second between two instants, in stretches.

What a ledger of time shows to those who are audited: working time, the break, the hours outside,
days off and holidays [002 §9; 003 annex 1, service 7 annex 3; 004 §9].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import Calendar

_DAY = timedelta(days=1)


class Hours(StrEnum):
    """What a stretch of an organisation's time is."""

    WORKING = "working"
    BREAK = "break"
    OUTSIDE = "outside-hours"
    DAY_OFF = "day-off"
    HOLIDAY = "holiday"  # or a day off that the government transferred


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one kind; `since` is inside, `until` is not. UTC."""

    since: datetime
    until: datetime
    hours: Hours

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


def stretches(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Stretch]:
    """Split the time between two instants: without a gap, in order; none if `end` is not after.

    Raises OutsideCalendarError.
    """
    at = start
    for opened, closed in calendar.open_intervals(start, end):
        yield from _closed(calendar, at, opened)
        yield Stretch(opened, closed, Hours.WORKING)
        at = closed
    yield from _closed(calendar, at, end)


def _closed(calendar: Calendar, since: datetime, until: datetime) -> Iterator[Stretch]:
    """Split a closed stretch at the midnights between days of another kind."""
    before: Stretch | None = None
    while since < until:
        day = calendar.local_date(since)
        ends = min(until, calendar.midnight(day + _DAY))
        hours = _why(calendar, day, since)
        if before is not None and before.hours is hours:
            before = Stretch(before.since, ends, hours)
        else:
            if before is not None:
                yield before
            before = Stretch(since, ends, hours)
        since = ends
    if before is not None:
        yield before


def _why(calendar: Calendar, day: date, at: datetime) -> Hours:
    opened, closed = calendar.opening(day), calendar.closing(day)
    if opened is not None and closed is not None:
        return Hours.BREAK if opened <= at < closed else Hours.OUTSIDE
    six = calendar.hours.six_day_week
    if calendar.workdays.is_day_off(day, six_day_week=six):
        return Hours.HOLIDAY
    return Hours.DAY_OFF
