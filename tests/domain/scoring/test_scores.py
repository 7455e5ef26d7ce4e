"""Stays scored together have the figures that the clocks and the ledger give each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.acts import ActKind
from domain.clocks import Clocks, Measured
from domain.commands import Stamp
from domain.ledger import Label, Ledger, ledger_of, sums
from domain.norms import ClosedEnd, NormUnit, NotCounted
from domain.numbers import bag_code
from domain.packet import Packet
from domain.progress import Pause, Progress, Visit, VisitKind
from domain.regulations.edition import Edition, NormText, PauseGround
from domain.roles import Role
from domain.scoring.scorer import Rows, Scorer, packed_of
from domain.scoring.scores import Course, Scores, Stays
from domain.scoring.singly import tally_of
from domain.scoring.tables import NONE
from domain.scoring.wall import instant, micros
from domain.timeline import Timeline
from domain.workdays import OutsideCalendarError
from infra.directory_files import load_directory
from tests.domain.test_calendar import RUNS, WORKDAYS
from tests.stories import CENTRE, REGULATIONS, Story, place

CLOCKS = Clocks(load_directory(), WORKDAYS, RUNS)
SCORER = Scorer(CLOCKS)
OFFICES = [each.code for each in load_directory().organisations]
BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
STAGE = "sign"
GROUND = PauseGround("g", REGULATIONS.edition("s7c-2012").service.names, (STAGE,), (), "§ 9")
Packing = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay as the ledger is told of it."""

    entered: datetime
    left: datetime
    clock: datetime | None
    completing: bool
    packing: Packing

    def visit(self, organisation: int, kind: str) -> Visit:
        where = place(Role.HEAD, organisation)
        return Visit(1, kind, STAGE, 1, where, 5, self.entered, self.clock, self.left, "signed")

    def ledger(self, organisation: int, kind: str, edition: Edition) -> Ledger:
        """The lines and clocks of this stay alone."""
        visits = [self.visit(organisation, kind)]
        if self.completing:
            before = self.entered - timedelta(minutes=1)
            where = place(Role.HEAD, organisation)
            returned = Visit(0, "stage", STAGE, 1, where, 5, before, before, self.entered)
            returned.ended_by = ActKind.RETURNED.value
            visits.insert(0, returned)
        told = Timeline(Progress(), _packing(*self.packing), visits)
        return ledger_of(told, edition, CLOCKS, self.left)


def _packing(since: datetime, until: datetime) -> list[Packet.Event]:
    """Put into a bag at the first instant, scanned at the second."""
    story = Story()
    where, bag = place(Role.COLLECTING), bag_code(CENTRE, 1)
    story.packet.put_into(Stamp("put", where, 2, 1, 1, since), since, bag)
    story.packet.unpack(Stamp("out", where, 2, 1, 2, until), until, bag)
    return list(story.packet.entries)


@st.composite
def stays(draw: st.DrawFn) -> Stay:
    """A stay of up to some weeks; the clock begins before, within or after it, or is not known."""
    longest = draw(st.sampled_from([3_600, 86_400, 40 * 86_400]))
    entered = BEGINS + timedelta(seconds=draw(st.integers(0, 700 * 86_400)))
    left = entered + timedelta(seconds=draw(st.integers(1, longest)))
    whole = round((left - entered).total_seconds())
    begins = st.integers(-longest, longest).map(lambda each: entered + timedelta(seconds=each))
    clock = draw(st.one_of(st.just(entered), st.none(), begins))
    first, second = sorted(draw(st.tuples(st.integers(-60, whole), st.integers(0, whole + 60))))
    packing = entered + timedelta(seconds=first), entered + timedelta(seconds=second + 1)
    return Stay(entered, left, clock, draw(st.booleans()), packing)


norms = st.one_of(
    st.none(),
    st.builds(
        NormText,
        st.sampled_from(NormUnit),
        st.sampled_from([1, 2, 3, 15, 30, 90]),
        st.frozensets(st.sampled_from(NotCounted)),
        st.sampled_from(ClosedEnd),
    ),
)


