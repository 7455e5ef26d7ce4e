"""A collecting department, a courier and an office that hand bags over by HTTP."""

from __future__ import annotations

from typing import Any

from httpx import Response

from domain.numbers import BadgeCode
from domain.roles import Role
from tests.api.http.counter import Counter
from tests.stories import AUTHORITY, OTHER_AUTHORITY, place


class Carrying:
    """What people do to registries and bags; `minute` is counted from the morning."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    def badge(self, role: Role) -> BadgeCode:
        """Give somebody a badge."""
        return self.counter.qolhat.personnel.issue_badge(self.counter.people[role])

    def send(self, minute: float, path: str, role: Role, **more: Any) -> Response:
        """Somebody sends a command."""
        return self.counter.post(path, self.counter.stamp(minute, role, **more), role)

    def sent(self, minute: float, path: str, role: Role, **more: Any) -> Any:
        """Somebody sends a command, and it is taken."""
        answer = self.send(minute, path, role, **more)
        assert answer.is_success, answer.text
        return answer.json()

    # --- packing ------------------------------------------------------------------------------

    def begin(self, minute: float = 30, **more: Any) -> tuple[str, str]:
        """The collecting department begins a registry; return it and its bag."""
        told = self.sent(minute, "/registries", Role.COLLECTING, to=AUTHORITY, **more)
        return told["registry"], told["bag"]

    def put(self, minute: float, bag: str, *codes: str, **more: Any) -> Any:
        """The collecting department puts packets into a bag."""
        return self.sent(minute, f"/bags/{bag}/packets", Role.COLLECTING, codes=codes, **more)

    def packed(self, *packets: str, seal: str = "S-1") -> tuple[str, str]:
        """A closed registry with one sealed bag."""
        registry, bag = self.begin()
        self.put(31, bag, *packets)
        self.sent(32, f"/bags/{bag}/seal", Role.COLLECTING, seal=seal)
        self.sent(33, f"/registries/{registry}/close", Role.COLLECTING)
        return registry, bag

    # --- on the way ---------------------------------------------------------------------------

    def step(self, minute: float, bag: str, step: str, role: Role, **more: Any) -> Any:
        """Somebody does something to a bag."""
        return self.sent(minute, f"/bags/{bag}/{step}", role, **more)

    def carried(self, *packets: str) -> str:
        """A bag that the courier has brought to the office."""
        _, bag = self.packed(*packets)
        self.step(70, bag, "accept", Role.COURIER)
        self.step(100, bag, "accept", Role.OFFICE)
        return bag

    def unpacked(self, *packets: str, missing: str) -> str:
        """A bag that was opened and reconciled without one of its packets."""
        bag = self.carried(*packets, missing)
        self.step(110, bag, "open", Role.OFFICE)
        self.step(111, bag, "verified", Role.OFFICE, codes=packets)
        self.step(120, bag, "reconcile", Role.OFFICE)
        return bag

    def a_stranger(self) -> dict[str, str]:
        """From now on the office is another authority's; return where it is."""
        there = place(Role.OFFICE, OTHER_AUTHORITY)
        self.counter.appoint(Role.OFFICE, OTHER_AUTHORITY, there)
        return {"place": str(there)}
