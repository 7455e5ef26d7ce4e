"""Blocks of numbers: each issuer draws serials from its own, so that none is given twice.

The last fifth of every block is the far branch's: it numbers without asking, while the country's
desks may number for the same issuer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import RefusedError
from domain.numbers import MAX_SERIAL, CodeKind
from domain.streams import Happening, Stream, Topics, named_stream, numbered_stream

_TAG = 0x626C6B01  # "blk", 1
FAR_FROM = 8_000_001  # the first serial of a far branch


class BlockUsedUpError(RefusedError):
    """All serials of the issuer's block are given out; the issuer needs another block."""

    code = "block-used-up"


class NumberBlock(Stream):
    """The serials of one block. Reserved runs may stay partly unused; they are not given again."""

    class Event(Happening):
        """What every event of a block says."""

    class Reserved(Event):
        """A run of serials was taken to be given out."""

        TOPIC = "blk.res"
        count: int

    TOPIC = "blk"

    @staticmethod
    def stream(block: int, kind: CodeKind = CodeKind.PACKET) -> UUID:
        """Return the stream of this block (0-9999) for numbers of a kind: each has its serials."""
        return numbered_stream(_TAG + kind - CodeKind.PACKET, block)

    def begin(self) -> None:
        """Start with serial 1."""
        self.next_serial = 1

    def take(self, event: Any) -> None:
        """Move past the reserved run."""
        self.next_serial += event.count

    def reserve(self, count: int, recorded_at: datetime, *, far: bool = False) -> range:
        """Take the next serials; a far branch's store takes those that are a far branch's.

        Raises BlockUsedUpError.
        """
        first = max(self.next_serial, FAR_FROM) if far else self.next_serial
        end = first + count
        if end - 1 > (MAX_SERIAL if far else FAR_FROM - 1):
            raise BlockUsedUpError
        passed = end - self.next_serial  # what is passed over is not given either
        self.trigger_event(NumberBlock.Reserved, timestamp=recorded_at, count=passed)
        return range(first, end)


class Claim(Stream):
    """The number that a request got, so that the same request sent again gets no other.

    Only where the server chose the number; a number from the label needs no claim.
    """

    class Event(Happening):
        """What every event of a claim says."""

    class Claimed(Event):
        """The registration has this number."""

        TOPIC = "clm.reg"
        number: int

    TOPIC = "clm"

    @staticmethod
    def stream(ref: str) -> UUID:
        """Return the stream of a request's id."""
        return named_stream("registration", ref)

    def begin(self) -> None:
        """Start without a number."""
        self.number: int | None = None

    def take(self, event: Any) -> None:
        """Remember the number."""
        self.number = event.number

    def claim(self, number: int, recorded_at: datetime) -> int:
        """Return the request's number: the one it has, else this one."""
        if self.number is None:
            self.trigger_event(Claim.Claimed, timestamp=recorded_at, number=number)
            return number
        return self.number


EVENTS = Topics.of(NumberBlock) | Topics.of(Claim)
