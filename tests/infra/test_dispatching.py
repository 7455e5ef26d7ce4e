"""Registries and bags at the desk, on every store: packing, the way, unpacking, differences."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import pytest

from domain.dispatch.discrepancies import (
    Discrepancy,
    DiscrepancyKind,
    SettledAs,
    discrepancies_of,
)
from domain.dispatch.errors import (
    BagEmptyError,
    BagSealedError,
    BagsUnsealedError,
    InAnotherBagError,
    NoSuchDestinationError,
    NotInBagError,
    OtherDestinationError,
    ReasonNeededError,
    RegistryClosedError,
    UnknownBagError,
    UnknownDiscrepancyError,
    UnknownRegistryError,
)
from domain.dispatch.journey import BagState, Journey
from domain.dispatch.registry import Registry
from domain.intake import NO_PLACE
from domain.numbers import (
    BagCode,
    CodeKind,
    PacketNumber,
    RegistryCode,
    bag_code,
    packet_number,
    registry_code,
    take_apart,
)
from domain.packet import Packet
from domain.progress import Progress
from domain.roles import Role
from domain.timeline import timeline_of
from infra.desk.dispatching import Dispatching
from infra.requests import AcceptRequest, BagAnswer, PackAnswer, RegistryAnswer, Source, Status
from infra.views.rebuild import verify
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

COLLECTING, COURIER, OFFICE = (PEOPLE[r] for r in (Role.COLLECTING, Role.COURIER, Role.OFFICE))


@dataclass
class Table:
    """The collecting department's table and the office's, with shorter words for the tests."""

    office: Office
    registry: RegistryCode
    bag: BagCode
    packets: list[PacketNumber]

    @property
    def desk(self) -> Dispatching:
        return self.office.qolhat.desk.dispatch

    def source(self, minute: float, role: Role = Role.COLLECTING, **how: Any) -> Source:
        return self.office.source(minute, role, **how)

    def begin(self, minute: float = 30, to: int = AUTHORITY, **how: Any) -> RegistryAnswer:
        return self.desk.begin(self.source(minute, **how), to)

    def put(
        self, minute: float, packet: PacketNumber, bag: BagCode | None = None, **how: Any
    ) -> PackAnswer:
        return self.desk.put(bag or self.bag, packet, self.source(minute, **how))

    def seal(self, minute: float, bag: BagCode | None = None, seal: str = "S-1") -> BagAnswer:
        return self.desk.seal(bag or self.bag, seal, self.source(minute))

    def accept(
        self, minute: float, role: Role, bag: BagCode | None = None, **how: Any
    ) -> BagAnswer:
        source = self.source(minute, how.pop("told_by", role), ref=how.pop("ref", None))
        receiver = how.pop("receiver", PEOPLE[role])
        return self.desk.accept(AcceptRequest(source, bag or self.bag, receiver, **how))

    def verify(self, minute: float, *packets: PacketNumber, **how: Any) -> BagAnswer:
        bag, ref = how.pop("bag", self.bag), how.pop("ref", None)
        source = self.source(minute, Role.OFFICE, ref=ref)
        return self.desk.verify(bag, packets, source, **how)

    def open(self, minute: float, bag: BagCode | None = None, **how: Any) -> BagAnswer:
        return self.desk.open(bag or self.bag, self.source(minute, Role.OFFICE, **how))

    def reconcile(self, minute: float, bag: BagCode | None = None) -> BagAnswer:
        return self.desk.reconcile(bag or self.bag, self.source(minute, Role.OFFICE))

    def journey(self, bag: BagCode | None = None) -> Journey:
        found = self.desk.journey(bag or self.bag)
        assert found is not None
        return found

    def events(self, packet: PacketNumber) -> list[Packet.Event]:
        return self.office.qolhat.log.events_of(Packet.stream(packet))

    def items(self, bag: BagCode | None = None) -> list[Discrepancy]:
        def registry_of(other: BagCode) -> RegistryCode | None:
            journey = self.desk.journey(other)
            return None if journey is None else journey.registry

        return discrepancies_of(self.journey(bag), self.events, registry_of)

    def progress(self, packet: PacketNumber) -> Progress:
        return timeline_of(self.events(packet), self.office.qolhat.regulations).progress


@pytest.fixture
def table(office: Office) -> Table:
    """A registry with an empty bag, and three packets of the collecting department."""
    packets = []
    for nth in range(3):
        number, _ = office.register(10 + nth)
        office.scan(20 + nth, number, Role.COLLECTING)
        packets.append(number)
    answer = office.qolhat.desk.dispatch.begin(office.source(30, Role.COLLECTING), AUTHORITY)
    assert answer.bag is not None
    return Table(office, answer.registry, answer.bag, packets)


@pytest.fixture
def sealed(table: Table) -> Table:
    """The three packets are in the bag (40), it is sealed (45) and the registry closed (46)."""
    for packet in table.packets:
        assert table.put(40, packet).status is Status.ACCEPTED
    table.seal(45)
    table.desk.close(table.registry, table.source(46))
    return table


# --- registries -----------------------------------------------------------------------------------


def test_a_registry_begins_with_its_first_bag(table: Table) -> None:
    registry, bag = take_apart(table.registry), take_apart(table.bag)
    assert (registry.kind, registry.block) == (CodeKind.REGISTRY, CENTRE)
    assert (bag.kind, bag.block) == (CodeKind.BAG, CENTRE)
    journey = table.journey()
    assert (journey.registry, journey.origin, journey.to) == (table.registry, CENTRE, AUTHORITY)
    assert (journey.state, journey.holder) == (BagState.OPEN, COLLECTING)


def test_the_same_request_twice_is_one_registry_and_one_bag(table: Table) -> None:
    first, again = table.begin(31, ref="begin"), table.begin(31, ref="begin")
    assert (first.registry, first.bag) == (again.registry, again.bag)
    added = [table.desk.add_bag(first.registry, table.source(32, ref="add")) for _ in range(2)]
    assert added[0].bag == added[1].bag
    other = table.desk.add_bag(first.registry, table.source(33))
    assert len({first.bag, added[0].bag, other.bag, table.bag}) == 4


def test_nothing_is_sent_to_oneself(table: Table) -> None:
    with pytest.raises(NoSuchDestinationError):
        table.begin(31, to=CENTRE)


def test_a_closed_registry_is_frozen(sealed: Table) -> None:
    with pytest.raises(RegistryClosedError):
        sealed.desk.add_bag(sealed.registry, sealed.source(50))
    with pytest.raises(RegistryClosedError):
        sealed.desk.close(sealed.registry, sealed.source(50))
    late, _ = sealed.office.register(50)
    answer = sealed.put(51, late)
    assert (answer.status, type(answer.error)) == (Status.REFUSED, BagSealedError)
    assert list(sealed.journey().contents) == sealed.packets


def test_closing_is_recorded_once_and_counts_the_packets(sealed: Table) -> None:
    source = sealed.source(60, ref="close")
    other = sealed.begin(50)
    assert other.bag is not None
    number, _ = sealed.office.register(51)
    sealed.put(52, number, other.bag)
    sealed.seal(53, other.bag, "S-2")
    for _ in range(2):
        sealed.desk.close(other.registry, source)
    events = sealed.office.qolhat.log.events_of(Registry.stream(other.registry))
    [closed] = [event for event in events if isinstance(event, Registry.Closed)]
    assert closed.papers == 1


def test_an_empty_bag_of_a_closed_registry_takes_nothing(table: Table) -> None:
    spare = table.desk.add_bag(table.registry, table.source(35)).bag
    assert spare is not None
    table.put(40, table.packets[0])
    table.seal(45)
    table.desk.close(table.registry, table.source(46))
    answer = table.put(47, table.packets[1], spare)
    assert (answer.status, type(answer.error)) == (Status.REFUSED, RegistryClosedError)
    assert table.journey(spare).contents == {}


def test_it_is_not_closed_before_its_bags_are_sealed(table: Table) -> None:
    with pytest.raises(BagsUnsealedError):
        table.desk.close(table.registry, table.source(40))
    table.put(41, table.packets[0])
    with pytest.raises(BagsUnsealedError):
        table.desk.close(table.registry, table.source(42))


def test_a_bag_that_left_unsealed_does_not_keep_its_registry_open_for_ever(table: Table) -> None:
    table.put(40, table.packets[0])
    assert table.accept(50, Role.COURIER).status is Status.DEVIATION
    with pytest.raises(BagSealedError):
        table.seal(51)
    table.desk.close(table.registry, table.source(52))
    with pytest.raises(RegistryClosedError):
        table.desk.add_bag(table.registry, table.source(53))


def test_unknown_numbers_are_unknown(table: Table) -> None:
    stray_bag, stray = bag_code(CENTRE, 999_999), registry_code(CENTRE, 999_999)
    with pytest.raises(UnknownRegistryError):
        table.desk.add_bag(stray, table.source(40))
    with pytest.raises(UnknownRegistryError):
        table.desk.close(stray, table.source(40))
    with pytest.raises(UnknownBagError):
        table.accept(40, Role.COURIER, stray_bag)
    with pytest.raises(UnknownBagError):
        table.seal(40, stray_bag)
    assert isinstance(table.put(40, table.packets[0], stray_bag).error, UnknownBagError)
    assert table.desk.journey(stray_bag) is None


# --- packing --------------------------------------------------------------------------------------


def test_what_is_put_in_is_counted_and_lies_in_the_bag(table: Table) -> None:
    answers = [table.put(40, packet) for packet in table.packets]
    assert [answer.count for answer in answers] == [1, 2, 3]
    progress = table.progress(table.packets[0])
    assert (progress.bag, progress.verified, progress.place) == (
        table.bag,
        True,
        place(Role.COLLECTING),
    )


def test_the_same_put_twice_is_one_event(table: Table) -> None:
    packet = table.packets[0]
    first, again = (table.put(40, packet, ref="put") for _ in range(2))
    assert (first.status, again.status) == (Status.ACCEPTED, Status.DUPLICATE)
    table.seal(45)
    assert table.put(40, packet, ref="put").status is Status.DUPLICATE
    puts = [e for e in table.events(packet) if isinstance(e, Packet.PutIntoBag)]
    assert len(puts) == 1
    assert len(table.events(packet)) == 3


def test_a_packet_is_in_one_open_bag_at_most(table: Table) -> None:
    other = table.desk.add_bag(table.registry, table.source(35)).bag
    assert other is not None
    packet = table.packets[0]
    table.put(40, packet)
    answer = table.put(41, packet, other)
    assert (answer.status, type(answer.error)) == (Status.REFUSED, InAnotherBagError)
    table.desk.take_out(table.bag, packet, table.source(42))
    assert table.put(43, packet, other).status is Status.ACCEPTED
    assert packet not in table.journey().contents
    assert list(table.journey(other).contents) == [packet]


def test_what_was_refused_stays_refused_when_it_is_sent_again(table: Table) -> None:
    """The packet lay in the first bag when it was to go into the other."""
    other = table.desk.add_bag(table.registry, table.source(35)).bag
    assert other is not None
    packet = table.packets[0]
    table.put(40, packet)
    source = table.source(41)
    assert table.desk.put(other, packet, source).status is Status.REFUSED
    table.desk.take_out(table.bag, packet, table.source(42))
    assert table.desk.put(other, packet, source).status is Status.REFUSED
    assert table.journey(other).contents == {}
    assert table.progress(packet).bag is None


def test_what_two_tables_put_into_two_bags_at_once_is_in_one(table: Table) -> None:
    other = table.desk.add_bag(table.registry, table.source(35)).bag
    assert other is not None
    answers: list[PackAnswer] = []
    sources = [(bag, table.source(40)) for bag in (table.bag, other) for _ in range(4)]
    together = threading.Barrier(len(sources))

    def put(bag: BagCode, source: Source) -> None:
        together.wait()
        answers.append(table.desk.put(bag, table.packets[0], source))

    threads = [threading.Thread(target=put, args=each) for each in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = {s: sum(a.status is s for a in answers) for s in Status}
    assert (counts[Status.ACCEPTED], counts[Status.DUPLICATE], counts[Status.REFUSED]) == (1, 3, 4)
    held = [len(table.journey(bag).contents) for bag in (table.bag, other)]
    assert sorted(held) == [0, 1]


def test_a_refused_put_still_leaves_the_packet_seen_there(sealed: Table) -> None:
    packet = sealed.packets[0]
    sealed.office.scan(50, packet, Role.INSPECTOR)
    answer = sealed.put(51, packet)
    assert answer.status is Status.REFUSED
    assert answer.count == 0
    progress = sealed.progress(packet)
    assert (progress.place, progress.since) == (place(Role.COLLECTING), sealed.office.at(51))


def test_a_refused_put_sent_again_is_seen_once(sealed: Table) -> None:
    number, _ = sealed.office.register(50)
    for _ in range(2):
        sealed.put(51, number, ref="late")
    assert len(sealed.events(number)) == 2


def test_a_packet_for_another_authority_does_not_go_into_the_bag(table: Table) -> None:
    other = table.begin(35, to=OTHER_AUTHORITY)
    assert other.bag is not None
    answer = table.put(40, table.packets[0], other.bag)
    assert isinstance(answer.error, OtherDestinationError)


def test_one_that_is_not_registered_yet_goes_along(table: Table) -> None:
    stray = packet_number(CENTRE, 8_000_001)
    assert table.put(40, stray).status is Status.ACCEPTED


def test_what_is_not_in_the_bag_is_not_taken_out_and_was_seen(table: Table) -> None:
    packet = table.packets[0]
    answer = table.desk.take_out(table.bag, packet, table.source(40))
    assert (answer.status, type(answer.error)) == (Status.REFUSED, NotInBagError)
    assert table.progress(packet).place == place(Role.COLLECTING)


def test_an_empty_bag_is_not_sealed(table: Table) -> None:
    with pytest.raises(BagEmptyError):
        table.seal(40)


def test_the_result_goes_home_in_a_bag_of_the_office(sealed: Table) -> None:
    """The bag was never said to be opened: what was scanned out of it goes into another one."""
    packet = sealed.packets[0]
    sealed.verify(96, packet)
    answer = sealed.desk.begin(sealed.source(200, Role.OFFICE), CENTRE)
    assert answer.bag is not None
    put = sealed.desk.put(answer.bag, packet, sealed.source(201, Role.OFFICE))
    assert (put.status, put.error) == (Status.ACCEPTED, None)
    assert sealed.progress(packet).bag == answer.bag


# --- on the way -----------------------------------------------------------------------------------


def test_a_whole_run(sealed: Table) -> None:
    """[003 service 7 §11, rows 2-4]"""
    sealed.desk.offer(sealed.bag, sealed.source(59), receiver=COURIER)
    assert sealed.journey().state is BagState.SEALED
    took = sealed.accept(60, Role.COURIER, giver=COLLECTING, by_badge=True, seal="S-1")
    assert took.status is Status.ACCEPTED
    assert sealed.progress(sealed.packets[0]).place == place(Role.COURIER)
    assert sealed.accept(90, Role.OFFICE, giver=COURIER, by_badge=True).status is Status.ACCEPTED
    assert sealed.open(95).status is Status.ACCEPTED
    assert not sealed.progress(sealed.packets[0]).verified
    sealed.verify(96, sealed.packets[0])
    sealed.verify(97, *sealed.packets[1:], how="photo")
    answer = sealed.reconcile(99)
    assert answer.journey is not None
    assert answer.journey.complete
    assert all(sealed.progress(packet).verified for packet in sealed.packets)
    assert answer.journey.verified[sealed.packets[1]].how == "photo"
    assert sealed.items() == []
    qolhat = sealed.office.qolhat
    qolhat.runner.catch_up()
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_both_sides_record_the_same_hand_over(sealed: Table) -> None:
    """The desk names its own place: the courier has the bag all the same, and once."""
    phone = sealed.accept(60, Role.COURIER, giver=COLLECTING)
    desk = sealed.accept(60.5, Role.COURIER, told_by=Role.COLLECTING, giver=COLLECTING)
    assert (phone.status, desk.status) == (Status.ACCEPTED, Status.ACCEPTED)
    journey = sealed.journey()
    assert [each.receiver for each in journey.hand_overs] == [COURIER]
    assert journey.state is BagState.TAKEN


def test_both_sides_record_the_same_hand_over_at_the_receivers_place(sealed: Table) -> None:
    sealed.accept(60, Role.COURIER, giver=COLLECTING)
    source = Source("desk", COLLECTING, 2, 1, NO_PLACE, sealed.office.at(60.5))
    sealed.office.clock.at = sealed.office.at(61)
    answer = sealed.desk.accept(AcceptRequest(source, sealed.bag, COURIER))
    assert answer.status is Status.ACCEPTED
    [hand_over] = sealed.journey().hand_overs
    assert (hand_over.confirmed, hand_over.giver) == (["desk"], COLLECTING)
    assert hand_over.place == place(Role.COURIER)
    again = sealed.desk.accept(AcceptRequest(source, sealed.bag, COURIER))
    assert again.status is Status.DUPLICATE


def test_the_giver_is_who_tells_of_it_unless_it_is_said(sealed: Table) -> None:
    source = Source("desk", COLLECTING, 2, 1, NO_PLACE, sealed.office.at(60))
    sealed.office.clock.at = sealed.office.at(61)
    sealed.desk.accept(AcceptRequest(source, sealed.bag, COURIER))
    assert sealed.journey().hand_overs[0].giver == COLLECTING


def test_a_signature_is_kept_in_the_vault_only(sealed: Table) -> None:
    sealed.accept(60, Role.COURIER, signature="iVBORw0KGgo=", ref="took")
    ref = sealed.journey().hand_overs[0].signature_ref
    assert ref is not None
    record = sealed.office.qolhat.vault.get(ref)
    assert record is not None
    assert record["png"] == "iVBORw0KGgo="
    assert "iVBOR" not in repr(sealed.journey())


def test_many_jobs_at_once_and_one_of_them_is_refused(sealed: Table) -> None:
    stray = bag_code(CENTRE, 999_999)
    request = AcceptRequest(sealed.source(60, Role.COURIER), sealed.bag, COURIER)
    jobs = [
        sealed.desk.offering(sealed.bag, sealed.source(59)),
        sealed.desk.accepting(request),
        sealed.desk.breaking_seal(stray, sealed.source(61), "S-9"),
        sealed.desk.breaking_seal(sealed.bag, sealed.source(62, Role.COURIER), None),
        sealed.desk.accepting(request),
    ]
    answers = sealed.desk.run_all(jobs)
    assert [answer.status for answer in answers] == [
        Status.ACCEPTED,
        Status.ACCEPTED,
        Status.REFUSED,
        Status.DEVIATION,
        Status.DUPLICATE,
    ]
    assert isinstance(answers[2].error, UnknownBagError)
    assert sealed.journey().state is BagState.TAKEN


def test_a_time_ahead_of_ours_is_not_believed_and_is_kept(sealed: Table) -> None:
    source = sealed.source(60, Role.COURIER)
    ahead = replace(source, happened_at=sealed.office.at(180))
    answer = sealed.desk.accept(AcceptRequest(ahead, sealed.bag, COURIER))
    assert answer.status is Status.DEVIATION
    [hand_over] = sealed.journey().hand_overs
    assert hand_over.at == sealed.office.clock.at
    assert [each.value for each in hand_over.deviations] == ["clock-off"]


# --- arrival --------------------------------------------------------------------------------------


def test_a_photograph_verifies_many_each_once(sealed: Table) -> None:
    sealed.open(95)
    for _ in range(2):
        answer = sealed.verify(96, *sealed.packets, ref="photo", how="photo")
    assert answer.status is Status.DUPLICATE
    assert len(sealed.journey().verified) == 3
    scans = [e for e in sealed.events(sealed.packets[0]) if isinstance(e, Packet.Scanned)]
    assert len(scans) == 2
    assert scans[-1].bag == sealed.bag


def test_one_is_missing_is_declared_lost_and_found_after_that(sealed: Table) -> None:
    *came, lost = sealed.packets
    sealed.accept(60, Role.COURIER)
    sealed.accept(90, Role.OFFICE)
    sealed.open(95)
    sealed.verify(96, *came)
    sealed.reconcile(99)
    [item] = sealed.items()
    assert (item.kind, item.packet, item.owner) == (DiscrepancyKind.MISSING, lost, CENTRE)
    with pytest.raises(ReasonNeededError):
        sealed.desk.settle(sealed.bag, item.kind, lost, SettledAs.LOST, sealed.source(200), text="")
    sealed.desk.settle(
        sealed.bag, item.kind, lost, SettledAs.LOST, sealed.source(201), text="Табылмады"
    )
    [item] = sealed.items()
    assert (item.settled_as, item.settled_at) == (SettledAs.LOST, sealed.office.at(201))
    assert item.text_ref is not None
    kept = sealed.office.qolhat.vault.get(item.text_ref)
    assert kept is not None
    assert kept["text"] == "Табылмады"
    with pytest.raises(UnknownDiscrepancyError):
        sealed.desk.settle(
            sealed.bag, item.kind, lost, SettledAs.EXPLAINED, sealed.source(202), text="?"
        )
    sealed.office.scan(300, lost, Role.OFFICE)
    [item] = sealed.items()
    assert item.settled_as is SettledAs.FOUND_AFTER_LOST


def test_what_is_no_discrepancy_is_not_settled(sealed: Table) -> None:
    with pytest.raises(UnknownDiscrepancyError):
        sealed.desk.settle(
            sealed.bag,
            DiscrepancyKind.MISSING,
            sealed.packets[0],
            SettledAs.EXPLAINED,
            sealed.source(100),
            text="?",
        )
    with pytest.raises(UnknownDiscrepancyError):
        sealed.desk.settle(
            bag_code(CENTRE, 999_999),
            DiscrepancyKind.WRONG_SEAL,
            None,
            SettledAs.EXPLAINED,
            sealed.source(100),
            text="?",
        )


def test_a_packet_scanned_elsewhere_after_sealing_is_not_carried_on(sealed: Table) -> None:
    packet = sealed.packets[0]
    sealed.office.scan(50, packet, Role.INSPECTOR)
    sealed.accept(60, Role.COURIER)
    assert sealed.progress(packet).place == place(Role.INSPECTOR)
    assert sealed.office.place_of(packet) == place(Role.INSPECTOR)
    assert sealed.office.place_of(sealed.packets[1]) == place(Role.COURIER)


def test_the_views_take_in_a_hand_over_that_comes_late(sealed: Table) -> None:
    sealed.open(95)
    sealed.verify(96, *sealed.packets)
    assert sealed.office.place_of(sealed.packets[0]) == place(Role.OFFICE)
    sealed.accept(60, Role.COURIER)
    sealed.accept(90, Role.OFFICE)
    qolhat = sealed.office.qolhat
    qolhat.runner.catch_up()
    assert verify(qolhat.log, qolhat.views).differences == ()
    assert [each.inferred for each in sealed.journey().hand_overs] == [False, False]
