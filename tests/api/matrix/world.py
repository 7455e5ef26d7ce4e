"""One store for the whole matrix: three homes with their papers and staff, and everybody who asks.

All applicants are conspicuous and invented: whatever is theirs is found in any answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sse_starlette import ServerSentEvent

import infra.accounts.secrecy
import infra.bootstrap
from api.http.app import create_app
from api.http.fields import is_iin
from api.web.live import Watch
from domain.acts import EXECUTORS, ActKind, Outcome
from domain.blocks import NumberBlock
from domain.intake import RawScan
from domain.numbers import (
    BadgeCode,
    BagCode,
    PacketNumber,
    PlaceCode,
    RegistryCode,
    grouped,
    packet_number,
    place_code,
    place_organisation,
)
from domain.packet import Packet
from domain.roles import PLACE_DIGITS, Role, Scope
from infra.accounts.sessions import NewSession
from infra.bootstrap import VAULT_FILE, Qolhat
from infra.evidence.wiring import closing
from infra.requests import ActRequest, ComplaintRequest, Registration, Source
from infra.settings import Settings
from infra.store.group_commit import UnitOfWork
from projections.loose_pages import LoosePages
from projections.unsettled import Fate, Unsettled
from tests.api.matrix.who import Where, Who
from tests.infra.demonstration.simulated import hasty
from tests.pausing import anybodys
from tests.scanned import filing, page, saved, sheet
from tests.stories import AUTHORITY, CENTRE, MORNING

NOW = MORNING + timedelta(hours=4)
HIRED = MORNING - timedelta(days=900)
PASSWORD, NEW_PASSWORD, PIN = "тек-сынақ-үшін-1", "тек-сынақ-үшін-2", "902745"
SERVICE = "003-7"
SHEET = saved("JPEG", sheet())
_MANY = 12  # events
_PRINTED_AHEAD = 5_000_000  # labels
_CENTRE_ROLES = frozenset({Role.INSPECTOR, Role.COLLECTING, Role.COURIER})

# Centre, authority and (where the directory has one) akimat that work together.
ORGANISATIONS = {
    Where.OWN: (CENTRE, AUTHORITY, 286),
    Where.NEIGHBOUR: (268, 33, 304),
    Where.FAR: (208, 19),
}
# Whose packet, in which home, at which organisation: an applicant of its own.
SURNAMES = {
    CENTRE: ("Көпіршана", "Тамызек"),
    286: ("Сағатжелкен", "Көкек"),
    268: ("Түймеарқан", "Мамырек"),
    304: ("Шелекұршық", "Қыркүйек"),
    208: ("Ожаутұтқа", "Ақпанбек"),
}
ROLES: dict[Who, tuple[Role, ...]] = {
    Who.INSPECTOR: (Role.INSPECTOR,),
    Who.COLLECTING: (Role.COLLECTING,),
    Who.COURIER: (Role.COURIER,),
    Who.OFFICE: (Role.OFFICE,),
    Who.HEAD: (Role.HEAD,),
    Who.EXECUTOR: (Role.EXECUTOR,),
    Who.AKIM: (Role.AKIM,),
    Who.MANAGER: (Role.MANAGER,),
    Who.MANAGER_OF_REGION: (Role.MANAGER,),
    Who.MANAGER_OF_COUNTRY: (Role.MANAGER,),
    Who.ADMINISTRATOR: (Role.ADMINISTRATOR,),
    Who.ADMINISTRATOR_OF_REGION: (Role.ADMINISTRATOR,),
    Who.ADMINISTRATOR_OF_COUNTRY: (Role.ADMINISTRATOR,),
    Who.AUDITOR: (Role.AUDITOR,),
    Who.INSPECTING_MANAGER: (Role.INSPECTOR, Role.MANAGER),
    Who.AUDITING_ADMINISTRATOR: (Role.ADMINISTRATOR, Role.AUDITOR),
    Who.ONE_TIME: (Role.INSPECTOR,),
    Who.DISMISSED: (Role.INSPECTOR,),
}
SCOPES = {
    Who.MANAGER_OF_REGION: Scope.REGION,
    Who.MANAGER_OF_COUNTRY: Scope.COUNTRY,
    Who.ADMINISTRATOR_OF_REGION: Scope.REGION,
    Who.ADMINISTRATOR_OF_COUNTRY: Scope.COUNTRY,
    Who.INSPECTING_MANAGER: Scope.REGION,
}


@dataclass(frozen=True)
class Paper:
    """A packet with an applicant; `personal` is what nobody without the right may read."""

    number: PacketNumber
    surname: str
    given_name: str
    iin: str
    address: str
    complaint: str
    scan: str  # the id of a scan that counts
    incoming: str
    page: str  # a scanned page of it

    @property
    def personal(self) -> tuple[str, ...]:
        """The applicant's data, as they would be found in an answer."""
        return self.surname, self.given_name, self.iin, self.address


