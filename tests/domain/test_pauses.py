"""A clock that an act stops on a ground of the edition, and lets run again (ADR 43)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.acts import ActKind
from domain.clocks import Clocks
from domain.ledger import Label, Ledger, StageClock, ledger_of, sums
from domain.norms import ClosedEnd, Norm, NormUnit, NotCounted
from domain.packet import Packet
from domain.pauses import Stood, due_with_pauses
from domain.progress import Pause, Progress, Visit
from domain.regulations.book import Regulations
from domain.regulations.edition import NormText, PauseGround
from domain.regulations.read import FaultyRegulationError, read_edition
from domain.roles import Role
from domain.timeline import Timeline, is_late, timeline_of
from domain.walk import Walk
from infra.directory_files import load_directory
from tests.domain.test_calendar import RUNS, WORKDAYS
from tests.pausing import EDITION, EXPERTISE, PAPER, PAUSING, TEXT
from tests.stories import AUTHORITY, MORNING, OTHER_AUTHORITY, PEOPLE, Story, place

A, R, L = ActKind, Role, Label
CLOCKS = Clocks(load_directory(), WORKDAYS, RUNS)
HOUR, DAY = 60, 24 * 60  # minutes; the authority works from 0 to 540, with a break from 240 to 300


def at_the_executor(edition: str = EDITION) -> Story:
    """Since minute 130 the executor has an hour for the applicant's right."""
    story = Story(edition=edition, regulations=PAUSING)
    story.registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE).acted(100, A.INCOMING, R.OFFICE)
    story.scanned(110, R.HEAD).acted(120, A.RESOLUTION, R.HEAD)
    return story.scanned(130, R.EXECUTOR)


def paused(story: Story, minute: float, ground: str = PAPER, role: Role = R.EXECUTOR) -> Story:
    return story.acted(minute, A.PAUSED, role, grounds=(ground,))


def resumed(story: Story, minute: float, role: Role = R.EXECUTOR) -> Story:
    return story.acted(minute, A.RESUMED, role)


def ledger(story: Story, now: float = 10_000, norms: str | None = None) -> Ledger:
    other = PAUSING.edition(norms) if norms else None
    edition, at = story.regulations.edition(story.edition), MORNING + timedelta(minutes=now)
    return ledger_of(story.timeline, edition, CLOCKS, at, other)


def clock_of(story: Story, stage: str = "right", **how: Any) -> StageClock:
    (clock,) = [each for each in ledger(story, **how).clocks if each.stage == stage]
    return clock


def minutes(told: Ledger, stage: str = "right") -> dict[str, float]:
    lines = (each for each in told.lines if each.stage == stage and each.label is not L.HANDOVER)
    found = sums(lines)
    return {label.value: length / timedelta(minutes=1) for label, length in found.items()}


def minute_of(at: datetime | None) -> float:
    assert at is not None
    return (at - MORNING) / timedelta(minutes=1)


# --- what it means -------------------------------------------------------------------------------


def test_while_the_executor_waits_for_the_applicants_paper_the_clock_stands() -> None:
    story = paused(at_the_executor(), 140)
    resumed(story, 140 + DAY)  # the applicant brings it a day later
    told = ledger(story.acted(160 + DAY, A.RIGHT, R.EXECUTOR))
    assert minutes(told)["running"] == 10 + 20
    assert minutes(told)["waiting-applicant"] == 100 + 240 + 140
    clock = clock_of(story)
    assert (clock.budget, clock.consumed) == (timedelta(minutes=60), timedelta(minutes=30))
    assert minute_of(clock.due_at) == 140 + DAY + 50  # 50 minutes of the hour were left


def test_the_line_names_the_paragraph_and_who_stopped_the_clock() -> None:
    story = resumed(paused(at_the_executor(), 140, EXPERTISE), 150)
    told = ledger(story, now=160).lines
    (line,) = [each for each in told if each.label is L.PAUSED]
    assert (line.source, line.ground) == ("tests §10", EXPERTISE)
    assert (line.stopped_by, line.counts) == (PEOPLE[R.EXECUTOR], False)
    assert {each.stopped_by for each in told if each is not line} == {None}


def test_closed_hours_keep_their_labels_within_a_pause() -> None:
    story = resumed(paused(at_the_executor(), 140), 140 + DAY)
    told = minutes(ledger(story, now=140 + DAY))
    assert told["break"] == 60
    assert told["outside-hours"] == DAY - 540


