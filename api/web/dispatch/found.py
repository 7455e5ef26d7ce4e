"""Registries and bags as the pages ask for them: within reach; and from where something is done.

A registry is the business of who sends and who gets it; a bag also of everybody who has had it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Path

from api.dispatched import (
    RegistryFacts,
    bag_journey,
    concerned,
    read_bag,
    read_registry,
    registry_facts,
)
from api.http.fields import is_ref
from api.web.visitor import Visitor, allowed
from domain.directory import Place
from domain.dispatch.journey import Journey
from domain.errors import NotYoursError
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.rights import Right
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.desk.errors import HoldsNoPlaceError
from infra.requests import Source

CodePath = Annotated[str, Path(max_length=40)]
Packing = Annotated[Visitor, Depends(allowed(Right.PACK))]
Scanning = Annotated[Visitor, Depends(allowed(Right.SCAN))]
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))]
PACKERS = (Role.COLLECTING, Role.OFFICE, Role.AKIM)


def open_registry(visitor: Visitor, given: str) -> RegistryFacts:
    """Return a registry that the visitor may see.

    Raises BadCodeError, OtherKindError, UnknownRegistryError, NotYoursError.
    """
    facts = registry_facts(visitor.qolhat, read_registry(given))
    visitor.require_reach([facts.sender, facts.to], Right.SEE_PACKETS)
    return facts


def open_to_pack(visitor: Visitor, given: str) -> RegistryFacts:
    """Return a registry that the visitor may pack; raises what `open_registry` does."""
    facts = registry_facts(visitor.qolhat, read_registry(given))
    visitor.require_reach([facts.sender], Right.PACK)
    return facts


def packed_of(facts: RegistryFacts) -> list[Journey]:
    """Return the bags that go: those in which something lies."""
    return [bag for bag in facts.bags if bag.contents]


def find_bag(visitor: Visitor, given: str) -> Journey:
    """Return a bag, whoever's it is. Raises BadCodeError, OtherKindError, UnknownBagError."""
    return bag_journey(visitor.qolhat, read_bag(given))


def open_bag(visitor: Visitor, given: str, right: Right = Right.SEE_PACKETS) -> Journey:
    """Return a bag in reach; raises what `find_bag` does, and NotYoursError."""
    journey = find_bag(visitor, given)
    visitor.require_reach(concerned(journey), right)
    return journey


# --- from where something is done ----------------------------------------------------------------


def packing_places(visitor: Visitor) -> list[Place]:
    """Return the visitor's places at which packets are packed: the first of each organisation."""
    found = [place for place in visitor.places() if place.role in PACKERS]
    return list({place.organisation: place for place in reversed(found)}.values())[::-1]


def packing_place(visitor: Visitor, organisation: int) -> Place:
    """Return from where the visitor packs for an organisation. Raises NotYoursError."""
    for place in packing_places(visitor):
        if place.organisation == organisation:
            return place
    raise NotYoursError


def place_for(visitor: Visitor, organisations: Iterable[int]) -> Place:
    """Return the visitor's place for a bag, in one of these organisations if there is one.

    Raises HoldsNoPlaceError for those who hold no place.
    """
    wanted, places = frozenset(organisations), visitor.places()
    if not places:
        raise HoldsNoPlaceError(person=visitor.person)
    return max(places, key=lambda p: (p.organisation in wanted, p.role in PACKERS))


def source_at(visitor: Visitor, place: Place, ref: str) -> Source:
    """Say who does something, and where; `ref` makes a form that is sent twice count once."""
    return visitor.source(place.code, ref=ref if is_ref(ref) else None)


# --- what is said --------------------------------------------------------------------------------


def name_of(visitor: Visitor, organisation: int) -> str:
    """Name an organisation."""
    return visitor.qolhat.directory.organisation(organisation).name_kk


def registration_of(qolhat: Qolhat, number: PacketNumber) -> Packet.Registered | None:
    """Return how a packet was accepted, if that is known."""
    events: list[Packet.Event] = qolhat.log.events_of(Packet.stream(number))
    return next((each for each in events if isinstance(each, Packet.Registered)), None)
