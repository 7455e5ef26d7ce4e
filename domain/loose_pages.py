"""A loose page: scanned, but nobody knows for certain to which packet it belongs.

It has a stream of its own, named by its reference in the vault, until somebody says to which packet
it belongs, or that it is nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.commands import Settlement, Stamp
from domain.errors import RefusedError
from domain.filing import PageDoubt
from domain.numbers import PacketNumber, PlaceCode
from domain.stamped import StampedStream
from domain.streams import Happening, Topics, named_stream


class UnknownPageError(RefusedError):
    """There is no such page."""

    code = "unknown-page"
    status = 404


class PageSettledError(RefusedError):
    """Somebody has decided otherwise about this page meanwhile."""

    code = "page-settled"
    status = 409


class LoosePage(StampedStream):
    """A page that waits, or waited, for a decision; `ref` of its first event names its picture."""

    class Event(Happening):
        """What every event of a loose page says."""

        ref: str
        place: PlaceCode
        person: int
        device: int
        counter: int
        happened_at: datetime

    class Kept(Event):
        """The page waits. `packet`: the number that stands on it; `page`: its place in the file."""

        TOPIC = "pag.new"
        doubt: str
        packet: PacketNumber | None = None
        file: str = ""
        page: int = 1

    class Settled(Event):
        """Somebody decided: it belongs to this packet, or it is nothing."""

        TOPIC = "pag.set"
        loose: str
        settlement: str
        packet: PacketNumber | None = None
        text_ref: str | None = None

    TOPIC = "pag"

    @staticmethod
    def stream(page: str) -> UUID:
        """Return the stream of the page with this reference."""
        return named_stream("page", page)

    def begin(self) -> None:
        """Start with nothing recorded."""
        self.kept: LoosePage.Kept | None = None
        self.settled: LoosePage.Settled | None = None

    def take(self, event: Any) -> None:
        """Keep the page or the decision about it."""
        if isinstance(event, LoosePage.Kept):
            self.kept = event
        elif isinstance(event, LoosePage.Settled):
            self.settled = event

    def keep(
        self,
        stamp: Stamp,
        recorded_at: datetime,
        doubt: PageDoubt,
        packet: PacketNumber | None,
        file: str,
        page: int,
    ) -> bool:
        """Record the page; False if it is known already."""
        if self.kept is not None:
            return False
        self.record(
            LoosePage.Kept,
            stamp,
            recorded_at,
            doubt=doubt.value,
            packet=packet,
            file=file,
            page=page,
        )
        return True

    def settle(
        self,
        stamp: Stamp,
        recorded_at: datetime,
        packet: PacketNumber | None,
        text_ref: str | None = None,
    ) -> bool:
        """Record to which packet it belongs, None if it is nothing; False if that is known.

        Raises UnknownPageError, PageSettledError.
        """
        if self.kept is None:
            raise UnknownPageError(page=stamp.ref)
        if self.settled is not None:
            if self.settled.packet != packet:
                raise PageSettledError
            return False
        settlement = Settlement.DISMISS if packet is None else Settlement.APPLY
        self.record(
            LoosePage.Settled,
            stamp,
            recorded_at,
            loose=self.kept.ref,
            settlement=settlement.value,
            packet=packet,
            text_ref=text_ref,
        )
        return True


EVENTS = Topics.of(LoosePage)