@dataclass(frozen=True)
class Person:
    """Somebody who asks, with everything that opens a door."""

    person: int
    organisation: int
    place: PlaceCode
    login: str
    token: str
    badge: BadgeCode


@dataclass
class Things:
    """What belongs to one organisation of a home and can be asked for, or changed."""

    world: World
    where: Where
    organisation: int
    staff: dict[Role, int]
    paper: Paper
    stray: PacketNumber  # what is scanned anywhere
    window: PlaceCode
    station: int
    _worked: PacketNumber | None = None
    _victim: int = 0
    _device: int = 0
    _place: int = 0
    _scan: str = ""
    _loose: str = ""

    def place(self, role: Role) -> PlaceCode:
        """Return a place of a role in this organisation; of the window's, if it has none."""
        wanted = place_code(self.organisation, role, 1)
        places = {place.code for place in self.world.qolhat.directory.places_of(self.organisation)}
        return wanted if wanted in places else self.window

    @property
    def colleague(self) -> int:
        """Somebody who works there."""
        return next(iter(self.staff.values()))

    @property
    def worked(self) -> PacketNumber:
        """A packet to do something to; another one after anybody from elsewhere did something.

        Else it would be that one's business from then on, and that of all who work there.
        """
        if self._worked is None or not self._only_ours(self._worked):
            self._worked = self.fresh
        return self._worked

    def _only_ours(self, number: PacketNumber) -> bool:
        events = self.world.qolhat.log.events_of(Packet.stream(number))
        been = {place_organisation(event.place) for event in events}
        return len(events) < _MANY and been <= {*ORGANISATIONS[self.where]}

    @property
    def fresh(self) -> PacketNumber:
        """A packet that has just been accepted here."""
        return self.world.register(self.colleague, self.window)

    def begun(self) -> tuple[RegistryCode, BagCode]:
        """Begin a registry here; in its bag lies a packet that nobody has registered yet."""
        dispatch, person = self.world.qolhat.desk.dispatch, self.colleague
        centre, authority, *_ = ORGANISATIONS[self.where]
        to = centre if self.organisation == authority else authority
        made = dispatch.begin(self.world.source(person, self.window), to)
        assert made.bag is not None
        number = packet_number(self.organisation, _PRINTED_AHEAD + next(self.world.refs))
        put = dispatch.put(made.bag, number, self.world.source(person, self.window))
        assert put.error is None, put.error
        return made.registry, made.bag

    def sealed(self) -> tuple[RegistryCode, BagCode]:
        """Begin a registry here and seal its only bag."""
        registry, bag = self.begun()
        source = self.world.source(self.colleague, self.window)
        self.world.qolhat.desk.dispatch.seal(bag, "S-1", source)
        return registry, bag

    def differing(self) -> BagCode:
        """Begin a bag whose seal is not what it should be."""
        _, bag = self.sealed()
        source = self.world.source(self.colleague, self.window)
        self.world.qolhat.desk.dispatch.break_seal(bag, source)
        return bag

    @property
    def victim(self) -> int:
        """Somebody whom an administrator may change; another one after a dismissal."""
        register = self.world.qolhat.staff.refresh()
        if not self._victim or not register.roles_of(self._victim, NOW):
            role = next(iter(self.staff))
            self._victim = self.world.hire(self.organisation, role, f"Мысалова {self.organisation}")
            self.world.qolhat.personnel.issue_badge(self._victim)
        return self._victim

    @property
    def device(self) -> int:
        """A device that speaks for the victim; another one after a revocation."""
        known = {each.device for each in self.world.qolhat.staff.refresh().devices}
        if self._device not in known:
            self._device, _ = self.world.qolhat.personnel.enrol(self.victim)
        return self._device

    @property
    def spare_place(self) -> PlaceCode:
        """A place that nobody needs; another one after it was closed."""
        personnel, directory = self.world.qolhat.personnel, self.world.qolhat.directory
        if not self._place or not directory.is_open(PlaceCode(self._place)):
            self._place = personnel.open_place(self.organisation, next(iter(self.staff))).code
        return PlaceCode(self._place)

    @property
    def unsettled(self) -> str:
        """A scan that waits for a decision; another one after it was settled."""
        if not self._scan or not self._waits():
            self._scan = self.world.scan(self.colleague, "түсініксіз", self.window)
            self.world.show()
        return self._scan

    def _waits(self) -> bool:
        self.world.show()
        qolhat = self.world.qolhat
        with qolhat.views.reading() as reading:
            row = reading.view(Unsettled).of(reading.connection, self._scan)
        return row is not None and row.fate == Fate.WAITING.value

    @property
    def loose(self) -> str:
        """A scanned page that waits for a decision; another one after it was settled."""
        if not self._loose or not self._loose_waits():
            place = self.place(next(iter(self.staff)))
            self._loose = self.world.file(self.colleague, place)
            self.world.show()
        return self._loose

    def _loose_waits(self) -> bool:
        self.world.show()
        with self.world.qolhat.views.reading() as reading:
            row = reading.view(LoosePages).of(reading.connection, self._loose)
        return row is not None and row.fate == Fate.WAITING.value

    @property
    def marks(self) -> tuple[str, ...]:
        """What tells of this organisation's papers and people, wherever it is shown."""
        number = self.paper.number
        return str(number), grouped(number), staff_surname(self.organisation)


