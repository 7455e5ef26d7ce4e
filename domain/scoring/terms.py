"""Norms of time over arrays of instants: when each runs out, as `Calendar.due` says [003 annexes].

Each unit is counted as there; where an answer lies past the tables it is NONE.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, time, timedelta
from typing import assert_never

import numpy as np

from domain.calendar import Timetable
from domain.norms import ClosedEnd, Norm, NormUnit, NotCounted
from domain.scoring.tables import DAY, NONE, Cells, Tables
from domain.scoring.wall import Instants
from domain.stretches import Hours

_MINUTE = 60_000_000
_OF_WORK = {NormUnit.MINUTE: _MINUTE, NormUnit.HOUR: 60 * _MINUTE}
_EPOCH = date(1970, 1, 1)


def working_budget(norm: Norm) -> int | None:
    """Return the working time that a norm allows, where it is counted in that. Microseconds."""
    unit = _OF_WORK.get(norm.unit)
    return None if unit is None else norm.amount * unit


def due_at(tables: Tables, starts: Instants, norm: Norm, runs: Timetable | None) -> Instants:
    """Return when the norm, begun at each of these instants, runs out; NONE: past the tables.

    NONE as well for all where the norm goes by the next run and there is no timetable.
    """
    match norm.unit:
        case NormUnit.MINUTE | NormUnit.HOUR:
            return _after_work(tables, starts, working_budget(norm) or 0)
        case NormUnit.WORKING_DAY:
            return _after_working_days(tables, starts, norm)
        case NormUnit.CALENDAR_DAY | NormUnit.CALENDAR_MONTH:
            return _after_calendar_days(tables, starts, norm)
        case NormUnit.ONCE_A_DAY | NormUnit.WITHIN_THE_DAY:
            return _end_of_day(tables, starts)
        case NormUnit.NEXT_RUN:
            return np.full(starts.shape, NONE) if runs is None else _next_run(tables, starts, runs)
    assert_never(norm.unit)


def _after_work(tables: Tables, starts: Instants, budget: int) -> Instants:
    if not budget:
        return starts
    passed = tables.passed[Hours.WORKING].at(tables.cells(starts), starts)
    return tables.after_working_time(passed + budget)


def _after_working_days(tables: Tables, starts: Instants, norm: Norm) -> Instants:
    count = norm.amount + (NotCounted.ISSUE in norm.not_counted)
    if NotCounted.ACCEPTANCE in norm.not_counted:
        return _of_days(tables.closes, tables.next_worked(tables.days(starts), count))
    begun = tables.next_open(starts)
    local = tables.wall.local(np.where(begun == NONE, starts, begun))
    last = tables.next_worked(tables.days_of(local), count)
    at = tables.wall.at((last + tables.first_day) * DAY + local % DAY)
    at = np.minimum(np.maximum(at, tables.opens[last]), tables.closes[last])
    return np.where((last < 0) | (begun == NONE), NONE, at)


def _after_calendar_days(tables: Tables, starts: Instants, norm: Norm) -> Instants:
    local = tables.wall.local(starts)
    lasts = _last_days(tables, norm)
    last = lasts[tables.days_of(local)]
    inside = last < tables.is_worked.size - 1
    last = np.where(inside, last, 0)
    midnights = (last + tables.first_day) * DAY
    if NotCounted.ACCEPTANCE not in norm.not_counted:
        at = tables.wall.at(midnights + local % DAY)
    else:
        ended = tables.wall.at(midnights + DAY)
        at = np.where(tables.is_worked[last], tables.closes[last], ended)
    if norm.closed_end is ClosedEnd.NEXT_WORKING_DAY:
        moved = _of_days(tables.closes, tables.next_worked(last))
        at = np.where(tables.is_worked[last], at, moved)
    return np.where(inside, at, NONE)


def _last_days(tables: Tables, norm: Norm) -> Cells:
    """Return, for each day of the table, the day on which a term that begins then ends."""
    more = norm.amount * (norm.unit is NormUnit.CALENDAR_DAY)
    more += NotCounted.ISSUE in norm.not_counted
    days = np.arange(tables.is_worked.size, dtype=np.int64)
    if norm.unit is NormUnit.CALENDAR_MONTH:
        first = _EPOCH + timedelta(days=tables.first_day)
        days = np.array(
            [_months_later(first + timedelta(days=int(day)), norm.amount) for day in days]
        )
        days -= tables.first_day
    return days + more


def _months_later(begun: date, months: int) -> int:
    years, month = divmod(begun.month - 1 + months, 12)
    year, month = begun.year + years, month + 1
    last = date(year, month, min(begun.day, monthrange(year, month)[1]))
    return (last - _EPOCH).days


def _end_of_day(tables: Tables, starts: Instants) -> Instants:
    days = tables.days(starts)
    closed = tables.closes.take(days)  # NONE, which is before everything, on a day off
    after = _of_days(tables.closes, tables.next_worked(days))
    return np.where(starts < closed, closed, after)


def _next_run(tables: Tables, starts: Instants, runs: Timetable) -> Instants:
    days = tables.days(starts)
    at = _run_on(tables, tables.next_worked(days), runs.runs[0])
    for run in reversed(runs.runs):
        today = _run_on(tables, days, run)
        at = np.where(tables.is_worked[days] & (today > starts), today, at)
    return at


def _run_on(tables: Tables, days: Cells, run: time) -> Instants:
    passed = ((run.hour * 60 + run.minute) * 60 + run.second) * 1_000_000 + run.microsecond
    at = tables.wall.at((days + tables.first_day) * DAY + passed)
    return np.where(days < 0, NONE, at)


def _of_days(values: Instants, days: Cells) -> Instants:
    if not days.size or int(days.min()) >= 0:
        return values.take(days)
    return np.where(days < 0, NONE, values[days])
