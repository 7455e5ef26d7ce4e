"""The days that figures of runs are about: not too many, and all of them in the calendars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from domain.errors import RefusedError
from domain.workdays import FIRST_YEAR, LAST_YEAR, OutsideCalendarError

MOST_DAYS = 366


class BadPeriodError(RefusedError):
    """A period that ends before it begins, or is too long to be counted at once."""

    code = "bad-period"


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from the first to the last; a year is the most.

    The first and the last year of the calendars are left out: what is asked looks at the days
    around, too. Raises BadPeriodError, OutsideCalendarError.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        """Make sure that figures can be made of it."""
        for day in (self.first, self.last):
            if not FIRST_YEAR < day.year < LAST_YEAR:
                raise OutsideCalendarError(day)
        if not 0 <= (self.last - self.first).days < MOST_DAYS:
            facts = {"first": self.first.isoformat(), "last": self.last.isoformat()}
            raise BadPeriodError(**facts, most=MOST_DAYS)

    @classmethod
    def of_days(cls, last: date, days: int) -> Self:
        """Return so many days, of which this is the last."""
        cls(last, last)  # before one counts back from the year 1
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1
