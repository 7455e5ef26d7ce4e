"""What people ask of the desk, on every store: nothing is lost, nothing is recorded twice."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.acts import ActKind, Outcome
from domain.commands import Settlement
from domain.corrections import ErasureReason, VoidReason
from domain.errors import (
    AlreadyRegisteredError,
    ReasonsMissingError,
    UnknownOrganisationError,
    UnknownPacketError,
    UnknownPersonError,
    UnknownPlaceError,
    UnknownServiceError,
    WrongRoleError,
)
from domain.numbers import (
    BadCodeError,
    PacketNumber,
    badge_code,
    packet_number,
    place_code,
    take_apart,
)
from domain.packet import Packet, UnknownScanError, VoidRefusedError
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.desk.errors import (
    BadIncomingNumberError,
    ImpossibleTimeError,
    NumberMissingError,
    PlaceMissingError,
    ReusedRefError,
    TimeMissingError,
    UnknownGroundError,
)
from infra.desk.registering import Registering
from infra.requests import ActRequest, Answer, Registration, SettleRequest, Source, Status
from infra.settings import Settings
from infra.vault import ErasedError
from projections.unsettled import Fate, Unsettled, UnsettledRow
from tests.office import APPLICANT, OTHER_CLERK, Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

OTHER_APPLICANT = {"surname": "Мысалова", "iin": "900101400017"}


def waiting(office: Office) -> list[UnsettledRow]:
    """What waits for a decision."""
    office.qolhat.runner.catch_up()
    with office.qolhat.views.reading() as reading:
        return reading.view(Unsettled).waiting(reading.connection)


def fate(office: Office, scan: str) -> str | None:
    """What became of an unsettled scan."""
    office.qolhat.runner.catch_up()
    with office.qolhat.views.reading() as reading:
        row = reading.view(Unsettled).of(reading.connection, scan)
    return row.fate if row else None


def stage(answer: Answer) -> str | None:
    """The packet's new stage."""
    assert answer.standing is not None
    return answer.standing.stage


def test_a_packet_is_registered_scanned_and_answered_with_its_place_and_stage(
    office: Office,
) -> None:
    number, answer = office.register()
    assert answer.status is Status.ACCEPTED
    assert take_apart(number).block == CENTRE
    scanned = office.scan(20, number, Role.COLLECTING)
    assert scanned.status is Status.ACCEPTED
    assert scanned.standing is not None
    assert (scanned.standing.place, scanned.standing.stage) == (place(Role.COLLECTING), "collect")


def test_the_same_registration_sent_again_gets_the_same_number(office: Office) -> None:
    first, _ = office.register(ref="reg-1")
    second, answer = office.register(ref="reg-1")
    assert second == first
    assert answer.status is Status.DUPLICATE
    assert office.qolhat.vault.find(iin=APPLICANT["iin"]) == (str(first),)


def test_numbers_of_a_branch_never_repeat_even_after_a_restart(
    office: Office, settings: Settings
) -> None:
    before = {office.register(minute)[0] for minute in range(10, 15)}
    with bootstrap(settings, now=office.clock) as again:
        restarted = Office.__new__(Office)
        restarted.qolhat, restarted.clock, restarted.told = again, office.clock, 1000
        after = {restarted.register(minute)[0] for minute in range(20, 25)}
    assert len(before | after) == 10


def test_a_branch_without_a_network_has_numbered_its_packets_itself(office: Office) -> None:
    own = packet_number(CENTRE, 4_000_001)
    number, answer = office.register(10, number=own, recorded=600)
    assert (number, answer.status) == (own, Status.ACCEPTED)
    with pytest.raises(AlreadyRegisteredError):
        office.register(20, number=own)
    with pytest.raises(BadCodeError):
        office.register(30, number=PacketNumber(badge_code(CENTRE, 1)))


def test_an_authority_registers_its_own_packets_and_so_does_the_way(office: Office) -> None:
    _, answer = office.register(service="003-1", role=Role.OFFICE)
    assert answer.standing is not None
    assert answer.standing.edition == "s1a-2012"
    with pytest.raises(UnknownServiceError):
        office.register(service="003-1")  # service 1 has no way through a centre
    with pytest.raises(UnknownServiceError):
        office.register(service="no such service")
    with pytest.raises(UnknownOrganisationError):
        office.register(decided_by=9999)


