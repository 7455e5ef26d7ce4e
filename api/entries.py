"""What the events of a packet are called where its history is told, and what each says beside."""

from __future__ import annotations

from typing import Any

from domain.packet import Packet
from domain.rescoring import Rescoring

_KINDS: dict[type[Packet.Event], str] = {
    Packet.Scanned: "scanned",
    Packet.ScanVoided: "voided",
    Packet.ScanSettled: "settled",
    Packet.PersonalDataErased: "erased",
    Packet.ComplaintTaken: "complaint",
    Packet.ComplaintAnswered: "complaint-answered",
    Packet.PutIntoBag: "packed",
    Packet.TakenOutOfBag: "taken-out",
    Packet.Carried: "carried",
    Packet.PagesFiled: "pages-filed",
}
UNPACKED = "unpacked"
ENTRY_KINDS = frozenset({*_KINDS.values(), UNPACKED})
_DETAILS = (
    "edition",
    "decided_by",
    "papers",
    "incoming_number",
    "executor",
    "entitled",
    "outcome",
    "grounds",
    "ground",
    "handing",
    "began_at",
    "scan",
    "settlement",
    "answer_by",
    "ask",
    "complaint",
    "bag",
)


def kind_of(event: Packet.Event) -> tuple[str, str]:
    """Return of which words an event's name is (`act`, `entry`), and the name."""
    if event.kind:
        return "act", event.kind
    if isinstance(event, Packet.Scanned) and event.bag is not None:
        return "entry", UNPACKED
    return "entry", _KINDS[type(event)]


def reason_of(event: Packet.Event) -> tuple[str, str] | None:
    """Return of which words the reason of a correction is, and its code; None: none was given."""
    match event:
        case Packet.ScanVoided(reason=str(reason)):
            return "void-reason", reason
        case Packet.PersonalDataErased(reason=str(reason)):
            return "erasure-reason", reason
        case Packet.ScanSettled(settlement=settlement):
            return "settlement", settlement
    return None


def why_rescored(found: Rescoring) -> tuple[str, str]:
    """Return why a late record changed what was known: a correction's reason, or that it came late.

    As with `reason_of`: of which words it is, and the code.
    """
    corrects = isinstance(found.event, Packet.ScanVoided | Packet.ScanSettled)
    return reason_of(found.event) or ("rescored", "not-said" if corrects else "late")


def details_of(event: Packet.Event) -> dict[str, Any]:
    """Return what this kind of event says beside: codes and numbers only."""
    found = {name: getattr(event, name, None) for name in _DETAILS}
    return {name: value for name, value in found.items() if value not in (None, ())}
