"""Stays of one stage at one office, scored together: what was used of the norm, and by what labels.

The figures are those of `domain.clocks.measure` and of `domain.ledger`, to the microsecond
[002 §7; 003 annexes 3, 4 and 7]; a test holds them against each other. How: the time of each kind
that has passed since the tables begin is looked up at the ends of every stay, and subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.calendar import Timetable
from domain.ledger import CLOSED_LABELS, LABEL_OF_KIND, OF_CALENDAR, Label
from domain.norms import Norm
from domain.progress import VisitKind
from domain.scoring.tables import NONE, Tables
from domain.scoring.terms import due_at, working_budget
from domain.scoring.wall import Instants
from domain.stretches import Hours

Flags = NDArray[np.bool_]
Spans = Instants  # lengths of time in microseconds
_STAGE = VisitKind.STAGE.value


@dataclass(frozen=True, slots=True)
class Packed:
    """When packets lay in bags: the place of the stay in its columns, from when, until when."""

    stay: NDArray[np.int64]
    since: Instants
    until: Instants


@dataclass(frozen=True, slots=True)
class Stays:
    """Columns of stays in one stage at one office. Instants are microseconds since 1970 (UTC).

    `clock` is when the norm began to run, NONE where nobody wrote when; None: on entering, of all.
    `left` is when the stay ended, of an open one until when it is scored. `completing`: a returned
    notice was being completed.
    """

    entered: Instants
    left: Instants
    clock: Instants | None = None
    completing: Flags | None = None
    packed: Packed | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What stays were: the kind, the norm of the stage (if any), the courier's runs."""

    kind: str = _STAGE
    norm: Norm | None = None
    runs: Timetable | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """A stay's figures, one place each in every column; spans in microseconds.

    `working`, `counted`, `due`, `late` and `over` as in `domain.clocks.Measured`: `counted` NONE
    where the clock's beginning is not known, `over` negative for what was left. `budget` and
    `consumed` as in `domain.ledger.StageClock`. Where there is no due instant (NONE), `judged` is
    false, and `late`, `over` and `budget` say nothing. `labels` add up to the stay's whole time.
    """

    working: Spans
    counted: Spans
    due: Instants
    judged: Flags
    late: Flags
    over: Spans
    budget: Spans
    consumed: Spans
    labels: dict[Label, Spans]

    @property
    def overrun(self) -> Spans:
        """How much more than the budget is used; 0 within it, and without one."""
        over = np.maximum(self.consumed - self.budget, 0)
        return over if self.judged.all() else np.where(self.judged, over, 0)


def score(tables: Tables, stays: Stays, course: Course) -> Scores:
    """Score stays, all instants of which lie inside the tables."""
    return _Scoring(tables, stays, course).scores()


