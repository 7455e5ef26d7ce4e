"""What things and events are called in exports: names that never change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from domain.numbers import place_organisation

_EVENTS = UUID("6f2b2d0a-3f5e-5c43-9a55-7c1d0e6b8f10")  # what names of events are made from

EVENT_NAMES: dict[str, str] = {
    "pkt.reg": "register packet",
    "pkt.scan": "scan packet",
    "pkt.put": "put packet into bag",
    "pkt.out": "take packet out of bag",
    "pkt.car": "conclude packet from bag",
    "pkt.void": "void scan",
    "pkt.set": "settle scan",
    "pkt.in": "register incoming",
    "pkt.res": "write resolution",
    "pkt.rgt": "determine right",
    "pkt.drf": "draft notice",
    "pkt.ret": "return notice",
    "pkt.sgn": "sign notice",
    "pkt.bck": "send result back",
    "pkt.iss": "issue result",
    "pkt.hnd": "hand back uncollected",
    "pkt.wdr": "withdraw application",
    "pkt.los": "declare packet lost",
    "pkt.fnd": "find packet",
    "pkt.lbl": "print label anew",
    "pkt.pau": "stop clock",
    "pkt.rsm": "let clock run again",
    "pkt.era": "erase personal data",
    "pkt.cmp": "take complaint",
    "pkt.cma": "answer complaint",
    "pkt.doc": "file scanned pages",
    "uns.new": "keep unsettled scan",
    "uns.set": "settle unsettled scan",
    "pag.new": "keep loose page",
    "pag.set": "settle loose page",
    "bag.new": "begin bag",
    "bag.put": "pack into bag",
    "bag.out": "unpack before sealing",
    "bag.cls": "seal bag",
    "bag.off": "offer bag",
    "bag.tak": "accept bag",
    "bag.brk": "find seal broken",
    "bag.opn": "open bag",
    "bag.ver": "verify packet from bag",
    "bag.rec": "reconcile bag",
    "bag.stl": "settle discrepancy",
    "rgy.new": "begin registry",
    "rgy.bag": "add bag to registry",
    "rgy.cls": "close registry",
    "run.dep": "depart with run",
    "run.arr": "arrive with run",
}


def urn(kind: str, name: object) -> str:
    """Name a thing for others: `urn:qolhat:packet:10267000000123`."""
    return f"urn:qolhat:{kind}:{name}"


def event_urn(event: Any) -> str:
    """Name an event for others: the same in every export, of whichever store it is."""
    return uuid5(_EVENTS, f"{event.originator_id}:{event.TOPIC}:{event.ref}").urn


def organisation_of(event: Any) -> int | None:
    """Return the organisation where it happened, if that is known."""
    return place_organisation(event.place) if event.place else None


def iso(at: datetime) -> str:
    """Write an instant as UTC, to the microsecond if it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
