"""What did not come out of a bag as it went in: items with an owner, settled by later events.

Nothing is settled by silence: a missing packet is found, or declared lost with reasons, and what
was lost may be found again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.dispatch.bag import Bag
from domain.dispatch.journey import Journey
from domain.dispatch.tracing import Sighting, sightings
from domain.numbers import BagCode, PacketNumber, RegistryCode, place_organisation, place_role
from domain.packet import Packet
from domain.roles import Role


class DiscrepancyKind(StrEnum):
    """How what came differs from what was sent."""

    MISSING = "missing"
    EXTRA = "extra"
    MISROUTED = "misrouted"  # extra, and meant for another organisation
    TWICE = "twice"  # a second packet with the same number
    DAMAGED = "damaged"
    WRONG_SEAL = "wrong-seal"


class SettledAs(StrEnum):
    """How a discrepancy came to an end."""

    OTHER_BAG = "found-in-another-bag"
    NEXT_RUN = "arrived-next-run"
    LOST = "declared-lost"
    FOUND = "found"
    FOUND_AFTER_LOST = "found-after-lost"
    EXPLAINED = "explained"


_SENDERS = frozenset({DiscrepancyKind.MISSING, DiscrepancyKind.TWICE, DiscrepancyKind.WRONG_SEAL})
Condition = {"damaged": DiscrepancyKind.DAMAGED, "twice": DiscrepancyKind.TWICE}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One item. `owner` is the organisation that must settle it; `found_by` noticed it.

    Open while `settled_as` is None. Times are UTC.
    """

    bag: BagCode
    kind: DiscrepancyKind
    packet: PacketNumber | None
    owner: int
    opened_at: datetime
    found_by: int
    settled_as: SettledAs | None = None
    settled_at: datetime | None = None
    settled_by: int | None = None
    text_ref: str | None = None


PacketEvents = Callable[[PacketNumber], Sequence[Packet.Event]]
RegistryOf = Callable[[BagCode], RegistryCode | None]


def discrepancies_of(
    journey: Journey, events_of: PacketEvents, registry_of: RegistryOf
) -> list[Discrepancy]:
    """List a bag's discrepancies, open and settled, from its journey and its packets' events."""
    explained = {(each.kind, each.packet): each for each in journey.settlements}
    found = [
        *_missing(journey, events_of, registry_of),
        *_extra(journey, events_of),
        *_conditions(journey),
        *_seals(journey),
    ]
    return [_explained(item, explained.get((item.kind.value, item.packet))) for item in found]


def _explained(item: Discrepancy, decision: Bag.Settled | None) -> Discrepancy:
    if decision is None or item.settled_as is not None:
        return item
    return _settled(
        item,
        SettledAs(decision.settled_as),
        decision.happened_at,
        decision.person,
        decision.text_ref,
    )


def _settled(
    item: Discrepancy, how: SettledAs, at: datetime, by: int, text_ref: str | None = None
) -> Discrepancy:
    return replace(item, settled_as=how, settled_at=at, settled_by=by, text_ref=text_ref)


def _item(
    journey: Journey,
    kind: DiscrepancyKind,
    packet: PacketNumber | None,
    opened_at: datetime,
    found_by: int,
) -> Discrepancy:
    owner = journey.origin if kind in _SENDERS else journey.to
    return Discrepancy(journey.number, kind, packet, owner, opened_at, found_by)


# --- missing --------------------------------------------------------------------------------------


def _missing(
    journey: Journey, events_of: PacketEvents, registry_of: RegistryOf
) -> Iterator[Discrepancy]:
    if journey.reconciled_at is None or journey.reconciled_by is None:
        return
    for packet in journey.missed:
        since = [
            each for each in sightings(events_of(packet)) if _tells_of_it(each, journey, packet)
        ]
        if any(_on_the_table(each, journey) for each in since):
            continue  # it was scanned on that table, though not out of the bag
        item = _item(
            journey,
            DiscrepancyKind.MISSING,
            packet,
            journey.reconciled_at,
            journey.reconciled_by,
        )
        yield _followed(item, journey, since, registry_of)


