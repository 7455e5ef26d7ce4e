"""Scans are taken in: never lost, never blocked by one another, each with an answer of its own.

What a scanner typed at another layout of the keyboard is put right here, whoever sends it, before
anything is judged; the event says so. The typed text is kept only where the raw input is kept: of a
certain packet it says nothing that the number and the layout do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.commands import ScanPacket
from domain.intake import Doubtful, Intake, RawScan
from domain.packet import Packet
from domain.unsettled import Doubt, UnsettledScan
from infra.desk.counter import Counter
from infra.requests import Answer, Status
from infra.store.group_commit import Outcome, UnitOfWork
from infra.vault import Record
from scanner.keyboards import repaired

LONGEST_RAW = 4096
_RAW_DOUBTS = frozenset({Doubt.UNKNOWN_PLACE.value, Doubt.NO_ZONE.value})
_STALE_DOUBTS = frozenset(
    {Doubt.NOT_THEIR_PLACE.value, Doubt.UNKNOWN_PERSON.value, Doubt.UNKNOWN_PLACE.value}
)
Judged = ScanPacket | Doubtful


def scan(counter: Counter, scans: Sequence[RawScan]) -> list[Answer]:
    """Record scans. One that the store could not take is answered with its error.

    Raises StorageError if the raw input of doubtful ones cannot be kept: then none is recorded.
    """
    now = counter.now()
    meant = [_put_right(each) for each in scans]
    judged = [(each, found) for each, found in zip(scans, _judge(counter, meant, now), strict=True)]
    raw = [record for each, found in judged if (record := _raw_record(each, found))]
    kept = counter.vault.put_unless_erased(raw, now)
    streams = [_stream(each, found) for each, found in judged]
    works = [
        _work(counter, each, found, stream, now, kept)
        for (each, found), stream in zip(judged, streams, strict=True)
    ]
    outcomes = counter.log.commands.run_all(works, streams)
    return [
        _answer(each, found, outcome)
        for (each, found), outcome in zip(judged, outcomes, strict=True)
    ]


def _put_right(scanned: RawScan) -> RawScan:
    code, place = repaired(scanned.code), repaired(scanned.place)
    repair = code or place
    if repair is None:
        return scanned
    return msgspec.structs.replace(
        scanned,
        code=str(code.code.value) if code else scanned.code,
        place=str(place.code.value) if place else scanned.place,
        layout=repair.layout.value,
    )


def _judge(counter: Counter, scans: Sequence[RawScan], now: datetime) -> list[Judged]:
    intake = Intake(counter.directory, counter.staff.recent(), now, counter.rules.tolerance)
    judged = [intake.judge(each) for each in scans]
    if any(found.doubt in _STALE_DOUBTS for found in judged):
        counter.staff.refresh()  # the place may have been opened or given to them a moment ago
        judged = [intake.judge(each) for each in scans]
    return judged


def _stream(scanned: RawScan, found: Judged) -> UUID:
    if isinstance(found, ScanPacket):
        return Packet.stream(found.number)
    return UnsettledScan.stream(scanned.ref)


def _work(
    counter: Counter,
    scanned: RawScan,
    found: Judged,
    stream: UUID,
    now: datetime,
    kept: frozenset[str],
) -> Callable[[UnitOfWork], Any]:
    raw_ref = ref if (ref := _raw_ref(scanned)) in kept else None

    def move(unit: UnitOfWork) -> Callable[[int], Answer]:
        assert isinstance(found, ScanPacket)  # noqa: S101  chosen below
        before = _kept_before(unit, scanned.ref) if found.stamp.layout else None
        if before is not None:
            return lambda position: _again(before, position)
        packet = unit.load(Packet, stream)
        new = packet.scan(_with(found, raw_ref), now)
        return counter.prepare(found.number, scanned.ref, packet.entries, new=new)

    def keep(unit: UnitOfWork) -> bool:
        assert isinstance(found, Doubtful)  # noqa: S101  chosen below
        other = unit.load(UnsettledScan, stream)
        return other.keep(found.stamp, now, found.doubt, found.fault, raw_ref)

    return move if isinstance(found, ScanPacket) else keep


def _kept_before(unit: UnitOfWork, ref: str) -> UnsettledScan.Kept | None:
    """Return the scan that was kept under this id when such texts were not put right yet."""
    return unit.load(UnsettledScan, UnsettledScan.stream(ref)).kept


def _again(kept: UnsettledScan.Kept, position: int) -> Answer:
    return Answer(kept.ref, Status.DUPLICATE, position, doubt=kept.doubt, fault=kept.fault)


def _with(found: ScanPacket, raw_ref: str | None) -> ScanPacket:
    return found if raw_ref is None else msgspec.structs.replace(found, raw_ref=raw_ref)


def _answer(scanned: RawScan, found: Judged, outcome: Outcome) -> Answer:
    if outcome.error is not None:
        return Answer(scanned.ref, Status.REFUSED, 0, error=outcome.error)
    if isinstance(found, Doubtful):
        status = Status.UNSETTLED if outcome.answer else Status.DUPLICATE
        doubt, position = found.doubt.value, outcome.position
        return Answer(
            scanned.ref, status, position, doubt=doubt, fault=found.fault, layout=found.stamp.layout
        )
    answer: Answer = outcome.answer(outcome.position)
    if found.stamp.layout is None or answer.standing is None:
        return answer
    return msgspec.structs.replace(answer, layout=found.stamp.layout)


def _raw_ref(scanned: RawScan) -> str:
    return f"scan/{scanned.ref}"


def _raw_record(scanned: RawScan, found: Judged) -> Record | None:
    """What was typed or read, where it alone tells what was meant; it may hold a name."""
    if isinstance(found, ScanPacket):
        if found.doubt not in _RAW_DOUBTS:
            return None
        subject = str(found.number)
    else:
        subject = f"scan:{scanned.ref}"
    raw = {"code": scanned.code, "place": scanned.place, "time": scanned.time_text}
    return Record(_raw_ref(scanned), subject, {k: v[:LONGEST_RAW] for k, v in raw.items()})
