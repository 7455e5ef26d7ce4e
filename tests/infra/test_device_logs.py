"""A courier's device synchronises: nothing is lost, nothing is twice, no time is changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from domain.dispatch.bag import NO_SEAL, Bag
from domain.dispatch.device_log import DeviceLog, FindingKind, LogEntry
from domain.dispatch.journey import BagDeviation, BagState, Journey
from domain.numbers import BagCode, PacketNumber
from domain.packet import Packet
from domain.roles import Role
from domain.runs import Run, RunKey
from domain.timeline import timeline_of
from domain.unsettled import Doubt
from infra.desk.device_logs import EntryAnswer, Received, SentLog
from infra.requests import Status
from infra.views.rebuild import verify
from projections.device_logs import DeviceLogs
from tests.device_logs import Device
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, PEOPLE, place

COURIER, OFFICE, COLLECTING = PEOPLE[Role.COURIER], PEOPLE[Role.OFFICE], PEOPLE[Role.COLLECTING]
SEAL = "S-77"


class Road:
    """A sealed bag of three packets, a courier's device, and the badges of both sides."""

    def __init__(self, office: Office) -> None:
        self.office = office
        dispatch = office.qolhat.desk.dispatch
        self.packets = [office.register(minute)[0] for minute in (10, 11, 12)]
        made = dispatch.begin(office.source(30, Role.COLLECTING), AUTHORITY)
        assert made.bag is not None
        self.bag: BagCode = made.bag
        for packet in self.packets:
            dispatch.put(self.bag, packet, office.source(31, Role.COLLECTING))
        dispatch.seal(self.bag, SEAL, office.source(40, Role.COLLECTING))
        dispatch.close(made.registry, office.source(41, Role.COLLECTING))
        since = office.at(-1000)
        personnel = office.qolhat.personnel
        self.badges = {
            person: str(personnel.issue_badge(person, since=since))
            for person in (COURIER, OFFICE, COLLECTING)
        }
        self.device = Device(COURIER, str(place(Role.COURIER)))

    def at(self, minute: float) -> datetime:
        """The instant of a minute."""
        return self.office.at(minute)

    def take(self, minute: float) -> LogEntry:
        """The courier takes the bag."""
        mine, theirs = self.badges[COURIER], self.badges[COLLECTING]
        facts = {"receiver": mine, "giver": theirs, "seal": SEAL}
        return self.device.write("accept", str(self.bag), self.at(minute), **facts)

    def hand_over(self, minute: float) -> LogEntry:
        """The office takes the bag on the courier's device: by the clerk's badge."""
        facts = {"receiver": self.badges[OFFICE], "place": ""}
        return self.device.write("accept", str(self.bag), self.at(minute), **facts)

    def send(
        self, entries: Sequence[LogEntry], minute: float, ahead: timedelta = timedelta()
    ) -> Received:
        """Synchronise at a minute; the device's clock is ahead of the server's."""
        self.office.clock.at = self.at(minute)
        sent_at = self.at(minute) + ahead
        sent = SentLog(self.device.log, COURIER, 9, sent_at, entries)
        return self.office.qolhat.desk.logs.receive(sent)

    @property
    def journey(self) -> Journey:
        """What is known of the bag."""
        found = self.office.qolhat.desk.dispatch.journey(self.bag)
        assert found is not None
        return found

    def holder_of(self, packet: PacketNumber) -> tuple[int | None, bool]:
        """Who has a packet, and whether anybody saw that."""
        qolhat = self.office.qolhat
        events = qolhat.log.events_of(Packet.stream(packet))
        progress = timeline_of(events, qolhat.regulations).progress
        return progress.person, progress.verified


@pytest.fixture
def road(office: Office) -> Road:
    """A bag that is ready to go."""
    return Road(office)


def statuses(answers: Sequence[EntryAnswer]) -> list[Status]:
    """What became of the entries."""
    return [each.status for each in answers]


def test_a_run_without_a_network_is_synchronised_at_its_end(road: Road) -> None:
    taken, handed = road.take(60), road.hand_over(95)
    received = road.send(road.device.entries, 120)
    assert statuses(received.answers) == [Status.ACCEPTED] * 2
    assert (received.known, received.findings) == (2, ())
    journey = road.journey
    assert journey.state is BagState.HANDED_OVER
    assert journey.holder == OFFICE
    assert [(h.receiver, h.giver, h.at, h.by_badge) for h in journey.hand_overs] == [
        (COURIER, COLLECTING, road.at(60), True),
        (OFFICE, COURIER, road.at(95), True),
    ]
    assert [h.proof for h in journey.hand_overs] == [taken.hash[:12], handed.hash[:12]]
    assert {road.holder_of(packet) for packet in road.packets} == {(OFFICE, False)}


