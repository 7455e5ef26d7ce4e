"""Every second of an office's time has its name: worked, a break, outside, a day off, a holiday."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar
from domain.stretches import Hours, stretches
from tests.domain.test_calendar import ALMATY, ALMATY_BRANCH, AUTHORITY, at, calendar

ZONE = ZoneInfo(ALMATY)
_MINUTES = st.integers(0, 400 * 24 * 60)


def told(begins: str, ends: str, of: Calendar | None = None) -> list[tuple[str, str]]:
    """The stretches as `Fri 18:00` and what they are."""
    return [
        (each.since.astimezone(ZONE).strftime("%a %H:%M"), each.hours.value)
        for each in stretches(of or calendar(), at(begins), at(ends))
    ]


def test_a_working_day_has_hours_before_and_after_and_a_break() -> None:
    assert told("2026-06-01 08:00", "2026-06-01 20:00") == [
        ("Mon 08:00", "outside-hours"),
        ("Mon 09:00", "working"),
        ("Mon 13:00", "break"),
        ("Mon 14:00", "working"),
        ("Mon 18:00", "outside-hours"),
    ]


def test_over_a_weekend_the_days_off_lie_between_two_nights() -> None:
    assert told("2026-06-05 17:00", "2026-06-08 10:00") == [
        ("Fri 17:00", "working"),
        ("Fri 18:00", "outside-hours"),
        ("Sat 00:00", "day-off"),
        ("Mon 00:00", "outside-hours"),
        ("Mon 09:00", "working"),
    ]


def test_a_holiday_is_named_apart_from_a_weekend() -> None:
    # 2026-07-06, the capital's day, is a Monday
    assert ("Mon 00:00", "holiday") in told("2026-07-04 12:00", "2026-07-07 10:00")


def test_an_office_that_works_on_saturdays_is_closed_on_sunday_only() -> None:
    told_of = told("2026-06-06 14:00", "2026-06-08 10:00", calendar(ALMATY_BRANCH))
    assert told_of == [
        ("Sat 14:00", "working"),
        ("Sat 15:00", "outside-hours"),
        ("Sun 00:00", "day-off"),
        ("Mon 00:00", "outside-hours"),
        ("Mon 09:00", "working"),
    ]


def test_no_time_makes_no_stretch() -> None:
    assert told("2026-06-01 10:00", "2026-06-01 10:00") == []
    assert told("2026-06-01 10:00", "2026-06-01 09:00") == []


@given(_MINUTES, _MINUTES)
def test_stretches_have_no_gap_and_agree_with_the_working_time(one: int, other: int) -> None:
    first = datetime(2025, 12, 1, tzinfo=ZONE)
    begins, ends = (first + timedelta(minutes=each) for each in sorted((one, other)))
    for of in (calendar(AUTHORITY), calendar(ALMATY_BRANCH)):
        found = list(stretches(of, begins, ends))
        edges = [each.since for each in found] + ([found[-1].until] if found else [])
        assert edges == sorted(set(edges))
        assert all(a.until == b.since for a, b in pairwise(found))
        assert sum((each.length for each in found), timedelta()) == ends - begins
        worked = sum((s.length for s in found if s.hours is Hours.WORKING), timedelta())
        assert worked == of.working_time(begins, ends)
        assert all(a.hours is not b.hours for a, b in pairwise(found))
