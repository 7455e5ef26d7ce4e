"""Working time of a month: the calendar against pm4py's business hours and businesstimedelta.

All three answer the same question - an authority's hours in Almaty in 2026, with its break and
its holidays - about the same two instants, and the bench checks that they give the same answer
before it measures. pm4py knows no instants: making them local is a part of asking it (about a
twentieth). A year without worked weekends is taken, for the others cannot express them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from importlib import import_module
from importlib.resources import files
from io import StringIO
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from domain.calendar import Calendar, calendar_of
from domain.hours import parse_hours
from domain.workdays import parse_workdays
from tests.bench.report import Row, rate, ratio_row

Pair = tuple[datetime, datetime]
Ask = Callable[[datetime, datetime], Any]

HOURS = "Mon-Fri 09:00-18:00, break 13:00-14:00"
ZONE = "Asia/Almaty"
AIM = 100.0
ROUNDS = 31
MONTH = "working time of a month"


@dataclass(frozen=True)
class Baseline:
    """Another way to ask about two instants."""

    ask: Ask
    read: Callable[[Any], timedelta]
    at_once: int = 200
    same_question: bool = True


def run() -> list[Row]:
    """Measure each figure in turns with its baseline."""
    text = (files("domain.calendars") / "kz.toml").read_text("utf-8")
    calendar = calendar_of(parse_hours(HOURS), ZONE, parse_workdays(text, source="kz.toml"))
    return [
        _against(calendar, "pm4py, given the holidays", pm4py_hours),
        _against(calendar, "pm4py, holidays ignored", partial(pm4py_hours, holidays=False)),
        _against(calendar, "businesstimedelta", _businesstimedelta),
        _year_against_hour(calendar),
    ]


def _against(calendar: Calendar, against: str, load: Callable[[], Baseline]) -> Row:
    try:
        other = load()
    except ModuleNotFoundError as missing:
        return Row(MONTH, against, "-", f"{missing.name} is not installed", None, AIM, False)
    pairs = _pairs(timedelta(days=30))
    fewer = pairs[: other.at_once]
    if other.same_question:
        for ours, theirs in zip(pairs, fewer, strict=False):
            if other.read(other.ask(*theirs)) != calendar.working_time(*ours):
                return Row(MONTH, against, "-", f"differs from {ours[0]}", None, AIM, False)
    figure, baseline = _in_turns((calendar.working_time, pairs), (other.ask, fewer))
    row = ratio_row(MONTH, against, figure, baseline, AIM)
    if other.same_question:
        return row
    # Shown for honesty, not aimed at: without holidays it answers an easier question.
    return Row(MONTH, against, row.figure, row.baseline, row.ratio, None, reached=True)


def _year_against_hour(calendar: Calendar) -> Row:
    year, hour = (_pairs(length) for length in (timedelta(days=365), timedelta(hours=1)))
    figure, baseline = _in_turns((calendar.working_time, year), (calendar.working_time, hour))
    return ratio_row("working time of a year", "of an hour", figure, baseline, 0.7)


def pm4py_hours(*, holidays: bool = True) -> Baseline:
    """It takes the library `holidays` for a work calendar, and drops time zones."""
    with redirect_stdout(StringIO()):  # it prints a banner
        hours = import_module("pm4py.util.business_hours").BusinessHours
    days = _holidays() if holidays else None
    slots = [
        (day * 86_400 + opens * 3_600, day * 86_400 + closes * 3_600)
        for day in range(5)
        for opens, closes in ((9, 13), (14, 18))
    ]

    zone = ZoneInfo(ZONE)

    def ask(start: datetime, end: datetime) -> float:
        begins, ends = (at.astimezone(zone).replace(tzinfo=None) for at in (start, end))
        asked = hours(begins, ends, business_hour_slots=slots, work_calendar=days)
        return float(asked.get_seconds())

    return Baseline(
        ask,
        lambda seconds: timedelta(seconds=seconds),
        same_question=holidays,
    )


def _businesstimedelta() -> Baseline:
    made = import_module("businesstimedelta")
    zone = import_module("pytz").timezone(ZONE)
    rules = made.Rules(
        [
            made.WorkDayRule(start_time=time(9), end_time=time(18), tz=zone),
            made.LunchTimeRule(start_time=time(13), end_time=time(14), tz=zone),
            made.HolidayRule(_holidays(), tz=zone),
        ]
    )
    return Baseline(rules.difference, lambda found: found.timedelta, at_once=5)


def _holidays() -> Any:
    kazakhstan = import_module("holidays.countries.kazakhstan").Kazakhstan
    return kazakhstan(years=range(2025, 2028))


def _pairs(length: timedelta) -> list[Pair]:
    """Intervals of about this length that begin at any second of ten months of 2026."""
    random = Random(20260101)
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    starts = (begins + timedelta(seconds=random.randrange(300 * 86_400)) for _ in range(2_000))
    return [
        (start, start + timedelta(seconds=round(length.total_seconds() * random.uniform(0.9, 1.1))))
        for start in starts
    ]


def _in_turns(one: tuple[Ask, list[Pair]], two: tuple[Ask, list[Pair]]) -> tuple[float, float]:
    """Both rates in the round whose ratio is the median: other work on the machine hits both."""
    first, second = _work(*one), _work(*two)
    rounds = [(rate(first, seconds=0.05), rate(second, seconds=0.05)) for _ in range(ROUNDS)]
    return sorted(rounds, key=lambda both: both[0] / both[1])[ROUNDS // 2]


def _work(ask: Ask, pairs: list[Pair]) -> Callable[[], int]:
    def work() -> int:
        for start, end in pairs:
            ask(start, end)
        return len(pairs)

    return work
