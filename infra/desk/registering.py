"""Papers are accepted: the packet gets its number, its edition and its applicant [002 §§; 003]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from domain.acts import ActKind
from domain.blocks import Claim, NumberBlock
from domain.commands import RegisterPacket, Stamp
from domain.directory import OrganisationKind
from domain.errors import AlreadyRegisteredError, UnknownServiceError
from domain.numbers import (
    BadCodeError,
    CodeFault,
    CodeKind,
    PacketNumber,
    packet_number,
    place_organisation,
    place_role,
    take_apart,
)
from domain.packet import Packet
from domain.regulations.edition import Edition, Way
from domain.roles import Role
from domain.zones import local_day
from infra.desk.counter import Counter, Entries
from infra.desk.errors import NoAuthorityError, ReusedRefError
from infra.requests import Answer, Registration
from infra.store.group_commit import UnitOfWork
from infra.vault import Record

RESERVED_AT_ONCE = 50
_WAYS: dict[OrganisationKind, Way] = {
    OrganisationKind.SERVICE_CENTRE: Way.CENTRE,
    OrganisationKind.SERVICE_CENTRE_BRANCH: Way.CENTRE,
    OrganisationKind.AUTHORITY: Way.AUTHORITY,
    OrganisationKind.REGIONAL_DEPARTMENT: Way.AUTHORITY,
    OrganisationKind.RURAL_AKIM: Way.AKIM,
}


def way_of(kind: OrganisationKind) -> Way | None:
    """Return by which way an organisation of this kind accepts papers; None: by none."""
    return _WAYS.get(kind)


def applicant_ref(number: PacketNumber, registration: str) -> str:
    """Return where the vault holds the applicant of a registration."""
    return f"{number}/applicant/{registration}"


def papers_ref(number: PacketNumber, registration: str) -> str:
    """Return where the vault holds the list of papers of a registration."""
    return f"{number}/papers/{registration}"


class Registering:
    """Accepts packets and draws their numbers."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._serials: dict[int, list[int]] = {}

    def register(self, request: Registration) -> Answer:
        """Accept a packet. Raises RefusedError or StorageError; sent again it gives the same."""
        counter, now = self._counter, self._counter.now()
        stamp, claimed = counter.stamp(request.source, now)
        counter.check_role(stamp, ActKind.REGISTERED)
        counter.directory.place(stamp.place)
        edition, decided_by = self._edition_for(request, stamp)
        number = request.number or self._draw_number(place_organisation(stamp.place), now)
        if take_apart(number).kind is not CodeKind.PACKET:
            raise BadCodeError(CodeFault.FOREIGN)
        command = RegisterPacket(
            stamp,
            number,
            edition.id,
            decided_by,
            min(request.began_at or stamp.happened_at, stamp.happened_at),
            len(request.papers),
            claimed,
        )
        return self._keep_and_record(command, request, now)

    def _keep_and_record(
        self, command: RegisterPacket, request: Registration, now: datetime
    ) -> Answer:
        """Put who it is into the vault before the event refers to it; take it back if refused."""
        counter, number = self._counter, command.number
        if self._known(number):
            return counter.run(number, command.stamp.ref, _registration(command, now))
        records = _records(number, request)
        counter.vault.put(records, now)
        try:
            if request.number is None:
                answer = self._register_once(command, now)
            else:
                answer = counter.run(number, command.stamp.ref, _registration(command, now))
        except (AlreadyRegisteredError, ReusedRefError):
            self._discard(records)
            raise
        if answer.standing is not None and answer.standing.number != number:
            self._discard(records)
        return answer

    def _discard(self, records: list[Record]) -> None:
        if records:
            self._counter.vault.discard(record.ref for record in records)

    def _register_once(self, command: RegisterPacket, now: datetime) -> Answer:
        """Register under a number of ours, unless this request has got one before."""
        stream = Claim.stream(command.stamp.ref)

        def work(unit: UnitOfWork) -> tuple[bool, PacketNumber, Entries]:
            claim = unit.load(Claim, stream)
            number = PacketNumber(claim.number or command.number)
            packet = unit.load(Packet, Packet.stream(number))
            new = _registration(replace(command, number=number), now)(packet)
            claim.claim(number, now)
            return new, number, list(packet.entries)

        done = self._counter.log.commands.run(work, stream)
        new, number, entries = done.answer
        return self._counter.answer(number, command.stamp.ref, entries, done.position, new=new)

    def _known(self, number: PacketNumber) -> bool:
        return any(
            isinstance(event, Packet.Registered)
            for event in self._counter.log.events_of(Packet.stream(number))
        )

    def _edition_for(self, request: Registration, stamp: Stamp) -> tuple[Edition, int]:
        directory = self._counter.directory
        organisation = directory.organisation(place_organisation(stamp.place))
        way = way_of(organisation.kind)
        if way is None or place_role(stamp.place) not in (Role.INSPECTOR, Role.OFFICE):
            raise UnknownServiceError(service=request.service, organisation=organisation.code)
        decided_by = organisation.code
        if way is Way.CENTRE:
            decided_by = request.decided_by or directory.authority_of(organisation.code) or 0
            if not decided_by:
                raise NoAuthorityError(organisation=organisation.code)
            directory.organisation(decided_by)
        day = local_day(stamp.happened_at, organisation.zone)
        found = self._counter.regulations.in_force(request.service, way, organisation.region, day)
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
            return stream.reserve(RESERVED_AT_ONCE, now, far=self._counter.rules.far)

        return self._counter.log.commands.run(work).answer


def _registration(command: RegisterPacket, now: datetime) -> Callable[[Packet], bool]:
    def decide(packet: Packet) -> bool:
        new = packet.register(command, now)
        if not new:
            _check_same(packet, command.stamp)
        return new

    return decide


def _check_same(packet: Packet, stamp: Stamp) -> None:
    """A device that counts its requests from one again must not be told another's number."""
    known = packet.registration
    if known is not None and (known.person, known.device) != (stamp.person, stamp.device):
        raise ReusedRefError(ref=stamp.ref)


def _records(number: PacketNumber, request: Registration) -> list[Record]:
    records = []
    ref, subject = request.source.ref, str(number)
    if request.applicant:
        applicant = request.applicant
        iin, surname = applicant.get("iin"), applicant.get("surname")
        records.append(
            Record(applicant_ref(number, ref), subject, applicant, iin=iin, surname=surname)
        )
    if request.papers:
        content = {"papers": list(request.papers)}
        records.append(Record(papers_ref(number, ref), subject, content))
    return records
