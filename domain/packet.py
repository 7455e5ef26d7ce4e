"""The packet: an aggregate of all that was ever recorded under one number [003 service 7 §11].

The paper is the truth: scans and acts are recorded whatever their order; what they mean (the
stage, the visits, the deviations) is worked out in `timeline.py` from their order by happened-at.
Events hold no personal data: texts that may name people stay in the vault, events refer to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from domain.act_details import details_of
from domain.acts import ActKind
from domain.commands import ActOnPacket, RegisterPacket, ScanPacket, SettleScan, Stamp, VoidScan
from domain.complaints import (
    AnswerComplaint,
    AnswerTooEarlyError,
    ComplaintAnsweredError,
    TakeComplaint,
    UnknownComplaintError,
)
from domain.corrections import ErasureReason
from domain.errors import AlreadyRegisteredError, RefusedError
from domain.numbers import BagCode, PacketNumber, PlaceCode, grouped
from domain.stamped import StampedStream
from domain.streams import Happening, Topics, number_of, numbered_stream

_TAG = 0x706B7401  # "pkt", 1
VOID_WITHIN = timedelta(minutes=1)


class VoidRefusedError(RefusedError):
    """A scan that cannot be taken back; `why` says why."""

    code = "void-refused"
    status = 409


class UnknownScanError(RefusedError):
    """There is no such scan to void or settle."""

    code = "unknown-scan"
    status = 404


class Packet(StampedStream):
    """All that was recorded under one packet number."""

    class Event(Happening):
        """What every event of a packet says. `ref` is the scan's or act's own id."""

        kind: ClassVar[str] = ""  # the act's name, a plain text: enums are slow to compare
        of_paper: ClassVar[bool] = True  # false: nothing was done to the packet
        ref: str
        place: PlaceCode
        person: int
        device: int
        counter: int
        happened_at: datetime

    class Registered(Event):
        """The packet was accepted; from here on it lives by this edition."""

        TOPIC = "pkt.reg"
        kind = ActKind.REGISTERED.value
        edition: str
        decided_by: int
        began_at: datetime
        papers: int
        claimed_at: datetime | None = None

    class Scanned(Event):
        """The packet was at the place. With a doubt the scan waits to be settled.

        `bag`: the bag out of which it came; the scan verifies that it has arrived.
        `layout`: what the scanner's keyboard stood at, where the code had to be put right.
        """

        TOPIC = "pkt.scan"
        doubt: str | None = None
        raw_ref: str | None = None
        bag: BagCode | None = None
        layout: str | None = None

    class PutIntoBag(Event):
        """The packet was put into a bag, to be carried. `layout`: as of a scan."""

        TOPIC = "pkt.put"
        bag: BagCode
        layout: str | None = None

    class TakenOutOfBag(Event):
        """The packet was taken out of the bag before it was sealed. `layout`: as of a scan."""

        TOPIC = "pkt.out"
        bag: BagCode
        layout: str | None = None

    class Carried(Event):
        """Concluded: the packet is where its bag was accepted or opened. Nobody has seen it."""

        TOPIC = "pkt.car"
        bag: BagCode

    class ScanVoided(Event):
        """The author took the scan back within a minute. `reason`: a VoidReason."""

        TOPIC = "pkt.void"
        scan: str
        reason: str | None = None

    class ScanSettled(Event):
        """Somebody decided about an unsettled scan."""

        TOPIC = "pkt.set"
        scan: str
        settlement: str
        to_place: PlaceCode | None = None
        scanned_at: datetime | None = None
        text_ref: str | None = None

    class IncomingRegistered(Event):
        """The authority's office gave an incoming number."""

        TOPIC = "pkt.in"
        kind = ActKind.INCOMING.value
        incoming_number: str | None = None
        claimed_at: datetime | None = None

    class ResolutionWritten(Event):
        """The head named the executor."""

        TOPIC = "pkt.res"
        kind = ActKind.RESOLUTION.value
        executor: int
        claimed_at: datetime | None = None

    class RightDetermined(Event):
        """The executor determined the applicant's right."""

        TOPIC = "pkt.rgt"
        kind = ActKind.RIGHT.value
        entitled: bool | None = None
        claimed_at: datetime | None = None

    class NoticeDrafted(Event):
        """The notice says granted, or refused with reasons."""

        TOPIC = "pkt.drf"
        kind = ActKind.DRAFTED.value
        outcome: str
        grounds: tuple[str, ...] = ()
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class NoticeReturned(Event):
        """The head returned the notice for completion."""

        TOPIC = "pkt.ret"
        kind = ActKind.RETURNED.value
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class NoticeSigned(Event):
        """The head signed."""

        TOPIC = "pkt.sgn"
        kind = ActKind.SIGNED.value
        claimed_at: datetime | None = None

    class SentBack(Event):
        """The office sent the result to the centre."""

        TOPIC = "pkt.bck"
        kind = ActKind.SENT_BACK.value
        claimed_at: datetime | None = None

    class Issued(Event):
        """The applicant has the result; `began_at` is when the applicant came for it."""

        TOPIC = "pkt.iss"
        kind = ActKind.ISSUED.value
        handing: str | None = None
        began_at: datetime | None = None
        claimed_at: datetime | None = None

    class HandedBack(Event):
        """Not collected for a month, given to the authority."""

        TOPIC = "pkt.hnd"
        kind = ActKind.HANDED_BACK.value
        claimed_at: datetime | None = None

    class Withdrawn(Event):
        """The applicant took the papers back."""

        TOPIC = "pkt.wdr"
        kind = ActKind.WITHDRAWN.value
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class Lost(Event):
        """Somebody declared the packet lost."""

        TOPIC = "pkt.los"
        kind = ActKind.LOST.value
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class Found(Event):
        """The packet is here again."""

        TOPIC = "pkt.fnd"
        kind = ActKind.FOUND.value
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class Relabelled(Event):
        """A damaged label was printed anew; the number stays for life."""

        TOPIC = "pkt.lbl"
        kind = ActKind.RELABELLED.value
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class Paused(Event):
        """The stage's clock stands, on this ground of the edition."""

        TOPIC = "pkt.pau"
        kind = ActKind.PAUSED.value
        ground: str
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class Resumed(Event):
        """The stage's clock runs again."""

        TOPIC = "pkt.rsm"
        kind = ActKind.RESUMED.value
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class PersonalDataErased(Event):
        """The vault's records of this packet were erased; this mark stays.

        `reason`: an ErasureReason.
        """

        TOPIC = "pkt.era"
        reason: str | None = None

    class ComplaintTaken(Event):
        """A written complaint; its slip says by when it is answered and whom to ask [002 §24]."""

        TOPIC = "pkt.cmp"
        of_paper = False
        answer_by: datetime
        ask: int
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class ComplaintAnswered(Event):
        """The complaint taken under this id was answered."""

        TOPIC = "pkt.cma"
        of_paper = False
        complaint: str
        text_ref: str | None = None
        claimed_at: datetime | None = None

    class PagesFiled(Event):
        """Pages of the packet lie in the vault as pictures, under these references."""

        TOPIC = "pkt.doc"
        of_paper = False
        pages: tuple[str, ...]

    TOPIC = "pkt"

    @staticmethod
    def stream(number: PacketNumber) -> UUID:
        """Return the stream of this number."""
        return numbered_stream(_TAG, number)

    def begin(self) -> None:
        """Start with nothing recorded."""
        self.entries: list[Packet.Event] = []
        self.refs: set[str] = set()
        self.registration: Packet.Registered | None = None
        self.bag: BagCode | None = None
        self.packed: Packet.PutIntoBag | Packet.TakenOutOfBag | None = None
        self.pages: set[str] = set()

    def take(self, event: Any) -> None:
        """Keep the event; `timeline.py` puts them in order."""
        self.entries.append(event)
        self.refs.add(event.ref)
        kind = type(event)
        if kind is Packet.Registered:
            self.registration = event
        elif kind is Packet.PutIntoBag:
            self.bag, self.packed = event.bag, event
        elif kind is Packet.TakenOutOfBag:
            self.bag, self.packed = None, event
        elif kind is Packet.PagesFiled:
            self.pages.update(event.pages)

    @property
    def number(self) -> PacketNumber:
        """The number on the barcode."""
        return PacketNumber(number_of(self.id))

    def register(self, command: RegisterPacket, recorded_at: datetime) -> bool:
        """Record the acceptance; False if this very registration is known already.

        Raises AlreadyRegisteredError if another one is.
        """
        if command.stamp.ref in self.refs:
            return False
        if self.registration is not None:
            raise AlreadyRegisteredError(number=grouped(self.number))
        self.record(
            Packet.Registered,
            command.stamp,
            recorded_at,
            edition=command.edition,
            decided_by=command.decided_by,
            began_at=command.began_at,
            papers=command.papers,
            claimed_at=command.claimed_at,
        )
        return True

    def scan(self, command: ScanPacket, recorded_at: datetime) -> bool:
        """Record that the packet is at a place; False if this very scan is known already."""
        if command.stamp.ref in self.refs:
            return False
        self.record(
            Packet.Scanned,
            command.stamp,
            recorded_at,
            doubt=command.doubt,
            raw_ref=command.raw_ref,
            layout=command.stamp.layout,
        )
        return True

    def unpack(self, stamp: Stamp, recorded_at: datetime, bag: BagCode) -> bool:
        """Record that the packet came out of a bag here; False if this scan is known already."""
        if stamp.ref in self.refs:
            return False
        self.record(Packet.Scanned, stamp, recorded_at, bag=bag, layout=stamp.layout)
        return True

    def put_into(self, stamp: Stamp, recorded_at: datetime, bag: BagCode) -> bool:
        """Record that the packet lies in a bag; False if this is known already."""
        return self._move_with(Packet.PutIntoBag, stamp, recorded_at, bag, layout=stamp.layout)

    def take_out_of(self, stamp: Stamp, recorded_at: datetime, bag: BagCode) -> bool:
        """Record that the packet lies in the bag no longer; False if this is known already."""
        return self._move_with(Packet.TakenOutOfBag, stamp, recorded_at, bag, layout=stamp.layout)

    def carry(self, stamp: Stamp, recorded_at: datetime, bag: BagCode) -> bool:
        """Conclude where the packet is from where its bag is; False if this is known already."""
        return self._move_with(Packet.Carried, stamp, recorded_at, bag)

    def _move_with(
        self,
        event_class: type[Event],
        stamp: Stamp,
        recorded_at: datetime,
        bag: BagCode,
        **more: str | None,
    ) -> bool:
        if stamp.ref in self.refs:
            return False
        self.record(event_class, stamp, recorded_at, bag=bag, **more)
        return True

    def void(self, command: VoidScan, recorded_at: datetime) -> bool:
        """Take a scan back; False if this very voiding is known already.

        Raises VoidRefusedError if it is another's, more than a minute old or already acted upon,
        UnknownScanError if there is none.
        """
        if command.stamp.ref in self.refs:
            return False
        why = why_void_fails(self._scan(command.scan), command.stamp, self.entries)
        if why is not None:
            raise VoidRefusedError(why=why)
        self.record(
            Packet.ScanVoided,
            command.stamp,
            recorded_at,
            scan=command.scan,
            reason=command.reason.value if command.reason else None,
        )
        return True

    def settle(self, command: SettleScan, recorded_at: datetime) -> bool:
        """Record a decision about an unsettled scan; False if this decision is known already.

        Raises UnknownScanError if no such scan waits.
        """
        if command.stamp.ref in self.refs:
            return False
        self._scan(command.scan)
        self.record(
            Packet.ScanSettled,
            command.stamp,
            recorded_at,
            scan=command.scan,
            settlement=command.settlement.value,
            to_place=command.place,
            scanned_at=command.scanned_at,
            text_ref=command.reason_ref,
        )
        return True

    def act(self, command: ActOnPacket, recorded_at: datetime) -> bool:
        """Record an act; False if this very act is known already.

        Raises ReasonsMissingError, ExecutorMissingError, OutcomeMissingError or
        PauseGroundMissingError.
        """
        if command.stamp.ref in self.refs:
            return False
        event_class = EVENT_OF_ACT[command.kind]
        self.record(event_class, command.stamp, recorded_at, **details_of(command))
        return True

    def erase_personal_data(
        self, stamp: Stamp, recorded_at: datetime, reason: ErasureReason | None = None
    ) -> bool:
        """Leave the mark that the vault's records were erased; False if it stands already."""
        if stamp.ref in self.refs:
            return False
        why = reason.value if reason else None
        self.record(Packet.PersonalDataErased, stamp, recorded_at, reason=why)
        return True

    def complain(self, command: TakeComplaint, recorded_at: datetime) -> bool:
        """Record a written complaint; False if this very complaint is known already.

        Raises AnswerTooEarlyError.
        """
        if command.stamp.ref in self.refs:
            return False
        if command.answer_by <= command.stamp.happened_at:
            raise AnswerTooEarlyError(time=command.answer_by.isoformat())
        self.record(
            Packet.ComplaintTaken,
            command.stamp,
            recorded_at,
            answer_by=command.answer_by,
            ask=command.ask,
            text_ref=command.text_ref,
            claimed_at=command.claimed_at,
        )
        return True

    def answer_complaint(self, command: AnswerComplaint, recorded_at: datetime) -> bool:
        """Record the answer to a complaint; False if this very answer is known already.

        Raises UnknownComplaintError, or ComplaintAnsweredError if it has another answer.
        """
        if command.stamp.ref in self.refs:
            return False
        self._check_unanswered(command.complaint)
        self.record(
            Packet.ComplaintAnswered,
            command.stamp,
            recorded_at,
            complaint=command.complaint,
            text_ref=command.text_ref,
            claimed_at=command.claimed_at,
        )
        return True

    def file_pages(self, stamp: Stamp, recorded_at: datetime, pages: Sequence[str]) -> bool:
        """Record that pages lie in the vault, but for those that are known; False if all are."""
        new = tuple(page for page in dict.fromkeys(pages) if page not in self.pages)
        if not new:
            return False
        self.record(Packet.PagesFiled, stamp, recorded_at, pages=new)
        return True

    def _check_unanswered(self, complaint: str) -> None:
        taken = {e.ref for e in self.entries if isinstance(e, Packet.ComplaintTaken)}
        if complaint not in taken:
            raise UnknownComplaintError(complaint=complaint)
        answered = {e.complaint for e in self.entries if isinstance(e, Packet.ComplaintAnswered)}
        if complaint in answered:
            raise ComplaintAnsweredError(complaint=complaint)

    def _scan(self, ref: str) -> Packet.Scanned:
        for entry in self.entries:
            if entry.ref == ref and isinstance(entry, Packet.Scanned):
                return entry
        raise UnknownScanError(scan=ref)


EVENTS = Topics.of(Packet)
EVENT_OF_ACT: dict[ActKind, type[Packet.Event]] = {
    ActKind(event.kind): event
    for event in EVENTS.values()
    if issubclass(event, Packet.Event) and event.kind and event is not Packet.Registered
}
OrderKey = tuple[datetime, int, int, str]


def order_key(event: Packet.Event | Stamp) -> OrderKey:
    """Order events by happened-at, then device, the device's counter, and the id."""
    return event.happened_at, event.device, event.counter, event.ref


def why_void_fails(
    scan: Packet.Scanned, void: Stamp | Packet.Event, entries: list[Packet.Event]
) -> str | None:
    """Say why the scan cannot be voided: `not-the-author`, `too-late`, `acted-upon`, or None."""
    if scan.person != void.person:
        return "not-the-author"
    if not timedelta(0) <= void.happened_at - scan.happened_at <= VOID_WITHIN:
        return "too-late"
    first, last = order_key(scan), (void.happened_at, void.device, void.counter, void.ref)
    for entry in entries:
        acted = entry.of_paper and entry.person != scan.person
        if acted and first < order_key(entry) < last:
            return "acted-upon"
    return None
