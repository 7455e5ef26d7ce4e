"""Tells the story of one packet: who scanned it where, who did what, minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from domain.acts import ActKind, Outcome
from domain.commands import (
    ActOnPacket,
    RegisterPacket,
    ScanPacket,
    Settlement,
    SettleScan,
    Stamp,
    VoidScan,
)
from domain.complaints import AnswerComplaint, TakeComplaint
from domain.numbers import PacketNumber, PlaceCode, packet_number, place_code
from domain.packet import Packet
from domain.regulations.book import Regulations
from domain.regulations.read import read_edition
from domain.roles import Role
from domain.timeline import Timeline, timeline_of

CENTRE, AUTHORITY, OTHER_AUTHORITY = 267, 32, 33
MORNING = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)  # 09:00 in the whole country
PEOPLE = {
    Role.INSPECTOR: 1,
    Role.COLLECTING: 2,
    Role.COURIER: 3,
    Role.OFFICE: 4,
    Role.HEAD: 5,
    Role.EXECUTOR: 6,
    Role.AKIM: 7,
}


def editions() -> Regulations:
    """Return the real editions."""
    files = resources.files("domain.regulations")
    found = sorted(f.name for f in files.iterdir() if f.name.endswith(".toml"))
    return Regulations((n, read_edition((files / n).read_text("utf-8"), n)) for n in found)


REGULATIONS = editions()


def place(role: Role, organisation: int | None = None, serial: int = 1) -> PlaceCode:
    """Return a place of the centre or the authority."""
    at_centre = role in (Role.INSPECTOR, Role.COLLECTING, Role.COURIER)
    return place_code(organisation or (CENTRE if at_centre else AUTHORITY), role, serial)


class Story:
    """A packet and its events, told in minutes since the morning."""

    def __init__(
        self, number: int = 1, edition: str = "s7c-2012", regulations: Regulations = REGULATIONS
    ) -> None:
        self.number: PacketNumber = packet_number(CENTRE, number)
        self.packet = Packet.blank(Packet.stream(self.number))
        self.edition = edition
        self.regulations = regulations
        self.told = 0

    def stamp(self, minute: float, where: PlaceCode, person: int, ref: str | None = None) -> Stamp:
        """Make the next stamp."""
        self.told += 1
        at = MORNING + timedelta(minutes=minute)
        return Stamp(ref or f"r{self.told}", where, person, 1, self.told, at)

    def _recorded(self, minute: float) -> datetime:
        return MORNING + timedelta(minutes=minute, seconds=1)

    def registered(self, minute: float = 10, began: float = 0, **where: Any) -> Story:
        """The inspector (or the office) accepts the papers."""
        at = where.get("at", Role.INSPECTOR)
        stamp = self.stamp(minute, place(at, where.get("organisation")), PEOPLE[at])
        command = RegisterPacket(
            stamp,
            self.number,
            self.edition,
            AUTHORITY,
            MORNING + timedelta(minutes=began),
            papers=3,
        )
        assert self.packet.register(command, self._recorded(minute))
        return self

    def scanned(self, minute: float, role: Role, **how: Any) -> Story:
        """Somebody scans the packet at a place of this role."""
        where = place(role, how.get("organisation"), how.get("serial", 1))
        stamp = self.stamp(minute, where, how.get("person", PEOPLE[role]), how.get("ref"))
        command = ScanPacket(stamp, self.number, how.get("doubt"))
        self.packet.scan(command, self._recorded(how.get("recorded", minute)))
        return self

    def acted(self, minute: float, kind: ActKind, role: Role, **details: Any) -> Story:
        """Somebody of this role does something."""
        where = place(role, details.pop("organisation", None))
        stamp = self.stamp(minute, where, details.pop("person", PEOPLE[role]))
        if kind is ActKind.RESOLUTION:
            details.setdefault("executor", PEOPLE[Role.EXECUTOR])
        if kind is ActKind.DRAFTED:
            details.setdefault("outcome", Outcome.GRANTED)
        command = ActOnPacket(stamp, self.number, kind, **details)
        self.packet.act(command, self._recorded(minute))
        return self

    def voided(self, minute: float, scan: str, person: int = 1) -> Story:
        """The author takes a scan back."""
        stamp = self.stamp(minute, place(Role.INSPECTOR), person)
        self.packet.void(VoidScan(stamp, self.number, scan), self._recorded(minute))
        return self

    def settled(self, minute: float, scan: str, decision: Settlement, **fixed: Any) -> Story:
        """Somebody decides about an unsettled scan."""
        stamp = self.stamp(minute, place(Role.OFFICE), PEOPLE[Role.OFFICE])
        command = SettleScan(stamp, self.number, scan, decision, **fixed)
        self.packet.settle(command, self._recorded(minute))
        return self

    def complained(self, minute: float, answer_by: float, ref: str | None = None) -> Story:
        """The applicant hands a written complaint in at the authority's office."""
        stamp = self.stamp(minute, place(Role.OFFICE), PEOPLE[Role.OFFICE], ref)
        by, ask = MORNING + timedelta(minutes=answer_by), PEOPLE[Role.EXECUTOR]
        self.packet.complain(TakeComplaint(stamp, self.number, by, ask), self._recorded(minute))
        return self

    def answered(self, minute: float, complaint: str, ref: str | None = None) -> Story:
        """The head answers a complaint."""
        stamp = self.stamp(minute, place(Role.HEAD), PEOPLE[Role.HEAD], ref)
        command = AnswerComplaint(stamp, self.number, complaint)
        self.packet.answer_complaint(command, self._recorded(minute))
        return self

    @property
    def timeline(self) -> Timeline:
        """What it all means."""
        return timeline_of(self.packet.entries, self.regulations)

    @property
    def stays(self) -> list[tuple[str, str, int | None]]:
        """Kind, stage and minutes of every visit (None: still open)."""
        return [
            (
                v.kind,
                v.stage,
                None if v.left_at is None else round((v.left_at - v.entered_at).seconds / 60),
            )
            for v in self.timeline.visits
        ]

    @property
    def deviations(self) -> list[str]:
        """All deviations in order."""
        return [d.value for note in self.timeline.notes.values() for d in note]

    def through_the_centre(self) -> Story:
        """A packet's whole way as the regulation wants it, up to the signing."""
        self.registered(10).scanned(20, Role.COLLECTING).scanned(60, Role.COURIER)
        self.scanned(90, Role.OFFICE).acted(100, ActKind.INCOMING, Role.OFFICE)
        self.scanned(110, Role.HEAD).acted(120, ActKind.RESOLUTION, Role.HEAD)
        self.scanned(130, Role.EXECUTOR).acted(150, ActKind.RIGHT, Role.EXECUTOR)
        self.acted(200, ActKind.DRAFTED, Role.EXECUTOR).scanned(210, Role.HEAD)
        return self

    def home_again(self, minute: float) -> Story:
        """From the executor with the signed notice to the applicant."""
        self.scanned(minute, Role.EXECUTOR).scanned(minute + 5, Role.OFFICE)
        self.acted(minute + 10, ActKind.SENT_BACK, Role.OFFICE)
        self.scanned(minute + 60, Role.COURIER).scanned(minute + 90, Role.COLLECTING)
        self.scanned(minute + 100, Role.INSPECTOR)
        began = MORNING + timedelta(minutes=minute + 110)
        self.acted(minute + 115, ActKind.ISSUED, Role.INSPECTOR, began_at=began)
        return self
