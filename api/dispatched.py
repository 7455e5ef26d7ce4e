"""Registries and bags as they are now, read fresh from the log, and whose business they are.

Asked by the HTTP API and the command line. A bag is the business of who packed it and to whom it
goes, of everybody who has had it, and of the courier who holds it [003 service 7 §11].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from api.http import fields
from domain.dispatch.discrepancies import (
    Discrepancy,
    DiscrepancyKind,
    SettledAs,
    discrepancies_of,
)
from domain.dispatch.errors import UnknownBagError, UnknownRegistryError
from domain.dispatch.journey import Journey
from domain.dispatch.registry import Registry
from domain.dispatch.tracing import Trace, trace
from domain.errors import UnknownPersonError
from domain.numbers import (
    BadCodeError,
    BadgeCode,
    BagCode,
    CodeKind,
    PacketNumber,
    RegistryCode,
    grouped,
    place_organisation,
)
from domain.packet import Packet
from infra.bootstrap import Qolhat
from infra.requests import AcceptRequest, Status
from projections.discrepancies import DiscrepancyRow

_DIGITS_OF_A_PROOF = 12


def read_code(given: str, kind: CodeKind) -> int:
    """Read a code of one kind. Raises BadCodeError, OtherKindError."""
    return fields.read_code(given, kind).value


def read_bag(given: str) -> BagCode:
    """Read the number of a bag's tag. Raises BadCodeError, OtherKindError."""
    return BagCode(read_code(given, CodeKind.BAG))


def read_registry(given: str) -> RegistryCode:
    """Read the number of a registry. Raises BadCodeError, OtherKindError."""
    return RegistryCode(read_code(given, CodeKind.REGISTRY))


def packet_or_none(given: str) -> PacketNumber | None:
    """Read a packet's number; None for anything else."""
    try:
        return fields.read_packet(given)
    except (BadCodeError, fields.OtherKindError):
        return None


def badge_holder(qolhat: Qolhat, given: str, at: datetime) -> int:
    """Return whose badge was read at an instant (UTC).

    Raises BadCodeError, OtherKindError, UnknownPersonError.
    """
    badge = BadgeCode(read_code(given, CodeKind.BADGE))
    member = qolhat.staff.refresh().by_badge(badge, at)
    if member is None:
        raise UnknownPersonError(person=grouped(badge))
    return member.person


def proof_code(digits: str) -> str:
    """Write a proof's code as it is printed: twelve digits in groups of four."""
    shown = digits[:_DIGITS_OF_A_PROOF]
    return "-".join(shown[i : i + 4] for i in range(0, len(shown), 4))


def proof_of(request: AcceptRequest) -> str:
    """Return the code of a hand-over that is told by no device's log: made of what it says."""
    source = request.source
    said = (
        source.ref,
        request.bag,
        request.receiver,
        request.giver,
        source.place,
        source.happened_at.isoformat(),
        request.seal,
    )
    return sha256("\n".join(map(str, said)).encode()).hexdigest()[:_DIGITS_OF_A_PROOF]


# --- registries ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegistryFacts:
    """A registry with its bags, as it is now. Times are UTC."""

    number: RegistryCode
    sender: int
    to: int
    begun_at: datetime
    begun_by: int
    closed_at: datetime | None
    closed_by: int | None
    bags: tuple[Journey, ...]

    @property
    def lines(self) -> list[tuple[Journey, PacketNumber]]:
        """Every packet with its bag, in the order of packing."""
        return [(bag, number) for bag in self.bags for number in bag.contents]


def registry_facts(qolhat: Qolhat, number: RegistryCode) -> RegistryFacts:
    """Read a registry. Raises UnknownRegistryError, StorageError."""
    events = qolhat.log.events_of(Registry.stream(number))
    registry = Registry.project(Registry.stream(number), events)
    if registry.begun is None:
        raise UnknownRegistryError(registry=grouped(number))
    begun, closed = registry.begun, registry.closed
    journeys = (qolhat.desk.dispatch.journey(bag) for bag in registry.bags)
    return RegistryFacts(
        number,
        registry.sender,
        begun.to,
        begun.happened_at,
        begun.person,
        None if closed is None else closed.happened_at,
        None if closed is None else closed.person,
        tuple(journey for journey in journeys if journey is not None),
    )