def _tells_of_it(seen: Sighting, journey: Journey, packet: PacketNumber) -> bool:
    """Leave out what was seen before the packet was put in, and on its way into the bag."""
    if seen.at <= journey.contents[packet].at:
        return False
    opened = journey.opened_at is None or seen.at >= journey.opened_at
    return opened or _has_arrived(seen, journey)


def _has_arrived(seen: Sighting, journey: Journey) -> bool:
    """Tell whether it was seen at a desk of the bag's destination."""
    if seen.lost or seen.packed or place_role(seen.place) is Role.COURIER:
        return False
    return place_organisation(seen.place) == journey.to


def _on_the_table(seen: Sighting, journey: Journey) -> bool:
    here, end = journey.opened_place, journey.reconciled_at
    if seen.lost or seen.bag is not None or here is None or end is None or seen.at > end:
        return False
    if place_role(seen.place) is Role.COURIER:
        return False
    return place_organisation(seen.place) == place_organisation(here)


def _followed(
    item: Discrepancy, journey: Journey, since: list[Sighting], registry_of: RegistryOf
) -> Discrepancy:
    """Let what happened to the packet settle its item; declared lost, it may still be found."""
    declared = _declared_lost(item, journey)
    lost = False
    for nth, each in enumerate(since):
        at = max(each.at, item.opened_at)
        if each.lost:
            item, lost = _settled(item, SettledAs.LOST, at, each.person), True
            continue
        if lost or (declared is not None and declared <= each.at):
            return _settled(item, SettledAs.FOUND_AFTER_LOST, at, each.person)
        return _found(
            _settled(item, SettledAs.FOUND, at, each.person), since[nth:], journey, registry_of
        )
    return item


def _declared_lost(item: Discrepancy, journey: Journey) -> datetime | None:
    """Tell since when somebody's decision about the item has the packet lost."""
    of_item = (item.kind.value, item.packet, SettledAs.LOST.value)
    for each in journey.settlements:
        if (each.kind, each.packet, each.settled_as) == of_item:
            return each.happened_at
    return None


def _found(
    item: Discrepancy, since: list[Sighting], journey: Journey, registry_of: RegistryOf
) -> Discrepancy:
    """Say in which bag it came, if it did: left behind, it is found there and goes once more."""
    for each in since:
        if each.lost:
            break
        if each.bag not in (None, journey.number) and _has_arrived(each, journey):
            same = registry_of(each.bag) == journey.registry
            how = SettledAs.OTHER_BAG if same else SettledAs.NEXT_RUN
            return _settled(item, how, max(each.at, item.opened_at), each.person)
        if _has_arrived(each, journey):
            break
    return item


# --- the others -----------------------------------------------------------------------------------


def _extra(journey: Journey, events_of: PacketEvents) -> Iterator[Discrepancy]:
    for packet in journey.extra:
        taking = journey.verified[packet]
        kind = DiscrepancyKind.EXTRA
        if _goes_elsewhere(events_of(packet), journey.to):
            kind = DiscrepancyKind.MISROUTED
        yield _item(journey, kind, packet, taking.at, taking.person)


def _goes_elsewhere(events: Sequence[Packet.Event], here: int) -> bool:
    for event in events:
        if isinstance(event, Packet.Registered):
            return here not in (event.decided_by, place_organisation(event.place))
    return False


def _conditions(journey: Journey) -> Iterator[Discrepancy]:
    """Several devices may say the same of one packet: that is one item."""
    known = set()
    for packet, taking in journey.conditions:
        kind = Condition.get(taking.condition or "")
        if kind is None or (packet, kind) in known:
            continue
        known.add((packet, kind))
        yield _item(journey, kind, packet, taking.at, taking.person)


def _seals(journey: Journey) -> Iterator[Discrepancy]:
    for at, person, _ in journey.wrong_seals[:1]:
        yield _item(journey, DiscrepancyKind.WRONG_SEAL, None, at, person)
