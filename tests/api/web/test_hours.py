"""Opening hours in words."""

from __future__ import annotations

import pytest

from api.web.hours import openings
from domain.hours import parse_hours


@pytest.mark.parametrize(
    ("language", "days"), [("kk", "дс–жм"), ("ru", "пн–пт"), ("en", "Mon–Fri")]
)
def test_days_with_the_same_hours_stand_together(language: str, days: str) -> None:
    hours = parse_hours("Mon-Fri 09:00-18:00, break 13:00-14:00; Sat 09:00-15:00")
    week, saturday = openings(hours, language)
    assert (week.days.casefold(), week.hours) == (days.casefold(), "09:00–13:00, 14:00–18:00")
    assert saturday.hours == "09:00–15:00"
    assert "–" not in saturday.days


def test_days_off_between_are_left_out() -> None:
    hours = parse_hours("Mon 09:00-18:00; Wed 09:00-18:00")
    assert [each.days for each in openings(hours, "en")] == ["Mon", "Wed"]
