"""Written complaints [002 §24] at the desk, on every store: the slip, the texts, the answer."""

from __future__ import annotations

import pytest

from domain.acts import ActKind
from domain.complaints import (
    AnswerTooEarlyError,
    ComplaintAnsweredError,
    UnknownComplaintError,
)
from domain.errors import UnknownPacketError, UnknownPersonError, WrongRoleError
from domain.numbers import PacketNumber, packet_number
from domain.packet import Packet
from domain.roles import Role
from infra.desk.errors import ReusedRefError
from infra.requests import Status
from infra.vault import ErasedError
from projections.complaints import ComplaintRow, Complaints
from projections.unsettled import Unsettled
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, PEOPLE, place

COMPLAINT = "Сынақбаева Үлгі: нәтиже мерзімінде берілмеді"
A_WEEK = 7 * 24 * 60


def complaints(office: Office, number: PacketNumber) -> list[ComplaintRow]:
    """The complaints about a packet, as the views show them."""
    office.qolhat.runner.catch_up()
    with office.qolhat.views.reading() as reading:
        return reading.view(Complaints).of(reading.connection, number)


def waiting(office: Office) -> int:
    """How many scans wait for a decision."""
    office.qolhat.runner.catch_up()
    with office.qolhat.views.reading() as reading:
        return reading.view(Unsettled).count(reading.connection)


def test_a_complaint_gets_a_slip_and_an_answer_and_the_packet_stays_where_it_is(
    office: Office,
) -> None:
    number = office.until_the_courier()
    taken = office.complain(70, number, A_WEEK, text=COMPLAINT)
    assert (taken.status, taken.deviations) == (Status.ACCEPTED, ())
    assert taken.standing is not None
    assert taken.standing.place == place(Role.COURIER)
    (slip,) = complaints(office, number)
    assert (slip.ref, slip.taken_at, slip.taken_by) == (taken.ref, office.at(70), 4)
    assert (slip.place, slip.organisation) == (place(Role.OFFICE), AUTHORITY)
    assert (slip.answer_by, slip.ask) == (office.at(A_WEEK), PEOPLE[Role.EXECUTOR])
    assert (slip.answered_at, slip.answer) == (None, None)
    answer = office.answer_complaint(600, number, taken.ref, text="Үлгі, кешіріңіз")
    assert answer.status is Status.ACCEPTED
    (slip,) = complaints(office, number)
    assert (slip.answered_at, slip.answered_by) == (office.at(600), PEOPLE[Role.HEAD])
    assert slip.answer == answer.ref
    vault = office.qolhat.vault
    assert vault.get(str(slip.text_ref)) == {"text": COMPLAINT}
    assert vault.get(str(slip.answer_ref)) == {"text": "Үлгі, кешіріңіз"}
    assert office.place_of(number) == place(Role.COURIER)


def test_a_complaint_may_be_on_paper_only_and_about_a_packet_whose_way_is_over(
    office: Office,
) -> None:
    number = office.until_the_courier()
    office.act(80, ActKind.WITHDRAWN, Role.INSPECTOR, number)
    taken = office.complain(90, number, A_WEEK, role=Role.INSPECTOR)
    assert taken.status is Status.ACCEPTED
    assert taken.standing is not None
    assert taken.standing.status == "withdrawn"
    assert complaints(office, number)[0].text_ref is None


def test_a_complaint_about_a_packet_not_registered_yet_waits_for_nobody(office: Office) -> None:
    number = packet_number(CENTRE, 4_000_009)
    with pytest.raises(UnknownPacketError):
        office.complain(30, number, A_WEEK, text=COMPLAINT)
    assert office.qolhat.vault.held_of(str(number)) == {}
    office.scan(40, number, Role.COLLECTING)
    taken = office.complain(50, number, A_WEEK, text=COMPLAINT)
    assert (taken.status, taken.doubt) == (Status.ACCEPTED, None)
    assert waiting(office) == 1  # the scan
    office.register(10, number=number, recorded=500)
    assert waiting(office) == 0
    assert len(complaints(office, number)) == 1


