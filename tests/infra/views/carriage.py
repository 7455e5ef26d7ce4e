"""Bags between the centre and the authority, as people pack, carry and unpack them in tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.numbers import BagCode, PacketNumber, PlaceCode, RegistryCode
from domain.roles import Role
from infra.requests import AcceptRequest, Source
from projections.bags import BagRow, Bags
from tests.office import Office
from tests.stories import AUTHORITY, PEOPLE


class Carriage:
    """What people do with bags, a minute each; and the views as somebody looks at them."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.desk = office.qolhat.desk.dispatch
        self.minute = 20.0

    def source(self, role: Role, minute: float | None = None, **how: Any) -> Source:
        """Who does it: in the next minute, unless said otherwise."""
        if minute is None:
            self.minute += 1
            minute = self.minute
        return self.office.source(minute, role, **how)

    def registered(self, count: int, minute: float = 10) -> list[PacketNumber]:
        """Packets that the inspector has accepted."""
        return [self.office.register(minute)[0] for _ in range(count)]

    def begin(self, to: int = AUTHORITY) -> tuple[RegistryCode, BagCode]:
        """A registry with an empty bag."""
        answer = self.desk.begin(self.source(Role.COLLECTING), to)
        assert answer.bag is not None
        return answer.registry, answer.bag

    def add_bag(self, registry: RegistryCode) -> BagCode:
        """Another bag of a registry."""
        bag = self.desk.add_bag(registry, self.source(Role.COLLECTING)).bag
        assert bag is not None
        return bag

    def put(self, bag: BagCode, *packets: PacketNumber) -> None:
        for packet in packets:
            answer = self.desk.put(bag, packet, self.source(Role.COLLECTING))
            assert answer.error is None

    def take_out(self, bag: BagCode, packet: PacketNumber) -> None:
        assert self.desk.take_out(bag, packet, self.source(Role.COLLECTING)).error is None

    def seal(self, bag: BagCode, registry: RegistryCode | None = None, seal: str = "S-1") -> None:
        """Seal a bag; and close its registry, if that is given."""
        self.desk.seal(bag, seal, self.source(Role.COLLECTING))
        if registry is not None:
            self.desk.close(registry, self.source(Role.COLLECTING))

    def hand_over(self, bag: BagCode, receiver: Role, **how: Any) -> None:
        """The receiver takes the bag over."""
        person, seal = how.pop("person", PEOPLE[receiver]), how.pop("seal", None)
        source = self.source(receiver, **how)
        self.desk.accept(AcceptRequest(source, bag, person, seal=seal))

    def accept_at(self, bag: BagCode, where: PlaceCode, person: int) -> None:
        """Somebody takes the bag over at a place of anybody's."""
        source = replace(self.source(Role.COURIER), place=where)
        self.desk.accept(AcceptRequest(source, bag, person))

    def open(self, bag: BagCode, **how: Any) -> None:
        self.desk.open(bag, self.source(Role.OFFICE, **how))

    def verify(self, bag: BagCode, *packets: PacketNumber, **how: Any) -> None:
        condition = how.pop("condition", None)
        for packet in packets:
            source = self.source(how.pop("role", Role.OFFICE), **how)
            self.desk.verify(bag, [packet], source, condition)

    def reconcile(self, bag: BagCode, **how: Any) -> None:
        self.desk.reconcile(bag, self.source(Role.OFFICE, **how))

    def deliver(self, bag: BagCode, registry: RegistryCode | None = None) -> None:
        """Seal the bag, carry it to the authority, open it there."""
        self.seal(bag, registry)
        self.hand_over(bag, Role.COURIER)
        self.hand_over(bag, Role.OFFICE)
        self.open(bag)

    # --- looking --------------------------------------------------------------------------------

    def ask(self, view: Any, question: str, *values: Any, **named: Any) -> Any:
        """Ask a view that is up to date."""
        qolhat = self.office.qolhat
        qolhat.runner.catch_up()
        with qolhat.views.reading() as reading:
            return getattr(reading.view(view), question)(reading.connection, *values, **named)

    def bag(self, number: BagCode) -> BagRow:
        found: BagRow = self.ask(Bags, "of", number)
        return found
