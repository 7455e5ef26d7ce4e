"""The desk: the one way by which anything is recorded, whoever asks (HTTP, command line, replay).

It judges, puts what may name people into the vault, lets the packet decide, and answers only when
the events are durable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.acts import ROLES_OF_ACT, ActKind
from domain.blocks import Claim, NumberBlock
from domain.commands import (
    ActOnPacket,
    RegisterPacket,
    ScanPacket,
    Settlement,
    SettleScan,
    Stamp,
    VoidScan,
)
from domain.directory import Directory, OrganisationKind
from domain.errors import (
    QolhatError,
    RefusedError,
    UnknownPacketError,
    UnknownServiceError,
    WrongRoleError,
)
from domain.intake import EARLIEST, Doubtful, Intake, RawScan
from domain.numbers import (
    BadCodeError,
    CodeFault,
    CodeKind,
    PacketNumber,
    grouped,
    packet_number,
    place_organisation,
    place_role,
    take_apart,
)
from domain.packet import Packet, UnknownScanError
from domain.regulations.book import Regulations
from domain.regulations.edition import Edition, Way
from domain.roles import Role
from domain.timeline import timeline_of
from domain.unsettled import Doubt, UnsettledScan
from domain.zones import local_day
from infra.requests import (
    ActRequest,
    Answer,
    Registration,
    SettleRequest,
    Source,
    Standing,
    Status,
)
from infra.store.group_commit import UnitOfWork
from infra.store.log import EventLog, StaffBook
from infra.vault import Record, Vault

RESERVED_AT_ONCE = 50
LONGEST_RAW = 4096
_INCOMING = re.compile(r"[0-9A-Za-zА-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі№/.\- ]{1,32}")
_WAYS = {
    OrganisationKind.SERVICE_CENTRE: Way.CENTRE,
    OrganisationKind.SERVICE_CENTRE_BRANCH: Way.CENTRE,
    OrganisationKind.AUTHORITY: Way.AUTHORITY,
    OrganisationKind.REGIONAL_DEPARTMENT: Way.AUTHORITY,
    OrganisationKind.RURAL_AKIM: Way.AKIM,
}
_SETTLERS = frozenset(Role) - {Role.AUDITOR, Role.COURIER}


class NoAuthorityError(RefusedError):
    """The centre works with no authority by the directory; the request must name one."""

    code = "authority-missing"


class PlaceMissingError(RefusedError):
    """A scan whose place is unknown can be applied only with a place."""

    code = "place-missing"


class NumberMissingError(RefusedError):
    """A scan without a readable number can be applied only with the packet's number."""

    code = "number-missing"


class BadIncomingNumberError(RefusedError):
    """An incoming number that is too long, or looks like a name."""

    code = "bad-incoming-number"


class UnknownGroundError(RefusedError):
    """A ground of refusal that the edition does not hold."""

    code = "unknown-ground"


@dataclass(frozen=True, slots=True)
class DeskRules:
    """What an operator may set: how far a device's clock may be ahead of ours."""

    tolerance: timedelta = timedelta(minutes=2)


