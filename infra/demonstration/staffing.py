"""Appoints everybody: invented people, their places, badges, devices, log-ins, one stand-in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from domain.numbers import BadgeCode, PlaceCode
from domain.regulations.edition import Way
from domain.roles import Role, Scope
from infra.bootstrap import Qolhat
from infra.demonstration.chance import dice
from infra.demonstration.invented import full_name
from infra.demonstration.plan import Plan
from infra.demonstration.region import Region
from infra.demonstration.shared_secrets import password_of, pin_of
from infra.demonstration.workers import Bureau, Handset, Worker

_SPECIALIST = frozenset({Role.OFFICE, Role.EXECUTOR})


@dataclass(frozen=True, slots=True)
class LogIn:
    """What one needs to work as one of the invented people: by password, by badge, by token.

    `place` is the person's first one; those who only look or manage have none.
    """

    person: int
    role: Role
    organisation: int
    device: int
    token: str = field(repr=False)
    login: str
    password: str = field(repr=False)
    pin: str = field(repr=False)
    badge: BadgeCode
    place: PlaceCode | None = None


class Staffing:
    """Appoints people one after the other; persons and devices are numbered from 1."""

    def __init__(self, qolhat: Qolhat, plan: Plan, since: datetime, until: datetime) -> None:
        self._personnel = qolhat.personnel
        self._accounts = qolhat.accounts
        self._directory = qolhat.directory
        self._plan = plan
        self._since, self._until = since, until
        self._names: Random = dice(plan.seed, "names")
        self._administrator = 0
        self._password, self._pin = password_of(plan.seed), pin_of(plan.seed)
        self._log_ins: dict[int, LogIn] = {}
        self.people = 0

    @property
    def log_ins(self) -> list[LogIn]:
        """Everybody's log-in, in the order of appointment."""
        return list(self._log_ins.values())

    def appoint_all(self, region: Region) -> None:
        """Appoint the staff of the whole region, and those who look after the whole country."""
        department = region.department
        self._administrator = self._appoint(department, (Role.ADMINISTRATOR,), Scope.REGION).person
        self._appoint(department, (Role.AUDITOR,))
        self._appoint(department, (Role.MANAGER,), Scope.REGION)
        for bureau in region.bureaus:
            self._staff(bureau)
            if bureau.way is not Way.AKIM:
                self._appoint(bureau.code, (Role.MANAGER,))
        self._stand_in(region.authorities[-1])
        for role in (Role.MANAGER, Role.ADMINISTRATOR):  # the last: nobody's number changes
            self._appoint(department, (role,), Scope.COUNTRY)
        logins = {each.person: each.login for each in self.log_ins}
        self._accounts.set_all_alike(logins, self._password, self._pin)

    def _staff(self, bureau: Bureau) -> None:
        """Give every place of the organisation to somebody."""
        specialist: Handset | None = None
        for place in self._directory.places_of(bureau.code):
            shared = bureau.way is Way.AKIM and place.role in _SPECIALIST
            if not shared:
                handset = self._appoint(bureau.code, (place.role,))
            else:  # in a village one person takes papers and examines them
                handset = specialist or self._appoint(bureau.code, sorted(_SPECIALIST))
                specialist = handset
            worker = self._put(handset, bureau, place.code, place.role)
            bureau.workers.setdefault(place.role, []).append(worker)
            if place.sector is not None:
                bureau.executors[place.sector] = worker

    def _put(self, handset: Handset, bureau: Bureau, place: PlaceCode, role: Role) -> Worker:
        self._personnel.assign(handset.person, place, since=self._since, by=self._administrator)
        log_in = self._log_ins[handset.person]
        if log_in.place is None:
            self._log_ins[handset.person] = replace(log_in, place=place)
        luck = dice(self._plan.seed, "worker", place)
        return Worker(handset, place, role, bureau.code, bureau.calendar, luck)

    def _appoint(
        self, organisation: int, roles: Iterable[Role], scope: Scope = Scope.ORGANISATION
    ) -> Handset:
        self.people += 1
        roles, number, name = tuple(roles), self.people, full_name(self._names)
        since, by = self._since, self._administrator
        self._personnel.appoint(
            organisation, roles, name=name, person=number, scope=scope, since=since, by=by
        )
        badge = self._personnel.issue_badge(number, number, since=since, by=by)
        token = self._token(number)
        self._personnel.enrol(number, device=number, token=token, since=since, by=by)
        self._log_ins[number] = LogIn(
            number,
            roles[0],
            organisation,
            number,
            token,
            f"{roles[0].value}{number}",
            self._password,
            self._pin,
            badge,
        )
        return Handset(number, number, badge, f"{self._plan.seed:x}")

    def _token(self, device: int) -> str:
        """Derive a token from the seed: whoever knows the plan can log in to its demonstration."""
        text = f"qolhat demonstration {self._plan.seed} {device}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _stand_in(self, authority: Bureau) -> None:
        """Let an executor stand in for the head of one authority, who is absent all the time."""
        head, substitute = authority.first(Role.HEAD), authority.workers[Role.EXECUTOR][-1]
        self._personnel.name_stand_in(
            substitute.handset.person,
            head.handset.person,
            self._until,
            since=self._since,
            by=self._administrator,
        )
        head.handset = substitute.handset