def test_only_who_may_accept_papers_registers(office: Office) -> None:
    with pytest.raises(WrongRoleError):
        office.register(role=Role.COURIER)


def test_a_repeated_scan_is_one_event_and_says_so(office: Office) -> None:
    number, _ = office.register()
    office.clock.at = office.at(60)
    one = office.raw(20, number, Role.COLLECTING, ref="same")
    answers = office.qolhat.desk.scan([one, one, one])
    assert [a.status for a in answers] == [Status.ACCEPTED, Status.DUPLICATE, Status.DUPLICATE]
    assert office.scan(20, number, Role.COLLECTING, ref="same").status is Status.DUPLICATE
    events = office.qolhat.log.events_of(Packet.stream(number))
    assert sum(isinstance(event, Packet.Scanned) for event in events) == 1


def test_half_of_a_batch_is_in_doubt_and_the_rest_goes_on(office: Office) -> None:
    number, _ = office.register()
    office.clock.at = office.at(60)
    answers = office.qolhat.desk.scan(
        [
            office.raw(20, number, Role.COLLECTING),
            office.raw(21, "damaged", Role.COLLECTING),
            office.raw(22, badge_code(CENTRE, 1), Role.COLLECTING),
            office.raw(23, packet_number(CENTRE, 999), Role.COLLECTING),
            office.raw(24, number, Role.COURIER, where="under the table"),
            office.raw(9000, number, Role.COURIER),
            office.raw(None, number, Role.COURIER, time_text="09:25"),
            office.raw(25, number, Role.OFFICE, where=place(Role.HEAD)),
            office.raw(26, number, Role.OFFICE, person=4711),
            office.raw(30, number, Role.COURIER),
        ]
    )
    assert [a.doubt for a in answers] == [
        None, "bad-code", "other-kind", "not-registered", "unknown-place", "in-the-future",
        "no-zone", "not-their-place", "unknown-person", None,
    ]  # fmt: skip
    assert stage(answers[-1]) == "carry"
    assert {row.doubt for row in waiting(office)} == {a.doubt for a in answers} - {None}


def test_the_raw_input_of_what_cannot_be_read_lies_in_the_vault(office: Office) -> None:
    office.scan(20, "Сынақбаева Үлгі 850312401235", Role.COLLECTING, ref="smudge")
    (row,) = waiting(office)
    assert row.raw_ref is not None
    kept = office.qolhat.vault.get(row.raw_ref)
    assert kept is not None
    assert kept["code"] == "Сынақбаева Үлгі 850312401235"
    rows = office.qolhat.log.rows.rows_after(0, 1000)
    assert not any("850312401235" in str(row[4]) for row in rows)


def test_a_scan_before_its_registration_is_absorbed_when_that_arrives(office: Office) -> None:
    number = packet_number(CENTRE, 4_000_002)
    early = office.scan(40, number, Role.COLLECTING, ref="early")
    assert (early.status, early.doubt) == (Status.UNSETTLED, "not-registered")
    assert [row.scan for row in waiting(office)] == ["early"]
    office.register(10, number=number, recorded=500)
    assert waiting(office) == []
    assert fate(office, "early") == Fate.ABSORBED
    assert office.place_of(number) == place(Role.COLLECTING)


def test_forty_packets_are_signed_at_once_each_by_an_event_of_its_own(office: Office) -> None:
    numbers = [office.register(10 + i / 60)[0] for i in range(40)]
    unknown = packet_number(CENTRE, 4_000_003)
    answers = office.act(60, ActKind.SIGNED, Role.HEAD, *numbers, unknown)
    assert [a.status for a in answers[:40]] == [Status.DEVIATION] * 40  # out of turn, recorded
    assert answers[40].status is Status.REFUSED
    assert isinstance(answers[40].error, UnknownPacketError)
    for number in numbers:
        events = office.qolhat.log.events_of(Packet.stream(number))
        assert isinstance(events[-1], Packet.NoticeSigned)


