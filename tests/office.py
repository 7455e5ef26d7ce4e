"""A centre and its authority at work: people, devices, and what they do through the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.acts import ActKind
from domain.intake import RawScan
from domain.numbers import PacketNumber, PlaceCode, grouped
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.requests import (
    ActRequest,
    Answer,
    ComplaintAnswerRequest,
    ComplaintRequest,
    Registration,
    SettleRequest,
    Source,
)
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY, PEOPLE, place

APPLICANT = {"surname": "Сынақбаева", "given_name": "Үлгі", "iin": "850312401235"}
OTHER_CLERK = 44


class SettableClock:
    """The server's clock."""

    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> datetime:
        return self.at


class Office:
    """People at their places; `minute` is when they do it, counted from the morning."""

    def __init__(self, qolhat: Qolhat, clock: SettableClock) -> None:
        self.qolhat = qolhat
        self.clock = clock
        self.told = 0
        hired = MORNING - timedelta(days=900)
        for role, person in PEOPLE.items():
            organisation = CENTRE if person <= 3 else AUTHORITY
            if role is Role.AKIM:
                continue
            qolhat.personnel.appoint(organisation, [role], person=person, since=hired)
            qolhat.personnel.assign(person, place(role), since=hired)
        qolhat.personnel.appoint(OTHER_AUTHORITY, [Role.OFFICE], person=OTHER_CLERK, since=hired)
        there = place(Role.OFFICE, OTHER_AUTHORITY)
        qolhat.personnel.assign(OTHER_CLERK, there, since=hired)

    def at(self, minute: float) -> datetime:
        """The instant of a minute."""
        return MORNING + timedelta(minutes=minute)

    def source(
        self, minute: float, role: Role, ref: str | None = None, recorded: float | None = None
    ) -> Source:
        """Who does it; recorded a second later, unless said otherwise."""
        self.told += 1
        self.clock.at = self.at(minute if recorded is None else recorded) + timedelta(seconds=1)
        return Source(
            ref or f"r{self.told}", PEOPLE[role], 1, self.told, place(role), self.at(minute)
        )

    def register(
        self, minute: float = 10, service: str = "003-7", **details: Any
    ) -> tuple[PacketNumber, Answer]:
        """The inspector accepts papers."""
        role = details.pop("role", Role.INSPECTOR)
        source = self.source(minute, role, details.pop("ref", None), details.pop("recorded", None))
        details.setdefault("applicant", APPLICANT)
        details.setdefault("began_at", self.at(minute - 5))
        answer = self.qolhat.desk.register(Registration(source, service, **details))
        assert answer.standing is not None
        return answer.standing.number, answer

    def raw(self, minute: float | None, code: object, role: Role, **how: Any) -> RawScan:
        """A scan as a device sends it."""
        self.told += 1
        return RawScan(
            how.get("ref", f"s{self.told}"),
            grouped(code) if isinstance(code, int) else str(code),
            str(how.get("where", place(role))),
            how.get("person", PEOPLE[role]),
            how.get("device", 1),
            how.get("counter", self.told),
            None if minute is None else self.at(minute),
            how.get("time_text", ""),
        )

    def scan(self, minute: float, code: object, role: Role, **how: Any) -> Answer:
        """Somebody scans; recorded a second later, unless said otherwise."""
        self.clock.at = self.at(how.pop("recorded", minute)) + timedelta(seconds=1)
        return self.qolhat.desk.scan([self.raw(minute, code, role, **how)])[0]

    def act(
        self,
        minute: float,
        kind: ActKind,
        role: Role,
        *numbers: PacketNumber,
        **details: Any,
    ) -> list[Answer]:
        """Somebody acts on packets."""
        if kind is ActKind.RESOLUTION:
            details.setdefault("executor", PEOPLE[Role.EXECUTOR])
        source = self.source(minute, role, details.pop("ref", None))
        return self.qolhat.desk.act(numbers, ActRequest(source, kind, **details))

    def settle(self, minute: float, scan: str, settlement: Any, **fixed: Any) -> Answer:
        """The office settles an unsettled scan."""
        source = self.source(minute, Role.OFFICE, fixed.pop("ref", None))
        return self.qolhat.desk.settle(SettleRequest(source, scan, settlement, **fixed))

    def complain(self, minute: float, number: PacketNumber, answer_by: float, **how: Any) -> Answer:
        """The applicant complains in writing; the slip promises the answer by a minute."""
        role = how.pop("role", Role.OFFICE)
        source = self.source(minute, role, how.pop("ref", None), how.pop("recorded", None))
        how.setdefault("ask", PEOPLE[Role.EXECUTOR])
        return self.qolhat.desk.complain(
            ComplaintRequest(source, number, self.at(answer_by), **how)
        )

    def answer_complaint(
        self, minute: float, number: PacketNumber, complaint: str, **how: Any
    ) -> Answer:
        """The head (or somebody else) answers a complaint."""
        source = self.source(minute, how.pop("role", Role.HEAD), how.pop("ref", None))
        return self.qolhat.desk.answer_complaint(
            ComplaintAnswerRequest(source, number, complaint, **how)
        )

    def until_the_courier(self, minute: float = 10) -> PacketNumber:
        """A packet that is on its way to the authority."""
        number, _ = self.register(minute)
        self.scan(minute + 10, number, Role.COLLECTING)
        self.scan(minute + 50, number, Role.COURIER)
        return number

    def until_the_executor(self, minute: float = 10) -> PacketNumber:
        """A packet that the executor has had since 120 minutes after it was registered."""
        number = self.until_the_courier(minute)
        self.scan(minute + 80, number, Role.OFFICE)
        self.act(minute + 90, ActKind.INCOMING, Role.OFFICE, number)
        self.scan(minute + 100, number, Role.HEAD)
        self.act(minute + 110, ActKind.RESOLUTION, Role.HEAD, number)
        self.scan(minute + 120, number, Role.EXECUTOR)
        return number

    def place_of(self, number: PacketNumber) -> PlaceCode | None:
        """Where the views say the packet is."""
        from projections.holdings import Holdings  # noqa: PLC0415  only where views are asked

        self.qolhat.runner.catch_up()
        with self.qolhat.views.reading() as reading:
            holding = reading.view(Holdings).of(reading.connection, number)
        return holding.place if holding else None
