"""Scores stays of many offices and stages: finds each office's tables, adds the scores up.

What is asked of an organisation's history or the country's: the same stays under another edition's
norms, or another calendar's days, without rewriting anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.calendar import Calendar
from domain.clocks import Clocks
from domain.ledger import Label
from domain.norms import NormUnit
from domain.scoring.scores import Course, Flags, Packed, Scores, Stays, score
from domain.scoring.tables import NONE, Tables
from domain.scoring.wall import Instants, instant
from domain.workdays import FIRST_YEAR, LAST_YEAR, OutsideCalendarError

_AT_ONCE = 262_144  # stays: enough that what a call costs does not matter
_BEYOND = 1  # years after the last instant in which most norms run out
_BITS = 16
_FIGURES = ("count", "judged", "within", "working", "consumed", "overrun")
_LABELS = tuple(Label)
_LINE_OF = {label: len(_FIGURES) + index for index, label in enumerate(_LABELS)}
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of stays in any order. Instants are microseconds since 1970 (UTC).

    `organisation` is where they were, `course` the place of what they were in a list of courses.
    The others are those of `Stays`.
    """

    organisation: Codes
    course: Codes
    entered: Instants
    left: Instants
    clock: Instants
    completing: Flags | None = None

    def cut(self, part: slice) -> Rows:
        """Return some of the rows."""
        completing = self.completing
        return Rows(
            self.organisation[part],
            self.course[part],
            self.entered[part],
            self.left[part],
            self.clock[part],
            None if completing is None else completing[part],
        )

    def stays(self, places: Codes) -> Stays:
        """Return the rows at these places as stays of one stage."""
        entered, clock = self.entered.take(places), self.clock.take(places)
        completing = self.completing
        return Stays(
            entered,
            self.left.take(places),
            None if np.array_equal(entered, clock) else clock,
            None if completing is None else completing.take(places),
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over the stays of one course at one organisation; spans in microseconds.

    `judged` counts the stays that have a due instant, `within` those in time.
    """

    organisation: int
    course: int
    count: int
    judged: int
    within: int
    working: int
    consumed: int
    overrun: int
    labels: dict[Label, int]


class Tallies:
    """Sums of scores by organisation and course, being added up; iterated in order of these."""

    def __init__(self, organisations: Codes, courses: int) -> None:
        self._organisations = organisations
        self._sums = np.zeros((courses, len(_FIGURES) + len(_LABELS), organisations.size), np.int64)

    def add(self, course: int, whose: Codes, scores: Scores) -> None:
        """Add scored stays of one course, which are in order of their organisations."""
        begins = np.concatenate(([0], np.flatnonzero(np.diff(whose)) + 1))
        at = np.searchsorted(self._organisations, whose[begins])
        columns: list[NDArray[Any]] = [scores.judged, scores.judged & ~scores.late]
        columns += [scores.working, scores.consumed, scores.overrun, *scores.labels.values()]
        lines = [*range(len(_FIGURES)), *(_LINE_OF[label] for label in scores.labels)]
        added = [np.diff(np.append(begins, whose.size))]
        added += [np.add.reduceat(column, begins, dtype=np.int64) for column in columns]
        self._sums[course][np.ix_(np.array(lines), at)] += np.stack(added)

    @property
    def count(self) -> int:
        """How many stays were added."""
        return int(self._sums[:, 0].sum())

    def __iter__(self) -> Iterator[Tally]:
        by_organisation = self._sums.transpose(2, 0, 1).tolist()
        for organisation, by_course in zip(
            self._organisations.tolist(), by_organisation, strict=True
        ):
            for course, values in enumerate(by_course):
                if values[0]:
                    told = zip(_LABELS, values[len(_FIGURES) :], strict=True)
                    labels = {label: value for label, value in told if value}
                    figures = dict(zip(_FIGURES, values, strict=False))
                    yield Tally(organisation, course, labels=labels, **figures)


class Scorer:
    """Scores by the calendars of a directory's organisations; keeps their tables."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._tables: dict[Calendar, Tables] = {}

    def score(self, organisation: int, stays: Stays, course: Course) -> Scores:
        """Score stays at an organisation.

        A norm that runs out in the last days of the years kept, or later, has no due instant.
        Raises UnknownOrganisationError, OutsideCalendarError.
        """
        calendar = self._clocks.calendar(organisation)
        if not stays.entered.size:
            return score(self._known(calendar), stays, course)
        tables = self._of(calendar, *_reach(stays))
        found = score(tables, stays, course)
        if tables.last_year < LAST_YEAR and _lacks_due(found, stays, course):
            widest = self._build(calendar, tables.first_year, LAST_YEAR)
            return score(widest, stays, course)
        return found

    def tallies(self, rows: Rows, courses: Sequence[Course]) -> Tallies:
        """Add up the scores of all rows by organisation and course.

        Raises UnknownOrganisationError, OutsideCalendarError.
        """
        if not rows.entered.size:
            return Tallies(np.array([], np.int64), len(courses))
        organisations = np.flatnonzero(np.bincount(rows.organisation))
        tallies = Tallies(organisations, len(courses))
        of_code = self._keys(organisations, len(courses))
        for begins in range(0, rows.entered.size, _AT_ONCE):
            some = rows.cut(slice(begins, begins + _AT_ONCE))
            keys = of_code.take(some.organisation) + some.course * organisations.size
            order = _sorted(keys)
            keys = keys.take(order)
            turns = np.flatnonzero(np.diff(keys // organisations.size)) + 1
            for places in np.split(order, turns):
                self._add(tallies, some, places, courses)
        return tallies

    def _keys(self, organisations: Codes, courses: int) -> Codes:
        """Return by organisation what, added to its stays' courses, sorts them.

        By calendar, course and organisation: stays are scored together if they have the first two.
        """
        calendars = [self._clocks.calendar(int(code)) for code in organisations]
        first = {calendar: calendars.index(calendar) for calendar in calendars}
        size = organisations.size
        of_code = np.zeros(int(organisations[-1]) + 1, dtype=np.int64)
        of_code[organisations] = [
            first[calendar] * courses * size + place for place, calendar in enumerate(calendars)
        ]
        return of_code

    def _add(self, tallies: Tallies, rows: Rows, places: Codes, courses: Sequence[Course]) -> None:
        """Score and add rows of one course at offices with one calendar."""
        whose, course = rows.organisation.take(places), int(rows.course[places[0]])
        stays = rows.stays(places)
        tallies.add(course, whose, self.score(int(whose[0]), stays, courses[course]))

    def _of(self, calendar: Calendar, since: int, until: int) -> Tables:
        known = self._tables.get(calendar)
        if known is not None and known.holds(since, until):
            return known
        first = calendar.local_date(instant(since)).year
        last = calendar.local_date(instant(until)).year + _BEYOND
        if known is not None:
            first, last = min(first, known.first_year), max(last, known.last_year)
        tables = self._build(calendar, max(first, FIRST_YEAR), min(last, LAST_YEAR))
        if not tables.holds(since, until):  # the last days of the years kept
            raise OutsideCalendarError(instant(until if tables.first <= since else since))
        return tables

    def _known(self, calendar: Calendar) -> Tables:
        known = self._tables.get(calendar)
        return self._build(calendar, FIRST_YEAR, FIRST_YEAR + 1) if known is None else known

    def _build(self, calendar: Calendar, first: int, last: int) -> Tables:
        tables = self._tables[calendar] = Tables(calendar, first, last)
        return tables


def packed_of(stays: Sequence[tuple[int, int, int]]) -> Packed:
    """Return times in bags as columns: the place of the stay, from when, until when."""
    table = np.array(stays, dtype=np.int64).reshape(-1, 3)
    return Packed(table[:, 0], table[:, 1], table[:, 2])


def _reach(stays: Stays) -> tuple[int, int]:
    """Return the first and the last instant of stays and of their packed times."""
    columns = [stays.entered, stays.left]
    if stays.clock is not None:
        columns.append(stays.clock[stays.clock != NONE])
    if stays.packed is not None:
        columns += [stays.packed.since, stays.packed.until]
    columns = [column for column in columns if column.size]
    return min(int(each.min()) for each in columns), max(int(each.max()) for each in columns)


def _lacks_due(found: Scores, stays: Stays, course: Course) -> bool:
    norm = course.norm
    if norm is None or (norm.unit is NormUnit.NEXT_RUN and course.runs is None):
        return False
    missing = ~found.judged
    if stays.clock is not None:
        missing &= stays.clock != NONE
    return bool(missing.any())


def _sorted(keys: Codes) -> Codes:
    """Return the order of keys that are not negative; equal ones as they stand.

    By 16 bits at a time, which need no comparing.
    """
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    most, shift = int(keys.max()), _BITS
    while most >> shift:
        again = np.argsort((keys.take(order) >> shift).astype(np.uint16), kind="stable")
        order, shift = order.take(again), shift + _BITS
    return order
