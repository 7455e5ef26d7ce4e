"""Dispatch at the desk: packing at a table, hand-overs on the way, unpacking on arrival.

What is done to a bag is written, in the same commit, into the streams of the packets in it: put in,
concluded to have been carried, scanned out [003 service 7 §11, rows 2-4 and 11-13].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.commands import Stamp
from domain.dispatch.bag import NO_SEAL, Bag, is_seal
from domain.dispatch.discrepancies import (
    DiscrepancyKind,
    SettledAs,
    discrepancies_of,
)
from domain.dispatch.errors import (
    ReasonNeededError,
    UnknownDiscrepancyError,
)
from domain.dispatch.journey import Journey, journey_of
from domain.numbers import (
    BagCode,
    PacketNumber,
    PlaceCode,
    RegistryCode,
    place_organisation,
    place_role,
)
from domain.packet import Packet
from domain.roles import Role
from infra.desk.errors import HoldsNoPlaceError
from infra.desk.packing import Packing
from infra.requests import AcceptRequest, BagAnswer, Source, Status
from infra.store.group_commit import Outcome, UnitOfWork
from infra.vault import Record

_NEED_REASONS = frozenset({SettledAs.LOST, SettledAs.EXPLAINED})


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to be recorded: what decides it, and the stream that it is going to load."""

    ref: str
    bag: BagCode
    work: Callable[[UnitOfWork], Any]
    stream: UUID


