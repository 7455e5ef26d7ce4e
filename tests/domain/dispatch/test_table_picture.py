"""Packets are photographed on a table: the picture is compared, a person confirms."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from domain.dispatch.journey import Journey
from domain.dispatch.table_picture import Comparison, Pictured, Purpose, compare, usual_purpose
from domain.numbers import PacketNumber, packet_number
from domain.roles import Role
from tests.domain.dispatch.road import SECOND, Road
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY

OURS, OTHERS, NOBODYS = (packet_number(CENTRE, serial) for serial in (901, 902, 903))
WAYS: dict[PacketNumber, tuple[int, ...]] = {
    OURS: (CENTRE, AUTHORITY),
    OTHERS: (CENTRE, OTHER_AUTHORITY),
}


def ways_of(number: PacketNumber) -> Collection[int] | None:
    return WAYS.get(number)


def bag(count: int = 3, *, opened: bool = False) -> Road:
    """A bag with so many packets, packed or already opened at the authority."""
    road = Road()
    road.packed(count)
    if opened:
        road.accept(60, Role.COURIER)
        road.accept(90, Role.OFFICE)
        road.open(95)
    return road


def pictured(
    purpose: Purpose, journey: Journey, *numbers: PacketNumber, registry: tuple[Journey, ...] = ()
) -> Comparison:
    return compare(purpose, journey, (journey, *registry), numbers, ways_of)


def kinds(comparison: Comparison) -> list[Pictured]:
    return [each.what for each in comparison.seen]


def test_what_came_out_of_the_bag_is_verified_at_once_and_what_is_missing_is_listed() -> None:
    road = bag(opened=True)
    first, second, third = road.journey().contents
    found = pictured(Purpose.UNPACK, road.journey(), second, first)
    assert kinds(found) == [Pictured.THERE] * 2
    assert found.at_once == (second, first)
    assert found.missing == (third,)
    road.verify(96, first)
    again = pictured(Purpose.UNPACK, road.journey(), second, first)
    assert kinds(again) == [Pictured.THERE, Pictured.CHECKED]
    assert again.at_once == (second,)
    assert pictured(Purpose.UNPACK, road.journey()).missing == (second, third)


def test_what_does_not_belong_is_confirmed_one_by_one() -> None:
    road = bag(opened=True)
    found = pictured(Purpose.UNPACK, road.journey(), OURS, OTHERS)
    assert kinds(found) == [Pictured.EXTRA, Pictured.MISROUTED]
    assert found.at_once == ()
    assert found.one_by_one == (OURS, OTHERS)
    road.verify(96, OURS)
    assert kinds(pictured(Purpose.UNPACK, road.journey(), OURS)) == [Pictured.CHECKED]


def test_a_number_that_nobody_registered_is_never_offered() -> None:
    """It may be misread: whoever holds the packet scans it."""
    for purpose, road in ((Purpose.PACK, bag()), (Purpose.UNPACK, bag(opened=True))):
        found = pictured(purpose, road.journey(), NOBODYS)
        assert kinds(found) == [Pictured.UNKNOWN]
        assert not found.confirmable


def test_at_packing_what_goes_the_same_way_may_be_put_in() -> None:
    road = bag()
    known = next(iter(road.journey().contents))
    found = pictured(Purpose.PACK, road.journey(), known, OURS, OTHERS)
    assert kinds(found) == [Pictured.THERE, Pictured.FITTING, Pictured.MISROUTED]
    assert found.confirmable == {OURS}
    assert len(found.missing) == 2


def test_of_a_packet_of_another_bag_the_registry_tells_which() -> None:
    road, other = bag(opened=True), Road()
    other.packed(5, SECOND)
    strange = list(other.journey(SECOND).contents)[4]
    assert strange not in road.journey().contents
    found = pictured(Purpose.UNPACK, road.journey(), strange, registry=(other.journey(SECOND),))
    assert [(each.what, each.bag) for each in found.seen] == [(Pictured.OTHER_BAG, SECOND)]
    assert found.one_by_one == (strange,)


def test_who_only_looks_records_nothing() -> None:
    road = bag()
    found = pictured(Purpose.LOOK, road.journey(), *road.journey().contents, OURS)
    assert kinds(found) == [Pictured.THERE] * 3 + [Pictured.EXTRA]
    assert not found.confirmable
    assert found.missing == ()


def test_what_a_picture_is_for_follows_the_bag() -> None:
    road = Road()
    road.bag()
    assert usual_purpose(road.journey()) is Purpose.PACK
    assert usual_purpose(bag().journey()) is Purpose.LOOK
    assert usual_purpose(bag(opened=True).journey()) is Purpose.UNPACK


@given(
    st.sampled_from(Purpose),
    st.lists(st.integers(0, 4), max_size=8),
    st.sets(st.integers(0, 2), max_size=3),
)
def test_every_packet_of_the_list_is_either_seen_or_missing(
    purpose: Purpose, shown: list[int], scanned: set[int]
) -> None:
    """And each is told once, however often it lies in the picture."""
    road = bag(opened=purpose is Purpose.UNPACK)
    listed = list(road.journey().contents)
    for nth in scanned if purpose is Purpose.UNPACK else ():
        road.verify(96 + nth, listed[nth])
    numbers = [[*listed, OURS, NOBODYS][nth] for nth in shown]
    found = pictured(purpose, road.journey(), *numbers)
    seen = [each.number for each in found.seen]
    assert seen == list(dict.fromkeys(numbers))
    assert not set(seen) & set(found.missing)
    done = road.journey().verified if purpose is Purpose.UNPACK else {}
    assert set(listed) <= {*seen, *found.missing, *done}
    assert found.confirmable <= set(seen) - {NOBODYS}
