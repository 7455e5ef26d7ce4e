"""Corrections: a scan taken back, an unsettled scan settled, personal data erased.

Nothing is changed or deleted: each correction is an event of its own.
"""

from __future__ import annotations

from datetime import datetime

from domain.commands import ScanPacket, Settlement, SettleScan, Stamp, VoidScan
from domain.corrections import ErasureReason, VoidReason
from domain.errors import UnknownPacketError, WrongRoleError
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet, UnknownScanError
from domain.rights import RIGHTS_OF_ROLE, Right
from domain.unsettled import Doubt, UnsettledScan
from infra.desk.counter import Counter, Entries
from infra.desk.errors import (
    ImpossibleTimeError,
    NumberMissingError,
    PlaceMissingError,
    TimeMissingError,
)
from infra.requests import Answer, SettleRequest, Source, Status
from infra.store.group_commit import UnitOfWork

SETTLERS = frozenset(role for role, rights in RIGHTS_OF_ROLE.items() if Right.SETTLE in rights)
_UNBELIEVED = frozenset({Doubt.IN_THE_FUTURE.value, Doubt.IMPLAUSIBLE_TIME.value})


def void(
    counter: Counter,
    number: PacketNumber,
    scan: str,
    source: Source,
    reason: VoidReason | None = None,
) -> Answer:
    """Take back one's own scan of less than a minute ago. Raises VoidRefusedError."""
    now = counter.now()
    stamp, _ = counter.stamp(source, now)
    command = VoidScan(stamp, number, scan, reason)
    return counter.run(number, stamp.ref, lambda packet: packet.void(command, now))


def settle(counter: Counter, request: SettleRequest) -> Answer:
    """Decide about an unsettled scan. Raises UnknownScanError, WrongRoleError and others."""
    now = counter.now()
    roles = counter.staff.refresh().roles_of(request.source.person, now)
    if not roles & SETTLERS:
        raise WrongRoleError(person=request.source.person)
    stamp, _ = counter.stamp(request.source, now)
    _check(counter, request, now)
    if counter.log.events_of(UnsettledScan.stream(request.scan)):
        return _settle_other(counter, request, stamp, now)
    if request.number is None:
        raise UnknownScanError(scan=request.scan)
    return _settle_in_packet(counter, request.number, request, stamp, now)


def _check(counter: Counter, request: SettleRequest, now: datetime) -> None:
    for place in (request.place, request.source.place):
        if place:
            counter.directory.place(place)
    if request.scanned_at is not None and not counter.believable(request.scanned_at, now):
        raise ImpossibleTimeError(time=request.scanned_at.isoformat())


def _settle_in_packet(
    counter: Counter, number: PacketNumber, request: SettleRequest, stamp: Stamp, now: datetime
) -> Answer:
    text_ref = counter.keep_text(str(number), f"{number}/settled/{stamp.ref}", request.text, now)
    command = SettleScan(
        stamp,
        number,
        request.scan,
        request.settlement,
        request.place,
        request.scanned_at,
        text_ref,
    )

    def decide(packet: Packet) -> bool:
        if request.settlement is Settlement.APPLY:
            _check_complete(packet, request)
        return packet.settle(command, now)

    return counter.run(number, stamp.ref, decide)


def _check_complete(packet: Packet, request: SettleRequest) -> None:
    """What is applied must have a place and a time that can be believed."""
    for entry in packet.entries:
        if entry.ref != request.scan or not isinstance(entry, Packet.Scanned):
            continue
        if not entry.place and request.place is None:
            raise PlaceMissingError(scan=request.scan)
        if entry.doubt in _UNBELIEVED and request.scanned_at is None:
            raise TimeMissingError(scan=request.scan)


def _settle_other(counter: Counter, request: SettleRequest, stamp: Stamp, now: datetime) -> Answer:
    """Settle a scan of no packet; applied, it becomes a scan of the packet that is named."""
    subject = str(request.number) if request.number else f"scan:{request.scan}"
    text_ref = counter.keep_text(
        subject, f"scan/{request.scan}/settled/{stamp.ref}", request.text, now
    )
    stream = UnsettledScan.stream(request.scan)

    def work(unit: UnitOfWork) -> tuple[bool, Entries]:
        other = unit.load(UnsettledScan, stream)
        if other.settled is not None:
            return False, []
        entries: Entries = []
        if request.settlement is Settlement.APPLY:
            entries = _apply(counter, unit, other, request, now)
        new = other.settle(stamp, now, request.settlement, request.number, text_ref)
        return new, entries

    done = counter.log.commands.run(work, stream)
    new, entries = done.answer
    if request.number is None or not entries:
        status = Status.ACCEPTED if new else Status.DUPLICATE
        return Answer(stamp.ref, status, done.position)
    return counter.answer(request.number, request.scan, entries, done.position, new=new)


def _apply(
    counter: Counter, unit: UnitOfWork, other: UnsettledScan, request: SettleRequest, now: datetime
) -> Entries:
    kept = other.kept
    if kept is None:
        raise UnknownScanError(scan=request.scan)
    if request.number is None:
        raise NumberMissingError(scan=request.scan)
    place = request.place or kept.place
    if not place:
        raise PlaceMissingError(scan=request.scan)
    at = request.scanned_at or kept.happened_at
    if not counter.believable(at, kept.timestamp):
        raise TimeMissingError(scan=request.scan)
    stamp = Stamp(kept.ref, place, kept.person, kept.device, kept.counter, at)
    packet = unit.load(Packet, Packet.stream(request.number))
    packet.scan(ScanPacket(stamp, request.number), now)
    return list(packet.entries)


def erase(
    counter: Counter, number: PacketNumber, source: Source, reason: ErasureReason | None = None
) -> Answer:
    """Erase the personal data of one packet; its events stay, with a mark that it was done."""
    now = counter.now()
    stamp, _ = counter.stamp(source, now)
    if not counter.log.events_of(Packet.stream(number)):
        raise UnknownPacketError(number=grouped(number))
    counter.vault.erase(str(number), now, source.person)
    return counter.run(number, stamp.ref, lambda p: p.erase_personal_data(stamp, now, reason))
