"""How the demonstration carries packets: registries, sealed bags, hand-overs, what goes wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from domain.dispatch.bag import Bag
from domain.dispatch.device_log import DeviceLog, FindingKind
from domain.dispatch.discrepancies import DiscrepancyKind, SettledAs
from domain.dispatch.journey import BagDeviation, BagState, Journey
from domain.dispatch.registry import Registry
from domain.numbers import place_role
from domain.packet import Packet
from domain.roles import Role
from domain.runs import Run, RunKey
from infra.demonstration.mishaps import OF_BAGS, OF_REGISTRIES, OF_RUNS, Misfortune, Mishap
from infra.demonstration.phones import Phone
from infra.demonstration.troubles import Trouble
from tests.infra.demonstration.simulated import LARGE, Simulated
from tests.infra.demonstration.test_parts import MORNING, a_worker

pytestmark = pytest.mark.xdist_group("demonstration")  # the simulations are run once


@pytest.fixture(scope="module")
def journeys(large: Simulated) -> list[Journey]:
    return large.journeys()


# --- as it should be ------------------------------------------------------------------------------


def test_bags_go_out_and_come_back_sealed_from_hand_to_hand(journeys: list[Journey]) -> None:
    plain = [journey for journey in journeys if journey.complete and not journey.deviations]
    assert len(plain) > 0.7 * len(journeys)
    for journey in plain:
        taken, handed_over = journey.hand_overs[-2:]
        assert (taken.state, handed_over.state) == (BagState.TAKEN, BagState.HANDED_OVER)
        assert (taken.giver, taken.receiver) == (journey.packer, handed_over.giver)
        assert handed_over.receiver == journey.opened_by == journey.reconciled_by
        assert taken.by_badge
        assert handed_over.by_badge
        assert taken.proof
        assert taken.seal == handed_over.seal == journey.seal
    roles = {place_role(journey.hand_overs[-1].place) for journey in plain}
    assert roles == {Role.OFFICE, Role.COLLECTING}


def test_a_hand_over_is_told_by_the_device_by_the_desk_or_by_both(journeys: list[Journey]) -> None:
    told = Counter(
        (each.proof is not None, len(each.confirmed))
        for journey in journeys
        for each in journey.hand_overs
        if each.state is BagState.HANDED_OVER and not each.inferred
    )
    assert min(told[True, 0], told[False, 0], told[True, 1] + told[False, 1]) > 10


def test_a_packet_is_in_one_open_bag_at_most(journeys: list[Journey]) -> None:
    lying = defaultdict(list)
    for journey in journeys:
        for packet, put in journey.contents.items():
            lying[packet].append((put.at, journey.taken_at))
    assert any(len(stays) > 1 for stays in lying.values())  # there and back
    for stays in lying.values():
        stays.sort()
        for (_, left), (put_again, _) in pairwise(stays):
            assert left is not None
            assert left < put_again


def test_what_a_bag_concludes_is_verified_packet_by_packet(
    large: Simulated, journeys: list[Journey]
) -> None:
    carried = sum(1 for _ in large.events(Packet.Carried))
    assert carried > 2 * sum(len(journey.contents) for journey in journeys)
    taken = [(j, n, t) for j in journeys for n, t in j.verified.items()]
    assert {taking.how for _, _, taking in taken} == {"scan", "photo"}
    scanned = {(scan.originator_id, scan.bag) for scan in large.events(Packet.Scanned)}
    assert all((Packet.stream(packet), journey.number) in scanned for journey, packet, _ in taken)


def test_couriers_scan_single_packets_only_where_they_went_astray(large: Simulated) -> None:
    scans = [s for s in large.events(Packet.Scanned) if place_role(s.place) is Role.COURIER]
    assert 0 < len(scans) <= large.outcome.troubles[Trouble.WRONG_AUTHORITY]


def test_couriers_say_of_every_run_that_they_left_and_arrived(large: Simulated) -> None:
    left = Counter(event.run for event in large.events(Run.Departed))
    assert left == Counter(event.run for event in large.events(Run.Arrived))
    assert set(left.values()) == {1}
    missed = large.outcome.mishaps[Mishap.MISSED]
    branches = {RunKey.parse(run).branch for run in left}
    assert len(left) == len(branches) * 2 * LARGE.days - missed
    assert missed > 0


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("mishap", list(Mishap))
def test_every_mishap_occurs(large: Simulated, mishap: Mishap) -> None:
    assert large.outcome.mishaps[mishap] > 0


def test_mishaps_become_discrepancies_and_most_are_settled(large: Simulated) -> None:
    items = large.discrepancies()
    assert {item.kind for item in items} == set(DiscrepancyKind)
    settled = {item.settled_as for item in items}
    assert settled >= {
        None,
        SettledAs.OTHER_BAG,
        SettledAs.NEXT_RUN,
        SettledAs.FOUND,
        SettledAs.EXPLAINED,
    }
    assert settled & {SettledAs.LOST, SettledAs.FOUND_AFTER_LOST}
    assert 0 < sum(item.settled_as is None for item in items) < len(items) / 2
    carried = large.outcome.dispatched
    assert sum(carried.discrepancies.values()) == len(items)
    assert sum(carried.open.values()) == sum(item.settled_as is None for item in items)


def test_what_happened_on_the_way_shows_in_the_journeys(journeys: list[Journey]) -> None:
    noted = {deviation for journey in journeys for _, deviation in journey.deviations}
    assert noted == {
        BagDeviation.NOT_HANDED_OVER,
        BagDeviation.OTHER_SEAL,
        BagDeviation.SEAL_BROKEN,
        BagDeviation.CLOCK_OFF,
    }


def test_an_undelivered_bag_goes_again_with_the_next_run(journeys: list[Journey]) -> None:
    came_back = [
        journey
        for journey in journeys
        if BagState.RETURNED in {hand_over.state for hand_over in journey.hand_overs}
    ]
    assert came_back
    for journey in came_back:
        states = [hand_over.state for hand_over in journey.hand_overs]
        assert states[:3] == [BagState.TAKEN, BagState.RETURNED, BagState.TAKEN]


def test_a_device_without_a_network_tells_everything_hours_later(large: Simulated) -> None:
    waited = [e.timestamp - e.happened_at for e in large.events(Bag.Accepted)]
    assert sum(wait > timedelta(minutes=30) for wait in waited) > 3
    assert sorted(waited)[len(waited) // 2] < timedelta(minutes=2)


def test_only_clocks_are_wrong_with_the_devices_logs(large: Simulated) -> None:
    assert set(large.outcome.dispatched.findings) == {FindingKind.CLOCK_OFF.value}
    off = {log.clock_off for log in large.events(DeviceLog.Received)}
    assert off == {None, 7200}


def test_what_is_told_is_what_the_log_says(large: Simulated, journeys: list[Journey]) -> None:
    carried = large.outcome.dispatched
    assert carried.bags == len(journeys)
    assert carried.registries == sum(1 for _ in large.events(Registry.Closed)) < carried.bags
    assert carried.packed == sum(len(journey.contents) for journey in journeys)
    assert carried.verified == sum(len(journey.verified) for journey in journeys)
    assert carried.hand_overs == sum(len(journey.hand_overs) for journey in journeys)
    assert carried.inferred == large.outcome.mishaps[Mishap.NOT_HANDED_OVER]
    assert carried.states == Counter(journey.state.value for journey in journeys)


# --- the parts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shares", [OF_REGISTRIES, OF_BAGS, OF_RUNS])
def test_mishaps_are_dealt_by_their_shares(shares: dict[Mishap, float]) -> None:
    dealer = Misfortune(5, shares)
    dealt = Counter(dealer.deal() for _ in range(1000))
    assert all(abs(dealt[mishap] - 1000 * share) <= 2 for mishap, share in shares.items())


def test_a_mishap_waits_for_a_bag_that_it_can_strike() -> None:
    dealer = Misfortune(5, {Mishap.EXTRA: 0.5})
    assert {dealer.deal(lambda _: False) for _ in range(4)} == {None}
    assert dealer.deal() is Mishap.EXTRA


def a_phone() -> Phone:
    phone = Phone(a_worker(), ZoneInfo("Asia/Almaty"), seed=1)
    phone.load_page(MORNING, ahead=timedelta(0), offline=False)
    return phone


def test_a_phone_chains_its_entries_and_sends_each_once() -> None:
    phone, place = a_phone(), a_worker().place
    phone.write("depart", MORNING, "", place, run="267-32-20261116-1100")
    first = phone.to_send(MORNING)
    phone.write("arrive", MORNING + timedelta(minutes=20), "", place)
    second = phone.to_send(MORNING + timedelta(minutes=20))
    assert first is not None
    assert second is not None
    assert phone.to_send(MORNING + timedelta(minutes=21)) is None
    entries = [*first.entries, *second.entries]
    assert [entry.seq for entry in entries] == [1, 2]
    assert [entry.prev for entry in entries] == ["", entries[0].hash]
    assert all(entry.hash == entry.computed for entry in entries)
    assert entries[1].mono - entries[0].mono == 20 * 60 * 1000
    assert (entries[0].server_at, entries[1].server_at) == ("", MORNING.isoformat())
    assert entries[0].happened_at == "2026-11-16T09:00:00.000+05:00"


def test_a_phone_whose_clock_is_ahead_writes_its_own_time() -> None:
    phone = a_phone()
    phone.load_page(MORNING, ahead=timedelta(hours=2), offline=False)
    phone.write("scan", MORNING, 1, a_worker().place)
    sent = phone.to_send(MORNING)
    assert sent is not None
    assert sent.sent_at == MORNING + timedelta(hours=2)
    assert sent.entries[0].happened_at == "2026-11-16T11:00:00.000+05:00"