def test_only_those_who_meet_applicants_or_decide_take_and_answer_complaints(
    office: Office,
) -> None:
    number = office.until_the_courier()
    for role in (Role.COURIER, Role.COLLECTING):
        with pytest.raises(WrongRoleError):
            office.complain(70, number, A_WEEK, role=role)
    slip = office.complain(80, number, A_WEEK, role=Role.INSPECTOR).ref
    with pytest.raises(WrongRoleError):
        office.answer_complaint(90, number, slip, role=Role.COURIER)
    assert office.answer_complaint(90, number, slip, role=Role.EXECUTOR).error is None


def test_the_slip_names_somebody_who_works_here(office: Office) -> None:
    number = office.until_the_courier()
    with pytest.raises(UnknownPersonError):
        office.complain(70, number, A_WEEK, ask=4711)
    office.qolhat.personnel.dismiss(PEOPLE[Role.EXECUTOR], since=office.at(60))
    with pytest.raises(UnknownPersonError):
        office.complain(71, number, A_WEEK, ask=PEOPLE[Role.EXECUTOR])
    assert office.complain(72, number, A_WEEK, ask=PEOPLE[Role.HEAD]).error is None


def test_what_is_refused_leaves_no_text_behind(office: Office) -> None:
    number = office.until_the_courier()
    with pytest.raises(AnswerTooEarlyError):
        office.complain(70, number, 70, text=COMPLAINT)
    with pytest.raises(UnknownComplaintError):
        office.answer_complaint(80, number, "no-such-slip", text=COMPLAINT)
    assert not any("complaint" in ref for ref in office.qolhat.vault.held_of(str(number)))


def test_a_second_answer_is_refused_and_the_first_one_keeps_its_text(office: Office) -> None:
    number = office.until_the_courier()
    slip = office.complain(70, number, A_WEEK).ref
    first = office.answer_complaint(80, number, slip, text="бірінші")
    with pytest.raises(ComplaintAnsweredError):
        office.answer_complaint(90, number, slip, text="екінші")
    (row,) = complaints(office, number)
    assert row.answer == first.ref
    kept = office.qolhat.vault.held_of(str(number))
    assert [held["text"] for ref, held in kept.items() if "answered" in ref] == ["бірінші"]


def test_sent_again_a_complaint_and_its_answer_are_known_and_keep_their_texts(
    office: Office,
) -> None:
    number = office.until_the_courier()
    for text in (COMPLAINT, "another text"):
        taken = office.complain(70, number, A_WEEK, ref="slip", text=text)
    assert taken.status is Status.DUPLICATE
    for text in ("жауап", "another text"):
        answered = office.answer_complaint(80, number, "slip", ref="answer", text=text)
    assert answered.status is Status.DUPLICATE
    (row,) = complaints(office, number)
    texts = office.qolhat.vault.get_many([str(row.text_ref), str(row.answer_ref)])
    assert {held["text"] for held in texts.values()} == {COMPLAINT, "жауап"}


def test_another_request_under_a_known_id_is_not_taken_for_the_complaint(office: Office) -> None:
    number = office.until_the_courier()
    office.complain(70, number, A_WEEK, ref="slip")
    with pytest.raises(ReusedRefError):
        office.complain(71, number, A_WEEK, ref="slip", role=Role.INSPECTOR)
    with pytest.raises(ReusedRefError):
        office.answer_complaint(72, number, "slip", ref="slip", role=Role.OFFICE)


def test_the_texts_of_complaints_are_erased_with_the_packets_data(office: Office) -> None:
    number = office.until_the_courier()
    slip = office.complain(70, number, A_WEEK, text=COMPLAINT).ref
    office.qolhat.desk.erase(number, office.source(80, Role.OFFICE))
    assert office.qolhat.vault.held_of(str(number)) == {}
    with pytest.raises(ErasedError):
        office.answer_complaint(90, number, slip, text="бұл мәтін қалмауы керек")
    assert office.answer_complaint(91, number, slip).status is Status.ACCEPTED
    rows = office.qolhat.log.rows.rows_after(0, 1000)
    assert not any("Сынақбаева" in str(row[4]) for row in rows)


def test_a_complaint_from_a_device_that_is_ahead_stands_at_the_time_of_recording(
    office: Office,
) -> None:
    number = office.until_the_courier()
    office.complain(100_000, number, 100_000 + A_WEEK, recorded=70)
    event = office.qolhat.log.events_of(Packet.stream(number))[-1]
    assert (event.happened_at, event.claimed_at) == (office.clock.at, office.at(100_000))
