"""Over which weeks or months figures are shown: whole ones, by the days that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from projections.figures import Span

LOOKS_BACK = timedelta(days=84)  # where no first day is given
_LONGEST = {Span.WEEK: timedelta(days=7), Span.MONTH: timedelta(days=31)}


@dataclass(frozen=True, slots=True)
class Period:
    """Which weeks or months are shown: from the first day of the first to before `until`."""

    span: Span
    since: date
    until: date

    @classmethod
    def of_days(cls, span: Span, first: date, last: date) -> Period:
        """Return the whole weeks or months in which both days lie."""
        begins, ends = _begin(span, min(first, last)), _begin(span, max(first, last))
        return cls(span, begins, _begin(span, ends + _LONGEST[span]))

    @property
    def last(self) -> date:
        """The last day inside."""
        return self.until - timedelta(days=1)

    def query(self) -> dict[str, Any]:
        """Return the fields that mean the same stays in the list of stays."""
        return {"ended": self.span.value, "since": self.since, "until": self.until}


def _begin(span: Span, day: date) -> date:
    return day.replace(day=1) if span is Span.MONTH else day - timedelta(days=day.weekday())