class Desk:
    """Records registrations, scans, acts, voidings and settlements."""

    def __init__(
        self,
        log: EventLog,
        vault: Vault,
        directory: Directory,
        regulations: Regulations,
        staff: StaffBook,
        now: Callable[[], datetime],
        rules: DeskRules | None = None,
    ) -> None:
        self.log = log
        self.vault = vault
        self.directory = directory
        self.regulations = regulations
        self.staff = staff
        self.now = now
        self.rules = rules or DeskRules()
        self._serials: dict[int, list[int]] = {}

    # --- registering ------------------------------------------------------------------------

    def register(self, request: Registration) -> Answer:
        """Accept a packet. Raises RefusedError or StorageError; sent again it gives the same."""
        now = self.now()
        self._check_role(request.source, ActKind.REGISTERED, now)
        edition, decided_by = self._edition_for(request)
        number = request.number or self._draw_number(place_organisation(request.source.place), now)
        if take_apart(number).kind is not CodeKind.PACKET:
            raise BadCodeError(CodeFault.FOREIGN)
        stamp, claimed = self._stamp(request.source, now)
        command = RegisterPacket(
            stamp,
            number,
            edition.id,
            decided_by,
            min(request.began_at or stamp.happened_at, stamp.happened_at),
            len(request.papers),
            claimed,
        )
        if self._known(number):
            return self._run(command.number, stamp.ref, lambda p: p.register(command, now))
        self.vault.put(_applicant_records(number, request), now)
        if request.number is not None:
            return self._run(number, stamp.ref, lambda p: p.register(command, now))
        return self._register_once(command, now)

    def _register_once(self, command: RegisterPacket, now: datetime) -> Answer:
        """Register under a number of ours, unless this request has got one before."""

        def work(unit: UnitOfWork) -> tuple[bool, PacketNumber, list[Packet.Event]]:
            claim = unit.load(Claim, Claim.stream(command.stamp.ref))
            number = claim.number or command.number
            packet = unit.load(Packet, Packet.stream(number))
            new = packet.register(replace(command, number=number), now)
            claim.claim(number, now)
            return new, number, list(packet.entries)

        done = self.log.commands.run(work)
        new, number, entries = done.answer
        if number != command.number:
            self.vault.discard(str(command.number))
        return self._answer(number, command.stamp.ref, new, entries, done.position)

    def _known(self, number: PacketNumber) -> bool:
        return any(
            isinstance(event, Packet.Registered)
            for event in self.log.events_of(Packet.stream(number))
        )

    def _edition_for(self, request: Registration) -> tuple[Edition, int]:
        organisation = self.directory.organisation(place_organisation(request.source.place))
        way = _WAYS.get(organisation.kind)
        if way is None or place_role(request.source.place) not in (Role.INSPECTOR, Role.OFFICE):
            raise UnknownServiceError(service=request.service, organisation=organisation.code)
        decided_by = organisation.code
        if way is Way.CENTRE:
            decided_by = request.decided_by or self.directory.authority_of(organisation.code) or 0
            if not decided_by:
                raise NoAuthorityError(organisation=organisation.code)
            self.directory.organisation(decided_by)
        day = local_day(request.source.happened_at, organisation.zone)
        found = self.regulations.in_force(request.service, way, organisation.region, day)
        return found.edition, decided_by

    def _draw_number(self, block: int, now: datetime) -> PacketNumber:
        """Take the next number of an issuer's block."""
        serials = self._serials.setdefault(block, [])
        while True:
            try:
                return packet_number(block, serials.pop(0))
            except IndexError:
                serials.extend(self._reserve(block, now))

    def _reserve(self, block: int, now: datetime) -> range:
        def work(unit: UnitOfWork) -> range:
            stream = unit.load(NumberBlock, NumberBlock.stream(block))
            return stream.reserve(RESERVED_AT_ONCE, now)

        return self.log.commands.run(work).answer

    # --- scanning ----------------------------------------------------------------------------

    def scan(self, scans: Sequence[RawScan]) -> list[Answer]:
        """Record scans; each has an answer of its own, a failing one leaves the rest alone.

        Raises StorageError only if none could be recorded.
        """
        now = self.now()
        intake = Intake(self.directory, self.staff.refresh(), now, self.rules.tolerance)
        judged = [(scan, intake.judge(scan)) for scan in scans]
        self.vault.put([r for s, found in judged if (r := _raw_record(s, found))], now)
        works = [self._scan_work(scan, found, now) for scan, found in judged]
        outcomes = self.log.commands.run_all(works)
        return [
            self._scan_answer(scan, found, outcome)
            for (scan, found), outcome in zip(judged, outcomes, strict=True)
        ]

    def _scan_work(
        self, scan: RawScan, found: ScanPacket | Doubtful, now: datetime
    ) -> Callable[[UnitOfWork], Any]:
        raw_ref = _raw_ref(scan) if _keeps_raw(found) else None

        def scan_packet(unit: UnitOfWork) -> tuple[bool, list[Packet.Event]]:
            assert isinstance(found, ScanPacket)  # noqa: S101  chosen below
            packet = unit.load(Packet, Packet.stream(found.number))
            new = packet.scan(replace(found, raw_ref=raw_ref), now)
            return new, list(packet.entries)

        def keep(unit: UnitOfWork) -> bool:
            assert isinstance(found, Doubtful)  # noqa: S101  chosen below
            stream = unit.load(UnsettledScan, UnsettledScan.stream(scan.ref))
            return stream.keep(found.stamp, now, found.doubt, found.fault, raw_ref)

        return scan_packet if isinstance(found, ScanPacket) else keep

    def _scan_answer(self, scan: RawScan, found: ScanPacket | Doubtful, outcome: Any) -> Answer:
        if outcome.error is not None:
            return Answer(scan.ref, Status.REFUSED, 0, error=outcome.error)
        if isinstance(found, Doubtful):
            status = Status.UNSETTLED if outcome.answer else Status.DUPLICATE
            return Answer(
                scan.ref, status, outcome.position, doubt=found.doubt.value, fault=found.fault
            )
        new, entries = outcome.answer
        return self._answer(found.number, scan.ref, new, entries, outcome.position)

    # --- acting ------------------------------------------------------------------------------

    def act(self, numbers: Iterable[PacketNumber], request: ActRequest) -> list[Answer]:
        """Do the same to each packet; each is an event of its own, and may be refused alone.

        Raises WrongRoleError, UnknownPersonError.
        """
        now = self.now()
        self._check_role(request.source, request.kind, now)
        if request.executor is not None:
            self.staff.register.member(request.executor)
        if request.incoming_number and not _INCOMING.fullmatch(request.incoming_number):
            raise BadIncomingNumberError
        stamp, claimed = self._stamp(request.source, now)
        wanted = list(dict.fromkeys(numbers))
        commands = [_act_command(number, request, stamp, claimed) for number in wanted]
        self.vault.put(_text_records(commands, request.text), now)
        outcomes = self.log.commands.run_all([self._act_work(c, now) for c in commands])
        answers = []
        for command, outcome in zip(commands, outcomes, strict=True):
            if outcome.error is not None:
                answers.append(Answer(stamp.ref, Status.REFUSED, 0, error=outcome.error))
            else:
                new, entries = outcome.answer
                answer = self._answer(command.number, stamp.ref, new, entries, outcome.position)
                answers.append(answer)
        return answers

    def _act_work(
        self, command: ActOnPacket, now: datetime
    ) -> Callable[[UnitOfWork], tuple[bool, list[Packet.Event]]]:
        def work(unit: UnitOfWork) -> tuple[bool, list[Packet.Event]]:
            packet = unit.load(Packet, Packet.stream(command.number))
            if not packet.entries:
                raise UnknownPacketError(number=grouped(command.number))
            self._check_grounds(packet, command)
            new = packet.act(command, now)
            return new, list(packet.entries)

        return work

    def _check_grounds(self, packet: Packet, command: ActOnPacket) -> None:
        if not command.grounds or packet.registration is None:
            return
        edition = self.regulations.edition(packet.registration.edition)
        held = {ground.key for ground in edition.refusal.grounds}
        for ground in command.grounds:
            if ground not in held:
                raise UnknownGroundError(ground=ground, edition=edition.id)

    # --- correcting --------------------------------------------------------------------------

    def void(self, number: PacketNumber, scan: str, source: Source) -> Answer:
        """Take back one's own scan of less than a minute ago. Raises VoidRefusedError."""
        now = self.now()
        stamp, _ = self._stamp(source, now)
        command = VoidScan(stamp, number, scan)
        return self._run(number, stamp.ref, lambda packet: packet.void(command, now))

    def settle(self, request: SettleRequest) -> Answer:
        """Decide about an unsettled scan. Raises UnknownScanError, WrongRoleError and others."""
        now = self.now()
        register = self.staff.refresh()
        if not register.roles_of(request.source.person, now) & _SETTLERS:
            raise WrongRoleError(person=request.source.person)
        stamp, _ = self._stamp(request.source, now)
        kept = self.log.events_of(UnsettledScan.stream(request.scan))
        if kept:
            return self._settle_other(request, stamp, now)
        if request.number is None:
            raise UnknownScanError(scan=request.scan)
        return self._settle_in_packet(request.number, request, stamp, now)

    def _settle_in_packet(
        self, number: PacketNumber, request: SettleRequest, stamp: Stamp, now: datetime
    ) -> Answer:
        text_ref = self._keep_text(str(number), f"{number}/settled/{stamp.ref}", request.text, now)
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
            placeless = any(e.ref == request.scan and not e.place for e in packet.entries)
            if request.settlement is Settlement.APPLY and placeless and request.place is None:
                raise PlaceMissingError(scan=request.scan)
            return packet.settle(command, now)

        return self._run(number, stamp.ref, decide)

    def _settle_other(self, request: SettleRequest, stamp: Stamp, now: datetime) -> Answer:
        """Settle a scan of no packet; applied, it becomes a scan of the packet that is named."""
        subject = str(request.number) if request.number else f"scan:{request.scan}"
        text_ref = self._keep_text(
            subject, f"scan/{request.scan}/settled/{stamp.ref}", request.text, now
        )

        def work(unit: UnitOfWork) -> tuple[bool, list[Packet.Event]]:
            other = unit.load(UnsettledScan, UnsettledScan.stream(request.scan))
            if other.settled is not None:
                return False, []
            entries: list[Packet.Event] = []
            if request.settlement is Settlement.APPLY:
                entries = _apply_other(unit, other, request, now)
            new = other.settle(stamp, now, request.settlement, request.number, text_ref)
            return new, entries

        done = self.log.commands.run(work)
        new, entries = done.answer
        if request.number is None or not entries:
            status = Status.ACCEPTED if new else Status.DUPLICATE
            return Answer(stamp.ref, status, done.position)
        return self._answer(request.number, request.scan, new, entries, done.position)

    def erase(self, number: PacketNumber, source: Source) -> Answer:
        """Erase the personal data of one packet; its events stay, with a mark that it was done."""
        now = self.now()
        stamp, _ = self._stamp(source, now)
        if not self.log.events_of(Packet.stream(number)):
            raise UnknownPacketError(number=grouped(number))
        self.vault.erase(str(number), now, source.person)
        return self._run(number, stamp.ref, lambda p: p.erase_personal_data(stamp, now))

    # --- what all of them need --------------------------------------------------------------

    def _check_role(self, source: Source, kind: ActKind, now: datetime) -> None:
        roles = self.staff.refresh().roles_of(source.person, min(source.happened_at, now))
        if not roles & ROLES_OF_ACT[kind]:
            raise WrongRoleError(person=source.person, act=kind.value)

    def _stamp(self, source: Source, now: datetime) -> tuple[Stamp, datetime | None]:
        """Believe the device's clock unless it is ahead of ours or was reset.

        Then the time of recording stands, and the claimed one is kept beside it.
        """
        at, claimed = source.happened_at, None
        if at > now + self.rules.tolerance or at < EARLIEST:
            at, claimed = now, source.happened_at
        stamp = Stamp(source.ref, source.place, source.person, source.device, source.counter, at)
        return stamp, claimed

    def _keep_text(self, subject: str, ref: str, text: str | None, now: datetime) -> str | None:
        if not text:
            return None
        self.vault.put([Record(ref, subject, {"text": text})], now)
        return ref

    def _run(self, number: PacketNumber, ref: str, decide: Callable[[Packet], bool]) -> Answer:
        def work(unit: UnitOfWork) -> tuple[bool, list[Packet.Event]]:
            packet = unit.load(Packet, Packet.stream(number))
            return decide(packet), list(packet.entries)

        done = self.log.commands.run(work)
        new, entries = done.answer
        return self._answer(number, ref, new, entries, done.position)

    def _answer(
        self,
        number: PacketNumber,
        ref: str,
        new: bool,  # noqa: FBT001  the aggregate's own answer
        entries: list[Packet.Event],
        position: int,
    ) -> Answer:
        timeline = timeline_of(entries, self.regulations)
        progress = timeline.progress
        stage = None
        if progress.edition:
            stages = self.regulations.edition(progress.edition).stages
            stage = stages[progress.stage].key if 0 <= progress.stage < len(stages) else None
        standing = Standing(
            number,
            progress.status.value,
            progress.place,
            progress.person,
            progress.since,
            progress.edition or None,
            stage,
            waiting=stage is not None and not progress.accepted,
        )
        doubt = next((e.doubt for e in timeline.doubted if e.ref == ref), None)
        if doubt is None and not progress.edition:
            doubt = Doubt.NOT_REGISTERED.value
        deviations = timeline.notes.get(ref, ()) if progress.edition else ()
        status = _status(new=new, doubt=doubt, deviates=bool(deviations))
        return Answer(ref, status, position, standing, deviations, doubt)


