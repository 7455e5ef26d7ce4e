"""What did not come out as it went in: an owner, an age, and an end told by later events."""

from __future__ import annotations

from itertools import permutations

import pytest

from domain.acts import ActKind
from domain.dispatch.discrepancies import DiscrepancyKind, SettledAs
from domain.numbers import PacketNumber
from domain.roles import Role
from tests.domain.dispatch.road import (
    FIRST,
    NEXT_REGISTRY,
    REGISTRY,
    SECOND,
    SECOND_CLERK,
    Road,
    minute,
)
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

OFFICE = PEOPLE[Role.OFFICE]
MISSING = DiscrepancyKind.MISSING


@pytest.fixture
def road() -> Road:
    """A bag with three packets has come to the office and is opened (minute 95)."""
    road = Road()
    road.packed(3)
    road.delivered()
    return road


def without_the_last(road: Road) -> PacketNumber:
    """All but one packet come out of the bag (96), and it is reconciled (100)."""
    *came, last = road.journey().contents
    road.verify(96, *came)
    road.reconcile(100)
    return last


def lose(road: Road, at: float, packet: PacketNumber) -> None:
    """The head declares the packet lost."""
    road.stories[packet].acted(at, ActKind.LOST, Role.COLLECTING)


def next_bag(
    road: Road, packet: PacketNumber, put_at: float, registry: int = NEXT_REGISTRY
) -> None:
    """The packet goes with the next bag, which is delivered and opened an hour later."""
    road.bag(SECOND, NEXT_REGISTRY)
    road.put(put_at, packet, SECOND)
    road.seal(put_at + 1, SECOND, "S-2")
    road.accept(put_at + 10, Role.COURIER, SECOND)
    road.accept(put_at + 40, Role.OFFICE, SECOND)
    road.open(put_at + 41, SECOND)


def test_nothing_is_missing_before_somebody_says_that_all_was_scanned(road: Road) -> None:
    assert road.items() == []


def test_everything_came(road: Road) -> None:
    road.verify(96, *road.journey().contents)
    road.reconcile(100)
    assert road.items() == []


def test_one_is_missing_and_the_sender_must_say_where_it_is(road: Road) -> None:
    packet = without_the_last(road)
    [item] = road.items()
    assert (item.bag, item.kind, item.packet) == (FIRST, MISSING, packet)
    assert (item.owner, item.opened_at, item.found_by) == (CENTRE, minute(100), OFFICE)
    assert (item.settled_as, item.settled_at, item.settled_by) == (None, None, None)


def test_found_at_the_bottom_of_the_same_bag(road: Road) -> None:
    """It was missing, and that it was stays written."""
    packet = without_the_last(road)
    road.verify(110, packet)
    [item] = road.items()
    assert (item.packet, item.settled_as, item.settled_at) == (packet, "found", minute(110))


def test_scanned_on_that_table_though_not_out_of_the_bag(road: Road) -> None:
    last = list(road.journey().contents)[-1]
    road.scan(97, last, Role.OFFICE)
    without_the_last(road)
    assert road.items() == []


def test_left_behind_it_is_scanned_where_it_was_packed_while_the_office_counts(road: Road) -> None:
    last = list(road.journey().contents)[-1]
    road.scan(97, last, Role.COLLECTING, serial=2)
    without_the_last(road)
    [item] = road.items()
    assert (item.packet, item.settled_as) == (last, "found")
    assert item.settled_at == item.opened_at == minute(100)


def test_found_later_wherever_it_is(road: Road) -> None:
    packet = without_the_last(road)
    road.scan(300, packet, Role.COURIER)
    [item] = road.items()
    assert (item.settled_as, item.settled_at) == ("found", minute(300))
    assert item.settled_by == PEOPLE[Role.COURIER]


@pytest.mark.parametrize("verified_at", [93, 98, 130])
def test_found_in_another_bag_of_the_same_registry(road: Road, verified_at: float) -> None:
    """Before the first bag is opened, while it is counted, or afterwards: it is the same."""
    road.bag(SECOND, REGISTRY)
    road.put(35, road.packet(7), SECOND)
    road.seal(41, SECOND, "S-2")
    road.accept(60, Role.COURIER, SECOND)
    road.accept(90, Role.OFFICE, SECOND)
    road.open(91, SECOND)
    packet = list(road.journey().contents)[-1]
    road.verify(verified_at, packet, bag=SECOND)
    assert without_the_last(road) == packet
    [item] = road.items()
    assert (item.packet, item.settled_as) == (packet, "found-in-another-bag")
    assert item.settled_at == minute(max(verified_at, 100))
    assert [told[:2] for told in road.told_items(SECOND)] == [("extra", packet)]


def test_arrived_with_the_next_run(road: Road) -> None:
    packet = without_the_last(road)
    next_bag(road, packet, 200)
    assert road.told_items() == [("missing", packet, "found")]  # it was in hand when it was packed
    road.verify(250, packet, bag=SECOND)
    [item] = road.items()
    assert (item.settled_as, item.settled_at, item.settled_by) == (
        "arrived-next-run",
        minute(250),
        OFFICE,
    )


