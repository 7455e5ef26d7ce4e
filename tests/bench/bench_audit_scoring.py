"""Scoring stays: a million of them by the clocks, against pm4py's business hours on the same stays.

A score is more than pm4py gives: the due instant by the stage's norm, whether it was kept, the
working time, what of it counted, and by how much the norm was missed. pm4py is asked for the
working time alone, and of some of the stays: a million would take it an hour. That both give the
same working time is checked before anything is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from random import Random
from time import perf_counter

from domain.clocks import Clocks
from domain.progress import Visit, VisitKind
from domain.regulations.edition import Edition, Stage
from domain.roles import Role
from domain.workdays import parse_workdays
from infra.directory_files import load_directory
from infra.regulation_files import load_regulations
from tests.bench.bench_calendar import Baseline, pm4py_hours
from tests.bench.report import Row, rate, ratio_row
from tests.stories import PEOPLE, place

WHAT = "score of a stay"
STAYS = 1_000_000
SOME = 500  # that pm4py is asked about
ROUNDS = 5
AIM = 200.0
EDITION = "s7c-2012"
_DAYS = 300  # of 2026, whose worked weekends pm4py could not express: there is none


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay that ended, with the stage in whose norm it is scored."""

    visit: Visit
    stage: Stage

    @property
    def ends(self) -> datetime:
        """When it ended."""
        assert self.visit.left_at is not None
        return self.visit.left_at


def run() -> list[Row]:
    """Measure both in turns on stays from minutes to weeks; the round of the median ratio."""
    try:
        other = pm4py_hours()
    except ModuleNotFoundError as missing:
        return [Row(WHAT, "pm4py", "-", f"{missing.name} is not installed", None, AIM, False)]
    text = (files("domain.calendars") / "kz.toml").read_text("utf-8")
    clocks = Clocks(load_directory(), parse_workdays(text, source="kz.toml"))
    stays = _stays(load_regulations().edition(EDITION), STAYS)
    some = stays[:SOME]
    for stay in some:
        theirs = other.read(other.ask(stay.visit.entered_at, stay.ends))
        if clocks.measure(stay.visit, stay.stage).working != theirs:
            return [Row(WHAT, "pm4py", "-", f"differs: {stay}", None, AIM, False)]
    rounds = [(_scored(clocks, stays), rate(_asked(other, some))) for _ in range(ROUNDS)]
    figure, baseline = sorted(rounds, key=lambda both: both[0] / both[1])[ROUNDS // 2]
    return [ratio_row(WHAT, "pm4py BusinessHours, no norm", figure, baseline, AIM)]


def _stays(edition: Edition, count: int) -> list[Stay]:
    """Stays in the authority's stages that have a norm, as long as norms of several days make."""
    random = Random(20260101)
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    stages = [stage for stage in edition.stages if stage.norm is not None]
    where, person = place(Role.EXECUTOR), PEOPLE[Role.EXECUTOR]
    found: list[Stay] = []
    for seq in range(count):
        stage = random.choice(stages)
        entered = begins + timedelta(seconds=random.randrange(_DAYS * 86_400))
        left = entered + timedelta(seconds=round(random.expovariate(1 / (5 * 86_400))))
        kind = VisitKind.STAGE.value
        visit = Visit(seq, kind, stage.key, 1, where, person, entered, entered, left)
        found.append(Stay(visit, stage))
    return found


def _scored(clocks: Clocks, stays: list[Stay]) -> float:
    """Score every stay once; return how many a second."""
    begun = perf_counter()
    for stay in stays:
        clocks.measure(stay.visit, stay.stage)
    return len(stays) / (perf_counter() - begun)


def _asked(other: Baseline, stays: list[Stay]) -> Callable[[], int]:
    def work() -> int:
        for stay in stays:
            other.ask(stay.visit.entered_at, stay.ends)
        return len(stays)

    return work
