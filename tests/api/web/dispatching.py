"""A bag on its way between the collecting department and the office, for tests of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from httpx import Response

from domain.dispatch.journey import Journey
from domain.numbers import BadgeCode, BagCode, PacketNumber
from domain.roles import Role
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import MORNING


@dataclass
class Way:
    """Packets, those who pack, carry and unpack them, and the pages by which they do it."""

    office: Office
    day: Day
    packets: list[PacketNumber]
    registry: str = ""
    bag: str = ""

    @classmethod
    def of(cls, office: Office, packets: int = 3) -> Way:
        """Accept so many packets at a window."""
        day = Day(office)
        return cls(office, day, [day.register(10 + nth) for nth in range(packets)])

    @property
    def journey(self) -> Journey:
        """What is known of the bag."""
        found = self.office.qolhat.desk.dispatch.journey(BagCode(int(self.bag[-14:])))
        assert found is not None
        return found

    def enter(self, role: Role, language: str = "kk") -> Browser:
        """Log somebody of the day in."""
        return self.office.log_in(self.day.people[role], language)

    def badge(self, role: Role) -> BadgeCode:
        """Give somebody a badge."""
        since = MORNING - timedelta(days=1)
        return self.office.qolhat.personnel.issue_badge(self.day.people[role], since=since)

    def later(self, minutes: float = 10) -> None:
        """Let time pass."""
        self.office.clock.at += timedelta(minutes=minutes)

    def begin(self, packer: Browser) -> None:
        """Begin a registry to the only destination there is."""
        packer.get("/dispatch")
        packer.submit("post /dispatch")
        self.registry = packer.path
        found = re.search(r"data-choose=\"(\d+)\"", packer.shown.text if packer.shown else "")
        assert found, "no bag on the page"
        self.bag = f"/bags/{found[1]}"

    def pack(self, packer: Browser, packets: Iterable[PacketNumber] | None = None) -> None:
        """Begin a registry, put the packets in, seal and close it."""
        self.begin(packer)
        for number in self.packets if packets is None else packets:
            self.later(0.5)
            packer.submit(f"{self.registry}/put", code=str(number), how="in")
        self.later()
        packer.submit(f"{self.registry}/seal", seal="П-17")
        packer.submit(f"{self.registry}/close")

    def carry(self) -> None:
        """Let the courier take it and the office accept it, each at their own screen."""
        for role in (Role.COURIER, Role.OFFICE):
            self.later()
            browser = self.enter(role)
            browser.get(self.bag)
            browser.submit(f"{self.bag}/accept", seal="П-17")

    def arrive(self) -> Browser:
        """Pack, carry and open it; return the office's browser with the page of unpacking."""
        self.pack(self.enter(Role.COLLECTING))
        self.carry()
        office = self.enter(Role.OFFICE)
        office.get(self.bag)
        self.later()
        office.submit(f"{self.bag}/open")
        self.later()
        return office

    def send(self, browser: Browser, address: str, *scans: dict[str, Any]) -> Response:
        """Send scans as the page's script does."""
        browser.get("/account")
        body = {"person": browser.person, "scans": list(scans)}
        headers = {"x-csrf-token": browser.csrf, "accept": "application/json"}
        answer: Response = browser.client.post(address, json=body, headers=headers)
        return answer

    def told(self, browser: Browser, address: str, *scans: dict[str, Any]) -> list[dict[str, Any]]:
        """Send scans and return what is told of each."""
        answer = self.send(browser, address, *scans)
        assert answer.status_code == 200, answer.text
        answers: list[dict[str, Any]] = answer.json()["answers"]
        return answers

    def scan(self, code: object, ref: str, **more: Any) -> dict[str, Any]:
        """Return a scan as the page's queue has it."""
        at = self.office.clock.at.isoformat()
        return {"ref": ref, "code": str(code), "counter": 1, "happened_at": at} | more
