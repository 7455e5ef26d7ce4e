"""The scanned pages of a packet, by its events: as fresh as the last one filed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import RefusedError, UnknownPacketError
from domain.loose_pages import UnknownPageError
from domain.numbers import PacketNumber, PlaceCode, grouped
from domain.packet import Packet, order_key
from infra.bootstrap import Qolhat


class NoPagesError(RefusedError):
    """No page of this packet was scanned, or they were erased."""

    code = "no-pages"
    status = 404


@dataclass(frozen=True, slots=True)
class PageOfPacket:
    """A page: its number in the packet, its reference in the vault, when (UTC) who filed it."""

    seq: int
    ref: str
    filed_at: datetime
    person: int
    place: PlaceCode


def pages_in(events: Sequence[Packet.Event]) -> list[PageOfPacket]:
    """List the pages that a packet's events name, in the order of filing."""
    filed = [event for event in events if isinstance(event, Packet.PagesFiled)]
    pages = [
        (ref, event) for event in sorted(filed, key=order_key) for ref in dict.fromkeys(event.pages)
    ]
    return [
        PageOfPacket(seq, ref, event.happened_at, event.person, event.place)
        for seq, (ref, event) in enumerate(pages, start=1)
    ]


def pages_of(qolhat: Qolhat, number: PacketNumber) -> list[PageOfPacket]:
    """List the pages of a packet that the vault still holds. Raises UnknownPacketError."""
    events = qolhat.log.events_of(Packet.stream(number))
    if not events:
        raise UnknownPacketError(number=grouped(number))
    return held(qolhat, pages_in(events))


def held(qolhat: Qolhat, pages: Sequence[PageOfPacket]) -> list[PageOfPacket]:
    """Return those that were not erased."""
    there = qolhat.vault.pictured([page.ref for page in pages])
    return [page for page in pages if page.ref in there]


def picture_of(qolhat: Qolhat, pages: Sequence[PageOfPacket], ref: str) -> bytes:
    """Return the picture of one of these pages. Raises UnknownPageError."""
    picture = qolhat.vault.picture(ref) if any(page.ref == ref for page in pages) else None
    if picture is None:
        raise UnknownPageError(page=ref)
    return picture


@dataclass(frozen=True, slots=True)
class Filing:
    """So many pages were filed at once, by a person, at an instant (UTC)."""

    filed_at: datetime
    person: int
    count: int


def filings(pages: Sequence[PageOfPacket]) -> list[Filing]:
    """Tell when pages were filed, by whom, and how many."""
    counts = Counter((page.filed_at, page.person) for page in pages)
    return [Filing(at, person, count) for (at, person), count in counts.items()]
