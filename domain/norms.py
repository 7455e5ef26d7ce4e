"""Norms of time as the regulations state them [003 annexes 3, 4, 7; 002 §7]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NormUnit(StrEnum):
    """What a norm is counted in."""

    MINUTE = "minute"  # of working time
    HOUR = "hour"  # of working time
    WORKING_DAY = "working-day"
    CALENDAR_DAY = "calendar-day"
    CALENDAR_MONTH = "calendar-month"
    ONCE_A_DAY = "once-a-day"  # by the end of the working day in which it began
    WITHIN_THE_DAY = "within-the-day"  # the same, as the sources say of handing out
    NEXT_RUN = "next-run"  # by the courier's next run


class NotCounted(StrEnum):
    """Days that a file may exclude from a term counted in days [002 §7]."""

    ACCEPTANCE = "acceptance"
    ISSUE = "issue"


class ClosedEnd(StrEnum):
    """What becomes of a term in calendar days whose last day is a day off.

    The sources held do not say; an edition chooses.
    """

    STANDS = "stands"
    NEXT_WORKING_DAY = "next-working-day"


@dataclass(frozen=True, slots=True)
class Norm:
    """A legal term. `amount` is 1 for the units that name no number."""

    amount: int
    unit: NormUnit
    not_counted: frozenset[NotCounted] = frozenset()
    closed_end: ClosedEnd = ClosedEnd.STANDS


@dataclass(frozen=True, slots=True)
class Due:
    """The instant (UTC) at which a norm runs out.

    Provisional: it lies past the last year whose transfers of working days are published.
    """

    at: datetime
    provisional: bool