class _Scoring:
    """Stays being scored. Without `_at`: the working time that had passed at a turn of the stay."""

    def __init__(self, tables: Tables, stays: Stays, course: Course) -> None:
        self._tables, self._stays, self._course = tables, stays, course
        self._cells = tables.cells(stays.entered), tables.cells(stays.left)
        passed = tables.passed[Hours.WORKING]
        self._entered = passed.at(self._cells[0], stays.entered)
        self._left = passed.at(self._cells[1], stays.left)
        self._known = None if stays.clock is None else stays.clock != NONE
        self._clock_at, self._clock = self._find_clock()
        self._due_at = self._find_due()
        self._judged = self._due_at != NONE
        self._due = self._worked_till_due()
        self._runs, self._ends = self._find_turns()

    def scores(self) -> Scores:
        """Put the columns together."""
        left = self._left
        return Scores(
            working=left - self._entered,
            counted=self._counted(),
            due=self._due_at,
            judged=self._judged,
            late=self._judged & (self._stays.left > self._due_at),
            over=left - self._due,
            budget=self._budget(),
            consumed=self._consumed(),
            labels=self._closed() | self._labels(),
        )

    def _find_clock(self) -> tuple[Instants, Spans]:
        stays, tables = self._stays, self._tables
        if stays.clock is None:
            return stays.entered, self._entered
        at = self._known_or(stays.clock, stays.entered)
        return at, tables.passed[Hours.WORKING].at(tables.cells(at), at)

    def _find_due(self) -> Instants:
        course = self._course
        if course.norm is None:
            return np.full(self._entered.shape, NONE)
        due = due_at(self._tables, self._clock_at, course.norm, course.runs)
        return self._known_or(due, NONE)

    def _worked_till_due(self) -> Spans:
        norm = self._course.norm
        budget = None if norm is None else working_budget(norm)
        if budget is not None:
            return self._clock + budget
        if norm is None:
            return self._left
        at = self._due_at
        if not self._judged.all():
            at = np.where(self._judged, at, self._stays.left)
        return self._tables.passed[Hours.WORKING].at(self._tables.cells(at), at)

    def _find_turns(self) -> tuple[Spans, Spans]:
        """Return from when on the clock runs within the stay, and from when on it is overdue."""
        runs, left = self._entered, self._left
        if self._stays.clock is not None:
            runs = self._known_or(np.clip(self._clock, runs, left), left)
        ends = np.minimum(np.maximum(self._due, runs), left)
        return runs, ends if self._judged.all() else np.where(self._judged, ends, left)

    def _known_or(self, values: Instants, other: Instants | int) -> Instants:
        return values if self._known is None else np.where(self._known, values, other)

    def _counted(self) -> Spans:
        if self._stays.clock is None:
            return self._left - self._entered
        return self._known_or(np.maximum(self._left - self._clock, 0), NONE)

    def _budget(self) -> Spans:
        of_calendar = self._is_of_calendar()
        budget: Spans = self._due_at - self._clock_at if of_calendar else self._due - self._clock
        return np.maximum(budget, 0)

    def _consumed(self) -> Spans:
        if self._course.norm is None:
            return np.zeros_like(self._left)
        if not self._is_of_calendar():
            return self._left - self._runs
        stays = self._stays
        used = np.maximum(stays.left - np.maximum(self._clock_at, stays.entered), 0)
        return self._known_or(used, 0)

    def _is_of_calendar(self) -> bool:
        norm = self._course.norm
        return norm is not None and norm.unit in OF_CALENDAR

    # --- labels -----------------------------------------------------------------------------

    def _closed(self) -> dict[Label, Spans]:
        """Add up the time in which the office was closed, by why it was."""
        stays, (since, until) = self._stays, self._cells
        found = {
            label: passed.at(until, stays.left) - passed.at(since, stays.entered)
            for hours, label in CLOSED_LABELS.items()
            if hours is not Hours.OUTSIDE
            for passed in (self._tables.passed[hours],)
        }
        rest = (stays.left - stays.entered) - (self._left - self._entered)
        for each in found.values():
            rest -= each
        return found | {Label.OUTSIDE_HOURS: rest}

    def _labels(self) -> dict[Label, Spans]:
        """Add up the working time, by what it was."""
        course, between = self._course, self._ends - self._runs
        if course.kind != _STAGE:
            return {LABEL_OF_KIND[course.kind]: self._left - self._entered}
        found: dict[Label, Spans] = {}
        if self._stays.clock is not None:
            found[Label.WAITING_APPLICANT] = self._runs - self._entered
        if course.norm is not None:
            found[Label.OVERDUE] = self._left - self._ends
        completing = self._stays.completing
        if completing is not None:
            found[Label.RETURNED] = np.where(completing, between, 0)
            between = np.where(completing, 0, between)
        if self._stays.packed is not None:
            packed = np.minimum(self._packed(self._stays.packed), between)
            found[Label.WAITING_RUN] = packed
            between = between - packed
        found[Label.NO_NORM if course.norm is None else Label.RUNNING] = between
        return found

    def _packed(self, packed: Packed) -> Spans:
        """Add up the working time in a bag, after the clock began to run and before it ran out."""
        passed, stays = self._tables.passed[Hours.WORKING], packed.stay
        least, most = self._runs[stays], self._ends[stays]
        edges = (
            np.clip(passed.at(self._tables.cells(at), at), least, most)
            for at in (packed.since, packed.until)
        )
        since, until = edges
        found = np.zeros_like(self._left)
        np.add.at(found, stays, until - since)
        return found
