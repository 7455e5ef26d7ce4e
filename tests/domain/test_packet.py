"""The packet decides: what it refuses, what it recognises as known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.act_details import ExecutorMissingError, OutcomeMissingError
from domain.acts import ActKind, Outcome
from domain.commands import (
    ActOnPacket,
    RegisterPacket,
    ScanPacket,
    Settlement,
    SettleScan,
    VoidScan,
)
from domain.errors import AlreadyRegisteredError, ReasonsMissingError
from domain.packet import (
    EVENT_OF_ACT,
    Packet,
    UnknownScanError,
    VoidRefusedError,
)
from domain.roles import Role
from domain.streams import number_of
from tests.stories import AUTHORITY, MORNING, PEOPLE, Story, place

LATER = MORNING + timedelta(hours=3)


def test_a_stream_carries_its_packets_number() -> None:
    story = Story(77)
    assert number_of(story.packet.id) == story.number == story.packet.number


def test_registering_again_with_the_same_id_changes_nothing() -> None:
    story = Story()
    stamp = story.stamp(10, place(Role.INSPECTOR), 1)
    command = RegisterPacket(stamp, story.number, "s7c-2012", AUTHORITY, MORNING, 3)
    assert story.packet.register(command, LATER)
    assert not story.packet.register(command, LATER)
    assert len(story.packet.entries) == 1


def test_a_number_is_registered_once_for_life() -> None:
    story = Story().registered()
    stamp = story.stamp(30, place(Role.INSPECTOR), 1)
    with pytest.raises(AlreadyRegisteredError):
        story.packet.register(
            RegisterPacket(stamp, story.number, "s7c-2012", AUTHORITY, MORNING, 3), LATER
        )


def test_the_same_scan_id_twice_is_one_event() -> None:
    story = Story().registered()
    command = ScanPacket(story.stamp(20, place(Role.COLLECTING), 2), story.number)
    assert story.packet.scan(command, LATER)
    assert not story.packet.scan(command, LATER + timedelta(days=1))
    assert len(story.packet.entries) == 2


def test_a_refusal_without_reasons_is_refused() -> None:
    story = Story().registered()
    with pytest.raises(ReasonsMissingError):
        story.acted(20, ActKind.DRAFTED, Role.EXECUTOR, outcome=Outcome.REFUSED)
    story.acted(20, ActKind.DRAFTED, Role.EXECUTOR, outcome=Outcome.REFUSED, grounds=("x",))
    story.acted(30, ActKind.DRAFTED, Role.EXECUTOR, outcome=Outcome.REFUSED, text_ref="vault")
    assert len(story.packet.entries) == 3


def test_a_notice_without_outcome_and_a_resolution_without_executor_are_refused() -> None:
    story = Story().registered()
    stamp = story.stamp(20, place(Role.EXECUTOR), PEOPLE[Role.EXECUTOR])
    with pytest.raises(OutcomeMissingError):
        story.packet.act(ActOnPacket(stamp, story.number, ActKind.DRAFTED), LATER)
    with pytest.raises(ExecutorMissingError):
        story.packet.act(ActOnPacket(stamp, story.number, ActKind.RESOLUTION), LATER)


@pytest.mark.parametrize(
    ("minute", "person", "why"),
    [(21.1, 2, "too-late"), (19, 2, "too-late"), (20.5, 3, "not-the-author")],
)
def test_a_voiding_that_is_refused_says_why(minute: float, person: int, why: str) -> None:
    story = Story().registered().scanned(20, Role.COLLECTING, ref="scan")
    with pytest.raises(VoidRefusedError) as refused:
        story.voided(minute, "scan", person=person)
    assert refused.value.facts["why"] == why


def test_a_scan_cannot_be_voided_once_another_person_has_acted() -> None:
    story = Story().registered().scanned(20, Role.COLLECTING, ref="scan")
    story.scanned(20.2, Role.COURIER)
    with pytest.raises(VoidRefusedError) as refused:
        story.voided(20.5, "scan", person=2)
    assert refused.value.facts["why"] == "acted-upon"


def test_a_scan_that_is_not_there_can_be_neither_voided_nor_settled() -> None:
    story = Story().registered()
    stamp = story.stamp(20, place(Role.OFFICE), 4)
    with pytest.raises(UnknownScanError):
        story.packet.void(VoidScan(stamp, story.number, "none"), LATER)
    with pytest.raises(UnknownScanError):
        story.packet.settle(SettleScan(stamp, story.number, "none", Settlement.DISMISS), LATER)


def test_voiding_and_settling_twice_is_one_event_each() -> None:
    story = Story().registered().scanned(20, Role.COLLECTING, ref="scan")
    void = VoidScan(story.stamp(20.5, place(Role.COLLECTING), 2), story.number, "scan")
    assert story.packet.void(void, LATER)
    assert not story.packet.void(void, LATER)
    settle = SettleScan(
        story.stamp(30, place(Role.OFFICE), 4), story.number, "scan", Settlement.DISMISS
    )
    assert story.packet.settle(settle, LATER)
    assert not story.packet.settle(settle, LATER)


def test_erasing_leaves_its_mark_once() -> None:
    story = Story().registered()
    stamp = story.stamp(20, place(Role.OFFICE), 4)
    assert story.packet.erase_personal_data(stamp, LATER)
    assert not story.packet.erase_personal_data(stamp, LATER)
    assert isinstance(story.packet.entries[-1], Packet.PersonalDataErased)


def test_every_act_has_an_event_of_its_own() -> None:
    assert set(EVENT_OF_ACT) == set(ActKind) - {ActKind.REGISTERED}
