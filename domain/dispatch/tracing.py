"""Who was the last to have seen a packet, and who may have had it since.

For every missing packet: the last *verified* holder, the exact interval in which nobody saw it, and
every person, bag and place in that interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from domain.acts import ActKind
from domain.numbers import BagCode, PlaceCode, place_role
from domain.packet import Packet, order_key
from domain.roles import Role
from domain.timeline import arrange

_UNSEEN = frozenset({ActKind.LOST.value})


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody had the packet in hand there and then (UTC). `lost`: or said that nobody had.

    `bag` is the one out of which it came; with `packed`, the one into which it was put.
    """

    ref: str
    at: datetime
    person: int
    place: PlaceCode
    bag: BagCode | None = None
    lost: bool = False
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """The interval (UTC) in which nobody saw the packet; `until` None: nobody has yet.

    `steps` are those to whom it was handed within its bag meanwhile.
    """

    last: Sighting | None
    until: datetime | None
    steps: tuple[Sighting, ...]


def sightings(events: Iterable[Packet.Event]) -> Iterator[Sighting]:
    """List in order who had the packet in hand, and when it was said to be lost.

    Scans that were taken back or are in doubt are left out; corrected ones are as corrected.
    """
    for event in arrange(list(events)).entries:
        if _seen(event):
            yield _sighting(event)


def _seen(event: Packet.Event) -> bool:
    if isinstance(event, Packet.Carried | Packet.PersonalDataErased):
        return False
    return event.of_paper


def _sighting(event: Packet.Event) -> Sighting:
    bag: BagCode | None = getattr(event, "bag", None)
    packed, lost = isinstance(event, Packet.PutIntoBag), event.kind in _UNSEEN
    return Sighting(event.ref, event.happened_at, event.person, event.place, bag, lost, packed)


def trace(events: Iterable[Packet.Event], missed_at: datetime) -> Trace:
    """Tell between whom a packet got lost that was missed at an instant (UTC)."""
    entries = list(events)
    seen = [each for each in sightings(entries) if not each.lost]
    before = [each for each in seen if each.at <= missed_at]
    last = before[-1] if before else None
    until = next((each.at for each in seen if each.at > missed_at), None)
    bag = _bag_after(before)
    steps = tuple(
        Sighting(e.ref, e.happened_at, e.person, e.place, e.bag)
        for e in sorted(entries, key=order_key)
        if isinstance(e, Packet.Carried)
        and e.bag == bag
        and (last is None or e.happened_at >= last.at)
        and (until is None or e.happened_at <= until)
    )
    return Trace(last, until, steps)


def _bag_after(seen: Iterable[Sighting]) -> BagCode | None:
    """Find the bag in which the packet is taken to be after these: the one it was last put into.

    Whoever has it at another desk since has it out of the bag; a courier has the bag as well.
    """
    packed: Sighting | None = None
    for each in seen:
        if each.packed:
            packed = each
        elif packed is not None and _takes_out(each, packed):
            packed = None
    return None if packed is None else packed.bag


def _takes_out(each: Sighting, packed: Sighting) -> bool:
    if each.bag is not None:
        return True
    return each.place != packed.place and place_role(each.place) is not Role.COURIER


@dataclass(frozen=True, slots=True)
class Custody:
    """Who had a packet, seen or within its bag, from one hand-over to the next (UTC)."""

    person: int
    place: PlaceCode
    since: datetime
    until: datetime


def custody(found: Trace, missed_at: datetime) -> tuple[Custody, ...]:
    """Tell in whose hands a packet was from when it was last seen until it was missed (UTC).

    A loss lies between these hand-overs and nowhere else; of a sealed bag nobody looks between.
    """
    seen = [each for each in (found.last, *found.steps) if each and each.at <= missed_at]
    held = [each for before, each in pairwise([None, *seen]) if each and _changes(before, each)]
    ends = [*(each.at for each in held[1:]), missed_at]
    return tuple(
        Custody(each.person, each.place, each.at, until)
        for each, until in zip(held, ends, strict=False)
    )


def _changes(before: Sighting | None, each: Sighting) -> bool:
    """Tell whether it came to somebody else, or elsewhere."""
    return before is None or (before.person, before.place) != (each.person, each.place)
