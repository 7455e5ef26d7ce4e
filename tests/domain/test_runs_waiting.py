"""Where a packet's time goes between two desks, and what another timetable would gain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Timetable
from domain.norms import Norm, NormUnit
from domain.runs import (
    Departure,
    PlannedRun,
    Replayed,
    Route,
    Waiting,
    replay,
    run_of,
    split_waiting,
)
from domain.runs.planned import TimesOf
from tests.domain.runs_helper import (
    OFFICE,
    ROUTE,
    SIXTEEN,
    TWO_A_DAY,
    calendar_at,
    runs,
    two_a_day,
)
from tests.domain.test_calendar import ALMATY, at

CENTRE_HOURS = calendar_at(ROUTE.branch)  # Mon-Fri 09:00-20:00
NOTHING, HOUR, MINUTE = timedelta(0), timedelta(hours=1), timedelta(minutes=1)
NOVEMBER = runs("2026-11-16", "2026-11-30")


def split(ready: str, taken: str, handed: str, planned: Sequence[PlannedRun] = NOVEMBER) -> Waiting:
    """Split what happened at local times."""
    return split_waiting(at(ready), at(taken), at(handed), planned, CENTRE_HOURS)


# --- one packet ----------------------------------------------------------------------------------


def test_a_packet_waits_for_its_run_and_goes_with_it() -> None:
    found = split("2026-11-23 10:00", "2026-11-23 11:05", "2026-11-23 11:40")
    assert found == Waiting(65 * MINUTE, NOTHING, 35 * MINUTE)


def test_a_late_courier_is_waited_for_but_the_run_is_not_missed() -> None:
    found = split("2026-11-23 10:00", "2026-11-23 13:00", "2026-11-23 13:30")
    assert found == Waiting(3 * HOUR, NOTHING, 30 * MINUTE)


def test_an_early_courier_takes_it_before_the_time() -> None:
    found = split("2026-11-23 10:00", "2026-11-23 10:40", "2026-11-23 11:10")
    assert found == Waiting(40 * MINUTE, NOTHING, 30 * MINUTE)


def test_a_packet_left_lying_has_missed_its_run_from_the_planned_time_on() -> None:
    found = split("2026-11-23 10:00", "2026-11-23 16:00", "2026-11-23 16:30")
    assert found == Waiting(HOUR, 5 * HOUR, 30 * MINUTE)


def test_one_ready_just_after_the_run_waits_for_the_next() -> None:
    found = split("2026-11-23 11:00", "2026-11-23 16:00", "2026-11-23 16:30")
    assert found == Waiting(5 * HOUR, NOTHING, 30 * MINUTE)


def test_a_late_courier_takes_along_what_became_ready_meanwhile() -> None:
    """It goes with the run of 11:00, for which it was too late: it waited, and missed nothing."""
    found = split("2026-11-23 11:10", "2026-11-23 11:20", "2026-11-23 11:50")
    assert found == Waiting(10 * MINUTE, NOTHING, 30 * MINUTE)


def test_the_night_is_nobodys_waiting() -> None:
    found = split("2026-11-23 19:00", "2026-11-24 11:00", "2026-11-24 11:30")
    assert found == Waiting(3 * HOUR, NOTHING, 30 * MINUTE)  # one till 20:00, two from 9:00


def test_a_run_missed_overnight_counts_the_hours_of_work_only() -> None:
    found = split("2026-11-23 15:00", "2026-11-24 11:00", "2026-11-24 11:30")
    assert found == Waiting(HOUR, 6 * HOUR, 30 * MINUTE)


def test_taken_in_the_morning_before_any_run_is_not_the_run_of_the_evening_before() -> None:
    found = split("2026-11-23 15:00", "2026-11-24 09:30", "2026-11-24 10:00")
    assert found == Waiting(HOUR, 4 * HOUR + 30 * MINUTE, 30 * MINUTE)


def test_nothing_runs_on_a_holiday_and_nobody_waits() -> None:
    december = runs("2026-12-15", "2026-12-17")  # Independence Day between
    found = split("2026-12-15 17:00", "2026-12-17 11:00", "2026-12-17 11:45", december)
    assert found == Waiting(5 * HOUR, NOTHING, 45 * MINUTE)


def test_on_a_day_off_of_the_authority_the_open_branch_waits() -> None:
    """Saturday 09:00-15:00 is working time of the branch, and no run goes."""
    branch = calendar_at(268)
    route = Route(268, OFFICE, calendar_at, ALMATY)
    found = split_waiting(
        at("2026-11-20 17:00"),
        at("2026-11-23 11:00"),
        at("2026-11-23 11:30"),
        runs("2026-11-20", "2026-11-23", route),
        branch,
    )
    assert found.waited_for_run == 3 * HOUR + 6 * HOUR + 2 * HOUR
    assert found.missed_run == NOTHING


def test_on_the_way_all_time_counts() -> None:
    found = split("2026-11-23 15:00", "2026-11-23 16:00", "2026-11-24 09:00")
    assert found == Waiting(HOUR, NOTHING, 17 * HOUR)


def test_over_the_change_of_zones_an_hour_is_an_hour() -> None:
    days = runs("2024-02-29", "2024-03-01")
    found = split("2024-02-29 19:00", "2024-03-01 11:00", "2024-03-01 11:30", days)
    assert found == Waiting(3 * HOUR, NOTHING, 30 * MINUTE)


def test_where_no_run_was_planned_none_was_missed() -> None:
    found = split("2026-11-23 10:00", "2026-11-23 12:00", "2026-11-23 12:30", [])
    assert found == Waiting(2 * HOUR, NOTHING, 30 * MINUTE)


MARCH = runs("2024-02-20", "2024-04-05")  # the change of zones, three holidays
MOMENTS = st.datetimes(datetime(2024, 2, 21), datetime(2024, 4, 4)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)
THREE = st.tuples(MOMENTS, MOMENTS, MOMENTS)


@given(THREE)
def test_the_parts_add_up_to_the_whole(moments: tuple[datetime, datetime, datetime]) -> None:
    ready, taken, handed = sorted(moments)
    found = split_waiting(ready, taken, handed, MARCH, CENTRE_HOURS)
    assert min(found.waited_for_run, found.missed_run, found.on_the_way) >= NOTHING
    assert found.waited == CENTRE_HOURS.working_time(ready, taken)
    assert found.waited == found.waited_for_run + found.missed_run
    assert found.on_the_way == handed - taken


@given(THREE)
def test_nothing_is_negative_even_where_clocks_disagree(
    moments: tuple[datetime, datetime, datetime],
) -> None:
    found = split_waiting(*moments, MARCH, CENTRE_HOURS)
    assert min(found.waited_for_run, found.missed_run, found.on_the_way) >= NOTHING


@given(MOMENTS, st.sampled_from(MARCH[4:]), st.integers(-29, 60))
def test_what_goes_with_its_first_run_has_missed_nothing(
    ready: datetime, run: PlannedRun, minutes: int
) -> None:
    taken = run.planned_at + minutes * MINUTE
    first = next((each for each in MARCH if each.planned_at > ready), None)
    found = split_waiting(ready, taken, taken, MARCH, CENTRE_HOURS)
    assert run_of(taken, MARCH) == run
    if first == run:
        assert found.missed_run == NOTHING
    elif first is not None and first.planned_at < taken:
        assert found.missed_run == CENTRE_HOURS.working_time(first.planned_at, taken)


# --- another timetable ---------------------------------------------------------------------------


def always(*times: time) -> TimesOf:
    """The same times every day."""
    return lambda _: times


THREE_A_DAY = always(time(11), time(13, 30), SIXTEEN)


def departure(ready: str, taken: str, handed: str) -> Departure:
    """What was recorded at local times."""
    return Departure(at(ready), at(taken), at(handed))


def replayed(
    departures: Sequence[Departure],
    before: TimesOf = two_a_day,
    after: TimesOf = THREE_A_DAY,
    calendar: Calendar = CENTRE_HOURS,
) -> Replayed:
    """Replay against a third run."""
    return replay(departures, before, after, ROUTE, calendar)


def test_a_third_run_at_half_past_one() -> None:
    found = replayed(
        [
            departure("2026-11-23 10:00", "2026-11-23 11:20", "2026-11-23 11:50"),
            departure("2026-11-23 12:00", "2026-11-23 16:00", "2026-11-23 16:30"),
            departure("2026-11-23 15:30", "2026-11-24 11:00", "2026-11-24 11:30"),  # left lying
        ]
    )
    assert (found.count, found.left_out) == (3, 0)
    assert found.before.total == HOUR + 4 * HOUR + HOUR / 2
    assert found.after.total == HOUR + 3 * HOUR / 2 + HOUR / 2
    assert found.before.mean == 110 * MINUTE
    assert found.after.mean == HOUR
    assert found.gain == 50 * MINUTE
    recorded = 80 * MINUTE + 4 * HOUR + (4 * HOUR + 30 * MINUTE + 2 * HOUR)
    assert found.recorded == recorded / 3  # plans are not always kept
    assert found.travel == 30 * MINUTE
    assert found.before.ninetieth == 3 * HOUR + 24 * MINUTE  # between 1 h and 4 h


def test_a_run_less_costs_the_night_but_only_its_hours_of_work() -> None:
    found = replayed(
        [departure("2026-11-23 12:00", "2026-11-23 16:00", "2026-11-23 16:30")],
        after=always(time(11)),
    )
    assert found.after.mean == found.after.total == found.after.ninetieth == 10 * HOUR
    assert found.gain == -6 * HOUR


def test_ready_at_the_very_minute_of_a_run_is_too_late_for_it() -> None:
    found = replayed([departure("2026-11-23 11:00", "2026-11-23 16:00", "2026-11-23 16:30")])
    assert found.before.mean == found.recorded == 5 * HOUR


def test_the_replay_respects_holidays() -> None:
    found = replayed([departure("2026-12-15 17:00", "2026-12-17 11:00", "2026-12-17 11:30")])
    assert found.before.mean == found.recorded == 5 * HOUR


def test_nothing_recorded_gains_nothing() -> None:
    found = replayed([])
    assert (found.count, found.left_out, found.gain, found.recorded) == (0, 0, NOTHING, NOTHING)
    assert found.before == found.after


def test_what_finds_no_run_is_left_out_and_said_so() -> None:
    def until_december(day: date) -> Sequence[time]:
        return TWO_A_DAY if day < date(2026, 12, 1) else ()

    found = replayed(
        [
            departure("2026-11-23 10:00", "2026-11-23 11:00", "2026-11-23 11:30"),
            departure("2026-12-02 10:00", "2026-12-02 11:00", "2026-12-02 11:30"),
        ],
        after=until_december,
    )
    assert (found.count, found.left_out) == (1, 1)
    assert found.gain == NOTHING


DEPARTURES = st.lists(THREE.map(sorted).map(lambda three: Departure(*three)), max_size=12)
CLOCKS = st.sets(st.integers(0, 1439), min_size=1, max_size=6).map(
    lambda minutes: tuple(time(*divmod(each, 60)) for each in sorted(minutes))
)


@given(DEPARTURES, CLOCKS, CLOCKS)
def test_one_more_run_never_makes_anybody_wait_longer(
    departures: list[Departure], times: tuple[time, ...], more: tuple[time, ...]
) -> None:
    all_times = tuple(sorted({*times, *more}))
    found = replayed(departures, always(*times), always(*all_times))
    assert found.left_out == 0
    assert found.gain >= NOTHING
    assert found.after.total <= found.before.total
    assert found.after.ninetieth <= found.before.ninetieth


@given(DEPARTURES, CLOCKS)
def test_the_same_timetable_gains_nothing(
    departures: list[Departure], times: tuple[time, ...]
) -> None:
    found = replayed(departures, always(*times), always(*times))
    assert found.before == found.after
    assert found.gain == NOTHING


@given(DEPARTURES.filter(bool), CLOCKS)
def test_the_next_run_is_that_of_the_norms_by_the_next_run(
    departures: list[Departure], times: tuple[time, ...]
) -> None:
    """Where both sides work the same days, the calendar counts to the next run on its own."""
    norm = Norm(1, NormUnit.NEXT_RUN)
    found = replayed(departures, after=always(*times))
    waits = [
        CENTRE_HOURS.working_time(
            each.ready_at, CENTRE_HOURS.due(each.ready_at, norm, Timetable(times)).at
        )
        for each in departures
    ]
    assert found.after.total == sum(waits, NOTHING)
    assert found.recorded * len(departures) == pytest.approx(
        sum((CENTRE_HOURS.working_time(e.ready_at, e.taken_at) for e in departures), NOTHING),
        abs=timedelta(milliseconds=1),
    )