def invented_iin(organisation: int) -> str:
    """Return an IIN that can be searched for: its check digit is right, its day is none."""
    return next(iin for check in range(10) if is_iin(iin := f"000000{organisation:05d}{check}"))


def staff_surname(organisation: int) -> str:
    """Return what everybody in an organisation is called here."""
    return f"Қызметкерова-{organisation}"


class World:
    """The application, its store, and everything in it."""

    def __init__(self, qolhat: Qolhat, app: FastAPI, folder: Path) -> None:
        self.qolhat, self.app = qolhat, app
        self.refs = count(1)
        self._vault = sqlite3.connect(folder / VAULT_FILE, isolation_level=None)
        self._version = -1
        self.changed: set[Who] = set()  # who has another password, perhaps
        self._sessions: dict[Who, tuple[int, NewSession]] = {}
        self.papers: dict[PacketNumber, tuple[Where, Paper]] = {}
        qolhat.log.commands.run(self._skip_the_example)
        self.things = {
            where: {each.organisation: each for each in self._home(where)} for where in Where
        }
        self._station = qolhat.stations.make()[1]
        self.people = {who: self._person(who) for who in ROLES}
        qolhat.personnel.dismiss(self.people[Who.DISMISSED].person)
        self.show()

    @staticmethod
    def _skip_the_example(unit: UnitOfWork) -> None:
        """The first number of the centre stands in descriptions and placeholders as an example."""
        unit.load(NumberBlock, NumberBlock.stream(CENTRE)).reserve(1, NOW)

    # --- homes --------------------------------------------------------------------------------

    def _home(self, where: Where) -> Iterator[Things]:
        centre, authority, *akimats = ORGANISATIONS[where]
        at_centre = self._staff(centre, Role.INSPECTOR)
        deciding = self._staff(authority, Role.OFFICE, Role.HEAD, Role.EXECUTOR)
        window = place_code(centre, Role.INSPECTOR, 1)
        paper = self._paper(where, window, at_centre[Role.INSPECTOR], deciding, authority)
        for organisation, staff in ((centre, at_centre), (authority, deciding)):
            yield self._things(where, organisation, staff, paper)
        for akimat in akimats:
            staff = self._staff(akimat, Role.OFFICE, Role.AKIM, Role.EXECUTOR)
            window = place_code(akimat, Role.OFFICE, 1)
            paper = self._paper(where, window, staff[Role.OFFICE], staff, akimat)
            yield self._things(where, akimat, staff, paper)

    def executor_in(self, organisation: int) -> int | None:
        """Somebody who executes there, if anybody does."""
        register = self.qolhat.staff.register
        for member in register.people:
            if register.has_role_in(member.person, EXECUTORS, organisation, NOW):
                return member.person
        return None

    def _staff(self, organisation: int, *roles: Role) -> dict[Role, int]:
        name = staff_surname(organisation)
        return {role: self.hire(organisation, role, f"{name} Үлгі") for role in roles}

    def hire(self, organisation: int, role: Role, name: str) -> int:
        """Appoint somebody at the first place of their role."""
        personnel = self.qolhat.personnel
        person = personnel.appoint(organisation, [role], name=name, since=HIRED)
        personnel.assign(person, place_code(organisation, role, 1), since=HIRED)
        return person

    def _things(
        self, where: Where, organisation: int, staff: dict[Role, int], paper: Paper
    ) -> Things:
        role, person = next(iter(staff.items()))
        window = place_code(organisation, role, 1)
        _, station = self.qolhat.stations.make()
        self.qolhat.stations.describe(station, name="Терезе", place=window)
        stray = self.register(person, window)
        return Things(self, where, organisation, staff, paper, stray, window, station)

    # --- papers -------------------------------------------------------------------------------

    def _paper(
        self, where: Where, place: PlaceCode, clerk: int, deciding: dict[Role, int], authority: int
    ) -> Paper:
        """Papers that were accepted, refused by a notice, and complained about."""
        window = place_organisation(place)
        surname, given_name = SURNAMES[window]
        iin, address = invented_iin(window), f"{surname} көшесі, {window}-үй"
        applicant = {
            "surname": surname, "given_name": given_name, "iin": iin, "address": address,
        }  # fmt: skip
        number = self.register(clerk, place, applicant=applicant)
        office = place_code(authority, Role.OFFICE, 1)
        scan = self.scan(deciding[Role.OFFICE], str(number), office)
        incoming = f"К-{window}"
        self.act(number, ActKind.INCOMING, deciding[Role.OFFICE], office, incoming_number=incoming)
        executor = deciding[Role.EXECUTOR]
        at_desk = place_code(authority, Role.EXECUTOR, 1)
        self.scan(executor, str(number), at_desk)
        reasons = f"{surname} {given_name} құжаттарды толық бермеді"
        self.act(number, ActKind.DRAFTED, executor, at_desk, outcome=Outcome.REFUSED, text=reasons)
        complaint = self.complain(number, deciding[Role.OFFICE], office, f"{surname} шағымданады")
        page = self.file(deciding[Role.OFFICE], office, number)
        paper = Paper(number, surname, given_name, iin, address, complaint, scan, incoming, page)
        self.papers[number] = where, paper
        return paper

    def source(self, person: int, place: PlaceCode) -> Source:
        """Somebody, somewhere, now."""
        told = next(self.refs)
        return Source(f"w{told}", person, 1, told, place, NOW)

    def register(self, person: int, place: PlaceCode, **more: Any) -> PacketNumber:
        """Accept papers."""
        request = Registration(self.source(person, place), SERVICE, began_at=NOW, **more)
        answer = self.qolhat.desk.register(request)
        assert answer.standing is not None
        return answer.standing.number

    def scan(self, person: int, code: str, place: PlaceCode) -> str:
        """Scan something; return the scan's id."""
        told = next(self.refs)
        raw = RawScan(f"w{told}", code, str(place), person, 1, told, NOW)
        (answer,) = self.qolhat.desk.scan([raw])
        assert answer.error is None
        return raw.ref

    def act(
        self, number: PacketNumber, kind: ActKind, person: int, place: PlaceCode, **how: Any
    ) -> None:
        """Do something to a packet."""
        request = ActRequest(self.source(person, place), kind, **how)
        (answer,) = self.qolhat.desk.act([number], request)
        assert answer.error is None, answer.error

    def complain(self, number: PacketNumber, person: int, place: PlaceCode, text: str) -> str:
        """Take a complaint; return its id."""
        source, by = self.source(person, place), NOW + timedelta(days=7)
        self.qolhat.desk.complain(ComplaintRequest(source, number, by, person, text))
        self.show()
        return source.ref

    def file(self, person: int, place: PlaceCode, number: PacketNumber | None = None) -> str:
        """File a scanned page, to a packet or to none; return its reference."""
        name = f"{next(self.refs)}.jpg"
        request = filing(self.source(person, place), name, page(picture=SHEET), given=number)
        (filed,) = self.qolhat.desk.file(request).pages
        return filed.ref

    def show(self) -> None:
        """Wait until the views show everything."""
        assert self.qolhat.runner.wait_for(self.qolhat.log.rows.last_position())

    # --- people -------------------------------------------------------------------------------

    def _person(self, who: Who) -> Person:
        roles, organisation = ROLES[who], self._organisation_of(who)
        qolhat = self.qolhat
        person = qolhat.personnel.appoint(
            organisation,
            roles,
            name=f"Өзіміздікі {who.name.title()}",
            scope=SCOPES.get(who, Scope.ORGANISATION),
            since=HIRED,
        )
        holding = [role for role in roles if role in PLACE_DIGITS]
        for role in holding:
            qolhat.personnel.assign(person, place_code(organisation, role, 1), since=HIRED)
        if who is Who.AKIM:  # a window, for papers are accepted at windows
            office = place_code(organisation, Role.OFFICE, 1)
            qolhat.personnel.assign(person, office, since=HIRED)
        place = self.of(Where.OWN, organisation).place(next(iter(holding), Role.OFFICE))
        login = f"asks.{who.name.lower()}"
        qolhat.accounts.set_login(person, login)
        qolhat.accounts.set_password(person, PASSWORD, must_change=who is Who.ONE_TIME)
        qolhat.accounts.set_pin(person, PIN)
        badge = qolhat.personnel.issue_badge(person, since=HIRED)
        _, token = qolhat.personnel.enrol(person, since=HIRED)
        return Person(person, organisation, place, login, token, badge)

    def _organisation_of(self, who: Who) -> int:
        centre, authority, akimat = ORGANISATIONS[Where.OWN]
        if who is Who.AKIM:
            return akimat
        return centre if _CENTRE_ROLES & set(ROLES[who]) else authority

    def of(self, where: Where, organisation: int) -> Things:
        """Return the things of the organisation that corresponds to this one in a home."""
        here = ORGANISATIONS[where]
        index = ORGANISATIONS[Where.OWN].index(organisation)
        return self.things[where][here[index] if index < len(here) else here[1]]

    def things_for(self, who: Who, where: Where) -> Things:
        """Return what somebody asks for; nobody asks for what an inspector would."""
        asker = self.people[Who.INSPECTOR if who is Who.NOBODY else who]
        return self.of(where, asker.organisation)

    def session(self, who: Who) -> NewSession:
        """Return a session of somebody; another one after a log-out."""
        known, begun = self._sessions.get(who, (0, None))
        if begun is not None and known == self.log_ins():
            return begun  # nobody has logged in or out since
        self.password(who)
        sessions = self.qolhat.sessions
        if begun is None or sessions.find(begun.token) is None:
            until = NOW + timedelta(hours=8)
            begun = sessions.begin(self.people[who].person, self._station, until)
        self._sessions[who] = self.log_ins(), begun
        return begun

    def password(self, who: Who) -> str:
        """Return somebody's password; given anew where it was changed."""
        accounts, person = self.qolhat.accounts, self.people[who].person
        must_change = who is Who.ONE_TIME
        account = accounts.account(person)
        if account is None or account.must_change != must_change or who in self.changed:
            accounts.set_password(person, PASSWORD, must_change=must_change)
            self.changed.discard(who)
        return PASSWORD

    # --- what is kept -------------------------------------------------------------------------

    def recorded(self) -> tuple[int, int]:
        """Tell what was recorded so far: events, and what the vault holds."""
        return self.qolhat.log.rows.last_position(), self._kept()[0]

    def log_ins(self) -> int:
        """Tell what is kept of log-ins, sessions and stations."""
        return self._kept()[1]

    def looks(self, person: int, after: int = 0) -> list[str]:
        """Return at whom somebody looked after so many looks of everybody."""
        found = self._vault.execute(
            "SELECT subject FROM access_looks WHERE id > ? AND person = ?", (after, person)
        )
        return [subject for (subject,) in found]

    def looked(self) -> int:
        """Tell how many looks there were."""
        return self._number("SELECT coalesce(max(id), 0) FROM access_looks")

    def _kept(self) -> tuple[int, int]:
        """Read what is kept, unless nobody has written since it was read."""
        version = self._number("PRAGMA data_version")
        if version != self._version:
            self._version = version
            self._digests = (
                self._digest("vault_records", "vault_hashes"),
                self._digest("accounts", "sessions", "stations"),
            )
        return self._digests

    def _digest(self, *tables: str) -> int:
        found = (self._vault.execute(f"SELECT * FROM {each}").fetchall() for each in tables)
        return hash(repr(list(found)))

    def _number(self, query: str) -> int:
        (number,) = self._vault.execute(query).fetchone()
        return int(number)


