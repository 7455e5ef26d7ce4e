"""The periods of reports: weeks, months, quarters, as they are written and read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.reporting import NoReportPeriodError, PeriodKind, ReportPeriod

DAYS = [date(2024, 1, 1) + timedelta(days=number) for number in range(0, 1200, 5)]


@pytest.mark.parametrize(
    ("code", "kind", "first", "last"),
    [
        ("2026-W41", PeriodKind.WEEK, date(2026, 10, 5), date(2026, 10, 11)),
        ("2026-W53", PeriodKind.WEEK, date(2026, 12, 28), date(2027, 1, 3)),
        ("2026-10", PeriodKind.MONTH, date(2026, 10, 1), date(2026, 10, 31)),
        ("2026-12", PeriodKind.MONTH, date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-q3", PeriodKind.QUARTER, date(2026, 7, 1), date(2026, 9, 30)),
        ("2026-Q4", PeriodKind.QUARTER, date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_whole(code: str, kind: PeriodKind, first: date, last: date) -> None:
    period = ReportPeriod.of(code)
    assert (period.kind, period.first, period.last) == (kind, first, last)
    assert period.code == code.upper()


@pytest.mark.parametrize("kind", PeriodKind)
def test_every_day_lies_in_one_period_and_none_is_left_out(kind: PeriodKind) -> None:
    for day in DAYS:
        period = ReportPeriod.containing(kind, day)
        assert period.first <= day <= period.last
        assert period.after.first == period.until
        assert period.after.before == period
        assert ReportPeriod.of(period.code) == period


@pytest.mark.parametrize(
    "code", ["", "2026", "2026-W00", "2025-W53", "2026-13", "2026-Q5", "2026-1", "1926-10", "W41"]
)
def test_what_names_no_period_is_refused(code: str) -> None:
    with pytest.raises(NoReportPeriodError):
        ReportPeriod.of(code)