def test_two_days_are_left_when_the_applicant_brings_the_paper() -> None:
    # Three working days from Monday 09:10, stopped on Tuesday at 09:10: two of them are left.
    story = _with_norm(NormText(NormUnit.WORKING_DAY, 3))
    paused(story, 130 + DAY)
    resumed(story, 130 + 3 * DAY)  # Thursday
    clock = clock_of(story, now=130 + 3 * DAY)
    assert clock.budget is not None
    assert clock.budget - clock.consumed == timedelta(hours=2 * 8)
    assert minute_of(clock.due_at) == 130 + 7 * DAY  # Monday: two working days later


def test_an_open_pause_has_no_due_instant_and_nothing_is_late() -> None:
    clock = clock_of(paused(at_the_executor(), 140), now=10 * DAY)
    assert clock.due_at is None
    assert clock.stands is not None
    assert clock.stands.ground.key == PAPER
    assert (clock.budget, clock.over) == (timedelta(minutes=60), timedelta(0))
    assert "overdue" not in minutes(ledger(paused(at_the_executor(), 140), now=10 * DAY))


def test_what_was_late_already_stays_late_but_grows_no_later() -> None:
    story = resumed(paused(at_the_executor(), 200), 230)  # the hour ran out at minute 190
    told = ledger(story.acted(235, A.RIGHT, R.EXECUTOR))
    assert minutes(told) == {"running": 60, "overdue": 15, "waiting-applicant": 30}
    stay = story.timeline.visits[-2]
    measured = CLOCKS.measure(stay, PAUSING.edition(EDITION).stage("right"))
    assert measured.late
    assert measured.over == timedelta(minutes=15)
    assert measured.counted == timedelta(minutes=75)
    assert measured.working == timedelta(minutes=105)


def test_the_total_stands_with_the_stage() -> None:
    story = resumed(paused(at_the_executor(), 140), 140 + DAY)
    edition = PAUSING.edition(EDITION)
    due = CLOCKS.total_due(story.timeline.progress, edition)
    assert due is not None
    assert minute_of(due.at) == 3 * DAY + 540  # eight hours more than three working days
    standing = paused(at_the_executor(), 140).timeline.progress
    assert CLOCKS.total_due(standing, edition) is None


def test_a_pause_ends_by_itself_after_the_longest_time_that_its_ground_allows() -> None:
    story = paused(at_the_executor(), 140, EXPERTISE)  # at most five working days
    told = minutes(ledger(story, now=140 + 8 * DAY))
    assert told["paused"] == 5 * 480
    assert told["running"] == 10 + 50
    assert told["overdue"] == 480 - 50
    clock = clock_of(story, now=140 + DAY)
    assert minute_of(clock.due_at) == 140 + 7 * DAY + 50
    assert clock.stands is not None
    assert clock_of(story, now=140 + 8 * DAY).stands is None


def test_under_an_edition_without_the_ground_a_pause_stops_no_clock() -> None:
    story = resumed(paused(at_the_executor(), 140), 140 + DAY)
    told = ledger(story, now=140 + DAY, norms="s7c-2012")
    assert minutes(told)["running"] == 60
    assert "waiting-applicant" not in minutes(told)
    assert [each.due_at for each in told.clocks if each.stage == "right"] == [
        MORNING + timedelta(minutes=190)
    ]


# --- what ends it, and what is out of turn -------------------------------------------------------


def test_an_act_that_ends_the_stage_ends_the_pause() -> None:
    story = paused(at_the_executor(), 140).acted(200, A.RIGHT, R.EXECUTOR)
    (pause,) = story.timeline.progress.pauses
    assert (minute_of(pause.until), pause.resumed_by) == (200, None)
    assert minutes(ledger(story)) == {"running": 10, "waiting-applicant": 60}
    assert story.deviations == []


def test_a_packet_that_goes_on_leaves_its_pause_behind() -> None:
    story = paused(at_the_executor(), 140).scanned(180, R.HEAD)
    assert [minute_of(each.until) for each in story.timeline.progress.pauses] == [180]
    lost = paused(at_the_executor(), 140).acted(170, A.LOST, R.EXECUTOR)
    assert [minute_of(each.until) for each in lost.timeline.progress.pauses] == [170]


def test_scanned_again_at_the_same_place_it_waits_on() -> None:
    story = paused(at_the_executor(), 140).scanned(150, R.EXECUTOR, serial=2)
    assert story.timeline.progress.open is not None
    assert story.timeline.progress.open.standing is not None