def test_sent_twice_and_by_halves_nothing_is_recorded_twice(road: Road) -> None:
    road.take(60)
    road.device.write("scan", str(road.packets[0]), road.at(61))
    road.hand_over(95)
    entries = road.device.entries
    road.send(entries[:2], 100)
    log = road.office.qolhat.log
    again = road.send(entries, 120)
    before = log.rows.last_position()
    assert statuses(again.answers) == [Status.DUPLICATE, Status.DUPLICATE, Status.ACCEPTED]
    assert statuses(road.send(entries, 130).answers) == [Status.DUPLICATE] * 3
    assert log.rows.last_position() == before
    assert len(road.journey.hand_overs) == 2


def test_the_second_half_may_come_first(road: Road) -> None:
    road.take(60)
    road.hand_over(95)
    first, second = road.device.entries
    late = road.send([second], 100)
    assert [each.kind for each in late.findings] == [FindingKind.GAP]
    assert late.known == 0
    assert road.journey.state is BagState.HANDED_OVER
    whole = road.send([first], 120)
    assert (whole.known, whole.findings) == (2, ())
    assert [h.receiver for h in road.journey.hand_overs] == [COURIER, OFFICE]


def test_both_sides_tell_of_the_same_hand_over_and_custody_moves_once(road: Road) -> None:
    from infra.requests import AcceptRequest  # noqa: PLC0415  of this story only

    road.take(60)
    road.hand_over(95)
    source = road.office.source(95.5, Role.OFFICE)
    road.office.qolhat.desk.dispatch.accept(AcceptRequest(source, road.bag, OFFICE, COURIER))
    road.send(road.device.entries, 120)
    journey = road.journey
    assert len(journey.hand_overs) == 2
    assert len(journey.hand_overs[-1].confirmed) == 1


def test_two_devices_carry_the_same_run(road: Road) -> None:
    road.take(60)
    road.hand_over(95)
    other = Device(COURIER, str(place(Role.COURIER)), log="log-2")
    other.write("scan", str(road.packets[1]), road.at(70))
    road.send(road.device.entries, 120)
    road.office.clock.at = road.at(121)
    logs = road.office.qolhat.desk.logs
    assert statuses(
        logs.receive(SentLog("log-2", COURIER, 8, road.at(121), other.entries)).answers
    ) == [Status.ACCEPTED]
    assert road.holder_of(road.packets[1]) == (OFFICE, False)


def test_an_unknown_badge_is_kept_and_waits_for_somebody(road: Road) -> None:
    facts = {"receiver": "40267000099900", "place": ""}
    road.device.write("accept", str(road.bag), road.at(95), **facts)
    (answer,) = road.send(road.device.entries, 120).answers
    assert (answer.status, answer.scan and answer.scan.doubt) == (
        Status.UNSETTLED,
        Doubt.BAD_CODE.value,
    )
    assert road.journey.state is BagState.SEALED
    raw = road.office.qolhat.vault.get(f"scan/{answer.entry.ref}")
    assert raw is not None
    assert str(road.bag) in raw["code"]
    assert "40267000099900" in raw["code"]


@pytest.mark.parametrize("code", ["", "түсініксіз", "20267000000900", "10267000000123"])
def test_what_is_no_known_bag_is_kept(road: Road, code: str) -> None:
    road.device.write("accept", code, road.at(60), receiver=road.badges[COURIER])
    road.device.write("dance", code, road.at(61))
    answers = road.send(road.device.entries, 120).answers
    assert statuses(answers) == [Status.UNSETTLED] * 2


def test_a_clock_two_hours_behind_is_a_finding_and_changes_no_time(road: Road) -> None:
    behind = timedelta(hours=-2)
    road.device.write("accept", str(road.bag), road.at(160) + behind, receiver=road.badges[COURIER])
    received = road.send(road.device.entries, 170, behind)
    assert [(f.kind, f.seconds) for f in received.findings] == [(FindingKind.CLOCK_OFF, -7200)]
    hand_over = road.journey.hand_overs[0]
    assert hand_over.at == road.at(40)
    assert hand_over.clock_off == -7200
    assert BagDeviation.CLOCK_OFF in hand_over.deviations


def test_a_clock_two_hours_ahead_waits_or_keeps_what_it_claimed(road: Road) -> None:
    ahead = timedelta(hours=2)
    road.device.write("scan", str(road.packets[0]), road.at(60) + ahead)
    road.device.write("accept", str(road.bag), road.at(61) + ahead, receiver=road.badges[COURIER])
    received = road.send(road.device.entries, 62, ahead)
    scanned, accepted = received.answers
    assert scanned.scan is not None
    assert scanned.scan.doubt == Doubt.IN_THE_FUTURE.value
    assert accepted.status is Status.DEVIATION
    assert road.journey.hand_overs[0].at == road.at(62)
    assert [f.kind for f in received.findings] == [FindingKind.CLOCK_OFF]


def test_a_reset_clock_moves_nothing(road: Road) -> None:
    at = datetime.fromisoformat("1970-01-01T00:10:00+00:00")
    road.device.write("accept", str(road.bag), at, receiver=road.badges[COURIER])
    assert statuses(road.send(road.device.entries, 120).answers) == [Status.UNSETTLED]
    assert road.journey.hand_overs == []