class _Clock:
    def __call__(self) -> Any:
        return NOW


async def _one_event(_: Watch) -> Any:
    """A stream that ends: a listener's real one does not."""
    yield ServerSentEvent(event="changed", data="")


def _weak() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Client:
    """Asks the application within its own event loop; keeps no cookies and follows nothing."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._portal = portal
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://testserver")

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Send a request."""
        self._client.cookies.clear()
        return self._portal.call(partial(self._client.request, method, path, **how))


@contextmanager
def opened_world(folder: Path) -> Iterator[tuple[World, Client]]:
    """Open the application on a new store in this folder, with everybody and everything in it."""
    rules = anybodys(folder / "regulations")
    settings = Settings(
        data_dir=folder, vault_key=SecretStr(""), language="kk", regulations_dir=rules
    )
    with pytest.MonkeyPatch.context() as patch, hasty():
        for name in ("load_regulations", "load_workdays"):
            patch.setattr(infra.bootstrap, name, cache(getattr(infra.bootstrap, name)))
        patch.setattr(infra.accounts.secrecy, "PasswordHasher", _weak)
        patch.setattr(Watch, "events", _one_event)
        with infra.bootstrap.bootstrap(settings, now=_Clock()) as qolhat:
            app = create_app(qolhat)
            with TestClient(app) as running:  # its views follow the log
                assert running.portal is not None
                world = World(qolhat, app, folder)
                replace(closing(qolhat), now=lambda: NOW + timedelta(days=1)).close()
                yield world, Client(app, running.portal)
