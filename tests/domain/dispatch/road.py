"""Tells the story of bags and of the packets in them, minute by minute, without a store.

What `infra/desk/dispatching.py` writes into two streams at once is written into both here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.commands import ScanPacket, Settlement, SettleScan, Stamp, VoidScan
from domain.dispatch.bag import Bag
from domain.dispatch.discrepancies import Discrepancy, DiscrepancyKind, SettledAs, discrepancies_of
from domain.dispatch.journey import Journey, journey_of
from domain.dispatch.tracing import Trace, trace
from domain.numbers import (
    BagCode,
    PacketNumber,
    PlaceCode,
    RegistryCode,
    bag_code,
    registry_code,
)
from domain.packet import Packet
from domain.progress import Progress
from domain.roles import Role
from domain.timeline import Timeline, timeline_of
from tests.stories import (
    AUTHORITY,
    CENTRE,
    MORNING,
    PEOPLE,
    REGULATIONS,
    Story,
    place,
)

SECOND_COURIER, SECOND_CLERK = 8, 9
FIRST, SECOND = bag_code(CENTRE, 1), bag_code(CENTRE, 2)
REGISTRY, NEXT_REGISTRY = registry_code(CENTRE, 1), registry_code(CENTRE, 2)


def minute(number: float) -> datetime:
    """The instant of a minute since the morning."""
    return MORNING + timedelta(minutes=number)


class Road:
    """Between the centre and the authority; `role` says at whose desk a thing is done."""

    def __init__(self) -> None:
        self.bags: dict[BagCode, Bag] = {}
        self.stories: dict[PacketNumber, Story] = {}
        self.told = 0

    # --- who, where, when -----------------------------------------------------------------------

    def stamp(self, at: float, role: Role, **how: Any) -> Stamp:
        """Make a stamp; `how`: ref, device, counter, person, organisation, serial."""
        self.told += 1
        where: PlaceCode = place(role, how.get("organisation"), how.get("serial", 1))
        return Stamp(
            how.get("ref", f"b{self.told}"),
            where,
            how.get("person", PEOPLE[role]),
            how.get("device", 1),
            how.get("counter", self.told),
            minute(at),
        )

    @staticmethod
    def recorded(at: float) -> datetime:
        """A second later."""
        return minute(at) + timedelta(seconds=1)

    # --- packing --------------------------------------------------------------------------------

    def packet(self, serial: int = 1) -> PacketNumber:
        """A packet that the collecting department has (minutes 10 and 20)."""
        story = Story(serial).registered(10).scanned(20, Role.COLLECTING)
        self.stories[story.number] = story
        return story.number

    def bag(
        self, number: BagCode = FIRST, registry: RegistryCode = REGISTRY, to: int = AUTHORITY
    ) -> Bag:
        """An empty bag at the collecting department (minute 25)."""
        bag = Bag.blank(Bag.stream(number))
        bag.start(self.stamp(25, Role.COLLECTING), self.recorded(25), registry, to)
        self.bags[number] = bag
        return bag

    def put(self, at: float, packet: PacketNumber, bag: BagCode = FIRST, **how: Any) -> bool:
        """The collecting department puts a packet in."""
        stamp = self.stamp(at, how.pop("role", Role.COLLECTING), **how)
        new = self.bags[bag].put(stamp, self.recorded(at), packet)
        return new and self._of(packet).put_into(stamp, self.recorded(at), bag)

    def take_out(self, at: float, packet: PacketNumber, bag: BagCode = FIRST, **how: Any) -> bool:
        """The collecting department takes a packet out."""
        stamp = self.stamp(at, Role.COLLECTING, **how)
        new = self.bags[bag].take_out(stamp, self.recorded(at), packet)
        return new and self._of(packet).take_out_of(stamp, self.recorded(at), bag)

    def seal(self, at: float, bag: BagCode = FIRST, seal: str = "S-1", **how: Any) -> bool:
        """The collecting department closes the bag."""
        return self.bags[bag].close(self.stamp(at, Role.COLLECTING, **how), self.recorded(at), seal)

    def packed(self, count: int = 3, bag: BagCode = FIRST) -> list[PacketNumber]:
        """A sealed bag with packets in it (minutes 30 and 40)."""
        self.bag(bag)
        numbers = [self.packet(serial) for serial in range(1, count + 1)]
        for number in numbers:
            self.put(30, number, bag)
        self.seal(40, bag)
        return numbers

    # --- on the way -----------------------------------------------------------------------------

    def offer(self, at: float, role: Role, bag: BagCode = FIRST) -> None:
        """Somebody holds the bag out."""
        self.bags[bag].happen(Bag.Offered, self.stamp(at, role), self.recorded(at))

    def accept(
        self, at: float, role: Role, bag: BagCode = FIRST, seal: str | None = None, **how: Any
    ) -> bool:
        """Somebody of a role takes the bag over; `told_by`: on whose device that is told."""
        receiver = how.pop("person", PEOPLE[role])
        giver, badge = how.pop("giver", None), how.pop("by_badge", False)
        signature, proof = how.pop("signature_ref", None), how.pop("proof", None)
        stamp = self.stamp(at, role, person=how.pop("told_by", receiver), **how)
        new = self.bags[bag].happen(
            Bag.Accepted,
            stamp,
            self.recorded(at),
            receiver=receiver,
            giver=giver,
            seal=seal,
            by_badge=badge,
            signature_ref=signature,
            proof=proof,
        )
        if new:
            self._carry(bag, self._with_person(stamp, receiver), at)
        return new

    @staticmethod
    def _with_person(stamp: Stamp, person: int) -> Stamp:
        return Stamp(stamp.ref, stamp.place, person, stamp.device, stamp.counter, stamp.happened_at)

    def _carry(self, bag: BagCode, stamp: Stamp, at: float) -> None:
        for packet in self.bags[bag].ever:
            self._of(packet).carry(stamp, self.recorded(at), bag)

    def delivered(self, bag: BagCode = FIRST) -> None:
        """Taken by the courier, handed over, opened (minutes 60, 90, 95)."""
        self.accept(60, Role.COURIER, bag)
        self.accept(90, Role.OFFICE, bag)
        self.open(95, bag)

    def break_seal(self, at: float, role: Role, bag: BagCode = FIRST, seal: str = "") -> None:
        """Somebody finds the seal broken."""
        stamp = self.stamp(at, role)
        self.bags[bag].happen(Bag.SealBroken, stamp, self.recorded(at), seal=seal or None)

    # --- arrival --------------------------------------------------------------------------------

    def open(self, at: float, bag: BagCode = FIRST, role: Role = Role.OFFICE, **how: Any) -> None:
        """The office opens the bag."""
        stamp = self.stamp(at, role, **how)
        self.bags[bag].happen(Bag.Opened, stamp, self.recorded(at))
        self._carry(bag, stamp, at)

    def verify(self, at: float, *packets: PacketNumber, bag: BagCode = FIRST, **how: Any) -> None:
        """The office scans packets out of the bag."""
        condition, role = how.pop("condition", None), how.pop("role", Role.OFFICE)
        for packet in packets:
            stamp = self.stamp(at, role, **how)
            self.bags[bag].happen(
                Bag.Verified, stamp, self.recorded(at), packet=packet, condition=condition
            )
            self._of(packet).unpack(stamp, self.recorded(at), bag)

    def reconcile(self, at: float, bag: BagCode = FIRST, **how: Any) -> None:
        """The office says that everything was scanned."""
        role = how.pop("role", Role.OFFICE)
        self.bags[bag].happen(Bag.Reconciled, self.stamp(at, role, **how), self.recorded(at))

    def settle(
        self,
        at: float,
        kind: DiscrepancyKind,
        packet: PacketNumber | None,
        settled_as: SettledAs,
        bag: BagCode = FIRST,
    ) -> None:
        """The collecting department decides about a discrepancy."""
        self.bags[bag].happen(
            Bag.Settled,
            self.stamp(at, Role.COLLECTING),
            self.recorded(at),
            kind=kind.value,
            packet=packet,
            settled_as=settled_as.value,
            text_ref="why",
        )

    # --- packets beside bags ----------------------------------------------------------------------

    def scan(self, at: float, packet: PacketNumber, role: Role, **how: Any) -> Stamp:
        """Somebody scans a packet, out of no bag."""
        stamp, doubt = self.stamp(at, role, **how), how.get("doubt")
        self._of(packet).scan(ScanPacket(stamp, packet, doubt), self.recorded(at))
        return stamp

    def void(self, at: float, packet: PacketNumber, scan: Stamp) -> None:
        """The author takes a scan back."""
        self.told += 1
        stamp = Stamp(f"b{self.told}", scan.place, scan.person, scan.device, self.told, minute(at))
        self._of(packet).void(VoidScan(stamp, packet, scan.ref), self.recorded(at))

    def apply(self, at: float, packet: PacketNumber, scan: Stamp, where: PlaceCode) -> None:
        """The office settles a doubtful scan: it was there, and counts."""
        stamp = self.stamp(at, Role.OFFICE)
        command = SettleScan(stamp, packet, scan.ref, Settlement.APPLY, where)
        self._of(packet).settle(command, self.recorded(at))

    def _of(self, packet: PacketNumber) -> Packet:
        if packet not in self.stories:
            self.stories[packet] = Story(packet // 10 % 1_000_000)
            self.stories[packet].packet = Packet.blank(Packet.stream(packet))
        return self.stories[packet].packet

    # --- what it all means ----------------------------------------------------------------------

    def journey(self, bag: BagCode = FIRST) -> Journey:
        """What is known of the bag."""
        found = journey_of(bag, self.bags[bag].entries)
        assert found is not None
        return found

    def items(self, bag: BagCode = FIRST) -> list[Discrepancy]:
        """Its discrepancies."""
        return discrepancies_of(
            self.journey(bag),
            lambda packet: self._of(packet).entries,
            lambda other: self.journey(other).registry if other in self.bags else None,
        )

    def told_items(self, bag: BagCode = FIRST) -> list[tuple[str, int | None, str | None]]:
        """Kind, packet and how it was settled."""
        return [
            (i.kind.value, i.packet, None if i.settled_as is None else i.settled_as.value)
            for i in self.items(bag)
        ]

    def deviations(self, bag: BagCode = FIRST) -> list[str]:
        """How the bag's journey deviated, in order."""
        return [deviation.value for _, deviation in self.journey(bag).deviations]

    def timeline(self, packet: PacketNumber) -> Timeline:
        """The packet's timeline."""
        return timeline_of(self._of(packet).entries, REGULATIONS)

    def progress(self, packet: PacketNumber) -> Progress:
        """Where the packet is."""
        return self.timeline(packet).progress

    def trace(self, packet: PacketNumber, missed_at: float) -> Trace:
        """Between whom the packet got lost."""
        return trace(self._of(packet).entries, minute(missed_at))
