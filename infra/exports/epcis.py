"""The log as EPCIS 2.0 in JSON-LD: what, when, where and why of packets, bags and registries.

The tables say which business step of the CBV each kind of event is. What was taken back or settled
is declared in error: the event comes again, with its id, and names what stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from domain.directory import Directory
from domain.dispatch.bag import Bag
from domain.dispatch.registry import Registry
from domain.errors import UnknownOrganisationError
from domain.numbers import PlaceCode, place_digit, place_organisation
from domain.packet import Packet
from domain.roles import PLACE_DIGITS, Role
from domain.runs import Run
from domain.streams import number_of
from domain.timeline import in_doubt
from domain.zones import zone
from infra.exports.about import About
from infra.exports.names import event_urn, iso, urn
from infra.exports.pieces import gathered
from infra.exports.source import BAG, PACKET, REGISTRY, RUN, Source
from infra.exports.stories import Gist
from infra.exports.wanted import COUNTRY_ZONE

FAMILIES = (PACKET, BAG, REGISTRY, RUN)
CONTEXT = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"qolhat": "urn:qolhat:vocabulary:"},
)
_COURIERS = PLACE_DIGITS[Role.COURIER]
_json = msgspec.json.Encoder().encode
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Why:
    """The business step and what the object is after it, in the words of the CBV."""

    step: str
    disposition: str | None = None
    action: str = "OBSERVE"


# What an event of a packet is. `None`: nothing happened to the paper.
OF_PACKET: dict[str, Why | None] = {
    "pkt.reg": Why("commissioning", "active", "ADD"),
    "pkt.scan": Why("accepting", "in_progress"),
    "pkt.put": Why("packing", "in_progress", "ADD"),
    "pkt.out": Why("unpacking", "in_progress", "DELETE"),
    "pkt.car": Why("arriving", "completeness_inferred"),
    "pkt.void": None,
    "pkt.set": None,
    "pkt.in": Why("receiving", "in_progress"),
    "pkt.res": Why("other", "in_progress"),
    "pkt.rgt": Why("inspecting", "in_progress"),
    "pkt.drf": Why("other", "in_progress"),
    "pkt.ret": Why("other", "returned"),
    "pkt.sgn": Why("other", "in_progress"),
    "pkt.bck": Why("shipping", "in_progress"),
    "pkt.iss": Why("dispensing", "dispensed"),
    "pkt.hnd": Why("shipping", "returned"),
    "pkt.wdr": Why("removing", "inactive"),
    "pkt.los": Why("other", "unknown"),
    "pkt.fnd": Why("accepting", "in_progress"),
    "pkt.lbl": Why("encoding", "in_progress"),
    "pkt.pau": None,
    "pkt.rsm": None,
    "pkt.era": None,
    "pkt.cmp": None,
    "pkt.cma": None,
    "pkt.doc": None,
}
# A scan or a conclusion at a courier's, a scan out of a bag, a scan that waits to be settled.
CARRIED = Why("accepting", "in_transit")
CONCLUDED_ON_THE_WAY = Why("transporting", "in_transit")
UNPACKED = Why("unpacking", "completeness_verified", "DELETE")
DOUBTED = Why("other", "unknown")

# What an event of a bag is. What concerns a packet in it stands in the packet's stream.
OF_BAG: dict[str, Why | None] = {
    "bag.new": Why("commissioning", "container_open", "ADD"),
    "bag.put": None,
    "bag.out": None,
    "bag.cls": Why("packing", "container_closed"),
    "bag.off": Why("staging_outbound", "container_closed"),
    "bag.tak": Why("receiving", "container_closed"),
    "bag.brk": Why("inspecting", "damaged"),
    "bag.opn": Why("unpacking", "container_open"),
    "bag.ver": None,
    "bag.rec": Why("inspecting"),
    "bag.stl": None,
}
# A registry is the despatch advice of its bags; a run is told without naming what it carries.
OF_REGISTRY: dict[str, Why | None] = {
    "rgy.new": None,
    "rgy.bag": Why("packing", action="ADD"),
    "rgy.cls": Why("staging_outbound"),
}
OF_RUN: dict[str, Why | None] = {"run.dep": Why("departing"), "run.arr": Why("arriving")}


def write_epcis(source: Source, about: About, directory: Directory) -> Iterator[bytes]:
    """Yield the document in pieces."""
    return gathered(_Writer(source, directory).document(about))


class _Writer:
    """Writes one event after the other."""

    def __init__(self, source: Source, directory: Directory) -> None:
        self._source = source
        self._directory = directory
        self._zone_of = cache(self._look_up_zone)
        self._of: dict[str, Callable[[Any, Gist], Iterator[Fields]]] = {
            PACKET: self._packet,
            BAG: self._bag,
            REGISTRY: self._registry,
            RUN: self._run,
        }

    def document(self, about: About) -> Iterator[str]:
        facts = {f"qolhat:{key}": value for key, value in about.facts().items()}
        head: Fields = {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": about.exported_at,
        }
        opened = _json(head | facts).decode().removesuffix("}")
        yield opened + ',\n"epcisBody":{"eventList":['
        between = "\n"
        for _, event, gist in self._source.events(FAMILIES):
            for told in self._of[event.TOPIC[:3]](event, gist):
                yield between + _json(told).decode()
                between = ",\n"
        yield "]}}\n"

    # --- packets ---------------------------------------------------------------------------------

    def _packet(self, event: Any, gist: Gist) -> Iterator[Fields]:
        scan = gist.corrected.get(event.ref)
        if scan is not None:
            yield from self._corrected(scan, event, gist)
            return
        why = _why_of_packet(event)
        if why is not None:
            yield self._told(event, event, why, gist)

    def _told(self, event: Any, named: Any, why: Why, gist: Gist) -> Fields:
        """Tell of a packet's event, under the name of an event."""
        number = number_of(event.originator_id)
        common = self._common(event, named, why, gist)
        bag = getattr(event, "bag", None)
        if bag is None or event.TOPIC == Packet.Carried.TOPIC:
            return {"type": "ObjectEvent", "epcList": [urn("packet", number)]} | common
        parent = {"parentID": urn("bag", bag), "childEPCs": [urn("packet", number)]}
        return {"type": "AggregationEvent"} | parent | common

    def _corrected(self, scan: Packet.Scanned, by: Any, gist: Gist) -> Iterator[Fields]:
        """Declare a scan in error; where it was settled, tell what stands in its place."""
        applied = isinstance(by, Packet.ScanSettled) and by.settlement == "apply"
        error: Fields = {
            "declarationTime": iso(by.timestamp),
            "reason": "incorrect_data" if applied else "did_not_occur",
            "qolhat:person": by.person,
        }
        reason = getattr(by, "reason", None)
        if reason is not None:
            error["qolhat:reason"] = reason
        if applied:
            error["correctiveEventIDs"] = [event_urn(by)]
        first = _why_of_packet(scan) or DOUBTED
        declared = self._told(scan, scan, first, gist)
        yield declared | {"recordTime": iso(by.timestamp), "errorDeclaration": error}
        if applied:
            put_right = _put_right(scan, by)
            told = self._told(put_right, by, _why_of_packet(put_right) or DOUBTED, gist)
            yield told | {"recordTime": iso(by.timestamp)}

    # --- what carries them -----------------------------------------------------------------------

    def _bag(self, event: Any, gist: Gist) -> Iterator[Fields]:
        why = OF_BAG[event.TOPIC]
        if why is None:
            return
        if isinstance(event, Bag.Accepted) and _at_courier(event.place):
            why = Why("accepting", "in_transit")
        told = {"type": "ObjectEvent", "epcList": [urn("bag", number_of(event.originator_id))]}
        told |= self._common(event, event, why, gist)
        if isinstance(event, Bag.Accepted):
            told |= _hands(event)
        yield told

    def _registry(self, event: Any, gist: Gist) -> Iterator[Fields]:
        why = OF_REGISTRY[event.TOPIC]
        if why is not None:
            bags = [event.bag] if isinstance(event, Registry.BagAdded) else gist.contents
            registry = urn("registry", number_of(event.originator_id))
            yield {
                "type": "TransactionEvent",
                "bizTransactionList": [{"type": "desadv", "bizTransaction": registry}],
                "epcList": [urn("bag", bag) for bag in bags],
            } | self._common(event, event, why, gist)

    def _run(self, event: Run.Event, gist: Gist) -> Iterator[Fields]:
        why = OF_RUN[vars(type(event))["TOPIC"]]
        if why is not None:
            run = {"type": urn("vocabulary", "run"), "bizTransaction": urn("run", event.run)}
            yield {
                "type": "ObjectEvent",
                "epcList": [],
                "bizTransactionList": [run],
            } | self._common(event, event, why, gist)

    # --- when, where, why ------------------------------------------------------------------------

    def _common(self, event: Any, named: Any, why: Why, gist: Gist) -> Fields:
        """Tell when, where and why something happened; the id is that of `named`."""
        told: Fields = {
            "eventID": event_urn(named),
            "eventTime": iso(event.happened_at),
            "eventTimeZoneOffset": self._offset(event.place, event.happened_at),
            "recordTime": iso(event.timestamp),
            "action": why.action,
            "bizStep": why.step,
        }
        if why.disposition is not None:
            told["disposition"] = why.disposition
        if event.place:
            told["readPoint"] = {"id": urn("place", event.place)}
            told["bizLocation"] = {"id": urn("organisation", place_organisation(event.place))}
        told["qolhat:topic"] = named.TOPIC
        told["qolhat:person"] = named.person
        deviations = gist.notes.get(event.ref)
        return told | ({"qolhat:deviations": list(deviations)} if deviations else {})

    def _offset(self, place: PlaceCode, at: datetime) -> str:
        """Return by how much local time is ahead there and then: `+05:00`."""
        name = self._zone_of(place_organisation(place)) if place else COUNTRY_ZONE
        return at.astimezone(zone(name)).isoformat()[-len("+05:00") :]

    def _look_up_zone(self, organisation: int) -> str:
        try:
            return self._directory.organisation(organisation).zone
        except UnknownOrganisationError:
            return COUNTRY_ZONE


