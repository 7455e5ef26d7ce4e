"""Scoring stays: a million of them by the ledger, against pm4py's business hours on the same stays.

A score is more than pm4py gives: the due instant by the stage's norm, whether it was kept, what of
the norm was used, and the time of every label; then all is added up by office and stage. pm4py is
asked for the working time alone, and of some of the stays (a million would take it a minute); both
are compared by how many they do a second. That both give the same working time, and the clocks the
same score, is checked before anything is measured. The tables of the calendar are made before as
well, as pm4py's slots and holidays are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from time import perf_counter

import numpy as np

from domain.clocks import Clocks
from domain.progress import Visit, VisitKind
from domain.regulations.edition import Stage
from domain.roles import Role
from domain.scoring.scorer import Rows, Scorer
from domain.scoring.scores import Course, Stays
from domain.scoring.wall import instant, micros
from domain.workdays import parse_workdays
from infra.directory_files import load_directory
from infra.regulation_files import load_regulations
from tests.bench.bench_calendar import Baseline, pm4py_hours
from tests.bench.report import Row, rate, ratio_row
from tests.stories import AUTHORITY, PEOPLE, place

WHAT = "score of a stay"
AGAINST = "pm4py BusinessHours, no norm"
STAYS = 1_000_000
SOME = 500  # that pm4py is asked about
ROUNDS = 5
AIM = 200.0
EDITION = "s7c-2012"
_DAYS = 300  # of 2026, whose worked weekends pm4py could not express: there is none
_SECOND = 1_000_000  # microseconds


def run() -> list[Row]:
    """Measure both in turns on stays from minutes to weeks; the round of the median ratio."""
    try:
        other = pm4py_hours()
    except ModuleNotFoundError as missing:
        return [Row(WHAT, "pm4py", "-", f"{missing.name} is not installed", None, AIM, False)]
    text = (files("domain.calendars") / "kz.toml").read_text("utf-8")
    clocks = Clocks(load_directory(), parse_workdays(text, source="kz.toml"))
    edition = load_regulations().edition(EDITION)
    stages = [stage for stage in edition.stages if stage.norm is not None]
    rows = _rows(clocks, len(stages), STAYS)
    differs = next(_differences(clocks, stages, rows, other), None)
    if differs is not None:
        return [Row(WHAT, AGAINST, "-", differs, None, AIM, False)]
    asked, scorer = _asked(other, rows), Scorer(clocks)
    scorer.score(AUTHORITY, Stays(rows.entered, rows.left), Course())
    rounds = [(_scored(scorer, stages, rows), rate(asked)) for _ in range(ROUNDS)]
    figure, baseline = sorted(rounds, key=lambda both: both[0] / both[1])[ROUNDS // 2]
    return [ratio_row(WHAT, AGAINST, figure, baseline, AIM)]


def _rows(clocks: Clocks, stages: int, count: int) -> Rows:
    """Stays in any order, as long as norms of several days make, at offices with the same hours."""
    random = np.random.default_rng(20260101)
    same = clocks.calendar(AUTHORITY)
    offices = [
        each.code for each in load_directory().organisations if clocks.calendar(each.code) is same
    ]
    begins = micros(datetime(2026, 1, 1, tzinfo=UTC))
    entered = begins + random.integers(0, _DAYS * 86_400, count) * _SECOND
    lengths = np.round(random.exponential(5 * 86_400, count)).astype(np.int64) * _SECOND
    return Rows(
        random.choice(np.array(offices, dtype=np.int64), count),
        random.integers(0, stages, count),
        entered,
        entered + lengths,
        entered,
    )


def _differences(clocks: Clocks, stages: list[Stage], rows: Rows, other: Baseline) -> Iterator[str]:
    """Say where pm4py, the clocks and the scorer do not agree about the first stays."""
    scorer, where, person = Scorer(clocks), place(Role.EXECUTOR), PEOPLE[Role.EXECUTOR]
    for index in range(SOME):
        stage, one = stages[int(rows.course[index])], slice(index, index + 1)
        found = scorer.score(AUTHORITY, Stays(rows.entered[one], rows.left[one]), _course(stage))
        begun, left = instant(int(rows.entered[index])), instant(int(rows.left[index]))
        kind = VisitKind.STAGE.value
        visit = Visit(index, kind, stage.key, 1, where, person, begun, begun, left)
        alone = clocks.measure(visit, stage)
        theirs = other.read(other.ask(begun, left))
        ours = int(found.working[0])
        if (alone.working, alone.late) != (theirs, bool(found.late[0])):
            yield f"the clocks differ: {visit}"
        if alone.working is None or micros(begun + alone.working) - micros(begun) != ours:
            yield f"the scorer differs: {visit}"


def _course(stage: Stage) -> Course:
    return Course(norm=None if stage.norm is None else stage.norm.norm)


def _scored(scorer: Scorer, stages: list[Stage], rows: Rows) -> float:
    """Score every stay once, add all up; return how many a second."""
    begun = perf_counter()
    tallies = scorer.tallies(rows, [_course(stage) for stage in stages])
    passed = perf_counter() - begun
    return tallies.count / passed


def _asked(other: Baseline, rows: Rows) -> Callable[[], int]:
    spans = [
        (instant(int(rows.entered[index])), instant(int(rows.left[index]))) for index in range(SOME)
    ]

    def work() -> int:
        for begun, left in spans:
            other.ask(begun, left)
        return len(spans)

    return work
