"""Norms over arrays run out when the calendar says, in zones that turn their clocks as well."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Calendar, Timetable
from domain.norms import ClosedEnd, Norm, NormUnit, NotCounted
from domain.scoring.tables import NONE, Tables
from domain.scoring.terms import due_at
from domain.scoring.wall import Wall, instant, micros
from tests.domain.test_calendar import (
    AKSU,
    ALMATY,
    ALMATY_BRANCH,
    AUTHORITY,
    CENTRE,
    NIGHTS,
    RUNS,
    calendar,
)

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)  # the year in which Almaty's clocks were turned back
OFFICES = [
    (AUTHORITY, ALMATY),
    (AKSU, "Asia/Aqtobe"),
    (CENTRE, "Asia/Qyzylorda"),
    (ALMATY_BRANCH, ALMATY),
    (NIGHTS, ALMATY),
    (NIGHTS, "Europe/Berlin"),
]
EPOCH = 719_163  # 1970-01-01
seconds = st.integers(0, 700 * 86_400)
norms = st.builds(
    Norm,
    st.integers(1, 40),
    st.sampled_from(NormUnit),
    st.frozensets(st.sampled_from(NotCounted)),
    st.sampled_from(ClosedEnd),
)


@cache
def tables(hours: str, zone: str) -> tuple[Calendar, Tables]:
    kept = calendar(hours, zone)
    return kept, Tables(kept, 2023, 2031)


@given(st.sampled_from(OFFICES), norms, st.lists(seconds, min_size=1, max_size=40))
@settings(max_examples=150)
def test_a_norm_runs_out_when_the_calendar_says(
    office: tuple[str, str], norm: Norm, starts: list[int]
) -> None:
    kept, made = tables(*office)
    begun = [BEGINS + timedelta(seconds=each) for each in starts]
    found = due_at(made, np.array([micros(at) for at in begun]), norm, RUNS)
    assert [instant(int(at)) for at in found] == [kept.due(at, norm, RUNS).at for at in begun]


@given(st.sampled_from(OFFICES), st.lists(seconds, min_size=1, max_size=40))
def test_opening_is_found_and_the_wall_shows_the_local_time(
    office: tuple[str, str], starts: list[int]
) -> None:
    kept, made = tables(*office)
    begun = [BEGINS + timedelta(seconds=each) for each in starts]
    instants = np.array([micros(at) for at in begun])
    assert [instant(int(at)) for at in made.next_open(instants)] == list(map(kept.next_open, begun))
    days = made.days(instants) + made.first_day
    dates = [kept.local_date(at).toordinal() - EPOCH for at in begun]
    assert days.tolist() == dates


def test_of_a_local_time_that_occurs_twice_the_first_is_meant() -> None:
    kept, _ = tables(AUTHORITY, ALMATY)
    wall = Wall.of(kept)
    first = datetime(2024, 2, 29, 17, 30, tzinfo=UTC)  # 23:30 by the old offset
    local = np.array([micros(first), micros(first + timedelta(hours=1))])
    shown = wall.local(local)
    assert shown[0] == shown[1]
    assert wall.at(shown).tolist() == [local[0], local[0]]


def test_what_runs_out_past_the_tables_and_a_run_without_a_timetable_are_not_known() -> None:
    made = Tables(calendar(), 2026, 2026)
    late = np.array([micros(datetime(2026, 12, 29, 5, tzinfo=UTC))])
    units = (NormUnit.HOUR, NormUnit.WORKING_DAY, NormUnit.CALENDAR_DAY, NormUnit.CALENDAR_MONTH)
    for unit in units:
        assert due_at(made, late, Norm(30, unit), RUNS).tolist() == [NONE]
    morning = np.array([micros(datetime(2026, 11, 16, 4, tzinfo=UTC))])
    assert due_at(made, morning, Norm(1, NormUnit.NEXT_RUN), None).tolist() == [NONE]
    run = due_at(made, morning, Norm(1, NormUnit.NEXT_RUN), Timetable((time(11),)))
    assert instant(int(run[0])) == datetime(2026, 11, 16, 6, tzinfo=UTC)
