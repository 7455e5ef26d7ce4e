"""Packing at a table: registries are begun, filled, closed; what may not go is refused, and seen.

A packet lies in one open bag at most, and goes where its registry goes; a closed registry is frozen
[003 service 7 §11, row 2].
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.blocks import Claim, NumberBlock
from domain.commands import Stamp
from domain.dispatch.bag import Bag
from domain.dispatch.errors import (
    InAnotherBagError,
    NoSuchDestinationError,
    OtherDestinationError,
)
from domain.dispatch.registry import Registry
from domain.errors import RefusedError
from domain.intake import RawScan
from domain.numbers import (
    BagCode,
    CodeKind,
    PacketNumber,
    RegistryCode,
    bag_code,
    grouped,
    place_organisation,
    registry_code,
)
from domain.packet import Packet, order_key
from infra.desk import scanning
from infra.desk.counter import Counter
from infra.requests import PackAnswer, RegistryAnswer, Source, Status
from infra.store.group_commit import UnitOfWork


class Packing:
    """Makes registries, and puts packets into their bags."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    # --- registries -----------------------------------------------------------------------------

    def begin(self, source: Source, to: int) -> RegistryAnswer:
        """Begin a registry for a destination, with its first bag.

        Raises UnknownOrganisationError, NoSuchDestinationError, UnknownPlaceError, StorageError.
        """
        counter, now = self._counter, self._counter.now()
        stamp, _ = counter.stamp(source, now)
        sender = place_organisation(counter.directory.place(stamp.place).code)
        if counter.directory.organisation(to).code == sender:
            raise NoSuchDestinationError

        def work(unit: UnitOfWork) -> tuple[RegistryCode, BagCode]:
            registry = self._registry_of(unit, stamp.ref, sender, now)
            registry.start(stamp, now, to)
            bag = registry.bags[0] if registry.bags else self._new_bag(unit, registry, stamp, now)
            return registry.number, bag

        done = counter.log.commands.run(work)
        return RegistryAnswer(*done.answer, done.position)

    def _registry_of(self, unit: UnitOfWork, ref: str, sender: int, now: datetime) -> Registry:
        """Draw a number, unless this request has got one before."""
        claim = unit.load(Claim, Claim.stream(ref))
        number = claim.number
        if number is None:
            block = unit.load(NumberBlock, NumberBlock.stream(sender, CodeKind.REGISTRY))
            (serial,) = block.reserve(1, now, far=self._counter.rules.far)
            number = registry_code(sender, serial)
            claim.claim(number, now)
        return unit.load(Registry, Registry.stream(RegistryCode(number)))

    def add_bag(self, registry: RegistryCode, source: Source) -> RegistryAnswer:
        """Begin another bag of a registry. Raises UnknownRegistryError, RegistryClosedError."""
        now = self._counter.now()
        stamp, _ = self._counter.stamp(source, now)

        def work(unit: UnitOfWork) -> BagCode:
            found = unit.load(Registry, Registry.stream(registry))
            known = found.added.get(stamp.ref)
            if known is not None:
                return known
            found.check_open()
            return self._new_bag(unit, found, stamp, now)

        done = self._counter.log.commands.run(work, Registry.stream(registry))
        return RegistryAnswer(registry, done.answer, done.position)

    def _new_bag(
        self, unit: UnitOfWork, registry: Registry, stamp: Stamp, now: datetime
    ) -> BagCode:
        block = unit.load(NumberBlock, NumberBlock.stream(registry.sender, CodeKind.BAG))
        (serial,) = block.reserve(1, now, far=self._counter.rules.far)
        number = bag_code(registry.sender, serial)
        registry.add(stamp, now, number)
        bag = unit.load(Bag, Bag.stream(number))
        bag.start(stamp, now, registry.number, registry.opened.to)
        return number

    def close(self, registry: RegistryCode, source: Source) -> RegistryAnswer:
        """Freeze a registry; bags in which nothing was put are left out of it.

        A bag that has left unsealed cannot be sealed any more: its journey says so, it is frozen.
        Raises UnknownRegistryError, RegistryClosedError, BagsUnsealedError.
        """
        now = self._counter.now()
        stamp, _ = self._counter.stamp(source, now)

        def work(unit: UnitOfWork) -> None:
            found = unit.load(Registry, Registry.stream(registry))
            unit.expect(map(Bag.stream, found.bags))
            bags = [unit.load(Bag, Bag.stream(each)) for each in found.bags]
            packed = [bag for bag in bags if bag.contents]
            count = sum(len(bag.contents) for bag in packed)
            found.close(stamp, now, count, all_sealed=all(bag.seal or bag.left for bag in packed))

        done = self._counter.log.commands.run(work, Registry.stream(registry))
        return RegistryAnswer(registry, None, done.position)

    # --- packing --------------------------------------------------------------------------------

    def put(self, bag: BagCode, packet: PacketNumber, source: Source) -> PackAnswer:
        """Put a packet into a bag; where that is refused, the packet was seen here all the same.

        Raises StorageError.
        """
        return self._pack(bag, packet, source, self._putting)

    def take_out(self, bag: BagCode, packet: PacketNumber, source: Source) -> PackAnswer:
        """Take a packet out of a bag that is not sealed. Raises StorageError."""
        return self._pack(bag, packet, source, self._taking_out)

    def _pack(
        self,
        bag: BagCode,
        packet: PacketNumber,
        source: Source,
        how: Callable[[UnitOfWork, BagCode, PacketNumber, Stamp, datetime], bool],
    ) -> PackAnswer:
        now = self._counter.now()
        stamp, _ = self._counter.stamp(source, now)

        def work(unit: UnitOfWork) -> tuple[bool, int]:
            unit.expect((Bag.stream(bag), Packet.stream(packet)))
            new = how(unit, bag, packet, stamp, now)
            return new, len(unit.load(Bag, Bag.stream(bag)).contents)

        try:
            done = self._counter.log.commands.run(work, Bag.stream(bag))
        except RefusedError as error:
            seen = self._seen(packet, source)
            return PackAnswer(stamp.ref, Status.REFUSED, packet, 0, seen, error)
        new, count = done.answer
        status = Status.ACCEPTED if new else Status.DUPLICATE
        return PackAnswer(stamp.ref, status, packet, count, done.position)

    def _putting(
        self, unit: UnitOfWork, bag: BagCode, packet: PacketNumber, stamp: Stamp, now: datetime
    ) -> bool:
        into = unit.load(Bag, Bag.stream(bag))
        if into.knows(stamp, packet):
            return False
        into.check_packable()
        if into.begun is not None:  # an empty bag stays unsealed when its registry is closed
            unit.load(Registry, Registry.stream(into.begun.registry)).check_open()
        found = unit.load(Packet, Packet.stream(packet))
        self._check_packet(unit, found, into, stamp)
        if not into.put(stamp, now, packet):
            return False
        found.put_into(stamp, now, bag)
        return True

    def _check_packet(self, unit: UnitOfWork, packet: Packet, into: Bag, stamp: Stamp) -> None:
        to = into.begun.to if into.begun else 0
        registered = packet.registration
        if registered is not None:
            ways = (registered.decided_by, place_organisation(registered.place))
            if to not in ways:
                raise OtherDestinationError(number=grouped(packet.number))
        last = packet.packed
        if last is not None and last.bag != into.number and order_key(stamp) < order_key(last):
            raise InAnotherBagError(number=grouped(packet.number), bag=grouped(last.bag))
        if packet.bag is not None and packet.bag != into.number:
            other = unit.load(Bag, Bag.stream(packet.bag))
            if packet.number in other.contents and not other.left:
                raise InAnotherBagError(number=grouped(packet.number), bag=grouped(packet.bag))

    def _taking_out(
        self, unit: UnitOfWork, bag: BagCode, packet: PacketNumber, stamp: Stamp, now: datetime
    ) -> bool:
        if not unit.load(Bag, Bag.stream(bag)).take_out(stamp, now, packet):
            return False
        unit.load(Packet, Packet.stream(packet)).take_out_of(stamp, now, bag)
        return True

    def _seen(self, packet: PacketNumber, source: Source) -> int:
        """Record that a packet which may not go into the bag lies here; return the position."""
        place = str(source.place) if source.place else ""
        (answer,) = scanning.scan(
            self._counter,
            [
                RawScan(
                    f"{source.ref}.seen",
                    str(packet),
                    place,
                    source.person,
                    source.device,
                    source.counter,
                    source.happened_at,
                )
            ],
        )
        if answer.error is not None:
            raise answer.error
        return answer.position
