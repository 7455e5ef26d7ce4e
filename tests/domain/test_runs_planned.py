"""Which runs leave on a day, how they are named, with which one a courier went."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.runs import (
    EARLY,
    BadRunKeyError,
    Route,
    RunKey,
    RunsByDay,
    planned_run,
    planned_runs,
    run_of,
)
from domain.workdays import OutsideCalendarError
from tests.domain.runs_helper import (
    BRANCH,
    ELEVEN,
    OFFICE,
    ROUTE,
    SIX_DAY_BRANCH,
    TWO_A_DAY,
    calendar_at,
    named,
    runs,
    two_a_day,
)
from tests.domain.test_calendar import ALMATY, at

SIX_DAY_ROUTE = Route(SIX_DAY_BRANCH, OFFICE, calendar_at, ALMATY)
KEYS = st.builds(
    RunKey,
    st.integers(1, 9999),
    st.integers(1, 9999),
    st.dates(),
    st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
)

# --- the runs of a day ---------------------------------------------------------------------------


def test_a_working_day_has_the_runs_of_its_timetable_in_utc() -> None:
    monday = planned_runs(BRANCH, OFFICE, date(2026, 11, 23), TWO_A_DAY, calendar_at, ALMATY)
    assert [each.planned_at for each in monday] == [
        datetime(2026, 11, 23, 6, tzinfo=UTC),
        datetime(2026, 11, 23, 11, tzinfo=UTC),
    ]
    assert [str(each.key) for each in monday] == [
        "267-32-20261123-1100",
        "267-32-20261123-1600",
    ]


def test_no_courier_leaves_on_a_holiday() -> None:
    assert runs("2026-12-16") == []  # Independence Day, a Wednesday
    assert len(runs("2026-12-15")) == len(runs("2026-12-17")) == 2


def test_a_moved_working_day_has_runs_and_the_day_it_replaces_has_none() -> None:
    assert len(runs("2024-05-04")) == 2  # a Saturday, worked
    assert runs("2024-05-08") == []  # instead of this Wednesday
    assert len(runs("2025-01-05")) == 2  # even a Sunday


def test_where_one_side_has_a_day_off_there_is_nobody_to_take_or_to_give() -> None:
    assert calendar_at(SIX_DAY_BRANCH).is_working_day(date(2026, 11, 21))
    assert runs("2026-11-21", route=SIX_DAY_ROUTE) == []  # the authority rests on Saturdays
    assert runs("2025-01-03", route=SIX_DAY_ROUTE) == []  # moved, but not for a six-day week
    assert runs("2025-01-05", route=SIX_DAY_ROUTE) == []  # worked by the authority alone
    assert len(runs("2024-05-04", route=SIX_DAY_ROUTE)) == 2  # both work on this Saturday


def test_the_same_wall_clock_is_another_instant_after_the_zones_were_made_one() -> None:
    """On 2024-03-01 Almaty went from UTC+6 to UTC+5."""
    before, *_, after = runs("2024-02-29", "2024-03-01")
    assert before.planned_at == datetime(2024, 2, 29, 5, tzinfo=UTC)
    assert after.planned_at == datetime(2024, 3, 1, 11, tzinfo=UTC)
    days = runs("2024-02-29", "2024-03-01")
    assert days[2].planned_at - days[0].planned_at == timedelta(hours=25)


def test_of_a_time_that_occurs_twice_the_first_is_meant() -> None:
    night = time(23, 30)
    keys = [
        RunKey(BRANCH, OFFICE, date(2024, 2, 29), each) for each in (night, night.replace(fold=1))
    ]
    first, second = (planned_run(key, ALMATY).planned_at for key in keys)
    assert first == second == datetime(2024, 2, 29, 17, 30, tzinfo=UTC)


def test_two_weeks_have_the_runs_of_each_of_their_days() -> None:
    fortnight = runs("2026-12-07", "2026-12-20")
    assert len(fortnight) == 2 * 9  # ten working days, one of them a holiday
    assert fortnight == sorted(fortnight, key=lambda each: each.planned_at)
    assert ROUTE.runs(date(2026, 12, 20), date(2026, 12, 7), two_a_day) == []


def test_a_year_without_a_calendar_is_refused() -> None:
    with pytest.raises(OutsideCalendarError):
        runs("2046-01-05")


# --- the key -------------------------------------------------------------------------------------


@given(KEYS)
@example(RunKey(1, 2, date(999, 1, 1), time(0)))
def test_a_key_is_read_back_as_it_was_written(key: RunKey) -> None:
    assert RunKey.parse(str(key)) == key


@given(st.from_regex(r"[0-9]{1,5}-[0-9]{1,5}-[0-9]{7,9}-[0-9]{3,5}", fullmatch=True) | st.text())
@example("267-32-20261123-1100")
def test_a_text_is_a_key_only_if_it_is_written_so(text: str) -> None:
    try:
        key = RunKey.parse(text)
    except BadRunKeyError:
        return
    assert str(key) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "267-32-20261123",
        "267-32-20261123-1100 ",
        "267-32-20261123-1100\n",
        "267-32-20261131-1100",  # November has 30 days
        "267-32-20261123-2400",
        "267-32-20261123-1160",
        "0267-32-20261123-1100",
        "0-32-20261123-1100",
        "267-32-2026W471-1100",
        "267-32-٢٠٢٦١١٢٣-1100",
        "26700-32-20261123-1100",
    ],
)
def test_what_names_no_run_is_refused(text: str) -> None:
    with pytest.raises(BadRunKeyError) as refused:
        RunKey.parse(text)
    assert refused.value.facts == {"text": text}


@pytest.mark.parametrize("clock", [time(11, 0, 1), time(11, 0, 0, 1), time(11, tzinfo=UTC)])
def test_a_run_is_planned_at_a_whole_minute_of_the_wall_clock(clock: time) -> None:
    with pytest.raises(ValueError, match="whole minute"):
        RunKey(BRANCH, OFFICE, date(2026, 11, 23), clock)


# --- the run of a courier ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("taken", "run"),
    [
        ("2026-11-23 08:00", "2026-11-23 11:00"),  # before any: the first
        ("2026-11-23 10:40", "2026-11-23 11:00"),
        ("2026-11-23 11:00", "2026-11-23 11:00"),
        ("2026-11-23 15:29", "2026-11-23 11:00"),  # very late
        ("2026-11-23 15:30", "2026-11-23 16:00"),  # half an hour early
        ("2026-11-23 23:59", "2026-11-23 16:00"),
        ("2026-11-24 00:00", "2026-11-24 11:00"),  # another day, another run
        ("2026-11-22 11:00", "none"),  # a Sunday
    ],
)
def test_a_courier_may_be_early_or_late_and_it_is_still_that_run(taken: str, run: str) -> None:
    planned = runs("2026-11-19", "2026-11-25")
    assert named(run_of(at(taken), planned)) == run
    assert named(RunsByDay(planned, ALMATY).run_of(at(taken))) == run


def test_without_runs_there_is_none() -> None:
    assert run_of(at("2026-11-23 11:00"), []) is None
    assert RunsByDay([], ALMATY).run_of(at("2026-11-23 11:00")) is None


def test_on_the_day_of_the_zones_change_each_day_keeps_its_runs() -> None:
    days = runs("2024-02-28", "2024-03-01")
    assert named(run_of(datetime(2024, 2, 29, 18, 30, tzinfo=UTC), days)) == "2024-02-29 16:00"
    assert named(run_of(datetime(2024, 2, 29, 19, 0, tzinfo=UTC), days)) == "2024-03-01 11:00"


@given(
    st.lists(st.integers(0, 1439), min_size=1, max_size=6, unique=True).map(sorted),
    st.integers(0, 1439),
)
def test_a_courier_goes_with_the_last_run_that_has_begun(times: list[int], minute: int) -> None:
    """Looked at minute by minute: from half an hour before a run on, it is that one's time."""
    clocks = [time(*divmod(each, 60)) for each in times]
    day = planned_runs(BRANCH, OFFICE, date(2026, 11, 23), clocks, calendar_at, ALMATY)
    taken = at("2026-11-23 00:00") + timedelta(minutes=minute)
    early = EARLY // timedelta(minutes=1)
    begun = [
        clock for clock, planned in zip(clocks, times, strict=True) if minute + early >= planned
    ]
    found = run_of(taken, reversed(day))
    assert found is not None
    assert found.key.at == (begun or clocks)[-1 if begun else 0]


def test_keys_sort_by_pair_then_by_time() -> None:
    later = RunKey(BRANCH, OFFICE, date(2026, 11, 23), ELEVEN)
    earlier = RunKey(BRANCH, OFFICE, date(2026, 11, 20), time(16))
    assert sorted([later, earlier]) == [earlier, later]
