"""Appoints people, gives them places, badges, stand-ins and devices; opens places [004; 000 §19].

Names go into the vault under `person:<number>`; events hold numbers only. A device's token is shown
once; only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.directory import BadPlaceError, Directory, Place
from domain.errors import RefusedError
from domain.held_places import HeldPlace, PlaceClosedError
from domain.numbers import BadgeCode, PlaceCode, badge_code, grouped, place_organisation
from domain.roles import Role, Scope, Sector
from domain.staff import FAR_PEOPLE, Device, Person, numbers_of_far_people
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


class BadgeTakenError(RefusedError):
    """Somebody else carries the badge."""

    code = "badge-taken"
    status = 409


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to be recorded about a person, beside who did it and since when it holds."""

    event: type[Person.Event]
    facts: dict[str, Any] = field(default_factory=dict)


class Personnel:
    """Changes to people, devices and places; each is recorded with who made it and since when."""

    def __init__(
        self,
        log: EventLog,
        vault: Vault,
        directory: Directory,
        staff: StaffBook,
        now: Callable[[], datetime],
        *,
        far: bool = False,
    ) -> None:
        self._far = far  # a far branch numbers people by itself
        self._log = log
        self._vault = vault
        self._directory = directory
        self._staff = staff
        self._now = now
        self._numbering = threading.Lock()

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
        """Appoint somebody, or somebody known to another post; return the person's number.

        Whoever goes to another organisation leaves the places of the former one. Raises
        UnknownOrganisationError, StorageError: then, at worst, the person is there without a name.
        """
        self._directory.organisation(organisation)
        appointed = {
            "organisation": organisation,
            "roles": tuple(sorted(role.value for role in roles)),
            "scope": None if scope is Scope.ORGANISATION else scope.value,
        }
        if person is None:
            person = self._recruit(since, by, appointed)
        else:
            left = self._places_elsewhere(person, organisation)
            changes = [_Change(Person.Appointed, appointed)]
            changes += [_Change(Person.PlaceWithdrawn, {"place": place}) for place in left]
            self._record(person, since, by, *changes)
        if name:
            self.rename(person, name)
        return person

    def rename(self, person: int, name: str) -> None:
        """Keep a person's name, or put a wrong one right. Raises UnknownPersonError."""
        self._staff.refresh().member(person)
        record = Record(name_ref(person), f"person:{person}", {"name": name}, surname=name)
        self._vault.put([record], self._now())

    def assign(
        self, person: int, place: PlaceCode, *, since: datetime | None = None, by: int = SYSTEM
    ) -> None:
        """Give a person a place. Raises UnknownPlaceError, PlaceClosedError, UnknownPersonError."""
        self._staff.refresh()
        self._directory.place(place)
        if not self._directory.is_open(place):
            raise PlaceClosedError(place=grouped(place))
        self._record(person, since, by, _Change(Person.PlaceAssigned, {"place": place}))

    def withdraw(
        self, person: int, place: PlaceCode, *, since: datetime | None = None, by: int = SYSTEM
    ) -> None:
        """Take a place from a person. Raises UnknownPersonError."""
        self._record(person, since, by, _Change(Person.PlaceWithdrawn, {"place": place}))

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
        change = _Change(Person.StandInNamed, {"absent": absent, "until": until})
        self._record(substitute, since, by, change)

    def end_stand_in(
        self, substitute: int, absent: int, *, since: datetime | None = None, by: int = SYSTEM
    ) -> None:
        """Let the absent one be back earlier than was said. Raises UnknownPersonError."""
        self._record(substitute, since, by, _Change(Person.StandInEnded, {"absent": absent}))

    def issue_badge(
        self,
        person: int,
        serial: int | None = None,
        *,
        since: datetime | None = None,
        by: int = SYSTEM,
    ) -> BadgeCode:
        """Give a person a badge of the organisation; without a serial the next one.

        Raises UnknownPersonError, BadgeTakenError if somebody else carries it.
        """
        with self._numbering:
            register = self._staff.refresh()
            organisation = register.member(person).organisation
            if serial is None:
                serial = register.last_badge(organisation) + 1
            badge = badge_code(organisation, serial)
            bearer = register.by_badge(badge)
            if bearer is not None and bearer.person != person:
                raise BadgeTakenError(badge=grouped(badge))
            self._record(person, since, by, _Change(Person.BadgeIssued, {"badge": badge}))
        return badge

    def withdraw_badge(
        self, person: int, badge: BadgeCode, *, since: datetime | None = None, by: int = SYSTEM
    ) -> None:
        """Take a badge from a person: nobody is known by it any more. Raises UnknownPersonError."""
        self._record(person, since, by, _Change(Person.BadgeWithdrawn, {"badge": badge}))

    def dismiss(self, person: int, *, since: datetime | None = None, by: int = SYSTEM) -> None:
        """End a person's roles, places, badges and standing in. Raises UnknownPersonError."""
        self._record(person, since, by, _Change(Person.Dismissed))

    def open_place(
        self,
        organisation: int,
        role: Role,
        number: int | None = None,
        sector: Sector | None = None,
        *,
        by: int = SYSTEM,
    ) -> Place:
        """Open a place: the next of its role, or the one with this number, perhaps closed before.

        Raises UnknownOrganisationError; BadPlaceError if the role holds no papers, or if the code
        was given to another sector.
        """
        self._staff.refresh()
        wanted = self._wanted_place(organisation, role, number, sector)
        if wanted in self._directory.places_of(organisation):
            return wanted
        now = self._now()

        def work(unit: UnitOfWork) -> Place:
            place = wanted
            held = unit.load(HeldPlace, HeldPlace.stream(place.code))
            while number is None and held.said:  # another process was quicker
                place = Place.at(organisation, role, place.number + 1, sector)
                held = unit.load(HeldPlace, HeldPlace.stream(place.code))
            held.open_as(place, now, by)
            return place

        place = self._log.commands.run(work).answer
        self._staff.refresh()
        return place

    def close_place(self, place: PlaceCode, *, by: int = SYSTEM) -> None:
        """Offer a place no longer and take it from everybody; its code stays known.

        Raises UnknownPlaceError.
        """
        register = self._staff.refresh()
        self._directory.place(place)
        here = [
            each.person for each in register.people if place in register.own_places(each.person)
        ]
        now = self._now()

        def work(unit: UnitOfWork) -> None:
            unit.load(HeldPlace, HeldPlace.stream(place)).close(place, now, by)
            for person in here:
                stream = unit.load(Person, Person.stream(person))
                if stream.appointed:
                    facts = {"person": person, "by": by, "since": now, "place": place}
                    stream.record(Person.PlaceWithdrawn, now, **facts)

        self._log.commands.run(work)
        self._staff.refresh()

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

    def _recruit(self, since: datetime | None, by: int, appointed: dict[str, Any]) -> int:
        """Appoint somebody under the next number; another process may have taken it meanwhile."""
        now = self._now()
        organisation: int = appointed["organisation"]
        numbers = numbers_of_far_people(organisation) if self._far else range(1, FAR_PEOPLE)
        people = self._staff.refresh().people
        taken = (member.person for member in people if member.person in numbers)
        following = max(taken, default=numbers.start - 1) + 1

        def work(unit: UnitOfWork) -> int:
            number = following
            stream = unit.load(Person, Person.stream(number))
            while stream.version:
                number += 1
                stream = unit.load(Person, Person.stream(number))
            facts = {"person": number, "by": by, "since": since or now, **appointed}
            stream.record(Person.Appointed, now, **facts)
            return number

        number = self._log.commands.run(work).answer
        self._staff.refresh()
        return number

    def _places_elsewhere(self, person: int, organisation: int) -> list[PlaceCode]:
        register = self._staff.refresh()
        if person not in register:
            return []
        places = register.own_places(person)
        return [place for place in places if place_organisation(place) != organisation]

    def _wanted_place(
        self, organisation: int, role: Role, number: int | None, sector: Sector | None
    ) -> Place:
        known = {p.number: p for p in self._directory.all_places_of(organisation) if p.role is role}
        if number is None:
            return Place.at(organisation, role, max(known, default=0) + 1, sector)
        place = known.get(number)
        if place is None:
            return Place.at(organisation, role, number, sector)
        if sector not in (None, place.sector):
            raise BadPlaceError(place=place.code, fault="taken")
        return place

    def _record(self, person: int, since: datetime | None, by: int, *changes: _Change) -> None:
        """Record changes to a person, all or none. Raises UnknownPersonError."""
        now = self._now()

        def work(unit: UnitOfWork) -> None:
            stream = unit.load(Person, Person.stream(person))
            for change in changes:
                facts = {"person": person, "by": by, "since": since or now, **change.facts}
                stream.record(change.event, now, **facts)

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