def service_keys(qolhat: Qolhat, packets: Iterable[PacketNumber]) -> dict[PacketNumber, str | None]:
    """Return by which service packets go; None for one whose registration is not known."""
    return {number: _service_key(qolhat, number) for number in packets}


def _service_key(qolhat: Qolhat, number: PacketNumber) -> str | None:
    for event in qolhat.log.events_of(Packet.stream(number)):
        if isinstance(event, Packet.Registered):
            return qolhat.regulations.edition(event.edition).service.key
    return None


# --- bags ----------------------------------------------------------------------------------------


class Arrival(StrEnum):
    """How surely a packet of a bag is known to have arrived."""

    PACKED = "packed"  # in the bag, which nobody has opened
    INFERRED = "inferred"  # the bag was opened
    VERIFIED = "verified"  # scanned out of it
    MISSING = "missing"  # not scanned, and the bag was reconciled
    EXTRA = "extra"  # scanned out of it, though it is not in the registry


def bag_journey(qolhat: Qolhat, number: BagCode) -> Journey:
    """Return how a bag stands now. Raises UnknownBagError, StorageError."""
    journey = qolhat.desk.dispatch.journey(number)
    if journey is None:
        raise UnknownBagError(bag=grouped(number))
    return journey


def concerned(journey: Journey) -> frozenset[int]:
    """Return the organisations whose business a bag is."""
    been = {place_organisation(each.place) for each in journey.hand_overs if each.place}
    now = {place_organisation(journey.place)} if journey.place else set[int]()
    return frozenset({journey.origin, journey.to} | been | now)


def found_of(journey: Journey) -> dict[PacketNumber, Arrival]:
    """Tell of every packet of a bag, and of what else came out of it, how surely it arrived."""
    unseen = Arrival.PACKED
    if journey.opened_at is not None:
        unseen = Arrival.INFERRED if journey.reconciled_at is None else Arrival.MISSING
    found = {
        number: Arrival.VERIFIED if number in journey.verified else unseen
        for number in journey.contents
    }
    return found | dict.fromkeys(journey.extra, Arrival.EXTRA)


def unpacked(
    before: Journey, packet: PacketNumber, condition: str | None
) -> tuple[Arrival, Status]:
    """Tell what it means that a packet came out of a bag that stood like this."""
    found = Arrival.VERIFIED if packet in before.contents else Arrival.EXTRA
    if condition is None and packet in before.verified:
        return found, Status.DUPLICATE
    return found, Status.ACCEPTED if found is Arrival.VERIFIED else Status.DEVIATION


def discrepancies(qolhat: Qolhat, journey: Journey) -> list[Discrepancy]:
    """List what differs in a bag, open and settled, as it is now. Raises StorageError."""

    def registry_of(bag: BagCode) -> RegistryCode | None:
        other = qolhat.desk.dispatch.journey(bag)
        return None if other is None else other.registry

    return discrepancies_of(
        journey, lambda packet: qolhat.log.events_of(Packet.stream(packet)), registry_of
    )


def item_of(row: DiscrepancyRow) -> Discrepancy:
    """Return an item of the view as the domain has it."""
    return Discrepancy(
        row.bag,
        DiscrepancyKind(row.kind),
        row.packet,
        row.owner,
        row.opened_at,
        row.found_by,
        None if row.settled_as is None else SettledAs(row.settled_as),
        row.settled_at,
        row.settled_by,
        row.text_ref,
    )


def trace_of(qolhat: Qolhat, item: Discrepancy) -> Trace | None:
    """Tell between whom a missing packet got lost; None for what is not missing."""
    if item.kind is not DiscrepancyKind.MISSING or item.packet is None:
        return None
    return trace(qolhat.log.events_of(Packet.stream(item.packet)), item.opened_at)
