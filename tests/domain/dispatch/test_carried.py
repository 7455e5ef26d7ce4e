"""Packets that a bag carries: concluded, not seen, as long as nothing else is known of them."""

from __future__ import annotations

import random

import pytest

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from domain.timeline import timeline_of
from tests.domain.dispatch.road import (
    FIRST,
    NEXT_REGISTRY,
    SECOND,
    SECOND_CLERK,
    Road,
    minute,
)
from tests.stories import PEOPLE, REGULATIONS, place

COLLECTING, COURIER, OFFICE, HEAD = (
    place(role) for role in (Role.COLLECTING, Role.COURIER, Role.OFFICE, Role.HEAD)
)


@pytest.fixture
def road() -> Road:
    """A sealed bag with one packet."""
    road = Road()
    road.packed(1)
    return road


def only(road: Road) -> PacketNumber:
    """That packet."""
    [packet] = road.journey().contents
    return packet


def stands(road: Road) -> tuple[int | None, bool, int | None]:
    """Where the packet is, whether somebody has seen it there, and in which bag it is."""
    progress = road.progress(only(road))
    return progress.place, progress.verified, progress.bag


def stages(road: Road) -> list[tuple[str, str, bool]]:
    """Kind and stage of every stay, and whether its beginning was seen."""
    return [(v.kind, v.stage, v.verified) for v in road.timeline(only(road)).visits]


def test_put_in_by_hand_it_was_seen(road: Road) -> None:
    assert stands(road) == (COLLECTING, True, FIRST)


def test_it_goes_with_its_bag_and_nobody_has_seen_it(road: Road) -> None:
    road.accept(60, Role.COURIER, told_by=PEOPLE[Role.COLLECTING])
    assert stands(road) == (COURIER, False, FIRST)
    assert road.progress(only(road)).person == PEOPLE[Role.COURIER]
    road.accept(90, Role.OFFICE)
    assert stands(road) == (OFFICE, False, FIRST)
    assert stages(road)[-2:] == [("stage", "carry", False), ("stage", "incoming", False)]


def test_scanned_out_of_its_bag_it_is_verified_and_in_no_bag(road: Road) -> None:
    road.delivered()
    assert stands(road) == (OFFICE, False, FIRST)
    road.verify(96, only(road))
    assert stands(road) == (OFFICE, True, None)
    assert road.timeline(only(road)).notes == {}


def test_the_stages_begin_when_the_bag_arrives_not_when_it_is_unpacked(road: Road) -> None:
    road.delivered()
    road.verify(96, only(road))
    visits = road.timeline(only(road)).visits
    assert [v.entered_at for v in visits if v.stage in ("carry", "incoming")] == [
        minute(60),
        minute(90),
    ]


def test_scanned_elsewhere_after_sealing_it_is_not_carried_on(road: Road) -> None:
    road.scan(50, only(road), Role.INSPECTOR)
    road.accept(60, Role.COURIER)
    assert stands(road) == (place(Role.INSPECTOR), True, None)


def test_scanned_elsewhere_and_told_of_only_afterwards(road: Road) -> None:
    road.delivered()
    road.scan(50, only(road), Role.INSPECTOR)
    assert stands(road) == (place(Role.INSPECTOR), True, None)


def test_scanned_again_at_the_packing_table_it_stays_in_the_bag(road: Road) -> None:
    road.scan(41, only(road), Role.COLLECTING)
    road.accept(60, Role.COURIER)
    assert stands(road) == (COURIER, False, FIRST)


