"""Who was the last to have seen a packet, and who may have had it since.

For every missing packet: the last *verified* holder, the exact interval in which nobody saw it, and
every person, bag and place in that interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.acts import ActKind
from domain.numbers import BagCode, PlaceCode
from domain.packet import Packet, order_key

_UNSEEN = frozenset({ActKind.LOST.value})


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody had the packet in hand there and then (UTC). `lost`: or said that nobody had."""

    ref: str
    at: datetime
    person: int
    place: PlaceCode
    bag: BagCode | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """The interval (UTC) in which nobody saw the packet; `until` None: nobody has yet.

    `steps` are those to whom it was handed within its bag meanwhile.
    """

    last: Sighting | None
    until: datetime | None
    steps: tuple[Sighting, ...]


def sightings(events: Iterable[Packet.Event]) -> Iterator[Sighting]:
    """List in order who had the packet in hand, and when it was said to be lost."""
    settled = {e.scan: e for e in events if isinstance(e, Packet.ScanSettled)}
    voided = {e.scan for e in events if isinstance(e, Packet.ScanVoided)}
    for event in sorted(events, key=order_key):
        if event.ref not in voided and _seen(event, settled):
            bag = getattr(event, "bag", None)
            lost = event.kind in _UNSEEN
            yield Sighting(event.ref, event.happened_at, event.person, event.place, bag, lost)


def _seen(event: Packet.Event, settled: dict[str, Packet.ScanSettled]) -> bool:
    if isinstance(event, Packet.Scanned):
        decision = settled.get(event.ref)
        return event.doubt is None or (decision is not None and decision.settlement == "apply")
    if isinstance(event, Packet.Carried | Packet.ScanVoided | Packet.ScanSettled):
        return False
    return event.of_paper and not isinstance(event, Packet.PersonalDataErased)


def trace(events: Iterable[Packet.Event], missed_at: datetime) -> Trace:
    """Tell between whom a packet got lost that was missed at an instant (UTC)."""
    entries = list(events)
    seen = [each for each in sightings(entries) if not each.lost]
    before = [each for each in seen if each.at <= missed_at]
    last = before[-1] if before else None
    until = next((each.at for each in seen if each.at > missed_at), None)
    steps = tuple(
        Sighting(e.ref, e.happened_at, e.person, e.place, e.bag)
        for e in sorted(entries, key=order_key)
        if isinstance(e, Packet.Carried)
        and (last is None or e.happened_at >= last.at)
        and (until is None or e.happened_at <= until)
    )
    return Trace(last, until, steps)