def edition_with(norm: NormText | None) -> Edition:
    edition = REGULATIONS.edition("s7c-2012")
    replaced = tuple(
        msgspec.structs.replace(each, norm=norm) if each.key == STAGE else each
        for each in edition.stages
    )
    return msgspec.structs.replace(edition, stages=replaced)


def columns(told: list[Stay]) -> Stays:
    return Stays(
        np.array([micros(each.entered) for each in told]),
        np.array([micros(each.left) for each in told]),
        np.array([NONE if each.clock is None else micros(each.clock) for each in told]),
        np.array([each.completing for each in told]),
        packed_of([(n, micros(e.packing[0]), micros(e.packing[1])) for n, e in enumerate(told)]),
    )


def measured(scores: Scores, index: int) -> Measured:
    """What the scores say, as the clocks would."""
    judged = bool(scores.judged[index])
    counted = int(scores.counted[index])
    return Measured(
        _span(scores.working[index]),
        None if counted == NONE else _span(counted),
        None,
        bool(scores.late[index]) if judged else None,
        _span(scores.over[index]) if judged else None,
    )


def _span(value: int | np.int64) -> timedelta:
    return timedelta(microseconds=int(value))


@given(
    st.sampled_from(OFFICES),
    st.sampled_from(VisitKind),
    norms,
    st.lists(stays(), min_size=1, max_size=12),
)
@settings(max_examples=100)
def test_scored_together_is_scored_one_by_one(
    office: int, kind: VisitKind, norm: NormText | None, told: list[Stay]
) -> None:
    edition = edition_with(norm)
    stage = edition.stage(STAGE) if kind is VisitKind.STAGE else None
    term = norm.norm if norm is not None and stage is not None else None
    scores = SCORER.score(office, columns(told), Course(kind.value, term, RUNS))
    for index, each in enumerate(told):
        alone = CLOCKS.measure(each.visit(office, kind.value), stage)
        due = instant(int(scores.due[index])) if scores.judged[index] else None
        assert due == (alone.due.at if alone.due else None)
        assert measured(scores, index) == alone._replace(due=None)
        book = each.ledger(office, kind.value, edition)
        _equal_to_the_ledger(book, scores, index)


def _equal_to_the_ledger(book: Ledger, scores: Scores, index: int) -> None:
    found = {label: _span(spans[index]) for label, spans in scores.labels.items() if spans[index]}
    assert found == sums(book.of_stay(1))
    for clock in (each for each in book.clocks if each.seq == 1):
        assert clock.consumed == _span(scores.consumed[index])
        assert clock.over == _span(scores.overrun[index])
        if clock.budget is not None:
            assert clock.budget == _span(scores.budget[index])


@given(st.sampled_from(OFFICES), norms, st.lists(stays(), min_size=1, max_size=6))
@settings(max_examples=50)
def test_scored_alone_is_scored_in_arrays(
    office: int, norm: NormText | None, told: list[Stay]
) -> None:
    """So that a stay may be scored alone where its clock was stopped."""
    stage, cut = edition_with(norm).stage(STAGE), columns(told)
    cut = replace(cut, completing=None, packed=None)  # those are of the packet, not of the stay
    scores = SCORER.score(office, cut, Course(norm=norm.norm if norm else None, runs=RUNS))
    for index, each in enumerate(told):
        alone = tally_of(each.visit(office, "stage"), stage, CLOCKS, each.left)
        judged = bool(scores.judged[index])
        assert (alone.count, alone.judged) == (1, judged)
        assert alone.within == (judged and not scores.late[index])
        assert (alone.working, alone.consumed) == (scores.working[index], scores.consumed[index])
        assert alone.overrun == scores.overrun[index]
        labels = {label: int(spans[index]) for label, spans in scores.labels.items()}
        assert alone.labels == {label: span for label, span in labels.items() if span}


