"""A day of packets for tests of pages: what people do to them through the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.acts import ActKind, Outcome
from domain.intake import RawScan
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from infra.requests import ActRequest, Answer, Registration, Source
from tests.api.web.office import Office
from tests.stories import MORNING, place

ROLES = (
    Role.INSPECTOR,
    Role.COLLECTING,
    Role.COURIER,
    Role.OFFICE,
    Role.HEAD,
    Role.EXECUTOR,
)


class Day:
    """Packets and what is done to them, by minutes since the morning."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.desk = office.qolhat.desk
        self.told = 0
        self.people = {role: office.employ(role, places=[place(role)]) for role in ROLES}

    def source(self, minute: float, role: Role) -> Source:
        self.told += 1
        at = MORNING + timedelta(minutes=minute)
        self.office.clock.at = max(self.office.clock.at, at + timedelta(seconds=1))
        return Source(f"r{self.told}", self.people[role], 1, self.told, place(role), at)

    def register(self, minute: float, service: str = "003-7", **more: Any) -> PacketNumber:
        source = self.source(minute, Role.INSPECTOR)
        more.setdefault("applicant", {"surname": "Сынақбаева", "given_name": "Үлгі"})
        answer = self.desk.register(
            Registration(source, service, began_at=source.happened_at, **more)
        )
        assert answer.standing is not None
        return answer.standing.number

    def scan(self, minute: float, code: object, role: Role, **how: Any) -> Answer:
        source = self.source(minute, role)
        raw = RawScan(
            source.ref,
            str(code),
            str(how.get("where", place(role))),
            how.get("person", source.person),
            1,
            self.told,
            how.get("happened_at", source.happened_at),
            str(how.get("time_text", "")),
        )
        return self.desk.scan([raw])[0]

    def act(
        self, minute: float, kind: ActKind, role: Role, number: PacketNumber, **how: Any
    ) -> None:
        (answer,) = self.desk.act([number], ActRequest(self.source(minute, role), kind, **how))
        assert answer.error is None

    def at_the_office(self, minute: float) -> PacketNumber:
        number = self.register(minute)
        self.scan(minute + 1, number, Role.OFFICE)
        return number

    def at_the_head(self, minute: float) -> PacketNumber:
        number = self.at_the_office(minute)
        self.act(minute + 2, ActKind.INCOMING, Role.OFFICE, number)
        self.scan(minute + 3, number, Role.HEAD)
        return number

    def decide(
        self, minute: float, number: PacketNumber, outcome: Outcome = Outcome.GRANTED
    ) -> None:
        """From the office to the office: a resolution, a notice, a signature."""
        executor = self.people[Role.EXECUTOR]
        self.act(minute, ActKind.INCOMING, Role.OFFICE, number)
        self.scan(minute + 1, number, Role.HEAD)
        self.act(minute + 2, ActKind.RESOLUTION, Role.HEAD, number, executor=executor)
        self.scan(minute + 3, number, Role.EXECUTOR)
        self.act(minute + 4, ActKind.RIGHT, Role.EXECUTOR, number)
        how = {"outcome": outcome, "text": "Үлгі себеп" if outcome == "refused" else None}
        self.act(minute + 5, ActKind.DRAFTED, Role.EXECUTOR, number, **how)
        self.scan(minute + 6, number, Role.HEAD)
        self.act(minute + 7, ActKind.SIGNED, Role.HEAD, number)
        self.scan(minute + 8, number, Role.EXECUTOR)
        self.scan(minute + 9, number, Role.OFFICE)
        self.act(minute + 10, ActKind.SENT_BACK, Role.OFFICE, number)

    def shown(self) -> None:
        """Wait until the views show everything."""
        qolhat = self.office.qolhat
        assert qolhat.runner.wait_for(qolhat.log.rows.last_position())

    def kinds(self, number: PacketNumber) -> list[type[Any]]:
        events = self.office.qolhat.log.events_of(Packet.stream(number))
        return [type(event) for event in events]
