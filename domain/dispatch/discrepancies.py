"""What did not come out of a bag as it went in: items with an owner, settled by later events.

Nothing is settled by silence: a missing packet is found, or declared lost with reasons, and what
was lost may be found again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.dispatch.bag import Bag
from domain.dispatch.journey import Journey
from domain.dispatch.tracing import Sighting, sightings
from domain.numbers import BagCode, PacketNumber, RegistryCode, place_organisation
from domain.packet import Packet


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
    return Discrepancy(
        item.bag,
        item.kind,
        item.packet,
        item.owner,
        item.opened_at,
        item.found_by,
        how,
        at,
        by,
        text_ref,
    )


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
    for packet in journey.missing:
        events = events_of(packet)
        after = [s for s in sightings(events) if s.at >= (journey.opened_at or s.at)]
        if any(not each.lost and each.at <= journey.reconciled_at for each in after):
            continue  # it was scanned on that table, though not out of the bag
        item = _item(
            journey,
            DiscrepancyKind.MISSING,
            packet,
            journey.reconciled_at,
            journey.reconciled_by,
        )
        yield _followed(item, journey, after, registry_of)


def _followed(
    item: Discrepancy, journey: Journey, after: list[Sighting], registry_of: RegistryOf
) -> Discrepancy:
    """Let what happened to the packet afterwards settle its item: the last word counts."""
    lost = False
    for each in after:
        if each.lost:
            item, lost = _settled(item, SettledAs.LOST, each.at, each.person), True
            continue
        how = SettledAs.FOUND_AFTER_LOST if lost else _how_found(each, journey, registry_of)
        return _settled(item, how, each.at, each.person)
    return item


def _how_found(seen: Sighting, journey: Journey, registry_of: RegistryOf) -> SettledAs:
    if seen.bag is None or seen.bag == journey.number:
        return SettledAs.FOUND
    same = registry_of(seen.bag) == journey.registry
    return SettledAs.OTHER_BAG if same else SettledAs.NEXT_RUN


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
    for packet, taking in journey.conditions:
        kind = Condition[taking.condition or ""]
        yield _item(journey, kind, packet, taking.at, taking.person)


def _seals(journey: Journey) -> Iterator[Discrepancy]:
    for at, person, _ in journey.wrong_seals[:1]:
        yield _item(journey, DiscrepancyKind.WRONG_SEAL, None, at, person)
