"""Appoints people, gives them places, badges, stand-ins and devices [004; 000 §19].

Names go into the vault under `person:<number>`; events hold numbers only. A device's token is shown
once; only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from domain.directory import Directory
from domain.numbers import BadgeCode, PlaceCode, badge_code
from domain.roles import Role, Scope
from domain.staff import Device, Person
from infra.store.group_commit import UnitOfWork
from infra.store.log import EventLog, StaffBook
from infra.vault import Record, Vault

SYSTEM = 0  # who did it when no person did


def token_hash(token: str) -> str:
    """Return what is kept of a device's token."""
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")


def name_ref(person: int) -> str:
    """Return the vault's reference of a person's name."""
    return f"person:{person}/name"


class Personnel:
    """Changes to people and devices; each is recorded with who made it and since when it holds."""

    def __init__(
        self,
        log: EventLog,
        vault: Vault,
        directory: Directory,
        staff: StaffBook,
        now: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._vault = vault
        self._directory = directory
        self._staff = staff
        self._now = now

    def appoint(
        self,
        organisation: int,
        roles: Iterable[Role],
        *,
        name: str = "",
        person: int | None = None,
        scope: Scope = Scope.ORGANISATION,
        since: datetime | None = None,
        by: int = SYSTEM,
    ) -> int:
        """Appoint somebody; return the person's number. Raises UnknownOrganisationError."""
        self._directory.organisation(organisation)
        number = person if person is not None else self._next_person()
        if name:
            subject = f"person:{number}"
            record = Record(name_ref(number), subject, {"name": name}, surname=name)
            self._vault.put([record], self._now())
        facts = {
            "organisation": organisation,
            "roles": tuple(sorted(role.value for role in roles)),
            "scope": None if scope is Scope.ORGANISATION else scope.value,
        }
        self._record(number, Person.Appointed, since, by, **facts)
        return number

    def assign(
        self, person: int, place: PlaceCode, *, since: datetime | None = None, by: int = SYSTEM
    ) -> None:
        """Give a person a place. Raises UnknownPlaceError, UnknownPersonError."""
        self._directory.place(place)
        self._record(person, Person.PlaceAssigned, since, by, place=place)

    def withdraw(
        self, person: int, place: PlaceCode, *, since: datetime | None = None, by: int = SYSTEM
    ) -> None:
        """Take a place from a person. Raises UnknownPersonError."""
        self._record(person, Person.PlaceWithdrawn, since, by, place=place)

    def name_stand_in(
        self,
        substitute: int,
        absent: int,
        until: datetime,
        *,
        since: datetime | None = None,
        by: int = SYSTEM,
    ) -> None:
        """Let somebody stand in for an absent one. Raises UnknownPersonError."""
        self._staff.refresh().member(absent)
        self._record(substitute, Person.StandInNamed, since, by, absent=absent, until=until)

    def issue_badge(
        self, person: int, serial: int, *, since: datetime | None = None, by: int = SYSTEM
    ) -> BadgeCode:
        """Give a person a badge of the organisation. Raises UnknownPersonError."""
        organisation = self._staff.refresh().member(person).organisation
        badge = badge_code(organisation, serial)
        self._record(person, Person.BadgeIssued, since, by, badge=badge)
        return badge

    def dismiss(self, person: int, *, since: datetime | None = None, by: int = SYSTEM) -> None:
        """End a person's roles and places. Raises UnknownPersonError."""
        self._record(person, Person.Dismissed, since, by)

    def enrol(
        self,
        person: int,
        *,
        device: int | None = None,
        token: str | None = None,
        since: datetime | None = None,
        by: int = SYSTEM,
    ) -> tuple[int, str]:
        """Enrol a device that speaks for a person; return its number and its token.

        The token cannot be read again. Raises UnknownPersonError.
        """
        register = self._staff.refresh()
        register.member(person)
        if device is None:
            device = max((each.device for each in register.devices), default=0) + 1
        token = token or secrets.token_urlsafe(24)
        self._record_device(
            device, Device.Enrolled, since, by, person=person, token_hash=token_hash(token)
        )
        return device, token

    def revoke(self, device: int, *, since: datetime | None = None, by: int = SYSTEM) -> None:
        """Turn a device away from now on."""
        self._record_device(device, Device.Revoked, since, by)

    def names(self, people: Iterable[int]) -> dict[int, str]:
        """Return the names of people, where the vault has them."""
        refs = {name_ref(person): person for person in people}
        found = self._vault.get_many(refs)
        return {refs[ref]: str(content["name"]) for ref, content in found.items()}

    def _next_person(self) -> int:
        return max((member.person for member in self._staff.refresh().people), default=0) + 1

    def _record(
        self,
        person: int,
        event: type[Person.Event],
        since: datetime | None,
        by: int,
        **facts: Any,
    ) -> None:
        now = self._now()

        def work(unit: UnitOfWork) -> None:
            stream = unit.load(Person, Person.stream(person))
            stream.record(event, now, person=person, by=by, since=since or now, **facts)

        self._log.commands.run(work)
        self._staff.refresh()

    def _record_device(
        self,
        device: int,
        event: type[Device.Event],
        since: datetime | None,
        by: int,
        **facts: Any,
    ) -> None:
        now = self._now()

        def work(unit: UnitOfWork) -> None:
            stream = unit.load(Device, Device.stream(device))
            stream.record(event, now, device=device, by=by, since=since or now, **facts)

        self._log.commands.run(work)
        self._staff.refresh()