def _status(*, new: bool, doubt: str | None, deviates: bool) -> Status:
    if not new:
        return Status.DUPLICATE
    if doubt is not None:
        return Status.UNSETTLED
    return Status.DEVIATION if deviates else Status.ACCEPTED


def _apply_other(
    unit: UnitOfWork, other: UnsettledScan, request: SettleRequest, now: datetime
) -> list[Packet.Event]:
    kept = other.kept
    if kept is None:
        raise UnknownScanError(scan=request.scan)
    if request.number is None:
        raise NumberMissingError(scan=request.scan)
    place = request.place or kept.place
    if not place:
        raise PlaceMissingError(scan=request.scan)
    packet = unit.load(Packet, Packet.stream(request.number))
    stamp = Stamp(
        kept.ref,
        place,
        kept.person,
        kept.device,
        kept.counter,
        request.scanned_at or kept.happened_at,
    )
    packet.scan(ScanPacket(stamp, request.number), now)
    return list(packet.entries)


def _act_command(
    number: PacketNumber, request: ActRequest, stamp: Stamp, claimed: datetime | None
) -> ActOnPacket:
    return ActOnPacket(
        stamp,
        number,
        request.kind,
        claimed,
        request.incoming_number,
        request.executor,
        request.entitled,
        request.outcome,
        request.grounds,
        f"{number}/{request.kind.value}/{stamp.ref}" if request.text else None,
        request.handing,
        request.began_at,
    )