def test_an_act_by_the_wrong_role_or_without_reasons_is_refused(office: Office) -> None:
    number = office.until_the_courier()
    with pytest.raises(WrongRoleError):
        office.act(90, ActKind.SIGNED, Role.COURIER, number)
    (answer,) = office.act(100, ActKind.DRAFTED, Role.EXECUTOR, number, outcome=Outcome.REFUSED)
    assert isinstance(answer.error, ReasonsMissingError)
    with pytest.raises(UnknownPersonError):
        office.act(110, ActKind.RESOLUTION, Role.HEAD, number, executor=4711)


def test_free_text_reasons_go_into_the_vault_and_the_event_refers_to_them(office: Office) -> None:
    number = office.until_the_courier()
    reasons = "Сынақбаева тіркелмеген"
    (answer,) = office.act(
        100, ActKind.DRAFTED, Role.EXECUTOR, number, outcome=Outcome.REFUSED, text=reasons
    )
    assert answer.status is Status.DEVIATION
    event = office.qolhat.log.events_of(Packet.stream(number))[-1]
    assert office.qolhat.vault.get(event.text_ref) == {"text": reasons}


def test_only_grounds_that_the_edition_holds_are_grounds(office: Office) -> None:
    number, _ = office.register(service="002")
    grounds = {"outcome": Outcome.REFUSED, "grounds": ("not-registered-as-unemployed",)}
    (right,) = office.act(100, ActKind.DRAFTED, Role.EXECUTOR, number, **grounds)
    assert right.error is None
    wrong = {"outcome": Outcome.REFUSED, "grounds": ("bad-weather",)}
    (answer,) = office.act(110, ActKind.DRAFTED, Role.EXECUTOR, number, **wrong)
    assert isinstance(answer.error, UnknownGroundError)


def test_an_incoming_number_is_a_number_not_a_letter_to_the_editor(office: Office) -> None:
    number = office.until_the_courier()
    (answer,) = office.act(90, ActKind.INCOMING, Role.OFFICE, number, incoming_number="№ 12/345-Ж")
    assert answer.error is None
    with pytest.raises(BadIncomingNumberError):
        office.act(91, ActKind.INCOMING, Role.OFFICE, number, incoming_number="x" * 33)


def test_an_act_with_a_clock_from_the_future_stands_at_the_time_of_recording(
    office: Office,
) -> None:
    number = office.until_the_courier()
    source = office.source(90, Role.OFFICE)
    ahead = Source(
        source.ref, source.person, 1, 1, source.place, office.at(90) + timedelta(days=40)
    )
    (answer,) = office.qolhat.desk.act([number], ActRequest(ahead, ActKind.INCOMING))
    assert "clock-ahead" in answer.deviations
    event = office.qolhat.log.events_of(Packet.stream(number))[-1]
    assert event.happened_at == office.clock.at
    assert event.claimed_at == ahead.happened_at


def test_the_author_takes_a_scan_back_within_a_minute(office: Office) -> None:
    number, _ = office.register()
    office.scan(20, number, Role.COLLECTING)
    office.scan(30, number, Role.COURIER, ref="slip")
    source = office.source(30.5, Role.COURIER)
    answer = office.qolhat.desk.void(number, "slip", source, VoidReason.OTHER_PACKET)
    assert stage(answer) == "collect"
    voided = office.qolhat.log.events_of(Packet.stream(number))[-1]
    assert (voided.person, voided.reason) == (PEOPLE[Role.COURIER], "other-packet")
    assert office.place_of(number) == place(Role.COLLECTING)
    office.scan(40, number, Role.COURIER, ref="slip-2")
    with pytest.raises(VoidRefusedError):
        office.qolhat.desk.void(number, "slip-2", office.source(50, Role.COURIER))


def test_a_scan_at_a_place_that_is_not_theirs_is_settled_by_somebody(office: Office) -> None:
    number, _ = office.register()
    office.scan(20, number, Role.COLLECTING)
    office.scan(30, number, Role.OFFICE, person=PEOPLE[Role.COURIER], ref="odd")
    assert office.place_of(number) == place(Role.COLLECTING)
    answer = office.settle(40, "odd", Settlement.APPLY, number=number, text="ауысты")
    assert stage(answer) == "incoming"
    assert fate(office, "odd") == Fate.APPLIED
    with pytest.raises(UnknownScanError):
        office.settle(50, "never", Settlement.DISMISS)
    with pytest.raises(UnknownScanError):
        office.settle(50, "never", Settlement.DISMISS, number=number)


