"""A registry: the list of packets that go together to one destination, in one or more bags.

Closing freezes it: what is printed and signed stays what was sent [003 service 7 §11, row 2].
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.commands import Stamp
from domain.dispatch.errors import BagsUnsealedError, RegistryClosedError, UnknownRegistryError
from domain.numbers import BagCode, PlaceCode, RegistryCode, grouped, place_organisation
from domain.stamped import StampedStream
from domain.streams import Happening, Topics, number_of, numbered_stream

_TAG = 0x72677901  # "rgy", 1


class Registry(StampedStream):
    """All that was recorded under one registry number."""

    class Event(Happening):
        """What every event of a registry says. Times are UTC."""

        ref: str
        place: PlaceCode
        person: int
        device: int
        counter: int
        happened_at: datetime

    class Begun(Event):
        """A list of packets for this organisation."""

        TOPIC = "rgy.new"
        to: int

    class BagAdded(Event):
        """Packets of the registry go into this bag."""

        TOPIC = "rgy.bag"
        bag: BagCode

    class Closed(Event):
        """The registry is frozen, with so many packets in all."""

        TOPIC = "rgy.cls"
        papers: int

    TOPIC = "rgy"

    @staticmethod
    def stream(number: RegistryCode) -> UUID:
        """Return the stream of this number."""
        return numbered_stream(_TAG, number)

    def begin(self) -> None:
        """Start with nothing recorded."""
        self.refs: set[str] = set()
        self.begun: Registry.Begun | None = None
        self.bags: list[BagCode] = []
        self.added: dict[str, BagCode] = {}
        self.closed: Registry.Closed | None = None

    def take(self, event: Any) -> None:
        """Remember the destination, the bags and the closing."""
        self.refs.add(event.ref)
        match event:
            case Registry.Begun():
                self.begun = event
            case Registry.BagAdded():
                self.bags.append(event.bag)
                self.added[event.ref] = event.bag
            case Registry.Closed():
                self.closed = event

    @property
    def number(self) -> RegistryCode:
        """The number on the registry."""
        return RegistryCode(number_of(self.id))

    @property
    def opened(self) -> Begun:
        """How it began. Raises UnknownRegistryError."""
        if self.begun is None:
            raise UnknownRegistryError(registry=grouped(self.number))
        return self.begun

    @property
    def sender(self) -> int:
        """The organisation that packs. Raises UnknownRegistryError."""
        return place_organisation(self.opened.place)

    def start(self, stamp: Stamp, recorded_at: datetime, to: int) -> None:
        """Begin the registry, unless it is begun."""
        if self.begun is None:
            self.record(Registry.Begun, stamp, recorded_at, to=to)

    def add(self, stamp: Stamp, recorded_at: datetime, bag: BagCode) -> None:
        """Add a bag, unless it is added. Raises UnknownRegistryError, RegistryClosedError."""
        if bag not in self.bags:
            self.check_open()
            self.record(Registry.BagAdded, stamp, recorded_at, bag=bag)

    def check_open(self) -> None:
        """Make sure that it is not frozen. Raises UnknownRegistryError, RegistryClosedError."""
        number = grouped(number_of(self.opened.originator_id))
        if self.closed is not None:
            raise RegistryClosedError(registry=number)

    def close(self, stamp: Stamp, recorded_at: datetime, packets: int, *, all_sealed: bool) -> bool:
        """Freeze it; False if this was recorded before.

        Raises UnknownRegistryError, RegistryClosedError, BagsUnsealedError.
        """
        if stamp.ref in self.refs:
            return False
        self.check_open()
        if not all_sealed or not packets:
            raise BagsUnsealedError(registry=grouped(self.number))
        self.record(Registry.Closed, stamp, recorded_at, papers=packets)
        return True


EVENTS = Topics.of(Registry)