def test_the_head_may_stop_the_clock_without_having_the_paper() -> None:
    story = paused(at_the_executor(), 140, EXPERTISE, R.HEAD)
    progress = story.timeline.progress
    assert (progress.place, progress.person) == (place(R.EXECUTOR), PEOPLE[R.EXECUTOR])
    assert [each.person for each in progress.pauses] == [PEOPLE[R.HEAD]]
    assert story.deviations == []


def test_stopped_before_it_was_scanned_in_it_is_taken_to_be_there() -> None:
    story = at_the_executor()
    story.packet.entries.pop()  # nobody scanned it in
    paused(story, 140)
    assert story.deviations == ["not-accepted"]
    assert story.stays[-1][:2] == ("stage", "right")
    assert len(story.timeline.progress.pauses) == 1


@pytest.mark.parametrize(
    ("ground", "role", "organisation", "deviation"),
    [
        ("no-such-ground", R.EXECUTOR, AUTHORITY, "no-ground"),
        (PAPER, R.EXECUTOR, OTHER_AUTHORITY, "wrong-organisation"),
    ],
)
def test_what_stops_no_clock_is_kept_with_its_deviation(
    ground: str, role: Role, organisation: int, deviation: str
) -> None:
    story = at_the_executor()
    story.acted(140, A.PAUSED, role, grounds=(ground,), organisation=organisation)
    assert story.deviations == [deviation]
    assert story.timeline.progress.pauses == ()


def test_out_of_turn_is_kept_and_stops_nothing() -> None:
    assert resumed(at_the_executor(), 140).deviations == ["out-of-turn"]
    twice = paused(paused(at_the_executor(), 140), 150, EXPERTISE)
    assert twice.deviations == ["out-of-turn"]
    assert [each.ground for each in twice.timeline.progress.pauses] == [PAPER]
    drafting = at_the_executor().acted(150, A.RIGHT, R.EXECUTOR)
    assert paused(drafting, 160, EXPERTISE).deviations == ["out-of-turn"]  # not in this stage
    lost = at_the_executor().acted(135, A.LOST, R.EXECUTOR)
    assert paused(lost, 140).deviations == ["out-of-turn"]
    elsewhere = at_the_executor().scanned(140, R.COURIER)
    assert paused(elsewhere, 150).timeline.progress.pauses == ()


def test_before_the_registration_and_after_the_end_it_is_kept_aside() -> None:
    early = Story(edition=EDITION, regulations=PAUSING).registered(10)
    assert paused(early, 5).deviations == ["before-registration"]
    over = at_the_executor().acted(150, A.WITHDRAWN, R.OFFICE)
    assert resumed(over, 160).deviations == ["after-the-end"]


def test_an_edition_that_gives_no_ground_has_no_pauses() -> None:
    assert all(not each.pauses for each in PAUSING if each.id != EDITION)
    story = paused(at_the_executor("s7c-2012"), 140)
    assert story.deviations == ["no-ground"]
    assert minutes(ledger(story, now=160)) == {"running": 30}


# --- in whatever order ---------------------------------------------------------------------------


def busy_story() -> Story:
    story = resumed(paused(at_the_executor(), 140), 150)
    resumed(paused(story, 155, EXPERTISE), 160)
    paused(story.acted(170, A.RIGHT, R.EXECUTOR), 180).acted(190, A.LOST, R.EXECUTOR)
    story.scanned(195, R.EXECUTOR)
    resumed(paused(story, 196), 198).acted(200, A.DRAFTED, R.EXECUTOR)
    return story.scanned(210, R.HEAD).acted(220, A.SIGNED, R.HEAD).home_again(230)


@pytest.mark.parametrize("seed", range(30))
def test_late_and_shuffled_acts_give_the_same_pauses(seed: int) -> None:
    events = list(busy_story().packet.entries)
    punctual = timeline_of(events, PAUSING)
    assert len(punctual.progress.pauses) == 4
    chance = random.Random(seed)
    chance.shuffle(events)
    assert timeline_of(events, PAUSING) == punctual
    _equal_event_by_event(events, punctual)


def _equal_event_by_event(events: Sequence[Packet.Event], whole: Timeline) -> None:
    """As the views do it: walk on while events come in order, start anew when one is late."""
    visits: dict[int, Visit] = {}
    seen: list[Packet.Event] = []
    walk = Walk(Progress(), PAUSING)
    for event in events:
        seen.append(event)
        if is_late(walk.progress, event) or not walk.progress.edition:
            anew = timeline_of(seen, PAUSING)
            walk, visits = Walk(anew.progress, PAUSING), {v.seq: v for v in anew.visits}
            continue
        walk.take(event)
        visits.update(walk.touched)
    assert [visits[seq] for seq in sorted(visits)] == whole.visits
    assert walk.progress == whole.progress


