"""An unsettled scan: what was scanned is not the number of a packet, yet it is never dropped.

A damaged, foreign or mistyped code belongs to no packet's stream; it gets a stream of its own,
named by the scan's id, until somebody settles it. The raw input stays in the vault. (A scan of a
packet's number that is in doubt for its place or its time stands in the packet's own stream.)
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.commands import Settlement, Stamp
from domain.numbers import PacketNumber, PlaceCode
from domain.packet import UnknownScanError
from domain.stamped import StampedStream
from domain.streams import Happening, Topics, named_stream


class Doubt(StrEnum):
    """Why a scan waits for somebody's decision."""

    BAD_CODE = "bad-code"  # no code of ours; the fault of the code is kept beside
    OTHER_KIND = "other-kind"  # a badge, a place card, a bag scanned as a packet
    NOT_REGISTERED = "not-registered"  # a packet's number whose registration has not arrived
    UNKNOWN_PLACE = "unknown-place"
    UNKNOWN_PERSON = "unknown-person"
    NOT_THEIR_PLACE = "not-their-place"
    IN_THE_FUTURE = "in-the-future"
    NO_ZONE = "no-zone"  # a time without a zone, or none at all
    IMPLAUSIBLE_TIME = "implausible-time"  # long before the system, as of a clock that was reset


class UnsettledScan(StampedStream):
    """A scan whose code is not a packet's number."""

    class Event(Happening):
        """What every event of an unsettled scan says."""

        ref: str
        place: PlaceCode
        person: int
        device: int
        counter: int
        happened_at: datetime

    class Kept(Event):
        """The scan was recorded and waits.

        `layout`: what the keyboard stood at, where the code of another thing had to be put right.
        """

        TOPIC = "uns.new"
        doubt: str
        fault: str | None = None
        raw_ref: str | None = None
        layout: str | None = None

    class Settled(Event):
        """Somebody decided: it was this packet, or it was nothing."""

        TOPIC = "uns.set"
        scan: str
        settlement: str
        packet: PacketNumber | None = None
        text_ref: str | None = None

    TOPIC = "uns"

    @staticmethod
    def stream(scan: str) -> UUID:
        """Return the stream of the scan with this id."""
        return named_stream("unsettled", scan)

    def begin(self) -> None:
        """Start with nothing recorded."""
        self.kept: UnsettledScan.Kept | None = None
        self.settled: UnsettledScan.Settled | None = None

    def take(self, event: Any) -> None:
        """Keep the scan or the decision about it."""
        if isinstance(event, UnsettledScan.Kept):
            self.kept = event
        elif isinstance(event, UnsettledScan.Settled):
            self.settled = event

    def keep(
        self,
        stamp: Stamp,
        recorded_at: datetime,
        doubt: Doubt,
        fault: str | None = None,
        raw_ref: str | None = None,
    ) -> bool:
        """Record the scan; False if it is known already."""
        if self.kept is not None:
            return False
        self.record(
            UnsettledScan.Kept,
            stamp,
            recorded_at,
            doubt=doubt.value,
            fault=fault,
            raw_ref=raw_ref,
            layout=stamp.layout,
        )
        return True

    def settle(
        self,
        stamp: Stamp,
        recorded_at: datetime,
        settlement: Settlement,
        packet: PacketNumber | None = None,
        text_ref: str | None = None,
    ) -> bool:
        """Record the decision; False if one was made already. Raises UnknownScanError."""
        if self.kept is None:
            raise UnknownScanError(scan=stamp.ref)
        if self.settled is not None:
            return False
        self.record(
            UnsettledScan.Settled,
            stamp,
            recorded_at,
            scan=self.kept.ref,
            settlement=settlement.value,
            packet=packet,
            text_ref=text_ref,
        )
        return True


EVENTS = Topics.of(UnsettledScan)
