"""When somebody must be told that a term runs out, and how urgent a packet is (ADR 18).

A packet is judged by its nearest term: of a stage, of the whole service, or of an uncollected
result [003 annexes 3, 4 and 7; 002 §7 and §15].
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from domain.calendar import Calendar
from domain.workdays import OutsideCalendarError

DEFAULT_WARNING = timedelta(minutes=60)  # of working time


class Urgency(StrEnum):
    """Which packets are meant, by their nearest term."""

    OVERDUE = "overdue"  # some term has run out
    SOON = "soon"  # none has, but one is about to
    TODAY = "today"  # none has, but one will before midnight in the organisation's zone
    PRESSING = "pressing"  # overdue or soon: what the badge counts


def warn_from(calendar: Calendar, begun: datetime, due: datetime, warning: timedelta) -> datetime:
    """Return from when on (UTC) a term is about to run out.

    That is when no more than `warning` of working time is left of it, and half of its working time
    is used up: a norm of five minutes is not urgent from its first second. Never after `due`. Where
    the calendar ends, only the term itself tells.
    """
    try:
        whole = calendar.working_time(begun, due)
        return min(calendar.add_working_time(begun, max(whole - warning, whole / 2)), due)
    except OutsideCalendarError:
        return due
