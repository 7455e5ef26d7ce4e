"""A written complaint [002 §24]: a slip with the date and time of the answer, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from domain.acts import COMPLAINT_ROLES, ActKind
from domain.complaints import (
    AnswerComplaint,
    AnswerTooEarlyError,
    ComplaintAnsweredError,
    TakeComplaint,
    UnknownComplaintError,
)
from domain.packet import Packet
from domain.roles import Role
from domain.timeline import timeline_of
from tests.stories import MORNING, PEOPLE, REGULATIONS, Story, place

LATER = MORNING + timedelta(hours=3)
A_WEEK = 7 * 24 * 60


def at_the_head() -> Story:
    """A packet on its way, that a complaint could be about."""
    return Story().registered().scanned(20, Role.COLLECTING).scanned(60, Role.COURIER)


def test_the_slip_says_by_when_the_answer_comes_and_whom_to_ask() -> None:
    story = at_the_head().complained(70, A_WEEK, ref="slip-1")
    taken = story.packet.entries[-1]
    assert isinstance(taken, Packet.ComplaintTaken)
    assert taken.answer_by == MORNING + timedelta(days=7)
    assert (taken.ask, taken.person) == (PEOPLE[Role.EXECUTOR], PEOPLE[Role.OFFICE])
    story.answered(600, "slip-1")
    answered = story.packet.entries[-1]
    assert isinstance(answered, Packet.ComplaintAnswered)
    assert (answered.complaint, answered.person) == ("slip-1", PEOPLE[Role.HEAD])


def test_a_complaint_and_its_answer_move_nothing() -> None:
    silent = at_the_head().scanned(90, Role.OFFICE)
    loud = at_the_head().complained(70, A_WEEK, ref="slip").answered(80, "slip")
    loud.told = 3  # so that the next scan is the same
    loud.scanned(90, Role.OFFICE)
    assert loud.timeline.progress == silent.timeline.progress
    assert loud.timeline.visits == silent.timeline.visits
    assert loud.deviations == silent.deviations == []


def test_a_complaint_may_come_after_the_packets_end_and_leaves_it_ended() -> None:
    story = Story().through_the_centre().acted(220, ActKind.SIGNED, Role.HEAD).home_again(230)
    before = story.timeline
    story.complained(400, A_WEEK, ref="slip").answered(500, "slip")
    assert story.timeline.visits == before.visits
    assert story.timeline.progress.ending == "issued"
    assert story.timeline.progress.deviating == before.progress.deviating
    assert story.timeline.progress.place == before.progress.place


def test_a_complaint_does_not_keep_the_author_from_taking_a_scan_back() -> None:
    story = Story().registered().scanned(20, Role.COLLECTING).scanned(30, Role.COURIER, ref="slip")
    story.complained(30.2, A_WEEK).voided(30.5, "slip", person=PEOPLE[Role.COURIER])
    assert story.timeline.voided == {"slip"}
    assert story.deviations == []


@pytest.mark.parametrize("minute", [69, 70])
def test_an_answer_cannot_be_promised_for_before_the_complaint(minute: float) -> None:
    story = at_the_head()
    with pytest.raises(AnswerTooEarlyError):
        story.complained(70, minute)
    assert len(story.packet.entries) == 3


def test_the_same_complaint_and_the_same_answer_twice_are_one_event_each() -> None:
    story = at_the_head()
    stamp = story.stamp(70, place(Role.OFFICE), PEOPLE[Role.OFFICE], "slip")
    complaint = TakeComplaint(stamp, story.number, MORNING + timedelta(days=7), 6)
    assert story.packet.complain(complaint, LATER)
    assert not story.packet.complain(complaint, LATER)
    stamp = story.stamp(90, place(Role.HEAD), PEOPLE[Role.HEAD])
    answer = AnswerComplaint(stamp, story.number, "slip")
    assert story.packet.answer_complaint(answer, LATER)
    assert not story.packet.answer_complaint(answer, LATER)
    assert len(story.packet.entries) == 5


@pytest.mark.parametrize("of_no_complaint", ["slip-2", "r2"])  # r2 is a scan
def test_an_answer_to_no_complaint_is_refused(of_no_complaint: str) -> None:
    story = at_the_head().complained(70, A_WEEK, ref="slip-1")
    with pytest.raises(UnknownComplaintError):
        story.answered(90, of_no_complaint)


def test_a_second_answer_is_refused_and_a_second_complaint_is_not() -> None:
    story = at_the_head().complained(70, A_WEEK, ref="slip-1").answered(90, "slip-1")
    with pytest.raises(ComplaintAnsweredError):
        story.answered(95, "slip-1")
    story.complained(100, A_WEEK, ref="slip-2").answered(110, "slip-2")
    assert len(story.packet.entries) == 7


@pytest.mark.parametrize("shuffled", [Random(seed).shuffle for seed in range(5)])
def test_in_whatever_order_they_arrive_they_mean_the_same(
    shuffled: Callable[[list[Packet.Event]], None],
) -> None:
    story = at_the_head().complained(70, A_WEEK, ref="slip").answered(80, "slip")
    story.scanned(90, Role.OFFICE)
    events = list(story.packet.entries)
    shuffled(events)
    assert timeline_of(events, REGULATIONS) == story.timeline


def test_those_who_meet_applicants_or_decide_take_and_answer_complaints() -> None:
    may = {Role.INSPECTOR, Role.OFFICE, Role.HEAD, Role.EXECUTOR, Role.AKIM}
    assert may == COMPLAINT_ROLES
