"""Scoring stays: a million of them by the ledger, against pm4py's business hours on the same stays.

A score is more than pm4py gives: the due instant by the stage's norm, whether it was kept, what of
the norm was used, and the time of every label; then all is added up by office and stage. pm4py is
asked for the working time alone, and of some of the stays (a million would take it a minute); both
are compared by how many they do a second. That both give the same working time, and the clocks the
same score, is checked before anything is measured. The tables of the calendar are made before as
well, as pm4py's slots and holidays are.

The second row is shown for honesty, not aimed at: the same, with the rows read out of the view of
visits in SQLite first and every stay scored twice, by its own norm and by another (`what_if`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
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
from infra.database import sqlite_engine
from infra.directory_files import load_directory
from infra.exports.wanted import Wanted
from infra.regulation_files import load_regulations
from infra.views.group import Reading, ViewGroup
from infra.what_if import what_if
from projections.view import Knowledge
from projections.visits import Visits
from tests.bench.bench_calendar import Baseline, pm4py_hours
from tests.bench.report import Row, rate, ratio_row
from tests.stories import AUTHORITY, PEOPLE, place

WHAT = "score of a stay"
WHAT_READ = "what if of a stay, read from SQLite"
AGAINST = "pm4py BusinessHours, no norm"
STAYS = 1_000_000
SOME = 500  # that pm4py is asked about
ROUNDS = 5
AIM = 200.0
EDITION = "s7c-2012"
_DAYS = 300  # of 2026, whose worked weekends pm4py could not express: there is none
_SECOND = 1_000_000  # microseconds
_WRITTEN = 50_000  # rows at once


def run() -> list[Row]:
    """Measure both in turns on stays from minutes to weeks; the round of the median ratio."""
    try:
        other = pm4py_hours()
    except ModuleNotFoundError as missing:
        return [Row(WHAT, "pm4py", "-", f"{missing.name} is not installed", None, AIM, False)]
    text = (files("domain.calendars") / "kz.toml").read_text("utf-8")
    clocks = Clocks(load_directory(), parse_workdays(text, source="kz.toml"))
    regulations = load_regulations()
    stages = [each for each in regulations.edition(EDITION).stages if each.norm is not None]
    rows = _rows(clocks, len(stages), STAYS)
    differs = next(_differences(clocks, stages, rows, other), None)
    if differs is not None:
        return [Row(WHAT, AGAINST, "-", differs, None, AIM, False)]
    asked, scorer = _asked(other, rows), Scorer(clocks)
    scorer.score(AUTHORITY, Stays(rows.entered, rows.left), Course())
    rounds = [(_scored(scorer, stages, rows), rate(asked)) for _ in range(ROUNDS)]
    figure, baseline = sorted(rounds, key=lambda both: both[0] / both[1])[ROUNDS // 2]
    read = _read_and_scored(Knowledge(regulations, clocks), stages, rows)
    return [
        ratio_row(WHAT, AGAINST, figure, baseline, AIM),
        ratio_row(WHAT_READ, AGAINST, read, baseline, None),
    ]


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


def _read_and_scored(knowledge: Knowledge, stages: list[Stage], rows: Rows) -> float:
    """Write the rows into a view of visits, compare two norms; return how many stays a second."""
    with TemporaryDirectory() as folder:
        views = ViewGroup(
            sqlite_engine(Path(folder) / "views.db", durable=False), knowledge, [Visits]
        )
        views.prepare()
        _write(views, [stage.key for stage in stages], rows)
        begun = perf_counter()
        with views.reading() as reading:
            found = what_if(reading, knowledge, knowledge.regulations.edition(EDITION), Wanted())
        passed = perf_counter() - begun
        views.close()
    return sum(each.count for each in found) / passed


def _write(views: ViewGroup, stages: list[str], rows: Rows) -> None:
    kind, service = VisitKind.STAGE.value, views.knowledge.regulations.edition(EDITION).service.key
    fixed = {"kind": kind, "loop": 1, "place": 0, "person": 0, "edition": EDITION, "pauses": ""}
    fixed |= {
        "service": service,
        "provisional": False,
        "deviations": "",
        "verified": True,
        "working": 0,
    }
    columns = (rows.organisation, rows.course, rows.entered, rows.clock, rows.left)
    with views.writing.begin() as connection:
        table = Reading(views, connection).view(Visits).visits
        for begins in range(0, STAYS, _WRITTEN):
            some = zip(
                *(each[begins : begins + _WRITTEN].tolist() for each in columns), strict=True
            )
            connection.execute(
                table.insert(),
                [
                    fixed
                    | {"number": begins + index, "seq": 0, "organisation": office}
                    | {"stage": stages[course], "entered_at": entered, "clock_from": clock}
                    | {"left_at": left}
                    for index, (office, course, entered, clock, left) in enumerate(some)
                ],
            )


def _asked(other: Baseline, rows: Rows) -> Callable[[], int]:
    spans = [
        (instant(int(rows.entered[index])), instant(int(rows.left[index]))) for index in range(SOME)
    ]

    def work() -> int:
        for begun, left in spans:
            other.ask(begun, left)
        return len(spans)

    return work
