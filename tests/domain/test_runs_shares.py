"""Periods of figures, the parts of the waiting of many packets, and a run more."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.runs import (
    MOST_DAYS,
    MOST_RUNS,
    BadPeriodError,
    Part,
    Period,
    Waiting,
    parse_times,
    waiting_figures,
    with_another,
)
from domain.workdays import OutsideCalendarError

HOUR = timedelta(hours=1)
TODAY = date(2026, 11, 16)


def test_the_parts_of_the_waiting_are_measured_apart() -> None:
    waits = [Waiting(HOUR, HOUR * 0, HOUR), Waiting(3 * HOUR, 4 * HOUR, HOUR)]
    found = waiting_figures(waits)
    assert found.count == 2
    missed, waited, way = found.parts
    assert [each.part for each in found.parts] == list(Part)
    assert (missed.mean, missed.median, missed.share) == (2 * HOUR, 2 * HOUR, 0.4)
    assert (waited.mean, waited.ninetieth, waited.share) == (2 * HOUR, 2.8 * HOUR, 0.4)
    assert (way.mean, way.median, way.ninetieth, way.share) == (HOUR, HOUR, HOUR, 0.2)


def test_nothing_that_waited_has_no_shares() -> None:
    found = waiting_figures([])
    assert found.count == 0
    assert {each.share for each in found.parts} == {None}
    assert {each.mean for each in found.parts} == {timedelta(0)}


spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9))


@given(st.lists(st.builds(Waiting, spans, spans, spans), min_size=1))
def test_shares_are_a_whole_and_figures_lie_among_the_amounts(waits: list[Waiting]) -> None:
    found = waiting_figures(waits)
    shares = [each.share for each in found.parts]
    if shares[0] is not None:
        assert sum(each or 0.0 for each in shares) == pytest.approx(1)
    way = next(each for each in found.parts if each.part is Part.ON_THE_WAY)
    amounts = sorted(each.on_the_way for each in waits)
    for figure in (way.mean, way.median, way.ninetieth):
        assert amounts[0] - timedelta.resolution <= figure <= amounts[-1] + timedelta.resolution


# --- periods -------------------------------------------------------------------------------------


def test_a_period_counts_both_its_ends() -> None:
    assert Period.of_days(TODAY, 28) == Period(date(2026, 10, 20), TODAY)
    assert Period.of_days(TODAY, 28).days == 28
    assert Period(TODAY, TODAY).days == 1
    assert Period.of_days(TODAY, MOST_DAYS).days == MOST_DAYS


@pytest.mark.parametrize("days", [-1, MOST_DAYS])
def test_a_period_neither_ends_before_it_begins_nor_is_too_long(days: int) -> None:
    with pytest.raises(BadPeriodError):
        Period(TODAY, TODAY + timedelta(days=days))


@pytest.mark.parametrize("day", [date.min, date(2010, 12, 31), date(2045, 1, 1), date.max])
def test_a_period_lies_within_the_calendars(day: date) -> None:
    with pytest.raises(OutsideCalendarError):
        Period(day, day)
    with pytest.raises(OutsideCalendarError):
        Period.of_days(day, 28)


# --- a run more ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "more"),
    [
        ("11:00 16:00", "11:00 13:30 16:00"),
        ("09:00 10:00 15:00", "09:00 10:00 12:30 15:00"),
        ("11:00", "11:00 14:00"),
        ("22:30", "19:30 22:30"),
        ("11:00 11:01", "11:00 11:01"),  # there is no minute between them
        ("09:00 10:00 11:00 12:00 13:00 14:00", "09:00 10:00 11:00 12:00 13:00 14:00"),
    ],
)
def test_another_run_leaves_amid_the_longest_time_without_one(times: str, more: str) -> None:
    assert with_another(parse_times(times.split())) == parse_times(more.split())


minutes = st.sets(st.integers(0, 24 * 60 - 1), min_size=1, max_size=MOST_RUNS)


@given(minutes)
def test_another_run_makes_a_timetable_again(chosen: set[int]) -> None:
    times = tuple(time(*divmod(each, 60)) for each in sorted(chosen))
    more = with_another(times)
    assert set(times) <= set(more)
    assert parse_times([f"{each:%H:%M}" for each in more]) == more
    assert len(more) - len(times) in (0, 1)