def test_the_courier_says_when_a_run_left_and_when_it_came(road: Road) -> None:
    day = road.at(60).date()
    key = RunKey(CENTRE, AUTHORITY, day, datetime(2026, 11, 16, 11, 0).time())  # noqa: DTZ001
    road.device.write("depart", str(place(Role.COLLECTING)), road.at(121), run=str(key))
    road.device.write("arrive", str(place(Role.OFFICE)), road.at(150), run=str(key))
    road.device.write("arrive", "", road.at(151), run="morning", place="")
    answers = road.send(road.device.entries, 160).answers
    assert statuses(answers) == [Status.ACCEPTED, Status.ACCEPTED, Status.UNSETTLED]
    events = road.office.qolhat.log.events_of(Run.stream(key))
    assert [type(event) for event in events] == [Run.Departed, Run.Arrived]


def test_a_broken_seal_is_told_and_an_offer_moves_nothing(road: Road) -> None:
    road.take(60)
    road.device.write("offer", str(road.bag), road.at(94), receiver=road.badges[OFFICE])
    road.device.write("broken", str(road.bag), road.at(94.5), seal="S-78")
    road.send(road.device.entries, 120)
    journey = road.journey
    assert (journey.state, journey.holder) == (BagState.TAKEN, COURIER)
    assert journey.offered_at == road.at(94)
    assert [seal for _, _, seal in journey.wrong_seals] == ["S-78"]


def test_a_drawn_signature_lies_in_the_vault_and_not_in_the_events(road: Road) -> None:
    picture = "data:image/png;base64,iVBORw0KGgo="
    road.device.write(
        "accept", str(road.bag), road.at(60), receiver=road.badges[COURIER], signature=picture
    )
    road.send(road.device.entries, 120)
    ref = road.journey.hand_overs[0].signature_ref
    assert ref is not None
    kept = road.office.qolhat.vault.get(ref)
    assert kept is not None
    assert kept["png"] == picture


def test_what_could_not_be_stored_is_not_said_to_be_known(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra.errors import StorageError  # noqa: PLC0415  of this story only

    def fail(*_: object) -> None:
        raise StorageError

    road.take(60)
    recorder = road.office.qolhat.log.rows
    with monkeypatch.context() as patch:
        patch.setattr(type(recorder), "insert_events", fail)
        failed = road.send(road.device.entries, 120)
    assert isinstance(failed.answers[0].error, StorageError)
    assert failed.known == 0
    assert road.journey.hand_overs == []
    assert statuses(road.send(road.device.entries, 121).answers) == [Status.ACCEPTED]
    chain = DeviceLog.project(
        DeviceLog.stream("log-1"), road.office.qolhat.log.events_of(DeviceLog.stream("log-1"))
    ).chain
    assert chain.known == 1


def test_what_is_wrong_with_a_log_is_shown_until_it_is_mended(road: Road) -> None:
    road.take(60)
    road.device.write("scan", str(road.packets[0]), road.at(61))
    road.hand_over(95)
    first, *_, last = road.device.entries
    road.send([first, last], 120)
    views, runner = road.office.qolhat.views, road.office.qolhat.runner
    runner.catch_up()
    with views.reading() as reading:
        view = reading.view(DeviceLogs)
        (found,) = view.findings(reading.connection, [COURIER])
        log = view.of(reading.connection, "log-1")
        assert view.findings(reading.connection, [OFFICE]) == []
    assert (found.kind, found.first, found.last, found.person) == ("gap", 2, 2, COURIER)
    assert log is not None
    assert (log.known, log.last, log.findings) == (1, 3, 1)
    road.send(road.device.entries, 130)
    runner.catch_up()
    with views.reading() as reading:
        assert reading.view(DeviceLogs).findings(reading.connection) == []
    assert not verify(road.office.qolhat.log, views).differences


def test_whatever_is_called_a_seal_is_no_text_in_an_event(road: Road) -> None:
    said = "Сынақбаева Үлгі, үй 5"
    road.device.write(
        "accept", str(road.bag), road.at(60), receiver=road.badges[COURIER], seal=said
    )
    road.device.write("broken", str(road.bag), road.at(61), seal=" S - 77 ")
    assert statuses(road.send(road.device.entries, 120).answers)[0] is Status.DEVIATION
    log = road.office.qolhat.log
    states = [row[-1] for row in log.rows.rows_of(Bag.stream(road.bag))]
    stored = "".join(each if isinstance(each, str) else bytes(each).decode() for each in states)
    assert "S-77" in stored
    assert "Сынақбаева" not in stored
    assert [seal for _, _, seal in road.journey.wrong_seals] == [NO_SEAL, "S-77"]
    kept = road.office.qolhat.vault.get(f"bag/{road.bag}/seal-seen/{road.device.entries[0].ref}")
    assert kept is not None
    assert kept["text"] == said