def test_a_damaged_code_turns_out_to_be_a_packet(office: Office) -> None:
    number, _ = office.register()
    office.scan(20, "10267??", Role.COLLECTING, ref="torn")
    with pytest.raises(NumberMissingError):
        office.settle(30, "torn", Settlement.APPLY)
    answer = office.settle(31, "torn", Settlement.APPLY, number=number)
    assert stage(answer) == "collect"
    assert waiting(office) == []
    again = office.settle(32, "torn", Settlement.DISMISS)
    assert again.status is Status.DUPLICATE


def test_a_scan_without_a_place_needs_one_to_be_applied(office: Office) -> None:
    number, _ = office.register()
    office.scan(20, number, Role.COLLECTING, where="?", ref="nowhere")
    with pytest.raises(PlaceMissingError):
        office.settle(30, "nowhere", Settlement.APPLY, number=number)
    office.settle(31, "nowhere", Settlement.APPLY, number=number, place=place(Role.COLLECTING))
    assert office.place_of(number) == place(Role.COLLECTING)


def test_a_courier_settles_nothing(office: Office) -> None:
    office.scan(20, "torn", Role.COLLECTING, ref="torn")
    source = office.source(30, Role.COURIER)
    with pytest.raises(WrongRoleError):
        office.qolhat.desk.settle(SettleRequest(source, "torn", Settlement.DISMISS))


def test_the_paper_is_at_the_wrong_authority_and_that_is_where_it_is(office: Office) -> None:
    number = office.until_the_courier()
    there = place(Role.OFFICE, OTHER_AUTHORITY)
    answer = office.scan(90, number, Role.OFFICE, where=there, person=OTHER_CLERK)
    assert answer.status is Status.DEVIATION
    assert answer.deviations == ("wrong-organisation",)
    assert office.place_of(number) == there


def test_erasing_one_packets_personal_data_leaves_its_events(office: Office) -> None:
    number, _ = office.register()
    before = office.qolhat.log.events_of(Packet.stream(number))
    office.qolhat.desk.erase(number, office.source(60, Role.OFFICE), ErasureReason.ASKED)
    assert office.qolhat.log.events_of(Packet.stream(number))[-1].reason == "asked"
    after = office.qolhat.log.events_of(Packet.stream(number))
    assert after[:-1] == before
    assert isinstance(after[-1], Packet.PersonalDataErased)
    assert office.qolhat.vault.find(iin=APPLICANT["iin"]) == ()
    assert office.qolhat.vault.held_of(str(number)) == {}
    (again,) = office.act(70, ActKind.WITHDRAWN, Role.INSPECTOR, number, text="again a name")
    assert isinstance(again.error, ErasedError)
    with pytest.raises(UnknownPacketError):
        office.qolhat.desk.erase(packet_number(CENTRE, 77), office.source(60, Role.OFFICE))


def test_a_day_told_out_of_order_ends_where_the_punctual_one_does(
    office: Office, qolhat: Qolhat
) -> None:
    number, _ = office.register()
    office.clock.at = office.at(600)
    told = [
        office.raw(20, number, Role.COLLECTING),
        office.raw(60, number, Role.COURIER),
        office.raw(90, number, Role.OFFICE),
        office.raw(110, number, Role.HEAD),
    ]
    for scan in (told[2], told[0], told[3], told[1], told[0]):
        qolhat.desk.scan([scan])
    answer = qolhat.desk.scan([told[1]])[0]
    assert stage(answer) == "resolution"
    assert office.place_of(number) == place(Role.HEAD)


