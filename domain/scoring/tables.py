"""A calendar as tables that arrays of instants are looked up in, without searching.

Every opening, closing, break and midnight between days of another kind lies on a grid; the
longest step that fits is the table's cell (of usual hours half an hour). Within a cell it is open,
or closed for one reason: how much of each kind of time has passed is a straight line there. The
tables are made of `domain.stretches`, which says why an organisation is open or closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import gcd

import numpy as np
from numpy.typing import NDArray

from domain.calendar import Calendar
from domain.scoring.wall import Instants, Wall, micros
from domain.stretches import Hours, Stretch, stretches
from domain.workdays import FIRST_YEAR

Cells = NDArray[np.int64]
NONE = np.iinfo(np.int64).min  # an instant that is not known
DAY = 86_400_000_000
_FIRST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_ONE_DAY = timedelta(days=1)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Passed:
    """How much time of one kind has passed at an instant: by cell, a line."""

    base: Instants
    slope: Instants

    def at(self, cells: Cells, instants: Instants) -> Instants:
        """Return the time of this kind from the beginning of the table. Microseconds."""
        found: Instants = self.base.take(cells) + self.slope.take(cells) * instants
        return found


class Tables:
    """The time of a calendar from the beginning of a local year to the last day of another.

    Instants outside have no answer: the caller asks for years enough (`holds`). Immutable.
    """

    def __init__(self, calendar: Calendar, first_year: int, last_year: int) -> None:
        """Raise OutsideCalendarError unless the calendar keeps these years."""
        self.first_year, self.last_year = first_year, last_year
        begins = max(calendar.midnight(date(first_year, 1, 1)), _FIRST)
        ends = calendar.midnight(date(last_year, 12, 31))
        self.wall = Wall.of(calendar)
        self._take(list(stretches(calendar, begins, ends)))
        self._take_days(calendar, date(first_year, 1, 1), date(last_year, 12, 31))

    def _take(self, found: list[Stretch]) -> None:
        edges = [micros(each.since) for each in found] + [micros(found[-1].until)]
        self.first, self.last = edges[0], edges[-1]
        self.cell = gcd(*(edge - self.first for edge in edges))
        kinds = np.array([_KINDS.index(each.hours) for each in found])
        of_cells = np.repeat(kinds, np.diff(np.array(edges)) // self.cell)
        starts = self.first + np.arange(of_cells.size, dtype=np.int64) * self.cell
        self.passed = {
            kind: _passed(of_cells == index, starts, self.cell) for index, kind in enumerate(_KINDS)
        }
        self._open_cells = starts[of_cells == _KINDS.index(Hours.WORKING)]

    def _take_days(self, calendar: Calendar, first: date, last: date) -> None:
        self.first_day = first.toordinal() - _EPOCH_ORDINAL
        days = [first + _ONE_DAY * index for index in range((last - first).days)]
        self.opens = _instants([calendar.opening(day) for day in days])
        self.closes = _instants([calendar.closing(day) for day in days])
        self.is_worked = self.opens != NONE
        self.worked = np.flatnonzero(self.is_worked)
        self._rank = np.cumsum(self.is_worked)

    def cells(self, instants: Instants) -> Cells:
        """Return the cells in which instants lie; the very end counts into the last."""
        found: Cells = (instants - self.first) // self.cell
        return found

    def holds(self, since: int, until: int) -> bool:
        """Tell whether both instants lie inside."""
        return self.first <= since and until < self.last

    def after_working_time(self, worked: Instants) -> Instants:
        """Return the earliest instants by which so much working time has passed; NONE: later.

        The time is counted from the beginning of the table, and more than nothing.
        """
        index = (worked - 1) // self.cell
        return _taken(self._open_cells, index, worked - index * self.cell)

    def days(self, instants: Instants) -> Cells:
        """Return the places of the local dates of instants among the days of the table."""
        return self.wall.local(instants) // DAY - self.first_day

    def days_of(self, local: Instants) -> Cells:
        """Return the places of the dates of local times among the days of the table."""
        return local // DAY - self.first_day

    def next_worked(self, days: Cells, count: int = 1) -> Cells:
        """Return the `count`-th working day after each day; -1: past the table's end."""
        index = self._rank.take(days) + (count - 1)
        return _taken(self.worked, index, np.int64(0), past=-1)

    def next_open(self, instants: Instants) -> Instants:
        """Return the instants themselves where it is open, else the next opening; NONE: later."""
        working, cells = self.passed[Hours.WORKING], self.cells(instants)
        is_open = working.slope[cells] == 1
        # In closed time no working time passes: the cell open next is the one that follows.
        index = working.base[cells] // self.cell
        later = _taken(self._open_cells, np.where(is_open, 0, index), np.int64(0))
        return np.where(is_open, instants, later)


_KINDS = tuple(Hours)


def _passed(of_cells: NDArray[np.bool_], starts: Instants, cell: int) -> Passed:
    slope = of_cells.astype(np.int64)
    before = (np.cumsum(slope) - slope) * cell
    return Passed(before - slope * starts, slope)


def _taken(table: Instants, index: Cells, more: Instants | np.int64, past: int = NONE) -> Instants:
    """Return the table's values at these places, and more; `past` for what lies past its end."""
    if not index.size or int(index.max()) < table.size:
        found: Instants = table.take(index) + more
        return found
    if not table.size:
        return np.full(index.shape, past)
    return np.where(index < table.size, table.take(index, mode="clip") + more, past)


def _instants(found: list[datetime | None]) -> Instants:
    return np.array([NONE if at is None else micros(at) for at in found], dtype=np.int64)