@given(st.sampled_from(OFFICES), norms, stays(), st.data())
@settings(max_examples=100)
def test_a_stay_whose_clock_was_stopped_has_the_figures_of_the_clocks(
    office: int, norm: NormText | None, told: Stay, data: st.DataObject
) -> None:
    whole = round((told.left - told.entered).total_seconds())
    turns = data.draw(st.lists(st.integers(0, whole), min_size=2, max_size=6, unique=True))
    at = [told.entered + timedelta(seconds=turn) for turn in sorted(turns)]
    visit = told.visit(office, "stage")
    visit.pauses = tuple(
        Pause(f"p{index}", GROUND.key, office, 5, since, until)
        for index, (since, until) in enumerate(zip(at[::2], at[1::2], strict=False))
    )
    stage = msgspec.structs.replace(edition_with(norm).stage(STAGE), pauses=(GROUND,))
    alone, measured = tally_of(visit, stage, CLOCKS, told.left), CLOCKS.measure(visit, stage)
    assert (alone.judged, alone.within) == (measured.late is not None, measured.late is False)
    stopped = alone.labels.get(Label.PAUSED, 0)
    assert _span(stopped) == measured.stood
    assert _span(alone.working) == measured.working
    assert sum(alone.labels.values()) == whole * 1_000_000
    if measured.over is not None and visit.clock_from == visit.entered_at:
        late = _span(alone.labels.get(Label.OVERDUE, 0))
        assert late == max(measured.over, timedelta(0))


@given(st.lists(st.tuples(st.sampled_from(OFFICES[:3]), st.integers(0, 1), stays()), max_size=30))
@settings(max_examples=40)
def test_sums_are_those_of_the_stays(told: list[tuple[int, int, Stay]]) -> None:
    courses = [Course(norm=NormText(NormUnit.MINUTE, 15).norm), Course()]
    cut = columns([stay for _, _, stay in told])
    assert cut.clock is not None
    rows = Rows(
        np.array([office for office, _, _ in told], dtype=np.int64),
        np.array([course for _, course, _ in told], dtype=np.int64),
        cut.entered,
        cut.left,
        cut.clock,
        cut.completing,
    )
    tallies = list(SCORER.tallies(rows, courses))
    assert SCORER.tallies(rows, courses).count == len(told)
    assert [(each.organisation, each.course) for each in tallies] == sorted(
        {(office, course) for office, course, _ in told}
    )
    for tally in tallies:
        own = [
            s
            for office, course, s in told
            if (office, course) == (tally.organisation, tally.course)
        ]
        alone = [SCORER.score(tally.organisation, columns([s]), courses[tally.course]) for s in own]
        assert tally.count == len(own)
        assert tally.working == sum(int(each.working[0]) for each in alone)
        assert tally.within == sum(bool(e.judged[0] and not e.late[0]) for e in alone)
        whole = sum(((each.left - each.entered) for each in own), timedelta())
        assert sum(map(_span, tally.labels.values()), timedelta()) == whole


def test_a_stay_in_years_for_which_no_calendar_is_kept_is_refused() -> None:
    before = np.array([micros(datetime(2009, 1, 1, tzinfo=UTC))])
    with pytest.raises(OutsideCalendarError):
        SCORER.score(OFFICES[0], Stays(before, before + 1), Course())


def test_a_norm_that_runs_out_many_years_later_is_found_all_the_same() -> None:
    at = datetime(2026, 11, 16, 4, tzinfo=UTC)
    norm = NormText(NormUnit.CALENDAR_MONTH, 100).norm
    one = Stays(np.array([micros(at)]), np.array([micros(at) + 1]))
    found = Scorer(CLOCKS).score(OFFICES[0], one, Course(norm=norm))
    assert instant(int(found.due[0])) == CLOCKS.calendar(OFFICES[0]).due(at, norm).at