@given(
    st.lists(st.tuples(st.integers(1, 4000), st.sampled_from([PAPER, EXPERTISE, None])), max_size=6)
)
def test_the_ledger_has_no_gap_and_adds_up(steps: list[tuple[int, str | None]]) -> None:
    """Whoever stops the clock and lets it run, when and how often."""
    story, minute = at_the_executor(), 130
    for gap, ground in steps:
        minute += gap
        story = resumed(story, minute) if ground is None else paused(story, minute, ground)
    told = ledger(story, now=minute + 100)
    assert all(one.until == next_.since for one, next_ in pairwise(told.lines))
    clock = next(each for each in told.clocks if each.stage == "right")
    found = sums(line for line in told.lines if line.stage == "right")
    counted = found.get(L.RUNNING, timedelta()) + found.get(L.OVERDUE, timedelta())
    assert clock.consumed == counted
    assert clock.budget == timedelta(minutes=60)
    assert clock.over == found.get(L.OVERDUE, timedelta())


# --- when a term runs out ------------------------------------------------------------------------

CALENDAR = CLOCKS.calendar(AUTHORITY)
ANY_GROUND = PauseGround("g", PAUSING.edition(EDITION).service.names, ("right",), (), "§")
spans = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 5000)), min_size=1, max_size=3)


def _stood(start: datetime, gaps: list[tuple[int, int]]) -> list[Stood]:
    found, at = [], start
    for gap, length in gaps:
        since = at + timedelta(minutes=gap)
        at = since + timedelta(minutes=length)
        pause = Pause("r", "g", AUTHORITY, 6, since, at)
        found.append(Stood(since, at, ANY_GROUND, pause))
    return found


def _moved(start: datetime, norm: Norm, gaps: list[tuple[int, int]]) -> datetime:
    due = due_with_pauses(CALENDAR, start, norm, _stood(start, gaps), RUNS)
    assert due is not None
    return due.at


def _minutes(start: datetime, end: datetime, times: list[Stood], *, worked: bool) -> int:
    """Count, one by one, the minutes in which the clock ran."""
    found, at = 0, start
    while at < end:
        ran = not any(each.since <= at < (each.until or end) for each in times)
        found += ran and (CALENDAR.is_open(at) or not worked)
        at += timedelta(minutes=1)
    return found


@given(
    st.integers(0, 20_000),
    st.sampled_from([(NormUnit.MINUTE, 90), (NormUnit.HOUR, 9), (NormUnit.WORKING_DAY, 2)]),
    spans,
)
@settings(max_examples=60, deadline=None)
def test_what_was_left_of_working_time_is_left_after_the_pause(
    begins: int, of: tuple[NormUnit, int], gaps: list[tuple[int, int]]
) -> None:
    start, norm = MORNING + timedelta(minutes=begins), Norm(of[1], of[0])
    plain, moved = CALENDAR.due(start, norm).at, _moved(start, norm, gaps)
    times = [each for each in _stood(start, gaps) if each.since < moved]
    if not any(CALENDAR.working_time(each.since, plain) == timedelta() for each in times):
        budget = _minutes(start, plain, [], worked=True)
        assert _minutes(start, moved, times, worked=True) == budget
    assert moved >= plain


@given(st.integers(0, 20_000), spans)
@settings(max_examples=30, deadline=None)
def test_calendar_days_move_by_the_time_itself(begins: int, gaps: list[tuple[int, int]]) -> None:
    start, norm = MORNING + timedelta(minutes=begins), Norm(2, NormUnit.CALENDAR_DAY)
    moved = _moved(start, norm, gaps)
    ran = _minutes(start, moved, _stood(start, gaps), worked=False)
    assert ran == 2 * DAY


@given(
    st.integers(0, 20_000),
    st.sampled_from([NormUnit.WORKING_DAY, NormUnit.CALENDAR_DAY, NormUnit.ONCE_A_DAY]),
    spans,
)
@settings(deadline=None)
def test_a_term_that_ends_with_a_day_counts_the_days_at_whose_end_the_clock_ran(
    begins: int, unit: NormUnit, gaps: list[tuple[int, int]]
) -> None:
    start, times = MORNING + timedelta(minutes=begins), []
    norm = Norm(1 if unit is NormUnit.ONCE_A_DAY else 3, unit, frozenset({NotCounted.ACCEPTANCE}))
    times = _stood(start, gaps)
    day = CALENDAR.local_date(start)
    if unit is not NormUnit.ONCE_A_DAY or start >= (CALENDAR.closing(day) or start):
        day += timedelta(days=1)
    left = norm.amount
    while True:
        ends = CALENDAR.closing(day) or CALENDAR.midnight(day + timedelta(days=1))
        ran = not any(each.since < ends <= (each.until or ends) for each in times)
        left -= ran and (unit is NormUnit.CALENDAR_DAY or CALENDAR.is_working_day(day))
        if not left:
            break
        day += timedelta(days=1)
    assert _moved(start, norm, gaps) == ends