def _text_records(commands: list[ActOnPacket], text: str | None) -> list[Record]:
    return [
        Record(command.text_ref, str(command.number), {"text": text})
        for command in commands
        if command.text_ref is not None
    ]


def _applicant_records(number: PacketNumber, request: Registration) -> list[Record]:
    records = []
    if request.applicant:
        applicant = request.applicant
        iin, surname = applicant.get("iin"), applicant.get("surname")
        ref = f"{number}/applicant"
        records.append(Record(ref, str(number), applicant, iin=iin, surname=surname))
    if request.papers:
        content = {"papers": list(request.papers)}
        records.append(Record(f"{number}/papers", str(number), content))
    return records


_RAW_DOUBTS = frozenset({Doubt.UNKNOWN_PLACE.value, Doubt.NO_ZONE.value})


def _keeps_raw(found: ScanPacket | Doubtful) -> bool:
    return isinstance(found, Doubtful) or found.doubt in _RAW_DOUBTS


def _raw_ref(scan: RawScan) -> str:
    return f"scan/{scan.ref}"


def _raw_record(scan: RawScan, found: ScanPacket | Doubtful) -> Record | None:
    if not _keeps_raw(found):
        return None
    subject = str(found.number) if isinstance(found, ScanPacket) else f"scan:{scan.ref}"
    raw = {"code": scan.code, "place": scan.place, "time": scan.time_text}
    return Record(_raw_ref(scan), subject, {k: v[:LONGEST_RAW] for k, v in raw.items()})


def utc_now() -> datetime:
    """The time of the machine's clock, UTC."""
    return datetime.now(UTC)


def error_of(answer: Answer) -> QolhatError | None:
    """Return the error of an answer, if it is one that can be shown."""
    return answer.error if isinstance(answer.error, QolhatError) else None