def test_eight_threads_scan_and_every_scan_is_stored_once(office: Office, qolhat: Qolhat) -> None:
    numbers = [office.register(10 + i / 60)[0] for i in range(8)]
    office.clock.at = office.at(60)
    batches = [
        [office.raw(20 + k, number, Role.COLLECTING, ref=f"{number}-{k}") for k in range(10)]
        for number in numbers
    ]
    answers: list[Answer] = []

    def work(own: int) -> None:
        for k in range(10):  # everybody scans every packet: conflicts on purpose
            scan = batches[(own + k) % 8][k]
            answers.extend(qolhat.desk.scan([scan]))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a.status for a in answers].count(Status.ACCEPTED) == 80
    stored = [
        event.ref
        for number in numbers
        for event in qolhat.log.events_of(Packet.stream(number))
        if isinstance(event, Packet.Scanned)
    ]
    assert len(stored) == len(set(stored)) == 80


def test_two_programs_scan_the_same_packet_at_once(office: Office, settings: Settings) -> None:
    number, _ = office.register()
    office.clock.at = office.at(60)
    scans = [office.raw(20 + k, number, Role.COLLECTING, ref=f"x{k}") for k in range(40)]
    with bootstrap(settings, now=office.clock) as other:
        desks = (office.qolhat.desk, other.desk)

        def work(own: int) -> None:
            for scan in scans[own::2]:
                assert desks[own].scan([scan])[0].status is Status.ACCEPTED

        threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(office.qolhat.log.events_of(Packet.stream(number))) == 41


def test_the_other_authority_is_used_when_the_directory_links_none(office: Office) -> None:
    number, _ = office.register(decided_by=OTHER_AUTHORITY)
    registered = office.qolhat.log.events_of(Packet.stream(number))[0]
    assert registered.decided_by == OTHER_AUTHORITY
    plain, _ = office.register(20)
    assert office.qolhat.log.events_of(Packet.stream(plain))[0].decided_by == AUTHORITY


# --- scans that are hard to keep ----------------------------------------------------------------


def test_the_same_damaged_scan_twice_in_one_batch_is_kept_once(office: Office) -> None:
    bad = office.raw(20, "1026 0000", Role.OFFICE, ref="twice")
    first, second = office.qolhat.desk.scan([bad, bad])
    assert (first.status, second.status) == (Status.UNSETTLED, Status.DUPLICATE)
    assert len(waiting(office)) == 1


def test_a_doubtful_scan_of_an_erased_packet_is_recorded_without_its_raw_input(
    office: Office,
) -> None:
    number, _ = office.register()
    office.qolhat.desk.erase(number, office.source(20, Role.OFFICE))
    scans = [
        office.raw(30, number, Role.OFFICE, ref="erased", where="no place"),
        office.raw(30, "garbage", Role.OFFICE, ref="other"),
    ]
    answers = office.qolhat.desk.scan(scans)
    assert [answer.doubt for answer in answers] == ["unknown-place", "bad-code"]
    assert office.qolhat.vault.get("scan/erased") is None
    assert office.qolhat.vault.get("scan/other") is not None


def test_a_text_about_an_erased_packet_is_refused_and_the_other_packets_go_on(
    office: Office,
) -> None:
    erased, _ = office.register()
    other, _ = office.register(15)
    office.qolhat.desk.erase(erased, office.source(20, Role.OFFICE))
    first, second = office.act(
        30, ActKind.WITHDRAWN, Role.INSPECTOR, erased, other, text="at their own wish"
    )
    assert isinstance(first.error, ErasedError)
    assert second.error is None


# --- clocks that are wrong ----------------------------------------------------------------------


@pytest.mark.parametrize("days", [-20000, 4000])
def test_an_act_by_a_device_with_a_wrong_clock_counts_from_its_recording(
    office: Office, days: int
) -> None:
    number, _ = office.register()
    wrong = office.at(30) + timedelta(days=days)
    source = replace(office.source(30, Role.INSPECTOR), happened_at=wrong)
    (answer,) = office.qolhat.desk.act([number], ActRequest(source, ActKind.WITHDRAWN))
    assert answer.error is None
    event = office.qolhat.log.events_of(Packet.stream(number))[-1]
    assert (event.happened_at, event.claimed_at) == (event.timestamp, wrong)


@pytest.mark.parametrize("days", [-20000, 4000])
def test_a_registration_by_a_wrong_clock_takes_the_edition_of_the_day_of_recording(
    office: Office, days: int
) -> None:
    source = replace(
        office.source(10, Role.INSPECTOR), happened_at=office.at(10) + timedelta(days=days)
    )
    answer = office.qolhat.desk.register(Registration(source, "003-7"))
    assert answer.standing is not None
    assert answer.standing.edition == office.register(20)[1].standing.edition  # type: ignore[union-attr]


