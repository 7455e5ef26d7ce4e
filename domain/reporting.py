"""The periods of the reports that departments owe: weeks, months and quarters [004]."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.errors import RefusedError

_DAY = timedelta(days=1)
_QUARTER = 3  # months
_CODE = re.compile(r"(?P<year>20\d\d)-(?:W(?P<week>\d\d)|Q(?P<quarter>[1-4])|(?P<month>\d\d))")


class NoReportPeriodError(RefusedError):
    """What was given names no week, month or quarter."""

    code = "no-report-period"


class PeriodKind(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """A whole week (from Monday), month or quarter, by its first day."""

    kind: PeriodKind
    first: date

    @classmethod
    def of(cls, code: str) -> ReportPeriod:
        """Read `2026-W41`, `2026-10` or `2026-Q3`. Raises NoReportPeriodError."""
        found = _CODE.fullmatch(code.strip().upper())
        if found is None:
            raise NoReportPeriodError(text=code)
        year = int(found["year"])
        try:
            if found["week"]:
                return cls(PeriodKind.WEEK, date.fromisocalendar(year, int(found["week"]), 1))
            if found["quarter"]:
                return cls(PeriodKind.QUARTER, date(year, _first_month(int(found["quarter"])), 1))
            return cls(PeriodKind.MONTH, date(year, int(found["month"]), 1))
        except ValueError as error:
            raise NoReportPeriodError(text=code) from error

    @classmethod
    def containing(cls, kind: PeriodKind, day: date) -> ReportPeriod:
        """Return the period of a kind in which a day lies."""
        return cls(kind, _BEGIN[kind](day))

    @property
    def until(self) -> date:
        """The first day after it."""
        longest = {PeriodKind.WEEK: 7, PeriodKind.MONTH: 31, PeriodKind.QUARTER: 92}[self.kind]
        return _BEGIN[self.kind](self.first + timedelta(days=longest))

    @property
    def last(self) -> date:
        """The last day inside."""
        return self.until - _DAY

    @property
    def before(self) -> ReportPeriod:
        """The period that ends where this one begins."""
        return self.containing(self.kind, self.first - _DAY)

    @property
    def after(self) -> ReportPeriod:
        """The period that begins where this one ends."""
        return self.containing(self.kind, self.until)

    @property
    def code(self) -> str:
        """How it is written: `2026-W41`, `2026-10`, `2026-Q3`; `of` reads it."""
        if self.kind is PeriodKind.WEEK:
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02}"
        if self.kind is PeriodKind.QUARTER:
            return f"{self.first.year}-Q{_quarter(self.first)}"
        return f"{self.first.year}-{self.first.month:02}"


def _quarter(day: date) -> int:
    return (day.month - 1) // _QUARTER + 1


def _first_month(quarter: int) -> int:
    return (quarter - 1) * _QUARTER + 1


_BEGIN: dict[PeriodKind, Callable[[date], date]] = {
    PeriodKind.WEEK: lambda day: day - timedelta(days=day.weekday()),
    PeriodKind.MONTH: lambda day: day.replace(day=1),
    PeriodKind.QUARTER: lambda day: day.replace(day=1, month=_first_month(_quarter(day))),
}