def test_left_behind_seen_there_and_arrived_with_the_next_run(road: Road) -> None:
    packet = without_the_last(road)
    road.scan(190, packet, Role.COLLECTING)
    next_bag(road, packet, 200)
    road.verify(250, packet, bag=SECOND)
    assert road.told_items() == [("missing", packet, "arrived-next-run")]


def test_declared_lost_and_found_after_that(road: Road) -> None:
    packet = without_the_last(road)
    lose(road, 200, packet)
    [item] = road.items()
    assert (item.settled_as, item.settled_at) == ("declared-lost", minute(200))
    road.scan(300, packet, Role.OFFICE)
    [item] = road.items()
    assert (item.settled_as, item.settled_at) == ("found-after-lost", minute(300))


def test_declared_lost_at_the_list_and_found_after_that(road: Road) -> None:
    packet = without_the_last(road)
    road.settle(200, MISSING, packet, SettledAs.LOST)
    [item] = road.items()
    assert (item.settled_as, item.text_ref) == ("declared-lost", "why")
    road.verify(300, packet)
    assert road.told_items() == [("missing", packet, "found-after-lost")]


def test_found_and_lost_again_somewhere_else_is_another_story(road: Road) -> None:
    packet = without_the_last(road)
    road.scan(200, packet, Role.OFFICE)
    lose(road, 300, packet)
    assert road.told_items() == [("missing", packet, "found")]


def test_explained_in_writing(road: Road) -> None:
    packet = without_the_last(road)
    road.settle(200, MISSING, packet, SettledAs.EXPLAINED)
    [item] = road.items()
    assert (item.settled_as, item.settled_at) == ("explained", minute(200))
    assert (item.settled_by, item.text_ref) == (PEOPLE[Role.COLLECTING], "why")


def test_one_too_many(road: Road) -> None:
    stray = road.packet(9)
    road.verify(96, *road.journey().contents, stray)
    [item] = road.items()
    assert (item.kind, item.packet, item.owner) == ("extra", stray, AUTHORITY)
    road.settle(200, DiscrepancyKind.EXTRA, stray, SettledAs.EXPLAINED)
    assert road.told_items() == [("extra", stray, "explained")]


def test_one_that_is_meant_for_another_authority() -> None:
    road = Road()
    road.bag(to=OTHER_AUTHORITY)
    road.put(30, road.packet(1))
    road.seal(40)
    stray = road.packet(2)  # the authority decides about it, not this one
    road.verify(96, stray, organisation=OTHER_AUTHORITY, person=44)
    assert road.told_items() == [("misrouted", stray, None)]


def test_a_second_packet_with_the_same_number(road: Road) -> None:
    packets = list(road.journey().contents)
    road.verify(96, *packets)
    road.verify(97, packets[0], condition="twice")
    road.reconcile(100)
    [item] = road.items()
    assert (item.kind, item.packet, item.owner) == ("twice", packets[0], CENTRE)


def test_damaged_and_two_devices_say_so(road: Road) -> None:
    packets = list(road.journey().contents)
    road.verify(97, packets[0], condition="damaged", device=2, person=SECOND_CLERK)
    road.verify(96, *packets)
    road.verify(98, packets[0], condition="damaged")
    road.reconcile(100)
    [item] = road.items()
    assert (item.kind, item.packet, item.opened_at) == ("damaged", packets[0], minute(97))
    assert (item.owner, item.found_by) == (AUTHORITY, SECOND_CLERK)
    assert not road.journey().complete


def test_a_wrong_seal_is_one_item_however_often_it_is_seen(road: Road) -> None:
    road.break_seal(61, Role.COURIER)
    road.break_seal(91, Role.OFFICE, seal="S-9")
    [item] = road.items()
    assert (item.kind, item.packet, item.owner) == ("wrong-seal", None, CENTRE)
    assert (item.opened_at, item.found_by) == (minute(61), PEOPLE[Role.COURIER])


def test_items_are_the_same_whatever_came_first() -> None:
    def steps(road: Road, packets: list[PacketNumber]) -> list[tuple[str, object]]:
        return [
            ("open", lambda: road.open(95, ref="o")),
            ("verify", lambda: road.verify(96, *packets[:1], ref="v")),
            ("reconcile", lambda: road.reconcile(100, ref="c", counter=700)),
            ("scan", lambda: road.scan(150, packets[1], Role.OFFICE, ref="s")),
            ("late", lambda: road.verify(120, packets[2], ref="l")),
        ]

    told = set()
    for order in permutations(range(5)):
        road = Road()
        packets = road.packed(3)
        road.accept(90, Role.OFFICE)
        ready = steps(road, packets)
        for index in order:
            ready[index][1]()  # type: ignore[operator]
        told.add(tuple(road.items()))
    assert len(told) == 1
    [items] = told
    assert [item.settled_as for item in items] == ["found", "found"]


def test_what_was_only_doubted_settles_nothing(road: Road) -> None:
    packet = without_the_last(road)
    road.scan(150, packet, Role.OFFICE, doubt="not-their-place")
    assert road.told_items() == [("missing", packet, None)]


def test_what_was_corrected_counts_as_corrected(road: Road) -> None:
    packet = without_the_last(road)
    scan = road.scan(150, packet, Role.COURIER, doubt="not-their-place")
    road.apply(160, packet, scan, place(Role.HEAD))
    [item] = road.items()
    assert (item.settled_as, item.settled_at) == ("found", minute(150))
