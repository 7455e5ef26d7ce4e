"""What the packets in one picture are to a bag and its registry: there, missing, or not of it.

Comparing records nothing. What a person may confirm at once is what belongs there; what does not
is confirmed one by one; a number that nobody has registered may be misread and is never offered:
it is scanned by hand [003 service 7 §11, rows 2-4 and 11-13].
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.dispatch.journey import BagState, Journey
from domain.numbers import BagCode, PacketNumber

# The organisations between which a packet goes; None: nobody knows its registration.
WaysOf = Callable[[PacketNumber], Collection[int] | None]


class Purpose(StrEnum):
    """What a picture is taken for."""

    PACK = "pack"  # the bag is open: what may go in is put in
    UNPACK = "unpack"  # it was opened: what came out is verified
    CARRY = "carry"  # somebody on the way looks: what is there is scanned
    LOOK = "look"  # it is only compared


class Pictured(StrEnum):
    """What a packet in the picture is to the bag."""

    THERE = "there"  # of the bag's list
    CHECKED = "checked"  # scanned out of the bag before
    FITTING = "fitting"  # it can be put into the bag
    OTHER_BAG = "other-bag"  # of another bag of the same registry
    EXTRA = "extra"  # of no bag of the registry
    MISROUTED = "misrouted"  # and it goes elsewhere
    UNKNOWN = "unknown"  # nobody has registered this number


_AT_ONCE = {
    Purpose.PACK: Pictured.FITTING,
    Purpose.UNPACK: Pictured.THERE,
    Purpose.CARRY: Pictured.THERE,
}
_NOT_OF_IT = frozenset({Pictured.OTHER_BAG, Pictured.EXTRA, Pictured.MISROUTED})
# A bag that is packed takes no packet that does not belong: there is nothing to confirm.
_ONE_BY_ONE = {Purpose.UNPACK: _NOT_OF_IT, Purpose.CARRY: _NOT_OF_IT}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A packet in the picture; `bag` is the other bag of the registry in which it belongs."""

    number: PacketNumber
    what: Pictured
    bag: BagCode | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A picture beside a bag's list. `missing`: of the list, and still to be seen."""

    bag: BagCode
    purpose: Purpose
    seen: tuple[Sighting, ...]
    missing: tuple[PacketNumber, ...]

    @property
    def at_once(self) -> tuple[PacketNumber, ...]:
        """The packets that may be confirmed together, in the order of the picture."""
        wanted = _AT_ONCE.get(self.purpose)
        return tuple(each.number for each in self.seen if each.what is wanted)

    @property
    def one_by_one(self) -> tuple[PacketNumber, ...]:
        """The packets of which each is confirmed alone."""
        wanted = _ONE_BY_ONE.get(self.purpose, frozenset())
        return tuple(each.number for each in self.seen if each.what in wanted)

    @property
    def confirmable(self) -> frozenset[PacketNumber]:
        """All packets that may be recorded from a picture."""
        return frozenset(self.at_once) | frozenset(self.one_by_one)


def usual_purpose(bag: Journey) -> Purpose:
    """Return what a picture of packets is usually taken for, by how far their bag has come."""
    if bag.state is BagState.OPEN:
        return Purpose.PACK
    return Purpose.UNPACK if bag.opened_at is not None else Purpose.LOOK


def compare(
    purpose: Purpose,
    bag: Journey,
    registry: Iterable[Journey],
    pictured: Iterable[PacketNumber],
    ways_of: WaysOf,
) -> Comparison:
    """Compare the packets in a picture with a bag, and with the other bags of its registry."""
    others = {number: each.number for each in registry for number in each.contents}
    found = dict.fromkeys(pictured)
    seen = tuple(_sighting(purpose, bag, others, number, ways_of) for number in found)
    wanted = bag.missing if purpose is Purpose.UNPACK else bag.contents
    missing = tuple(number for number in wanted if number not in found)
    return Comparison(bag.number, purpose, seen, missing)


def _sighting(
    purpose: Purpose,
    bag: Journey,
    others: dict[PacketNumber, BagCode],
    number: PacketNumber,
    ways_of: WaysOf,
) -> Sighting:
    if purpose is Purpose.UNPACK and number in bag.verified:
        return Sighting(number, Pictured.CHECKED)
    if number in bag.contents:
        return Sighting(number, Pictured.THERE)
    if number in others:
        return Sighting(number, Pictured.OTHER_BAG, others[number])
    ways = ways_of(number)
    if ways is None:
        return Sighting(number, Pictured.UNKNOWN)
    if bag.to not in ways:
        return Sighting(number, Pictured.MISROUTED)
    return Sighting(number, Pictured.FITTING if purpose is Purpose.PACK else Pictured.EXTRA)
