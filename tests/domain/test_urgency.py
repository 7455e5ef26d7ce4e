"""From when on a term is about to run out: an hour before, or when half of a short norm is gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.norms import Norm, NormUnit
from domain.urgency import DEFAULT_WARNING, warn_from
from domain.workdays import LAST_YEAR
from tests.domain.test_calendar import ALMATY, AUTHORITY, at, calendar

HOURS = calendar(AUTHORITY)


def warned(begun: str, norm: Norm, warning: timedelta = DEFAULT_WARNING) -> str:
    """When the authority is warned of a norm that begins then; Almaty's local time."""
    due = HOURS.due(at(begun), norm).at
    found = warn_from(HOURS, at(begun), due, warning)
    return found.astimezone(ZoneInfo(ALMATY)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("begun", "norm", "expected"),
    [
        # The head's hour, the office's quarter: the second half of a short norm.
        ("2026-11-16 09:00", Norm(1, NormUnit.HOUR), "2026-11-16 09:30:00"),
        ("2026-11-16 09:00", Norm(15, NormUnit.MINUTE), "2026-11-16 09:07:30"),
        # Over the break, and over the night.
        ("2026-11-16 12:40", Norm(1, NormUnit.HOUR), "2026-11-16 14:10:00"),
        ("2026-11-16 17:50", Norm(1, NormUnit.HOUR), "2026-11-17 09:20:00"),
        # The executor's day and the three days of the certificate: the last working hour.
        ("2026-11-16 11:00", Norm(1, NormUnit.WORKING_DAY), "2026-11-17 10:00:00"),
        # What falls due in the first hour of tomorrow presses when the office closes today.
        ("2026-11-16 10:00", Norm(1, NormUnit.WORKING_DAY), "2026-11-16 18:00:00"),
        ("2026-11-16 11:30", Norm(3, NormUnit.WORKING_DAY), "2026-11-19 10:30:00"),
        # A calendar day that ends on a Saturday: warned in the last hour that is worked before.
        ("2026-11-20 10:00", Norm(1, NormUnit.CALENDAR_DAY), "2026-11-20 17:00:00"),
    ],
)
def test_a_term_is_about_to_run_out(begun: str, norm: Norm, expected: str) -> None:
    assert warned(begun, norm) == expected


def test_an_operator_may_want_to_know_earlier() -> None:
    three_days = Norm(3, NormUnit.WORKING_DAY)
    assert warned("2026-11-16 11:30", three_days, timedelta(hours=8)) == "2026-11-18 11:30:00"


def test_a_term_without_working_time_presses_from_its_beginning() -> None:
    assert warned("2026-11-20 18:00", Norm(1, NormUnit.CALENDAR_DAY)) == "2026-11-20 18:00:00"


def test_past_the_calendar_only_the_term_itself_tells() -> None:
    begun, due = at(f"{LAST_YEAR}-12-29 10:00"), at(f"{LAST_YEAR + 1}-01-09 10:00")
    assert warn_from(HOURS, begun, due, DEFAULT_WARNING) == due


@given(
    begun=st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001
    lasts=st.timedeltas(timedelta(0), timedelta(days=40)),
    warning=st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_whoever_is_warned_has_what_was_promised(
    begun: datetime, lasts: timedelta, warning: timedelta
) -> None:
    start = begun.replace(tzinfo=ZoneInfo(ALMATY))
    due = start.astimezone(ZoneInfo("UTC")) + lasts
    found = warn_from(HOURS, start, due, warning)
    assert start <= found <= due
    left, whole = HOURS.working_time(found, due), HOURS.working_time(start, due)
    assert left == min(warning, whole - whole / 2)