def _why_of_packet(event: Any) -> Why | None:
    """Say why, also by where the packet was and out of what it came."""
    if in_doubt(event):
        return DOUBTED
    if isinstance(event, Packet.Scanned) and event.bag is not None:
        return UNPACKED
    if isinstance(event, Packet.Scanned) and _at_courier(event.place):
        return CARRIED
    if isinstance(event, Packet.Carried) and _at_courier(event.place):
        return CONCLUDED_ON_THE_WAY
    return OF_PACKET[event.TOPIC]


def _at_courier(place: PlaceCode) -> bool:
    return bool(place) and place_digit(place) == _COURIERS


def _put_right(scan: Packet.Scanned, by: Packet.ScanSettled) -> Packet.Scanned:
    """Return the scan as somebody decided that it was meant."""
    right = {
        "place": by.to_place or scan.place,
        "happened_at": by.scanned_at or scan.happened_at,
        "doubt": None,
    }
    return Packet.Scanned(**(vars(scan) | right))


def _hands(event: Bag.Accepted) -> Fields:
    """Say from whom to whom a bag went: people are numbers here."""
    told: Fields = {}
    for key, side, person in (
        ("sourceList", "source", event.giver),
        ("destinationList", "destination", event.receiver),
    ):
        if person is not None:
            told[key] = [{"type": "possessing_party", side: urn("person", person)}]
    return told
