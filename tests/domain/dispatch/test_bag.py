"""Packing a bag: at a desk, with refusals; what is told twice is recorded once."""

from __future__ import annotations

from typing import Any

import pytest

from domain.dispatch.bag import LONGEST_SEAL, Bag, in_order, is_seal
from domain.dispatch.errors import (
    BagEmptyError,
    BagSealedError,
    NotInBagError,
    SealMissingError,
    UnknownBagError,
)
from domain.numbers import PacketNumber
from domain.roles import Role
from tests.domain.dispatch.road import FIRST, REGISTRY, SECOND, Road, minute
from tests.stories import AUTHORITY


@pytest.fixture
def road() -> Road:
    """An empty bag."""
    road = Road()
    road.bag()
    return road


def contents(road: Road) -> list[PacketNumber]:
    """What the desk takes to be in the bag; the journey must say the same."""
    found = list(road.bags[FIRST].contents)
    assert sorted(found) == sorted(road.journey().contents)
    return found


def test_packets_go_in_and_the_bag_is_sealed(road: Road) -> None:
    first, second = road.packet(1), road.packet(2)
    assert road.put(30, first)
    assert road.put(31, second)
    assert road.seal(40)
    assert contents(road) == [first, second]
    assert road.bags[FIRST].number == FIRST
    assert (road.bags[FIRST].seal, road.journey().seal) == ("S-1", "S-1")


def test_what_lies_in_the_bag_is_not_put_in_again(road: Road) -> None:
    packet = road.packet()
    assert road.put(30, packet)
    assert not road.put(31, packet)
    assert len(road.bags[FIRST].entries) == 2


def test_the_same_ref_twice_is_one_event(road: Road) -> None:
    packet = road.packet()
    for _ in range(2):
        road.put(30, packet, ref="put")
    for _ in range(2):
        road.take_out(31, packet, ref="out")
    assert not road.put(30, packet, ref="put")
    road.put(32, packet)
    assert [road.seal(40, ref="seal") for _ in range(2)] == [True, False]
    assert not road.put(30, packet, ref="put")
    assert [road.accept(60, Role.COURIER, ref="took") for _ in range(2)] == [True, False]
    refs = [entry.ref for entry in road.bags[FIRST].entries]
    assert len(refs) == len(set(refs)) == 6


def test_what_was_taken_out_may_be_put_in_again(road: Road) -> None:
    packet = road.packet()
    road.put(30, packet)
    assert road.take_out(31, packet)
    assert contents(road) == []
    assert road.put(32, packet)
    assert contents(road) == [packet]


def test_a_put_that_comes_late_does_not_undo_the_taking_out(road: Road) -> None:
    """The second desk's put said nothing new at 31; told after the taking out it still does not."""
    packet = road.packet()
    road.put(30, packet)
    assert not road.put(31, packet, ref="again")
    road.take_out(32, packet)
    assert not road.put(31, packet, ref="again")
    assert contents(road) == []


def test_a_put_that_said_nothing_new_says_nothing_new_after_the_sealing(road: Road) -> None:
    packet = road.packet()
    road.put(30, packet)
    assert not road.put(31, packet, ref="again")
    road.seal(40)
    road.accept(60, Role.COURIER)
    assert not road.put(31, packet, ref="again")
    with pytest.raises(BagSealedError):
        road.put(70, packet)


def test_a_taking_out_is_judged_by_what_was_in_the_bag_then(road: Road) -> None:
    packet = road.packet()
    road.put(30, packet)
    with pytest.raises(NotInBagError):
        road.take_out(29, packet)
    assert contents(road) == [packet]


def test_what_is_not_in_the_bag_is_not_taken_out(road: Road) -> None:
    with pytest.raises(NotInBagError):
        road.take_out(30, road.packet())


def test_a_sealed_bag_is_closed_to_everything(road: Road) -> None:
    packet = road.packet()
    road.put(30, packet)
    road.seal(40)
    with pytest.raises(BagSealedError):
        road.put(41, road.packet(2))
    with pytest.raises(BagSealedError):
        road.put(41, packet)  # whoever holds it in hand shall hear that it is not in there
    with pytest.raises(BagSealedError):
        road.take_out(41, packet)
    with pytest.raises(BagSealedError):
        road.seal(41, seal="S-2")


@pytest.mark.parametrize("how", ["taken", "opened", "verified", "reconciled"])
def test_a_bag_that_is_away_takes_nothing_more(road: Road, how: str) -> None:
    packet = road.packet()
    road.put(30, packet)
    ways: dict[str, Any] = {
        "taken": lambda: road.accept(50, Role.COURIER),
        "opened": lambda: road.open(50),
        "verified": lambda: road.verify(50, packet),
        "reconciled": lambda: road.reconcile(50),
    }
    ways[how]()
    assert road.bags[FIRST].left
    with pytest.raises(BagSealedError):
        road.put(51, road.packet(2))
    with pytest.raises(BagSealedError):
        road.seal(51)


def test_another_desk_of_the_packers_does_not_carry_it_away(road: Road) -> None:
    road.put(30, road.packet(1))
    road.accept(35, Role.COLLECTING, serial=2)
    assert not road.bags[FIRST].left
    assert road.put(36, road.packet(2))
    assert road.seal(40)


def test_an_empty_bag_is_not_sealed(road: Road) -> None:
    with pytest.raises(BagEmptyError):
        road.seal(40)
    packet = road.packet()
    road.put(41, packet)
    road.take_out(42, packet)
    with pytest.raises(BagEmptyError):
        road.seal(43)


@pytest.mark.parametrize("seal", ["", " ", "№ 5", "S" * (LONGEST_SEAL + 1), "S\n1"])
def test_a_seal_has_a_number(road: Road, seal: str) -> None:
    road.put(30, road.packet())
    with pytest.raises(SealMissingError):
        road.seal(40, seal=seal)
    assert not is_seal(seal)


@pytest.mark.parametrize("seal", ["1", "КЗ-0012/26", "Ә12", "A.1", "S" * LONGEST_SEAL])
def test_seals_are_numbered_in_both_alphabets(seal: str) -> None:
    assert is_seal(seal)


def test_nothing_happens_to_a_bag_that_was_never_begun(road: Road) -> None:
    road.bags[SECOND] = Bag.blank(Bag.stream(SECOND))
    packet = road.packet()
    for deed in (
        lambda: road.put(30, packet, SECOND),
        lambda: road.take_out(30, packet, SECOND),
        lambda: road.seal(30, SECOND),
        lambda: road.accept(30, Role.COURIER, SECOND),
        lambda: road.reconcile(30, SECOND),
    ):
        with pytest.raises(UnknownBagError):
            deed()
    assert road.bags[SECOND].entries == []


def test_a_bag_is_begun_once(road: Road) -> None:
    stamp = road.stamp(50, Role.COLLECTING)
    road.bags[FIRST].start(stamp, road.recorded(50), REGISTRY, AUTHORITY)
    assert len(road.bags[FIRST].entries) == 1


def test_events_are_ordered_by_happening_then_device_counter_and_id(road: Road) -> None:
    packet = road.packet()
    road.put(30, packet)
    road.accept(60, Role.OFFICE, ref="b", device=2, counter=1)
    road.accept(60, Role.COURIER, ref="c", device=1, counter=9)
    road.accept(60, Role.COURIER, ref="a", device=2, counter=1)
    road.accept(59, Role.COURIER, ref="d", device=7, counter=7)
    ordered = in_order(road.bags[FIRST].entries)
    assert [each.ref for each in ordered[2:]] == ["d", "c", "a", "b"]
    assert ordered[2].happened_at == minute(59)
