"""Plans: which days they mean, and the latest start whose days have ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Calendar
from domain.hours import parse_hours
from infra.demonstration import DEFAULT_START, BadPlanError, Plan, recent_start
from infra.regulation_files import load_workdays

CALENDAR = Calendar(
    parse_hours("Mon-Fri 09:00-18:00, break 13:00-14:00"), "Asia/Almaty", load_workdays()
)


def test_the_default_is_one_monday() -> None:
    plan = Plan()
    assert plan.start == DEFAULT_START
    assert plan.working_days(CALENDAR) == [DEFAULT_START]
    assert DEFAULT_START.isoweekday() == 1


def test_days_off_are_passed_over() -> None:
    plan = Plan(days=3, start=date(2026, 12, 15))
    expected = [date(2026, 12, 15), date(2026, 12, 17), date(2026, 12, 18)]
    assert plan.working_days(CALENDAR) == expected  # the 16th is Independence Day


def test_a_start_on_a_day_off_means_the_next_working_day() -> None:
    saturday = date(2026, 11, 14)
    assert Plan(start=saturday).working_days(CALENDAR) == [date(2026, 11, 16)]


@pytest.mark.parametrize("wrong", [{"days": 0}, {"packets": 0}, {"packets": -5}])
def test_a_plan_has_days_and_packets(wrong: dict[str, int]) -> None:
    with pytest.raises(BadPlanError) as refusal:
        Plan(**wrong)  # type: ignore[arg-type]
    assert refusal.value.facts["field"] in wrong


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_the_recent_start_is_the_latest_that_has_ended(days: int, today: date) -> None:
    start = recent_start(days, today, CALENDAR)
    assert Plan(days, start=start).working_days(CALENDAR)[-1] < today
    later = Plan(days, start=start + timedelta(days=1)).working_days(CALENDAR)
    assert later[-1] >= today
    assert CALENDAR.is_working_day(start)
