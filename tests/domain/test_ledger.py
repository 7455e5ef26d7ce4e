"""Every second of a packet's life is labelled, and a figure can be opened down to its lines."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.acts import ActKind
from domain.clocks import Clocks
from domain.commands import Stamp
from domain.ledger import Label, Ledger, ledger_of, sums
from domain.norms import NormUnit
from domain.numbers import PlaceCode, bag_code, place_organisation
from domain.regulations.edition import NormText
from domain.roles import Role
from domain.stretches import Hours, stretches
from infra.directory_files import load_directory
from tests.domain.test_calendar import RUNS, WORKDAYS
from tests.stories import CENTRE, MORNING, PEOPLE, REGULATIONS, Story, place

A, R, L = ActKind, Role, Label
BAG = bag_code(CENTRE, 1)
CLOCKS = Clocks(load_directory(), WORKDAYS, RUNS)


def ledger(story: Story, now: float = 10_000, clocks: Clocks = CLOCKS) -> Ledger:
    """The ledger of a story, as it is that many minutes after the morning."""
    edition = REGULATIONS.edition(story.edition)
    return ledger_of(story.timeline, edition, clocks, MORNING + timedelta(minutes=now))


def minutes(found: dict[Label, timedelta]) -> dict[str, float]:
    return {label.value: length / timedelta(minutes=1) for label, length in found.items()}


def of_stage(told: Ledger, stage: str) -> dict[str, float]:
    """The minutes of a stage by label, hand-overs to it included."""
    return minutes(sums(line for line in told.lines if line.stage == stage))


def _table(story: Story, minute: float) -> tuple[Stamp, datetime]:
    stamp = story.stamp(minute, place(R.COLLECTING), PEOPLE[R.COLLECTING])
    return stamp, stamp.happened_at


def packed(story: Story, minute: float) -> Story:
    """The collecting department puts the packet into a bag."""
    story.packet.put_into(*_table(story, minute), BAG)
    return story


def whole_way() -> Story:
    story = Story().through_the_centre()
    return story.acted(220, A.SIGNED, R.HEAD).home_again(230)


def test_the_ledger_has_no_gap_from_handing_in_to_giving_out() -> None:
    story = whole_way()
    lines = ledger(story).lines
    assert lines[0].since == MORNING
    assert lines[-1].until == story.timeline.progress.closed_at
    assert all(one.until == next_.since for one, next_ in pairwise(lines))


def test_why_fifteen_minutes_became_forty() -> None:
    # The office has 15 minutes to bring what it registered to the head: from 100 to 140.
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE).acted(100, A.INCOMING, R.OFFICE)
    told = ledger(story.scanned(140, R.HEAD))
    (clock,) = [each for each in told.clocks if each.stage == "to-head"]
    assert clock.budget == timedelta(minutes=15)
    assert clock.consumed == timedelta(minutes=40)
    assert clock.over == timedelta(minutes=25)
    assert of_stage(told, "to-head") == {"running": 15, "overdue": 25}
    assert "003" in clock.source


def test_a_break_and_a_night_do_not_use_the_norm_up() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).scanned(60, R.COURIER)
    story.scanned(90, R.OFFICE).acted(100, A.INCOMING, R.OFFICE)
    story.scanned(235, R.HEAD).acted(302, A.RESOLUTION, R.HEAD)  # 12:55 to 14:02
    told = ledger(story)
    head = minutes(sums(line for line in told.lines if line.stage == "resolution" and line.counts))
    assert head == {"running": 7}
    assert of_stage(told, "resolution")["break"] == 60


def test_what_the_head_returned_is_completed_under_its_own_label() -> None:
    story = Story().through_the_centre().acted(220, A.RETURNED, R.HEAD)
    story.scanned(225, R.EXECUTOR).scanned(240, R.HEAD).acted(245, A.SIGNED, R.HEAD)
    told = ledger(story.home_again(250))
    returned = [line for line in told.lines if line.label is L.RETURNED]
    assert {line.since for line in returned} >= {MORNING + timedelta(minutes=225)}
    assert not [line for line in returned if line.since >= MORNING + timedelta(minutes=250)]


def test_what_lies_in_a_bag_at_the_centre_waits_for_the_run() -> None:
    story = packed(Story().registered(10).scanned(20, R.COLLECTING), 50)
    story.scanned(180, R.COURIER)
    told = of_stage(ledger(story), "collect")
    assert told == {"handover": 10, "running": 30, "waiting-run": 130}


def test_what_was_taken_out_of_the_bag_again_does_not_wait() -> None:
    story = packed(Story().registered(10).scanned(20, R.COLLECTING), 50)
    story.packet.take_out_of(*_table(story, 60), BAG)
    told = of_stage(ledger(story.scanned(180, R.COURIER)), "collect")
    assert told == {"handover": 10, "running": 150, "waiting-run": 10}


def test_the_time_until_the_applicant_comes_is_not_the_inspectors() -> None:
    story = whole_way()
    told = of_stage(ledger(story), story.timeline.visits[-1].stage)
    assert told["waiting-applicant"] == 10
    assert told["running"] == 5


def test_the_same_history_can_be_scored_by_another_editions_norms() -> None:
    story = whole_way()
    edition, now = REGULATIONS.edition(story.edition), MORNING + timedelta(days=1)
    stricter = msgspec.structs.replace(
        edition,
        stages=tuple(
            msgspec.structs.replace(stage, norm=NormText(NormUnit.MINUTE, 5))
            for stage in edition.stages
            if stage.key != "resolution"
        ),
    )
    told = ledger_of(story.timeline, edition, CLOCKS, now, stricter)
    assert of_stage(told, "to-head") == {"running": 5, "overdue": 5}
    assert of_stage(told, "resolution") == {"no-norm": 10}
    assert "resolution" not in {clock.stage for clock in told.clocks}
    assert told.lines[-1].until == ledger(story).lines[-1].until


def test_an_open_stay_is_told_up_to_now() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING)
    told = ledger(story, now=30)
    assert told.lines[-1].until == MORNING + timedelta(minutes=30)
    assert told.clocks[-1].open
    assert ledger(story, now=0).lines[-1].until == MORNING + timedelta(minutes=20)


def test_lost_and_astray_are_told_as_such() -> None:
    story = Story().registered(10).scanned(20, R.COLLECTING).acted(30, A.LOST, R.COLLECTING)
    story.scanned(50, R.AKIM, organisation=33)
    labels = sums(ledger(story, now=60).lines)
    assert labels[L.LOST] == timedelta(minutes=20)
    assert labels[L.ASTRAY] == timedelta(minutes=10)


@given(st.lists(st.integers(1, 3000), min_size=6, max_size=6), st.integers(0, 5000))
def test_consumed_time_is_the_time_that_the_calendar_measures(gaps: list[int], after: int) -> None:
    at = [sum(gaps[: n + 1]) for n in range(6)]
    story = Story().registered(at[0]).scanned(at[1], R.COLLECTING).scanned(at[2], R.COURIER)
    story.scanned(at[3], R.OFFICE).acted(at[4], A.INCOMING, R.OFFICE).scanned(at[5], R.HEAD)
    told = ledger(story, now=at[5] + after)
    assert all(one.until == next_.since for one, next_ in pairwise(told.lines))
    for visit in story.timeline.visits:
        ends = visit.left_at or MORNING + timedelta(minutes=at[5] + after)
        worked = _worked(visit.entered_at, ends, visit.place)
        assert sum((line.length for line in told.of_stay(visit.seq)), timedelta()) == (
            ends - visit.entered_at
        )
        closed = {L.BREAK, L.OUTSIDE_HOURS, L.DAY_OFF, L.HOLIDAY}
        own = (line.length for line in told.of_stay(visit.seq) if line.label not in closed)
        assert sum(own, timedelta()) == worked


def _worked(since: datetime, until: datetime, place: PlaceCode) -> timedelta:
    calendar = CLOCKS.calendar(place_organisation(place))
    spans = stretches(calendar, since, until)
    return sum((each.length for each in spans if each.hours is Hours.WORKING), timedelta())