def test_a_courier_who_scans_it_has_seen_it_and_has_the_bag(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.scan(61, only(road), Role.COURIER)
    assert stands(road) == (COURIER, True, FIRST)
    road.accept(90, Role.OFFICE)
    assert stands(road) == (OFFICE, False, FIRST)


def test_scanned_on_the_desk_where_the_bag_came_it_is_out_of_the_bag(road: Road) -> None:
    """It was concluded to be there; whoever scans it plainly has it in hand, and it stays seen."""
    road.accept(60, Role.COURIER)
    road.accept(90, Role.OFFICE)
    road.scan(92, only(road), Role.OFFICE)
    road.open(95, person=SECOND_CLERK)
    assert stands(road) == (OFFICE, True, None)
    road.accept(120, Role.COURIER)
    assert stands(road) == (OFFICE, True, None)


def test_taken_out_it_stays(road: Road) -> None:
    road = Road()
    road.bag()
    packet, other = road.packet(1), road.packet(2)
    road.put(30, packet)
    road.put(30, other)
    road.take_out(31, packet)
    road.seal(40)
    road.accept(60, Role.COURIER)
    assert road.progress(packet).place == COLLECTING
    assert road.progress(other).place == COURIER


def test_moved_to_another_bag_it_goes_with_that_one() -> None:
    road = Road()
    road.bag(FIRST)
    road.bag(SECOND, NEXT_REGISTRY)
    packet = road.packet(1)
    road.put(30, packet, FIRST)
    road.take_out(31, packet, FIRST)
    road.put(32, packet, SECOND)
    road.accept(60, Role.COURIER, FIRST)
    assert road.progress(packet).place == COLLECTING
    road.accept(70, Role.COURIER, SECOND)
    assert (road.progress(packet).place, road.progress(packet).since) == (COURIER, minute(70))


def test_out_of_another_bag_than_it_was_put_into(road: Road) -> None:
    road.bag(SECOND)
    road.verify(80, only(road), bag=SECOND)
    road.accept(90, Role.OFFICE, person=SECOND_CLERK)
    progress = road.progress(only(road))
    assert (progress.person, progress.bag, progress.verified) == (
        PEOPLE[Role.OFFICE],
        None,
        True,
    )


def test_what_is_lost_is_in_no_bag(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.stories[only(road)].acted(70, ActKind.LOST, Role.COURIER)
    road.accept(90, Role.OFFICE)
    progress = road.progress(only(road))
    assert (progress.lost, progress.bag, progress.place) == (True, None, COURIER)


def test_returned_undelivered_it_is_back_with_its_bag(road: Road) -> None:
    road.accept(60, Role.COURIER)
    road.accept(120, Role.COLLECTING)
    assert stands(road) == (COLLECTING, False, FIRST)


def test_both_sides_tell_and_the_packet_moves_once(road: Road) -> None:
    road.accept(60, Role.COURIER)
    before = stages(road)
    road.accept(60.5, Role.COURIER, told_by=PEOPLE[Role.COLLECTING])
    assert stages(road) == before
    assert stands(road) == (COURIER, False, FIRST)


def test_the_other_side_tells_late_and_the_packet_stays_verified(road: Road) -> None:
    road.delivered()
    road.verify(96, only(road))
    road.accept(97, Role.OFFICE, told_by=PEOPLE[Role.COURIER])
    assert stands(road) == (OFFICE, True, None)


def test_a_packet_that_was_never_registered_is_carried_aside() -> None:
    road = Road()
    road.bag()
    stray = PacketNumber(road.packet(1))
    del road.stories[stray]
    road.put(30, stray)
    road.delivered()
    progress = road.progress(stray)
    assert (progress.status.value, progress.place, progress.verified) == (
        "unregistered",
        OFFICE,
        False,
    )


@pytest.mark.parametrize("seed", range(20))
def test_any_order_gives_the_same_timeline(road: Road, seed: int) -> None:
    packet = only(road)
    road.scan(41, packet, Role.COLLECTING)
    road.accept(60, Role.COURIER)
    road.accept(60.2, Role.COURIER, told_by=PEOPLE[Role.COLLECTING])
    road.scan(61, packet, Role.COURIER)
    road.accept(90, Role.OFFICE)
    road.open(95)
    road.verify(96, packet)
    road.scan(110, packet, Role.HEAD)
    entries = list(road.stories[packet].packet.entries)
    random.Random(seed).shuffle(entries)
    assert timeline_of(entries, REGULATIONS) == road.timeline(packet)
    assert road.progress(packet).place == HEAD
