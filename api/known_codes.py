"""Tells whether a code that was read is known here; of badges it does not tell whose they are."""

from __future__ import annotations

from domain.cards import card_of, strip_width
from domain.dispatch.bag import Bag
from domain.dispatch.registry import Registry
from domain.errors import UnknownPlaceError
from domain.numbers import BadgeCode, BagCode, Code, CodeKind, PacketNumber, PlaceCode, RegistryCode
from domain.packet import Packet
from infra.bootstrap import Qolhat


def is_known(qolhat: Qolhat, code: Code) -> bool:
    """Tell whether a packet is registered, a bag or registry begun, a place open, a badge worn."""
    match code.kind:
        case CodeKind.PACKET:
            return _is_registered(qolhat, PacketNumber(code.value))
        case CodeKind.BAG:
            return bool(qolhat.log.events_of(Bag.stream(BagCode(code.value))))
        case CodeKind.REGISTRY:
            return bool(qolhat.log.events_of(Registry.stream(RegistryCode(code.value))))
        case CodeKind.PLACE:
            return _is_open(qolhat, PlaceCode(code.value))
        case CodeKind.BADGE:
            register = qolhat.staff.refresh()
            return register.by_badge(BadgeCode(code.value), qolhat.now()) is not None
        case CodeKind.ACTION_CARD:
            return card_of(code) is not None or strip_width(code) is not None


def _is_registered(qolhat: Qolhat, number: PacketNumber) -> bool:
    events = qolhat.log.events_of(Packet.stream(number))
    return any(isinstance(event, Packet.Registered) for event in events)


def _is_open(qolhat: Qolhat, place: PlaceCode) -> bool:
    qolhat.staff.refresh()  # places are opened and closed while we run
    try:
        qolhat.directory.place(place)
    except UnknownPlaceError:
        return False
    return True
