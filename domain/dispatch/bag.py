"""A bag: all that was ever recorded under one bag number; one journey, one printed tag.

Packing is an act at a desk and may be refused. What happens on the way is recorded whatever the
order in which it becomes known: `journey.py` works out what it means from the order in which it
happened [003 service 7 §11, rows 2-4 and 11-13].
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.commands import Stamp
from domain.dispatch.errors import (
    BagEmptyError,
    BagSealedError,
    NotInBagError,
    SealMissingError,
    UnknownBagError,
)
from domain.numbers import (
    BagCode,
    PacketNumber,
    PlaceCode,
    RegistryCode,
    grouped,
    place_organisation,
    place_role,
)
from domain.packet import OrderKey
from domain.roles import Role
from domain.stamped import StampedStream
from domain.streams import Happening, Topics, number_of, numbered_stream

_TAG = 0x62616701  # "bag", 1
LONGEST_SEAL = 32
NO_SEAL = "?"  # what was seen is no seal's number, and may be anything: it lies in the vault
_SEAL = re.compile(rf"[0-9A-Za-z\u0400-\u04ff/.\-]{{1,{LONGEST_SEAL}}}")


class Bag(StampedStream):
    """All that was recorded under one bag number."""

    class Event(Happening):
        """What every event of a bag says; `person` is who recorded it. Times are UTC."""

        ref: str
        place: PlaceCode
        person: int
        device: int
        counter: int
        happened_at: datetime

    class Begun(Event):
        """An empty bag for packets of one registry, to one organisation."""

        TOPIC = "bag.new"
        registry: RegistryCode
        to: int

    class Put(Event):
        """The packet was put into the bag."""

        TOPIC = "bag.put"
        packet: PacketNumber

    class TakenOut(Event):
        """The packet was taken out of the bag before it was sealed."""

        TOPIC = "bag.out"
        packet: PacketNumber

    class Sealed(Event):
        """The bag was closed with this seal."""

        TOPIC = "bag.cls"
        seal: str

    class Offered(Event):
        """The giver holds the bag out; custody does not move by that."""

        TOPIC = "bag.off"
        receiver: int | None = None

    class Accepted(Event):
        """The receiver took the bag over at the place: from here on it is with the receiver.

        `clock_off`: by how many seconds the device's clock was seen to differ from the server's.
        """

        TOPIC = "bag.tak"
        receiver: int
        giver: int | None = None
        by_badge: bool = False
        seal: str | None = None
        proof: str | None = None
        signature_ref: str | None = None
        clock_off: int | None = None
        claimed_at: datetime | None = None

    class SealBroken(Event):
        """The seal was found broken, or another one than the registry names."""

        TOPIC = "bag.brk"
        seal: str | None = None
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class Opened(Event):
        """The bag was opened at the place: its packets are taken to have arrived."""

        TOPIC = "bag.opn"
        claimed_at: datetime | None = None

    class Verified(Event):
        """A packet came out of the bag and was scanned; `condition`: damaged, twice."""

        TOPIC = "bag.ver"
        packet: PacketNumber
        condition: str | None = None
        how: str = "scan"
        claimed_at: datetime | None = None

    class Reconciled(Event):
        """Everything that was in the bag has been scanned; what was not is missing."""

        TOPIC = "bag.rec"
        claimed_at: datetime | None = None

    class Settled(Event):
        """Somebody decided about a discrepancy."""

        TOPIC = "bag.stl"
        kind: str
        packet: PacketNumber | None = None
        settled_as: str = ""
        text_ref: str | None = None

    TOPIC = "bag"

    @staticmethod
    def stream(number: BagCode) -> UUID:
        """Return the stream of this number."""
        return numbered_stream(_TAG, number)

    def begin(self) -> None:
        """Start with nothing recorded."""
        self.entries: list[Bag.Event] = []
        self.refs: set[str] = set()
        self.begun: Bag.Begun | None = None
        self.seal: str | None = None
        self.contents: dict[PacketNumber, str] = {}
        self.ever: dict[PacketNumber, None] = {}
        self.packed: dict[PacketNumber, Bag.Event] = {}
        self.left = False
        self.over_since: OrderKey | None = None

    def take(self, event: Any) -> None:
        """Keep the event; and what packing must know, in the order in which it was recorded."""
        self.entries.append(event)
        self.refs.add(event.ref)
        match event:
            case Bag.Begun():
                self.begun = event
            case Bag.Put():
                self.contents[event.packet] = event.ref
                self.ever[event.packet] = None
                self.packed[event.packet] = event
            case Bag.TakenOut():
                self.contents.pop(event.packet, None)
                self.packed[event.packet] = event
            case Bag.Sealed():
                self.seal = event.seal
                self._end_packing(event)
            case Bag.Accepted():
                if self._leaves(event.place):
                    self._leave(event)
            case Bag.Opened() | Bag.Verified() | Bag.Reconciled():
                self._leave(event)

    @property
    def number(self) -> BagCode:
        """The number on the bag's tag."""
        return BagCode(number_of(self.id))

    def _leave(self, event: Bag.Event) -> None:
        self.left = True
        self._end_packing(event)

    def _end_packing(self, event: Bag.Event) -> None:
        """Remember since when nothing more goes in, though it may have become known later."""
        key = order_key(event)
        self.over_since = key if self.over_since is None else min(self.over_since, key)

    def _leaves(self, place: PlaceCode) -> bool:
        """Tell whether a bag accepted there is away: another desk of the packers is not."""
        if place_role(place) is Role.COURIER or self.begun is None:
            return True
        return place_organisation(place) != place_organisation(self.begun.place)

    # --- packing: at a desk, may be refused -----------------------------------------------------

    def start(self, stamp: Stamp, recorded_at: datetime, registry: RegistryCode, to: int) -> None:
        """Begin the bag, unless it is begun."""
        if self.begun is None:
            self.record(Bag.Begun, stamp, recorded_at, registry=registry, to=to)

    def check_packable(self) -> None:
        """Make sure that something may be put in or taken out.

        Raises UnknownBagError, BagSealedError.
        """
        if self.begun is None:
            raise UnknownBagError(bag=grouped(self.number))
        if self.seal is not None or self.left:
            raise BagSealedError(bag=grouped(self.number))

    def put(self, stamp: Stamp, recorded_at: datetime, packet: PacketNumber) -> bool:
        """Put a packet in; False if that says nothing new.

        Raises UnknownBagError, BagSealedError.
        """
        if self.knows(stamp, packet):
            return False
        self.check_packable()
        self.record(Bag.Put, stamp, recorded_at, packet=packet)
        return True

    def knows(self, stamp: Stamp, packet: PacketNumber) -> bool:
        """Tell whether a put says nothing new: it lay there then, or was taken out later."""
        if stamp.ref in self.refs or self._overtaken(stamp, packet):
            return True
        packing = self.over_since is None or order_key(stamp) < self.over_since
        return packing and packet in self.contents

    def _overtaken(self, stamp: Stamp, packet: PacketNumber) -> bool:
        """Tell whether the packet was put in or taken out later than this was done.

        What is packed is decided on as it is told: one story, in order, for each packet.
        """
        last = self.packed.get(packet)
        return last is not None and order_key(stamp) < order_key(last)

    def take_out(self, stamp: Stamp, recorded_at: datetime, packet: PacketNumber) -> bool:
        """Take a packet out; False if this was recorded before.

        What was put in later than this was done was not in it then.
        Raises UnknownBagError, BagSealedError, NotInBagError.
        """
        if stamp.ref in self.refs:
            return False
        self.check_packable()
        if packet not in self.contents or self._overtaken(stamp, packet):
            raise NotInBagError(number=grouped(packet), bag=grouped(self.number))
        self.record(Bag.TakenOut, stamp, recorded_at, packet=packet)
        return True

    def close(self, stamp: Stamp, recorded_at: datetime, seal: str) -> bool:
        """Close and seal the bag; False if this was recorded before.

        Raises UnknownBagError, BagSealedError, BagEmptyError, SealMissingError.
        """
        if stamp.ref in self.refs:
            return False
        self.check_packable()
        if not self.contents:
            raise BagEmptyError(bag=grouped(self.number))
        if not is_seal(seal):
            raise SealMissingError
        self.record(Bag.Sealed, stamp, recorded_at, seal=seal)
        return True

    # --- on the way: recorded, whatever the order -----------------------------------------------

    def happen(
        self, event_class: type[Event], stamp: Stamp, recorded_at: datetime, **facts: Any
    ) -> bool:
        """Record what was done with the bag; False if this very thing is known already.

        Raises UnknownBagError.
        """
        if stamp.ref in self.refs:
            return False
        if self.begun is None:
            raise UnknownBagError(bag=grouped(self.number))
        self.record(event_class, stamp, recorded_at, **facts)
        return True


def is_seal(text: str) -> bool:
    """Tell whether a text can be the number on a seal."""
    return _SEAL.fullmatch(text) is not None


def order_key(event: Bag.Event | Stamp) -> OrderKey:
    """Order events by happened-at, then device, the device's counter, and the id."""
    return event.happened_at, event.device, event.counter, event.ref


def in_order(entries: Iterable[Bag.Event]) -> list[Bag.Event]:
    """Sort events in the order in which they happened."""
    return sorted(entries, key=order_key)


EVENTS = Topics.of(Bag)
