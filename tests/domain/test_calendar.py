"""Working time and due dates: stories of the regulation, and a walk through every minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Calendar, Timetable, UnknownZoneError, calendar_of
from domain.hours import parse_hours
from domain.norms import ClosedEnd, Norm, NormUnit, NotCounted
from domain.workdays import OutsideCalendarError, parse_workdays

KZ = (files("domain.calendars") / "kz.toml").read_text("utf-8")
WORKDAYS = parse_workdays(KZ, source="kz.toml")
ALMATY = "Asia/Almaty"

AUTHORITY = "Mon-Fri 09:00-18:00, break 13:00-14:00"
AKSU = "Mon-Fri 09:00-18:30, break 13:00-14:30"
CENTRE = "Mon-Fri 09:00-20:00 no break"
BRANCH = "Mon-Fri 09:00-19:00, break 13:00-14:00"
ALMATY_BRANCH = "Mon-Fri 09:00-20:00 no break; Sat 09:00-15:00"
NIGHTS = "Mon-Fri 00:00-23:30"  # nobody's: open when the clocks are turned, and at UTC midnight

RUNS = Timetable((time(11), time(16)))


def calendar(hours: str = AUTHORITY, zone: str = ALMATY) -> Calendar:
    return calendar_of(parse_hours(hours), zone, WORKDAYS)


def at(text: str, zone: str = ALMATY) -> datetime:
    """A local time, for example `2026-06-01 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def due(start: str, norm: Norm, hours: str = AUTHORITY, runs: Timetable | None = None) -> str:
    """When a norm runs out, in Almaty's local time."""
    answer = calendar(hours).due(at(start), norm, runs)
    assert answer.at.tzinfo is UTC
    return answer.at.astimezone(ZoneInfo(ALMATY)).strftime("%Y-%m-%d %H:%M")


def minutes(amount: int) -> Norm:
    return Norm(amount, NormUnit.MINUTE)


def hour() -> Norm:
    return Norm(1, NormUnit.HOUR)


def working_days(amount: int, *not_counted: NotCounted) -> Norm:
    return Norm(amount, NormUnit.WORKING_DAY, frozenset(not_counted))


# An oracle: every minute of a window is looked at, in local time. It shares nothing with the
# calendar; hours and days off are written out from the regulation, the law and the decrees.

ONE_MINUTE = timedelta(minutes=1)
WEEKDAYS = range(5)
HOURS: dict[str, dict[int, list[tuple[int, int]]]] = {
    AUTHORITY: {day: [(540, 780), (840, 1080)] for day in WEEKDAYS},
    AKSU: {day: [(540, 780), (870, 1110)] for day in WEEKDAYS},
    CENTRE: {day: [(540, 1200)] for day in WEEKDAYS},
    BRANCH: {day: [(540, 780), (840, 1140)] for day in WEEKDAYS},
    ALMATY_BRANCH: {**{day: [(540, 1200)] for day in WEEKDAYS}, 5: [(540, 900)]},
    NIGHTS: {day: [(0, 1410)] for day in WEEKDAYS},
}


@dataclass(frozen=True)
class Window:
    """Forty days or so in which something happens to the calendar."""

    zone: str
    first: str
    days: int
    off: str  # under a five-day week
    off_six: str
    worked: str = ""  # weekends worked under a five-day week


WINDOWS = [
    Window(  # clocks turned on 21 December, a worked Saturday
        "Asia/Qyzylorda",
        "2018-11-27",
        46,
        "2018-12-01 2018-12-03 2018-12-16 2018-12-17 2018-12-18 2018-12-31"
        " 2019-01-01 2019-01-02 2019-01-07",
        "2018-12-01 2018-12-16 2018-12-17 2018-12-18 2019-01-01 2019-01-02 2019-01-07",
        "2018-12-29",
    ),
    Window(  # clocks turned on 1 March
        ALMATY,
        "2024-02-20",
        40,
        "2024-03-08 2024-03-21 2024-03-22 2024-03-23 2024-03-25",
        "2024-03-08 2024-03-21 2024-03-22 2024-03-23",
    ),
    Window(  # a worked Saturday
        "Asia/Aqtobe",
        "2024-04-20",
        40,
        "2024-05-01 2024-05-07 2024-05-08 2024-05-09",
        "2024-05-01 2024-05-07 2024-05-09",
        "2024-05-04",
    ),
    Window(  # a worked Sunday, a new year
        ALMATY,
        "2024-12-10",
        40,
        "2024-12-16 2025-01-01 2025-01-02 2025-01-03 2025-01-07",
        "2024-12-16 2025-01-01 2025-01-02 2025-01-07",
        "2025-01-05",
    ),
    Window(  # holidays moved from Saturdays and Sundays
        "Asia/Aqtobe",
        "2026-03-01",
        40,
        "2026-03-08 2026-03-09 2026-03-21 2026-03-22 2026-03-23 2026-03-24 2026-03-25",
        "2026-03-08 2026-03-09 2026-03-21 2026-03-22 2026-03-23 2026-03-24",
    ),
]


@cache
def walk(hours: str, window: Window) -> tuple[datetime, bytes]:
    """Whether each minute is worked, counted from the window's beginning (UTC)."""
    zone = ZoneInfo(window.zone)
    six = 5 in HOURS[hours]
    off = set((window.off_six if six else window.off).split())
    worked = set() if six else set(window.worked.split())
    minute = begins = datetime.fromisoformat(window.first).replace(tzinfo=UTC)
    today, intervals = date.min, list[tuple[int, int]]()
    found = bytearray()
    for _ in range(window.days * 24 * 60):
        local = minute.astimezone(zone)
        if local.date() != today:
            today = local.date()
            weekday = 0 if str(today) in worked else today.weekday()
            intervals = [] if str(today) in off else HOURS[hours].get(weekday, [])
        clock = local.hour * 60 + local.minute
        found.append(any(opens <= clock < closes for opens, closes in intervals))
        minute += ONE_MINUTE
    return begins, bytes(found)


def walked(hours: str, window: Window, start: datetime, end: datetime) -> timedelta:
    """Working time by adding up minutes; of the first and the last only the part inside."""
    begins, worked = walk(hours, window)
    total = timedelta(0)
    first, last = (start - begins) // ONE_MINUTE, (end - begins) // ONE_MINUTE
    for number in {first, last}:
        opens = begins + number * ONE_MINUTE
        if number < len(worked) and worked[number]:
            total += max(min(end, opens + ONE_MINUTE) - max(start, opens), timedelta(0))
    return total + sum(worked[first + 1 : last]) * ONE_MINUTE


@st.composite
def moments(draw: st.DrawFn, count: int) -> tuple[str, Window, list[datetime]]:
    """A schedule, a window and some instants in it, in order; many lie on edges of minutes."""
    hours = draw(st.sampled_from(list(HOURS)))
    window = draw(st.sampled_from(WINDOWS))
    begins, _ = walk(hours, window)
    minute = st.integers(0, window.days * 24 * 60 - 1).map(lambda n: timedelta(minutes=n))
    quarter = st.integers(0, window.days * 96 - 1).map(lambda n: timedelta(minutes=15 * n))
    odd = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(seconds=59.999999)])
    second = st.integers(0, 59).map(lambda n: timedelta(seconds=n))
    instant = st.tuples(minute | quarter, odd | second).map(lambda two: begins + two[0] + two[1])
    return hours, window, sorted(draw(st.lists(instant, min_size=count, max_size=count)))


@settings(max_examples=600, deadline=None)
@given(moments(2))
def test_working_time_is_what_a_walk_through_the_minutes_finds(
    drawn: tuple[str, Window, list[datetime]],
) -> None:
    hours, window, (start, end) = drawn
    there = ZoneInfo(window.zone)
    clock = calendar(hours, window.zone)

    expected = walked(hours, window, start, end)
    assert clock.working_time(start, end) == expected
    assert clock.working_time(start.astimezone(there), end.astimezone(there)) == expected


@settings(max_examples=300, deadline=None)
@given(moments(1))
def test_open_is_what_the_minute_says(drawn: tuple[str, Window, list[datetime]]) -> None:
    hours, window, (instant,) = drawn
    begins, worked = walk(hours, window)
    clock = calendar(hours, window.zone)

    number = (instant - begins) // ONE_MINUTE
    assert clock.is_open(instant) == bool(worked[number])
    opens = clock.next_open(instant)
    assert opens == instant if worked[number] else opens > instant
    assert clock.is_open(opens)
    assert clock.working_time(instant, opens) == timedelta(0)


@settings(max_examples=300, deadline=None)
@given(moments(3))
def test_working_time_adds_up(drawn: tuple[str, Window, list[datetime]]) -> None:
    hours, window, (a, b, c) = drawn
    clock = calendar(hours, window.zone)

    assert clock.working_time(a, b) + clock.working_time(b, c) == clock.working_time(a, c)
    assert clock.working_time(c, a) == timedelta(0)


@settings(max_examples=300, deadline=None)
@given(moments(2))
def test_adding_working_time_finds_the_earliest_instant(
    drawn: tuple[str, Window, list[datetime]],
) -> None:
    hours, window, (start, end) = drawn
    clock = calendar(hours, window.zone)
    amount = walked(hours, window, start, end)

    found = clock.add_working_time(start, amount)

    assert found.tzinfo is UTC
    assert clock.working_time(start, found) == amount
    if amount:
        assert start < found <= end
        a_moment_before = found - timedelta(microseconds=1)
        assert walked(hours, window, start, a_moment_before) < amount
    else:
        assert found == start


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**13), st.sampled_from(list(HOURS)))
def test_working_time_added_is_working_time_passed(amount: int, hours: str) -> None:
    clock = calendar(hours)
    start = at("2020-05-05 05:05")
    added = timedelta(microseconds=amount)

    assert clock.working_time(start, clock.add_working_time(start, added)) == added


@settings(max_examples=200, deadline=None)
@given(moments(2))
def test_the_open_intervals_are_the_working_time(
    drawn: tuple[str, Window, list[datetime]],
) -> None:
    hours, window, (start, end) = drawn
    intervals = list(calendar(hours, window.zone).open_intervals(start, end))

    edges = [edge for interval in intervals for edge in interval]
    assert edges == sorted(edges)
    assert all(start <= opens < closes <= end for opens, closes in intervals)
    length = sum((closes - opens for opens, closes in intervals), timedelta(0))
    assert length == walked(hours, window, start, end)


# A day at the desks


def test_a_break_is_not_working_time() -> None:
    day = calendar().working_time(at("2026-06-01 00:00"), at("2026-06-02 00:00"))

    assert day == timedelta(hours=8)


def test_a_weekend_and_a_moved_holiday_cost_nothing() -> None:
    # Friday afternoon to Tuesday morning; Monday 9 March stands for Sunday 8 March.
    passed = calendar().working_time(at("2026-03-06 17:00"), at("2026-03-10 10:00"))

    assert passed == timedelta(hours=2)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-06-01 08:59:59.999999", False),
        ("2026-06-01 09:00", True),
        ("2026-06-01 12:59:59.999999", True),
        ("2026-06-01 13:00", False),
        ("2026-06-01 14:00", True),
        ("2026-06-01 18:00", False),
        ("2026-06-06 10:00", False),
    ],
)
def test_a_window_opens_on_the_minute_and_is_shut_at_closing(moment: str, is_open: bool) -> None:
    assert calendar().is_open(at(moment)) is is_open


def test_a_year_of_an_authority() -> None:
    # 365 days of 2026, 104 of them weekends, less 8 holidays on weekdays and 5 moved to weekdays.
    clock = calendar()
    year = clock.working_time(at("2026-01-01 00:00"), at("2026-12-31 23:59"))
    on_weekdays = ["01-01", "01-02", "01-07", "03-23", "05-01", "05-07", "05-27", "07-06", "12-16"]
    moved = ["03-09", "03-24", "03-25", "05-11", "10-26"]

    assert year == timedelta(hours=8) * (365 - 104 - len(on_weekdays) - len(moved))


def test_saturday_is_half_a_day_at_a_branch_of_almaty_region() -> None:
    clock = calendar(ALMATY_BRANCH)

    assert clock.closing(date(2026, 6, 6)) == at("2026-06-06 15:00")
    # Victory Day is a Saturday: closed, and not moved to Monday under a six-day week.
    assert clock.closing(date(2026, 5, 9)) is None
    assert clock.is_working_day(date(2026, 5, 11))
    assert not calendar(AUTHORITY).is_working_day(date(2026, 5, 11))


@pytest.mark.parametrize("day", ["2024-05-04", "2025-01-05"])
def test_a_worked_weekend_has_the_hours_of_a_monday(day: str) -> None:
    clock = calendar(AKSU)

    assert clock.opening(date.fromisoformat(day)) == at(f"{day} 09:00")
    assert clock.closing(date.fromisoformat(day)) == at(f"{day} 18:30")
    passed = clock.working_time(at(f"{day} 00:00"), at(f"{day} 23:59"))
    assert passed == timedelta(hours=8)


def test_the_branch_of_a_six_day_week_keeps_its_saturday_in_a_year_of_transfers() -> None:
    clock = calendar(ALMATY_BRANCH)

    assert clock.closing(date(2024, 5, 4)) == at("2024-05-04 15:00")
    assert clock.is_working_day(date(2024, 5, 8))
    assert not clock.is_working_day(date(2025, 1, 5))


def test_almaty_opens_an_hour_later_by_utc_since_march_2024() -> None:
    clock = calendar()

    assert clock.closing(date(2024, 2, 29)) == datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert clock.opening(date(2024, 3, 1)) == datetime(2024, 3, 1, 4, tzinfo=UTC)


def test_kyzylorda_went_over_to_five_hours_in_december_2018() -> None:
    clock = calendar(zone="Asia/Qyzylorda")

    assert clock.opening(date(2018, 12, 20)) == datetime(2018, 12, 20, 3, tzinfo=UTC)
    assert clock.opening(date(2018, 12, 21)) == datetime(2018, 12, 21, 4, tzinfo=UTC)


def test_an_hour_that_the_clocks_show_twice_is_worked_twice() -> None:
    # On 29 February 2024 Almaty's clocks went from midnight back to 23:00.
    clock = calendar(NIGHTS)

    passed = clock.working_time(at("2024-02-29 23:00"), at("2024-03-01 00:00"))
    assert passed == timedelta(hours=1)
    assert clock.closing(date(2024, 2, 29)) == datetime(2024, 2, 29, 18, 30, tzinfo=UTC)


def test_the_day_of_a_scan_is_the_day_on_the_wall() -> None:
    evening = datetime(2026, 5, 31, 20, tzinfo=UTC)

    assert calendar().local_date(evening) == date(2026, 6, 1)


def test_working_days_are_counted_from_the_next_one() -> None:
    clock = calendar()

    assert clock.next_working_day(date(2026, 3, 6)) == date(2026, 3, 10)
    assert clock.next_working_day(date(2026, 3, 7)) == date(2026, 3, 10)
    assert clock.next_working_day(date(2026, 3, 6), 3) == date(2026, 3, 12)
    with pytest.raises(ValueError, match="from 1"):
        clock.next_working_day(date(2026, 3, 6), 0)


def test_the_pause_of_a_night_lies_between_two_intervals() -> None:
    intervals = calendar(CENTRE).open_intervals(at("2026-06-01 19:00"), at("2026-06-02 09:30"))

    assert list(intervals) == [
        (at("2026-06-01 19:00"), at("2026-06-01 20:00")),
        (at("2026-06-02 09:00"), at("2026-06-02 09:30")),
    ]
    assert list(calendar().open_intervals(at("2026-06-02 10:00"), at("2026-06-01 10:00"))) == []


# Norms of minutes and hours [003 service 7 annex 7]


@pytest.mark.parametrize(
    ("start", "norm", "end"),
    [
        ("2026-06-01 10:00", minutes(30), "2026-06-01 10:30"),
        ("2026-06-01 12:45", minutes(30), "2026-06-01 14:15"),
        ("2026-06-01 13:20", minutes(15), "2026-06-01 14:15"),
        ("2026-06-01 17:30", hour(), "2026-06-02 09:30"),
        ("2026-06-05 17:50", minutes(30), "2026-06-08 09:20"),
        ("2026-06-06 12:00", hour(), "2026-06-08 10:00"),
        ("2026-06-01 17:00", hour(), "2026-06-01 18:00"),
        ("2024-05-03 17:30", hour(), "2024-05-04 09:30"),
        ("2024-02-29 17:30", hour(), "2024-03-01 09:30"),
    ],
)
def test_minutes_and_hours_run_in_working_time(start: str, norm: Norm, end: str) -> None:
    assert due(start, norm) == end


# Norms of working days [003 service 7 annex 7 act 6; 002 §7]


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("2026-06-01 10:00", "2026-06-02 10:00", "the same time on the next working day"),
        ("2026-06-05 16:20", "2026-06-08 16:20", "over a weekend"),
        ("2026-06-01 08:00", "2026-06-02 09:00", "before opening it counts from opening"),
        ("2026-06-01 13:20", "2026-06-02 14:00", "in a break, from its end"),
        ("2026-06-01 18:00", "2026-06-03 09:00", "at closing, from the next opening"),
        ("2026-06-06 11:00", "2026-06-09 09:00", "on a day off, from the next opening"),
        ("2026-03-06 10:00", "2026-03-10 10:00", "over a moved holiday"),
        ("2024-05-03 10:00", "2024-05-04 10:00", "to a worked Saturday"),
        ("2024-02-29 10:00", "2024-03-01 10:00", "by the wall clock, whatever the zone does"),
    ],
)
def test_a_working_day_to_draft_the_notice(start: str, end: str, why: str) -> None:
    assert due(start, working_days(1)) == end, why


def test_a_working_day_ends_with_the_shorter_saturday() -> None:
    assert due("2026-06-05 19:00", working_days(1), ALMATY_BRANCH) == "2026-06-06 15:00"
    assert due("2026-06-05 10:00", working_days(1), ALMATY_BRANCH) == "2026-06-06 10:00"


def test_a_working_day_may_end_in_a_break() -> None:
    # Saturday has no break here, Monday has: a quarter past one stays a quarter past one.
    hours = "Mon-Fri 09:00-18:00, break 13:00-14:00; Sat 09:00-18:00"

    assert due("2026-06-06 13:15", working_days(1), hours) == "2026-06-08 13:15"


def test_a_day_opening_later_does_not_end_before_it_opens() -> None:
    hours = "Mon-Fri 09:00-18:00; Sat 11:00-15:00"

    assert due("2026-06-05 09:30", working_days(1), hours) == "2026-06-06 11:00"


def test_the_certificate_takes_three_days_beside_acceptance_and_issue() -> None:
    norm = working_days(3, NotCounted.ACCEPTANCE, NotCounted.ISSUE)

    # Accepted on Monday; Tuesday, Wednesday, Thursday; issued on Friday.
    assert due("2026-06-01 09:05", norm) == "2026-06-05 18:00"
    assert due("2026-06-01 19:30", norm) == "2026-06-05 18:00"
    # Accepted on a Saturday at a branch; the authority's calendar counts.
    assert due("2026-06-06 10:00", norm) == "2026-06-11 18:00"


def test_only_the_day_of_acceptance_may_be_left_out() -> None:
    norm = working_days(3, NotCounted.ACCEPTANCE)

    assert due("2026-06-01 09:05", norm) == "2026-06-04 18:00"


def test_only_the_day_of_issue_may_be_left_out() -> None:
    assert due("2026-06-01 09:05", working_days(1, NotCounted.ISSUE)) == "2026-06-03 09:05"


# Norms of calendar days and months [003 annexes 3, 4; 002 §15]


def calendar_days(
    amount: int, *not_counted: NotCounted, closed_end: ClosedEnd = ClosedEnd.STANDS
) -> Norm:
    return Norm(amount, NormUnit.CALENDAR_DAY, frozenset(not_counted), closed_end)


def months(amount: int, *not_counted: NotCounted) -> Norm:
    return Norm(amount, NormUnit.CALENDAR_MONTH, frozenset(not_counted))


def test_calendar_days_run_over_days_off() -> None:
    assert due("2026-06-05 10:00", calendar_days(1)) == "2026-06-06 10:00"
    assert due("2026-06-05 10:00", calendar_days(9)) == "2026-06-14 10:00"
    assert due("2026-06-05 10:00", calendar_days(14)) == "2026-06-19 10:00"


def test_an_edition_may_move_a_closed_end_to_the_next_working_day() -> None:
    norm = calendar_days(9, closed_end=ClosedEnd.NEXT_WORKING_DAY)

    assert due("2026-06-05 10:00", norm) == "2026-06-15 18:00"
    assert due("2026-06-03 10:00", norm) == "2026-06-12 10:00"


def test_a_calendar_day_after_acceptance_ends_with_the_day() -> None:
    norm = calendar_days(1, NotCounted.ACCEPTANCE)

    assert due("2026-06-04 10:00", norm) == "2026-06-05 18:00"
    assert due("2026-06-05 10:00", norm) == "2026-06-07 00:00"  # the midnight that ends Saturday
    assert due("2026-06-04 10:00", calendar_days(1, *NotCounted)) == "2026-06-07 00:00"


def test_a_result_is_kept_for_a_month() -> None:
    assert due("2026-06-15 10:00", months(1)) == "2026-07-15 10:00"
    assert due("2026-10-31 10:00", months(1)) == "2026-11-30 10:00"
    assert due("2026-12-31 10:00", months(2)) == "2027-02-28 10:00"
    assert due("2026-06-15 10:00", months(1, NotCounted.ACCEPTANCE)) == "2026-07-15 18:00"
    assert due("2026-06-15 10:00", months(1, NotCounted.ISSUE)) == "2026-07-16 10:00"


# Once a day, within the day, by the next run [003 service 7 §11, annex 7]


@pytest.mark.parametrize("unit", [NormUnit.ONCE_A_DAY, NormUnit.WITHIN_THE_DAY])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-06-01 07:00", "2026-06-01 20:00"),
        ("2026-06-01 12:00", "2026-06-01 20:00"),
        ("2026-06-01 20:00", "2026-06-02 20:00"),
        ("2026-06-06 12:00", "2026-06-08 20:00"),
    ],
)
def test_the_registry_of_a_day_closes_with_the_day(unit: NormUnit, start: str, end: str) -> None:
    assert due(start, Norm(1, unit), CENTRE) == end


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-06-01 09:10", "2026-06-01 11:00"),
        ("2026-06-01 11:00", "2026-06-01 16:00"),
        ("2026-06-01 16:00", "2026-06-02 11:00"),
        ("2026-06-05 17:00", "2026-06-08 11:00"),
        ("2026-06-06 10:00", "2026-06-08 11:00"),
    ],
)
def test_a_packet_leaves_with_the_next_of_two_runs(start: str, end: str) -> None:
    assert due(start, Norm(1, NormUnit.NEXT_RUN), CENTRE, RUNS) == end


def test_a_run_needs_a_timetable() -> None:
    with pytest.raises(ValueError, match="timetable"):
        calendar().due(at("2026-06-01 10:00"), Norm(1, NormUnit.NEXT_RUN))


@pytest.mark.parametrize(
    "runs", [(), (time(16), time(11)), (time(11), time(11)), (time(11, tzinfo=UTC),)]
)
def test_a_timetable_names_local_times_that_rise(runs: tuple[time, ...]) -> None:
    with pytest.raises(ValueError, match=r"timetable"):
        Timetable(runs)


# What is not known


def test_a_date_past_the_published_year_is_provisional() -> None:
    clock = calendar()

    assert not clock.due(at("2026-12-30 10:00"), working_days(1)).provisional
    assert clock.due(at("2026-12-31 10:00"), working_days(1)).provisional
    # Five hours before midnight by UTC, but a new year on the wall.
    assert clock.is_provisional(datetime(2026, 12, 31, 19, tzinfo=UTC))
    assert not clock.is_provisional(datetime(2026, 12, 31, 18, 59, tzinfo=UTC))


FAR = at("2046-02-01 10:00")
EARLY = at("2009-06-01 10:00")
NOW = at("2026-06-01 10:00")
AGES = timedelta(hours=100_000)


@pytest.mark.parametrize(
    "ask",
    [
        lambda clock: clock.working_time(EARLY, NOW),
        lambda clock: clock.working_time(NOW, FAR),
        lambda clock: clock.add_working_time(EARLY, timedelta(0)),
        lambda clock: clock.add_working_time(NOW, AGES),
        lambda clock: clock.is_open(FAR),
        lambda clock: clock.next_open(at("2045-12-31 23:00")),
        lambda clock: clock.open_intervals(NOW, FAR),
        lambda clock: clock.local_date(EARLY),
        lambda clock: clock.opening(date(2046, 1, 3)),
        lambda clock: clock.is_working_day(date(2009, 12, 31)),
        lambda clock: clock.next_working_day(date(2009, 12, 31)),
        lambda clock: clock.next_working_day(date(2045, 12, 29)),
        lambda clock: clock.due(at("2045-12-20 10:00"), calendar_days(14)),
    ],
)
def test_years_that_nobody_keeps_are_refused_not_guessed(ask: Callable[[Calendar], object]) -> None:
    with pytest.raises(OutsideCalendarError) as refused:
        ask(calendar())

    assert refused.value.code == "outside-calendar"
    assert refused.value.facts["last_year"] == 2045


def test_it_does_not_matter_what_a_calendar_is_asked_first() -> None:
    fresh = Calendar(parse_hours(AUTHORITY), ALMATY, WORKDAYS)
    with pytest.raises(OutsideCalendarError):
        fresh.working_time(NOW, FAR)
    assert fresh.working_time(NOW, NOW + timedelta(hours=1)) == timedelta(hours=1)

    another = Calendar(parse_hours(AUTHORITY), ALMATY, WORKDAYS)
    assert another.is_open(NOW)
    assert another.working_time(NOW, NOW + timedelta(hours=1)) == timedelta(hours=1)


NAIVE = datetime(2026, 6, 1, 10)  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    "ask",
    [
        lambda clock: clock.working_time(NAIVE, NOW),
        lambda clock: clock.working_time(NOW, NAIVE),
        lambda clock: clock.add_working_time(NAIVE, timedelta(hours=1)),
        lambda clock: clock.is_open(NAIVE),
        lambda clock: clock.next_open(NAIVE),
        lambda clock: clock.open_intervals(NAIVE, NOW),
        lambda clock: clock.local_date(NAIVE),
        lambda clock: clock.is_provisional(NAIVE),
        *(lambda clock, unit=unit: clock.due(NAIVE, Norm(1, unit), RUNS) for unit in NormUnit),
    ],
)
def test_a_time_without_a_zone_is_not_guessed_at(ask: Callable[[Calendar], object]) -> None:
    with pytest.raises(ValueError, match="naive"):
        ask(calendar())


def test_working_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        calendar().add_working_time(NOW, timedelta(seconds=-1))


@pytest.mark.parametrize("zone", ["Asia/Atlantis", "", "../etc/passwd"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(UnknownZoneError) as refused:
        Calendar(parse_hours(AUTHORITY), zone, WORKDAYS)
    assert refused.value.facts == {"zone": zone}


def test_organisations_of_equal_hours_share_a_calendar() -> None:
    again = parse_workdays(KZ, source="kz.toml")

    assert calendar_of(parse_hours(AUTHORITY), ALMATY, again) is calendar(AUTHORITY)
    assert calendar(AUTHORITY, "Asia/Aqtobe") is not calendar(AUTHORITY)