class Dispatching(Packing):
    """Makes registries, packs and seals bags, and records what happens to them."""

    def seal(self, bag: BagCode, seal: str, source: Source) -> BagAnswer:
        """Close and seal a bag.

        Raises UnknownBagError, BagSealedError, BagEmptyError, SealMissingError, StorageError.
        """
        now = self._counter.now()
        stamp, _ = self._counter.stamp(source, now)

        def decide(unit: UnitOfWork, found: Bag) -> bool:
            del unit
            return found.close(stamp, now, seal.strip())

        return self._run(self._job(bag, stamp.ref, decide))

    # --- on the way -------------------------------------------------------------------------------

    def offer(self, bag: BagCode, source: Source, receiver: int | None = None) -> BagAnswer:
        """Hold a bag out to somebody; it stays with the giver. Raises UnknownBagError."""
        return self._run(self.offering(bag, source, receiver))

    def accept(self, request: AcceptRequest) -> BagAnswer:
        """Take a bag over: custody moves to the receiver, who is named by the badge.

        Raises UnknownBagError, UnknownPersonError, HoldsNoPlaceError, StorageError.
        """
        return self._run(self.accepting(request))

    def break_seal(
        self, bag: BagCode, source: Source, seal: str | None = None, text: str | None = None
    ) -> BagAnswer:
        """Say that the seal is broken or another one. Raises UnknownBagError, StorageError."""
        ref = self._keep_text(bag, "seal", source, text)
        seen = self._seen_seal(bag, source, seal)
        return self._run(self._happening(Bag.SealBroken, bag, source, seal=seen, text_ref=ref))

    def open(self, bag: BagCode, source: Source) -> BagAnswer:
        """Open a bag: its packets are concluded to have arrived. Raises UnknownBagError."""
        return self._run(self._happening(Bag.Opened, bag, source))

    def reconcile(self, bag: BagCode, source: Source) -> BagAnswer:
        """Say that everything in the bag was scanned: what was not is missing."""
        return self._run(self._happening(Bag.Reconciled, bag, source))

    def verify(
        self,
        bag: BagCode,
        packets: Sequence[PacketNumber],
        source: Source,
        condition: str | None = None,
        how: str = "scan",
    ) -> BagAnswer:
        """Record that packets came out of a bag: each is scanned here, and verified.

        Of several at once each gets the id of the request with its own number.
        Raises UnknownBagError, StorageError.
        """
        now = self._counter.now()
        stamp, claimed = self._counter.stamp(source, now)
        facts = {"condition": condition, "how": how, "claimed_at": claimed}

        def decide(unit: UnitOfWork, found: Bag) -> bool:
            unit.expect(map(Packet.stream, packets))
            new = False
            for packet in packets:
                own = _own(stamp, packet) if len(packets) > 1 else stamp
                if found.happen(Bag.Verified, own, now, packet=packet, **facts):
                    unit.load(Packet, Packet.stream(packet)).unpack(own, now, bag)
                    new = True
            return new

        return self._run(self._job(bag, stamp.ref, decide))

    def settle(
        self,
        bag: BagCode,
        kind: DiscrepancyKind,
        packet: PacketNumber | None,
        settled_as: SettledAs,
        source: Source,
        text: str | None = None,
    ) -> BagAnswer:
        """Decide about a discrepancy. Raises UnknownDiscrepancyError, ReasonNeededError."""
        if settled_as in _NEED_REASONS and not text:
            raise ReasonNeededError
        self._check_open(bag, kind, packet)
        ref = self._keep_text(bag, f"{kind.value}-{packet or 0}", source, text)
        job = self._happening(
            Bag.Settled,
            bag,
            source,
            kind=kind.value,
            packet=packet,
            settled_as=settled_as.value,
            text_ref=ref,
        )
        return self._run(job)

    def _check_open(self, bag: BagCode, kind: DiscrepancyKind, packet: PacketNumber | None) -> None:
        journey = self.journey(bag)
        found = [] if journey is None else discrepancies_of(journey, self._events, self._registry)
        for item in found:
            if (item.kind, item.packet) == (kind, packet) and item.settled_as is None:
                return
        raise UnknownDiscrepancyError

    def _events(self, packet: PacketNumber) -> list[Packet.Event]:
        return self._counter.log.events_of(Packet.stream(packet))

    def _registry(self, bag: BagCode) -> RegistryCode | None:
        journey = self.journey(bag)
        return None if journey is None else journey.registry

    def journey(self, bag: BagCode) -> Journey | None:
        """Return what is known of a bag now; None if it was never begun. Raises StorageError."""
        return journey_of(bag, self._counter.log.events_of(Bag.stream(bag)))

    # --- jobs: what devices send many of at once ----------------------------------------------

    def run_all(self, jobs: Sequence[Job]) -> list[BagAnswer]:
        """Record several things in as few commits as can be; each may be refused alone."""
        outcomes = self._counter.log.commands.run_all(
            [job.work for job in jobs], [job.stream for job in jobs]
        )
        return [_answer(job, outcome) for job, outcome in zip(jobs, outcomes, strict=True)]

    def offering(self, bag: BagCode, source: Source, receiver: int | None = None) -> Job:
        """Return the job of holding a bag out."""
        now = self._counter.now()
        stamp, _ = self._counter.stamp(source, now)

        def decide(unit: UnitOfWork, found: Bag) -> bool:
            del unit
            return found.happen(Bag.Offered, stamp, now, receiver=receiver)

        return self._job(bag, stamp.ref, decide)

    def breaking_seal(self, bag: BagCode, source: Source, seal: str | None) -> Job:
        """Return the job of saying that a seal is broken."""
        seen = self._seen_seal(bag, source, seal)
        return self._happening(Bag.SealBroken, bag, source, seal=seen)

    def accepting(self, request: AcceptRequest) -> Job:
        """Return the job of taking a bag over.

        Raises UnknownPersonError, HoldsNoPlaceError, UnknownPlaceError, StorageError.
        """
        counter, now, source = self._counter, self._counter.now(), request.source
        stamp, claimed = counter.stamp(source, now)
        place = source.place or self._place_of(request.receiver, request.bag, stamp.happened_at)
        stamp = msgspec.structs.replace(stamp, place=counter.directory.place(place).code)
        giver = request.giver
        if giver is None and source.person != request.receiver:
            giver = source.person
        facts = {
            "receiver": request.receiver,
            "giver": giver,
            "by_badge": request.by_badge,
            "seal": self._seen_seal(request.bag, source, request.seal),
            "proof": request.proof,
            "signature_ref": self._keep_signature(request, now),
            "clock_off": request.clock_off,
            "claimed_at": claimed,
        }

        def decide(unit: UnitOfWork, found: Bag) -> bool:
            new = found.happen(Bag.Accepted, stamp, now, **facts)
            if new:
                self._carry(
                    unit, found, msgspec.structs.replace(stamp, person=request.receiver), now
                )
            return new

        return self._job(request.bag, stamp.ref, decide)

    def _place_of(self, person: int, bag: BagCode, at: datetime) -> PlaceCode:
        """Find where a receiver works: at the bag's destination, else as a courier, else at all."""
        places = self._counter.staff.refresh().places_of(person, at)
        journey = self.journey(bag)
        ends = () if journey is None else (journey.to, journey.origin)
        for place in places:
            if place_role(place) is Role.COURIER or place_organisation(place) in ends:
                return place
        if not places:
            raise HoldsNoPlaceError(person=person)
        return next(iter(places))

    def _happening(
        self, event_class: type[Bag.Event], bag: BagCode, source: Source, **facts: Any
    ) -> Job:
        now = self._counter.now()
        stamp, claimed = self._counter.stamp(source, now)
        if event_class is not Bag.Settled:
            facts["claimed_at"] = claimed

        def decide(unit: UnitOfWork, found: Bag) -> bool:
            new = found.happen(event_class, stamp, now, **facts)
            if new and event_class is Bag.Opened:
                self._carry(unit, found, stamp, now)
            return new

        return self._job(bag, stamp.ref, decide)

    @staticmethod
    def _carry(unit: UnitOfWork, bag: Bag, stamp: Stamp, now: datetime) -> None:
        """Conclude for every packet that was ever put into the bag; its own history decides."""
        streams = [Packet.stream(packet) for packet in bag.ever]
        unit.expect(streams)
        for stream in streams:
            unit.load(Packet, stream).carry(stamp, now, bag.number)

    def _job(self, bag: BagCode, ref: str, decide: Callable[[UnitOfWork, Bag], bool]) -> Job:
        stream = Bag.stream(bag)

        def work(unit: UnitOfWork) -> tuple[bool, Journey | None]:
            found = unit.load(Bag, stream)
            new = decide(unit, found)
            return new, journey_of(bag, found.entries)

        return Job(ref, bag, work, stream)

    def _run(self, job: Job) -> BagAnswer:
        answer = self.run_all([job])[0]
        if answer.error is not None:
            raise answer.error
        return answer

    # --- what lies in the vault -------------------------------------------------------------------

    def _keep_text(self, bag: BagCode, what: str, source: Source, text: str | None) -> str | None:
        ref = f"bag/{bag}/{what}/{source.ref}"
        return self._counter.keep_text(f"bag:{bag}", ref, text, self._counter.now())

    def _seen_seal(self, bag: BagCode, source: Source, seen: str | None) -> str | None:
        """Return the number of the seal that was seen; what can be none lies in the vault."""
        number = "".join((seen or "").split())
        if not number or is_seal(number):
            return number or None
        self._keep_text(bag, "seal-seen", source, seen)
        return NO_SEAL

    def _keep_signature(self, request: AcceptRequest, now: datetime) -> str | None:
        if not request.signature:
            return None
        ref = f"bag/{request.bag}/signature/{request.source.ref}"
        record = Record(ref, f"bag:{request.bag}", {"png": request.signature})
        self._counter.vault.put([record], now)
        return ref


def _answer(job: Job, outcome: Outcome) -> BagAnswer:
    if outcome.error is not None:
        return BagAnswer(job.ref, job.bag, Status.REFUSED, 0, error=outcome.error)
    new, journey = outcome.answer
    odd = journey is not None and any(ref == job.ref for ref, _ in journey.deviations)
    status = Status.DEVIATION if odd else Status.ACCEPTED
    return BagAnswer(
        job.ref, job.bag, status if new else Status.DUPLICATE, outcome.position, journey
    )


def _own(stamp: Stamp, packet: PacketNumber) -> Stamp:
    """Return a stamp with an id of its own for one of several packets."""
    return msgspec.structs.replace(stamp, ref=f"{stamp.ref}.{packet}")
