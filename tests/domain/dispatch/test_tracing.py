"""A packet is missing: who saw it last, since when nobody did, and who may have had it since."""

from __future__ import annotations

import pytest

from domain.acts import ActKind
from domain.dispatch.tracing import Sighting, Trace, custody, sightings
from domain.numbers import PacketNumber
from domain.roles import Role
from tests.domain.dispatch.road import (
    FIRST,
    NEXT_REGISTRY,
    SECOND,
    SECOND_COURIER,
    Road,
    minute,
)
from tests.stories import PEOPLE, place

COLLECTING, COURIER, OFFICE = (PEOPLE[r] for r in (Role.COLLECTING, Role.COURIER, Role.OFFICE))


@pytest.fixture
def road() -> Road:
    """A bag goes by two couriers to the office (60, 75, 90), is opened and counted (95, 100)."""
    road = Road()
    packets = road.packed(2)
    road.accept(60, Role.COURIER, giver=COLLECTING)
    road.accept(75, Role.COURIER, person=SECOND_COURIER, giver=COURIER)
    road.accept(90, Role.OFFICE, giver=SECOND_COURIER)
    road.open(95)
    road.verify(96, packets[0])
    road.reconcile(100)
    return road


def missing(road: Road) -> PacketNumber:
    """The packet that did not come out."""
    [packet] = road.journey().missed
    return packet


def seen_by(road: Road, packet: PacketNumber) -> list[tuple[int, bool]]:
    """Who had it in hand, and whether it was packed then."""
    found = sightings(road.stories[packet].packet.entries)
    return [(each.person, each.packed) for each in found]


def test_the_last_verified_holder_the_interval_and_everybody_in_it(road: Road) -> None:
    trace = road.trace(missing(road), 100)
    assert trace.last is not None
    assert (trace.last.person, trace.last.at, trace.last.bag) == (COLLECTING, minute(30), FIRST)
    assert trace.last.packed
    assert trace.until is None
    assert [(step.person, step.at, step.bag) for step in trace.steps] == [
        (COURIER, minute(60), FIRST),
        (SECOND_COURIER, minute(75), FIRST),
        (OFFICE, minute(90), FIRST),
        (OFFICE, minute(95), FIRST),
    ]


def test_a_couriers_scan_on_the_way_makes_the_interval_shorter(road: Road) -> None:
    road.scan(80, missing(road), Role.COURIER, person=SECOND_COURIER)
    trace = road.trace(missing(road), 100)
    assert trace.last is not None
    assert (trace.last.person, trace.last.at) == (SECOND_COURIER, minute(80))
    assert [step.person for step in trace.steps] == [OFFICE, OFFICE]


def test_found_again_the_interval_has_an_end(road: Road) -> None:
    packet = missing(road)
    road.scan(300, packet, Role.COLLECTING)
    trace = road.trace(packet, 100)
    assert trace.until == minute(300)
    assert trace.last is not None
    assert trace.last.at == minute(30)


def test_scanned_at_a_desk_after_sealing_nobody_of_the_bags_way_had_it(road: Road) -> None:
    """The bag went without it: whoever carried the bag is out of it."""
    packet = missing(road)
    road.scan(50, packet, Role.INSPECTOR)
    trace = road.trace(packet, 100)
    assert trace.last is not None
    assert (trace.last.person, trace.last.at) == (PEOPLE[Role.INSPECTOR], minute(50))
    assert trace.steps == ()


def test_scanned_again_at_the_packing_table_it_is_still_in_the_bag(road: Road) -> None:
    packet = missing(road)
    road.scan(35, packet, Role.COLLECTING)
    trace = road.trace(packet, 100)
    assert trace.last is not None
    assert trace.last.at == minute(35)
    assert len(trace.steps) == 4


def test_moved_to_another_bag_only_that_ones_way_counts() -> None:
    road = Road()
    packet, other = road.packet(1), road.packet(2)
    road.bag(FIRST)
    road.bag(SECOND, NEXT_REGISTRY)
    road.put(30, packet, FIRST)
    road.put(30, other, FIRST)
    road.take_out(31, packet, FIRST)
    road.put(32, packet, SECOND)
    road.accept(60, Role.COURIER, FIRST)
    road.accept(65, Role.COURIER, SECOND, person=SECOND_COURIER)
    trace = road.trace(packet, 100)
    assert [(step.person, step.bag) for step in trace.steps] == [(SECOND_COURIER, SECOND)]


def test_taken_out_and_then_missing_no_bag_had_it() -> None:
    road = Road()
    packet = road.packet(1)
    road.bag(FIRST)
    road.put(30, packet)
    road.take_out(31, packet)
    road.accept(60, Role.COURIER)
    trace = road.trace(packet, 100)
    assert trace.last is not None
    assert (trace.last.at, trace.last.packed, trace.steps) == (minute(31), False, ())


def test_one_that_nobody_ever_saw() -> None:
    trace = Road().trace(PacketNumber(0), 100)
    assert (trace.last, trace.until, trace.steps) == (None, None, ())


def test_what_was_voided_doubted_or_said_to_be_lost_is_no_sight_of_it(road: Road) -> None:
    packet = missing(road)
    before = seen_by(road, packet)
    scan = road.scan(150, packet, Role.COURIER)
    road.void(150.5, packet, scan)
    road.scan(160, packet, Role.HEAD, doubt="not-their-place")
    assert seen_by(road, packet) == before
    road.stories[packet].acted(200, ActKind.LOST, Role.COLLECTING)
    trace = road.trace(packet, 100)
    assert trace.until is None


def test_a_voiding_that_somebody_elses_scan_overruled_leaves_the_scan(road: Road) -> None:
    packet = missing(road)
    scan = road.scan(150, packet, Role.COURIER)
    road.void(150.8, packet, scan)
    road.scan(150.3, packet, Role.OFFICE, device=2)
    assert [who for who, _ in seen_by(road, packet)][-2:] == [COURIER, OFFICE]


def test_a_corrected_scan_was_seen_where_it_was_corrected_to(road: Road) -> None:
    packet = missing(road)
    scan = road.scan(150, packet, Role.COURIER, doubt="not-their-place")
    road.apply(160, packet, scan, place(Role.HEAD))
    last = list(sightings(road.stories[packet].packet.entries))[-1]
    assert (last.place, last.at) == (place(Role.HEAD), minute(150))


def test_sightings_may_be_asked_of_anything_that_can_be_read_once(road: Road) -> None:
    entries = road.stories[missing(road)].packet.entries
    assert list(sightings(iter(entries))) == list(sightings(entries))


def test_custody_goes_from_hand_to_hand_until_it_was_missed() -> None:
    def seen(at: float, person: int, role: Role = Role.OFFICE) -> Sighting:
        return Sighting(f"r{at}", minute(at), person, place(role))

    carried = (seen(5, 3, Role.COURIER), seen(9, 6), seen(10, 6), seen(30, 7))
    held = custody(Trace(seen(1, 2), None, carried), minute(12))
    assert [(each.person, each.since, each.until) for each in held] == [
        (2, minute(1), minute(5)),
        (3, minute(5), minute(9)),
        (6, minute(9), minute(12)),  # accepted, then opened, by the same person
    ]
    assert custody(Trace(None, None, ()), minute(12)) == ()
