"""An administrator changes when runs leave; the past keeps the timetable of its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Timetable
from domain.held_places import HeldPlace
from domain.numbers import place_code
from domain.roles import Role
from domain.runs import (
    MOST_RUNS,
    BadTimetableError,
    PastTimetableError,
    RunTimes,
    TimesFrom,
    Timetables,
    parse_times,
)
from tests.domain.runs_helper import BRANCH, OFFICE, TWO_A_DAY

DEFAULT = Timetable(TWO_A_DAY)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
ADMINISTRATOR = 9
MONDAY, DECEMBER = date(2026, 11, 23), date(2026, 12, 1)


class Administration:
    """Records into streams and keeps the register, as the store does."""

    def __init__(self) -> None:
        self.timetables = Timetables(DEFAULT)
        self.streams: dict[tuple[int, int], RunTimes] = {}
        self.recorded: list[RunTimes.Event] = []

    def set(
        self,
        times: Sequence[str],
        starts: date = MONDAY,
        today: date = TODAY,
        pair: tuple[int, int] = (BRANCH, OFFICE),
    ) -> bool:
        stream = self.streams.setdefault(pair, RunTimes.blank(RunTimes.stream(*pair)))
        changed = stream.change(*pair, times, starts, today, NOW, ADMINISTRATOR)
        for event in stream.collect_events():
            assert isinstance(event, RunTimes.Event)
            self.recorded.append(event)
            self.timetables.take(event)
        return changed

    def times(self, day: date, pair: tuple[int, int] = (BRANCH, OFFICE)) -> str:
        return " ".join(f"{each:%H:%M}" for each in self.timetables.times(*pair, day))


def test_where_nobody_set_a_timetable_the_settings_hold() -> None:
    assert Administration().times(TODAY) == "11:00 16:00"
    assert Timetables(DEFAULT).changes(BRANCH, OFFICE) == ()


def test_a_third_run_from_monday_on() -> None:
    office = Administration()
    assert office.set(["10:00", "13:00", "16:30"])
    assert office.times(TODAY) == "11:00 16:00"
    assert office.times(MONDAY) == office.times(DECEMBER) == "10:00 13:00 16:30"
    assert office.times(MONDAY, (BRANCH + 1, OFFICE)) == "11:00 16:00"  # another pair
    assert office.times(MONDAY, (OFFICE, BRANCH)) == "11:00 16:00"


def test_the_event_says_who_set_what_and_from_which_day() -> None:
    office = Administration()
    office.set(["10:00", "15:00"])
    (event,) = office.recorded
    assert isinstance(event, RunTimes.TimesSet)
    assert (event.branch, event.authority, event.by) == (BRANCH, OFFICE, ADMINISTRATOR)
    assert (event.times, event.starts) == (("10:00", "15:00"), "2026-11-23")
    assert event.since == event.timestamp == NOW


def test_history_keeps_the_timetable_of_its_day() -> None:
    office = Administration()
    office.set(["10:00"], starts=TODAY)
    office.set(["12:00"], starts=DECEMBER, today=date(2026, 11, 30))
    days = [TODAY - timedelta(days=1), TODAY, date(2026, 11, 30), DECEMBER]
    assert [office.times(day) for day in days] == ["11:00 16:00", "10:00", "10:00", "12:00"]


def test_what_is_planned_for_later_stays_planned() -> None:
    office = Administration()
    office.set(["12:00"], starts=DECEMBER)
    office.set(["10:00"], starts=MONDAY)
    assert office.times(date(2026, 11, 30)) == "10:00"
    assert office.times(DECEMBER) == "12:00"
    assert office.timetables.changes(BRANCH, OFFICE) == (
        TimesFrom(MONDAY, (time(10),)),
        TimesFrom(DECEMBER, (time(12),)),
    )


def test_a_timetable_that_has_not_begun_may_be_set_anew() -> None:
    office = Administration()
    office.set(["10:00"])
    assert office.set(["10:30"])
    assert office.times(MONDAY) == "10:30"
    assert len(office.timetables.changes(BRANCH, OFFICE)) == 1


def test_what_is_so_already_is_not_recorded_again() -> None:
    office = Administration()
    assert office.set(["10:00"])
    assert not office.set(["10:00"])
    assert len(office.recorded) == 1


def test_the_stream_goes_on_where_its_events_end() -> None:
    office = Administration()
    office.set(["10:00"])
    again = RunTimes.project(RunTimes.stream(BRANCH, OFFICE), office.recorded)
    assert not again.change(BRANCH, OFFICE, ["10:00"], MONDAY, TODAY, NOW, ADMINISTRATOR)
    assert again.change(BRANCH, OFFICE, ["11:00"], MONDAY, TODAY, NOW, ADMINISTRATOR)
    assert again.version == 2


def test_two_pairs_never_share_a_stream() -> None:
    pairs = [(267, 32), (32, 267), (26, 732), (2673, 2)]
    assert len({RunTimes.stream(*pair) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize(
    "times",
    [
        [],
        ["16:00", "11:00"],
        ["11:00", "11:00"],
        ["9:00"],
        ["09:00:00"],
        ["24:00"],
        ["11:60"],
        ["11.00"],
        [""],
        ["11:00 "],
        ["١١:٠٠"],
        [f"{hour}:00" for hour in range(10, 17)],
    ],
)
def test_bad_times_are_refused_and_nothing_is_recorded(times: list[str]) -> None:
    office = Administration()
    with pytest.raises(BadTimetableError) as refused:
        office.set(times)
    assert refused.value.facts == {"times": ", ".join(times), "most": MOST_RUNS}
    assert office.recorded == []


def test_a_timetable_may_begin_today_but_not_yesterday() -> None:
    office = Administration()
    with pytest.raises(PastTimetableError) as refused:
        office.set(["10:00"], starts=TODAY - timedelta(days=1))
    assert refused.value.facts == {"starts": "2026-11-21", "today": "2026-11-22"}
    assert office.set(["10:00"], starts=TODAY)


def test_six_runs_are_the_most() -> None:
    times = [f"{hour}:00" for hour in range(10, 16)]
    assert parse_times(times) == tuple(time(hour) for hour in range(10, 16))


def test_other_events_are_passed_over() -> None:
    place = place_code(OFFICE, Role.OFFICE, 1)
    stream = HeldPlace.blank(HeldPlace.stream(place))
    stream.close(place, NOW, ADMINISTRATOR)
    assert Timetables(DEFAULT, stream.collect_events()).changes(BRANCH, OFFICE) == ()


def test_a_default_that_counts_seconds_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="whole minute"):
        Timetables(Timetable((time(11, 0, 30),)))


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 20),  # days until somebody sets it
        st.integers(0, 20),  # days from then until it begins
        st.sets(st.integers(0, 23), min_size=1, max_size=MOST_RUNS),
    ),
    max_size=8,
)


@given(CHANGES)
def test_no_change_touches_a_day_that_is_past(changes: list[tuple[int, int, set[int]]]) -> None:
    office, today = Administration(), TODAY
    before: dict[date, str] = {}
    for days, ahead, hours in changes:
        past = [today + timedelta(days=each) for each in range(days)]
        before |= {day: office.times(day) for day in past}
        today += timedelta(days=days)
        times = [f"{hour:02}:00" for hour in sorted(hours)]
        starts = today + timedelta(days=ahead)
        office.set(times, starts=starts, today=today)
        assert office.times(starts) == " ".join(times)
    assert {day: office.times(day) for day in before} == before
    replayed = Timetables(DEFAULT, office.recorded)
    assert replayed.changes(BRANCH, OFFICE) == office.timetables.changes(BRANCH, OFFICE)