def test_a_scan_from_the_future_is_applied_only_with_a_believable_time(office: Office) -> None:
    number, _ = office.register()
    office.scan(60 * 24 * 400, number, Role.COLLECTING, ref="ahead", recorded=20)
    with pytest.raises(TimeMissingError):
        office.settle(30, "ahead", Settlement.APPLY, number=number)
    with pytest.raises(ImpossibleTimeError):
        office.settle(30, "ahead", Settlement.APPLY, number=number, scanned_at=office.at(999999))
    office.settle(30, "ahead", Settlement.APPLY, number=number, scanned_at=office.at(20))
    assert office.place_of(number) == place(Role.COLLECTING)
    office.scan(40, number, Role.COURIER)
    assert office.place_of(number) == place(Role.COURIER)


# --- places, people and ids that are not what they say -------------------------------------------


def test_an_act_at_a_place_that_does_not_exist_is_refused(office: Office) -> None:
    number, _ = office.register()
    nowhere = replace(office.source(30, Role.INSPECTOR), place=place_code(9000, Role.OFFICE, 1))
    with pytest.raises(UnknownPlaceError):
        office.qolhat.desk.act([number], ActRequest(nowhere, ActKind.WITHDRAWN))
    with pytest.raises(UnknownPlaceError):
        office.qolhat.desk.register(Registration(nowhere, "003-7"))
    with pytest.raises(UnknownPlaceError):
        office.settle(40, "any", Settlement.APPLY, number=number, place=nowhere.place)


def test_a_dismissed_stand_in_has_the_absent_ones_role_no_longer(office: Office) -> None:
    number, _ = office.register()
    personnel, clerk, head = office.qolhat.personnel, PEOPLE[Role.OFFICE], PEOPLE[Role.HEAD]
    personnel.name_stand_in(clerk, head, office.at(99999), since=office.at(0))
    source = replace(office.source(30, Role.HEAD), person=clerk)
    resolution = ActRequest(source, ActKind.RESOLUTION, executor=PEOPLE[Role.EXECUTOR])
    assert office.qolhat.desk.act([number], resolution)[0].error is None
    personnel.dismiss(clerk, since=office.at(40))
    later = replace(office.source(50, Role.HEAD), person=clerk)
    with pytest.raises(WrongRoleError):
        office.qolhat.desk.act([number], replace(resolution, source=later))


def test_another_device_does_not_get_a_packet_by_repeating_an_id(office: Office) -> None:
    number, _ = office.register(ref="1")
    strange = replace(office.source(20, Role.INSPECTOR, "1"), device=99)
    with pytest.raises(ReusedRefError):
        office.qolhat.desk.register(Registration(strange, "003-7", applicant=OTHER_APPLICANT))
    assert office.qolhat.vault.find(iin=OTHER_APPLICANT["iin"]) == ()
    assert office.qolhat.vault.find(iin=APPLICANT["iin"]) == (str(number),)


def test_the_applicant_of_a_refused_registration_is_not_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = packet_number(CENTRE, 4711)
    monkeypatch.setattr(Registering, "_known", lambda *_: False)  # both look before either writes
    office.register(10, number=number)
    with pytest.raises(AlreadyRegisteredError):
        office.register(11, number=number, applicant=OTHER_APPLICANT)
    assert office.qolhat.vault.find(iin=OTHER_APPLICANT["iin"]) == ()
    assert list(office.qolhat.vault.held_of(str(number)).values()) == [APPLICANT]


def test_a_scan_is_stored_even_if_its_answer_cannot_be_worked_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = office.register()

    def broken(*_: object) -> None:
        raise KeyError("an edition whose file is gone")

    monkeypatch.setattr("infra.desk.counter.timeline_of", broken)
    with pytest.raises(KeyError):
        office.scan(20, number, Role.COLLECTING, ref="kept")
    events = office.qolhat.log.events_of(Packet.stream(number))
    assert [event.ref for event in events][-1] == "kept"
