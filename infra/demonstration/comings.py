"""When people come: in opening hours, more of them in the morning."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from domain.calendar import Calendar
from infra.demonstration.workers import whole_seconds

_BEFORE_CLOSING = timedelta(minutes=30)


def coming_on(calendar: Calendar, day: date, luck: Random) -> datetime:
    """Draw the instant at which somebody comes on a working day of the organisation."""
    opened, closes = calendar.opening(day), calendar.closing(day)
    if opened is None or closes is None:
        raise ValueError(day)
    open_for = calendar.working_time(opened, closes - _BEFORE_CLOSING)
    seconds = open_for.total_seconds() * luck.betavariate(1.3, 2.3)
    return calendar.next_open(calendar.add_working_time(opened, whole_seconds(seconds)))