def test_a_last_day_that_is_a_day_off_moves_on_where_the_edition_says() -> None:
    friday = MORNING + timedelta(days=4)
    norm = Norm(1, NormUnit.CALENDAR_DAY, closed_end=ClosedEnd.NEXT_WORKING_DAY)
    monday = CALENDAR.closing(CALENDAR.local_date(friday + timedelta(days=3)))
    assert _moved(friday, norm, [(0, 60)]) == monday
    whole = Norm(1, NormUnit.CALENDAR_DAY, frozenset({NotCounted.ACCEPTANCE}))
    saturday = CALENDAR.local_date(friday + timedelta(days=1))
    thursday, over_friday = friday - timedelta(days=1), [(DAY, DAY)]
    ends = CALENDAR.midnight(saturday + timedelta(days=1))
    assert _moved(thursday, whole, over_friday) == ends
    moving = replace(whole, closed_end=norm.closed_end)
    assert _moved(thursday, moving, over_friday) == monday
    tuesday = CALENDAR.closing(saturday + timedelta(days=3))
    on_monday = [(3 * DAY + 60, DAY)]  # the term ends at its closing, for its last day was Saturday
    assert _moved(friday, moving, on_monday) == tuesday
    assert monday is not None
    assert _moved(friday, norm, on_monday) == monday + timedelta(days=1)


def test_a_norm_of_minutes_knows_no_day_that_is_not_counted() -> None:
    norm = Norm(30, NormUnit.MINUTE, frozenset({NotCounted.ACCEPTANCE}))
    assert _moved(MORNING, norm, [(10, 5)]) == MORNING + timedelta(minutes=35)


def test_the_next_run_is_the_first_after_the_clock_ran_again() -> None:
    norm = Norm(1, NormUnit.NEXT_RUN)
    moved = _moved(MORNING, norm, [(1, 2 * DAY)])
    assert moved == CALENDAR.due(MORNING + timedelta(minutes=1 + 2 * DAY), norm, RUNS).at


def _with_norm(norm: NormText, stage: str = "right") -> Story:
    story = at_the_executor()
    edition = PAUSING.edition(EDITION)
    changed = tuple(
        msgspec.structs.replace(each, norm=norm) if each.key == stage else each
        for each in edition.stages
    )
    edition = msgspec.structs.replace(edition, stages=changed)
    story.regulations = Regulations([("t", edition)])
    return story


# --- the file ------------------------------------------------------------------------------------

_NAMELESS = 'names = { kk = "", ru = "", en = "" }'
_INLINE = f'pauses = [{{ key = "x", {_NAMELESS}, stages = [], roles = [], source = "" }}]'


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ('key = "expertise"', 'key = "applicants-paper"', "pause"),
        ('stages = ["right", "draft"]', "stages = []", "pause[0].stages"),
        ('stages = ["right", "draft"]', 'stages = ["rihgt"]', "pause[0].stages"),
        ('roles = ["executor", "office"]', "roles = []", "pause[0].roles"),
        ('roles = ["executor", "office"]', 'roles = ["courier"]', "pause[0].roles"),
        ('kind = "waiting-applicant"', 'kind = "waiting"', "pause[0].kind"),
        ('source = "tests §10"', 'reason = "tests §10"', "pause[1]"),
        ('unit = "working-day", amount = 5', 'unit = "next-run"', "pause[1].longest.unit"),
        ("amount = 5", "amount = 0", "pause[1].longest.amount"),
        ('key = "right"', f'key = "right"\n{_INLINE}', "stage[6].pauses"),
    ],
)
def test_a_faulty_ground_is_refused_with_file_field_and_reason(
    was: str, becomes: str, field: str
) -> None:
    faulty = TEXT.replace(was, becomes, 1)
    assert faulty != TEXT
    with pytest.raises(FaultyRegulationError) as caught:
        read_edition(faulty, "faulty.toml")
    assert str(caught.value.facts["field"]).startswith(field)
    assert caught.value.facts["file"] == "faulty.toml"
    assert caught.value.facts["reason"]
