"""Two far centres and the authority of both, each at a store of its own or all at one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.acts import ActKind, Outcome
from domain.intake import RawScan
from domain.numbers import BagCode, PacketNumber, place_code
from domain.roles import Role
from infra.bootstrap import ALL_VIEWS, Qolhat, bootstrap
from infra.branches.envelope import Envelope, headers_of, leaves, opened, sealed
from infra.requests import (
    AcceptRequest,
    ActRequest,
    Answer,
    BagAnswer,
    PackAnswer,
    Registration,
    Source,
)
from infra.settings import Settings
from infra.store.identity import identity_of
from tests.office import APPLICANT, SettableClock
from tests.stories import AUTHORITY, CENTRE, MORNING

OTHER_CENTRE = CENTRE + 1
NAMES = {CENTRE: "aksu", OTHER_CENTRE: "alakol", AUTHORITY: "country"}
_HIRED = MORNING - timedelta(days=900)
_ROLES = {
    CENTRE: (Role.INSPECTOR, Role.COLLECTING, Role.COURIER),
    OTHER_CENTRE: (Role.INSPECTOR, Role.COLLECTING, Role.COURIER),
    AUTHORITY: (Role.OFFICE, Role.HEAD, Role.EXECUTOR),
}
_OF_THE_STORE = frozenset({"recorded_at", "settled_at", "seen_at", "raw_ref", "text_ref"})


def person_of(organisation: int, role: Role) -> int:
    """Return the number of the one who has this role there, the same in every store."""
    return organisation * 10 + _ROLES[organisation].index(role)


@dataclass
class Desk:
    """The people of one organisation, at whichever store they work; minutes from the morning."""

    qolhat: Qolhat
    clock: SettableClock
    organisation: int
    told: int = 0
    packets: list[PacketNumber] = field(default_factory=list)
    bag: BagCode | None = None

    def at(self, minute: float) -> datetime:
        """The instant of a minute."""
        return MORNING + timedelta(minutes=minute)

    def source(self, minute: float, role: Role) -> Source:
        """Who does it; recorded a second later."""
        self.told += 1
        self.clock.at = self.at(minute) + timedelta(seconds=1)
        return Source(
            f"{self.organisation}-{self.told}",
            person_of(self.organisation, role),
            self.organisation,
            self.told,
            place_code(self.organisation, role, 1),
            self.at(minute),
        )

    def register(self, minute: float) -> PacketNumber:
        """The inspector accepts papers, to be decided by the authority of both centres."""
        return self.register_as(minute, None)

    def register_as(self, minute: float, number: PacketNumber | None) -> PacketNumber:
        """The same, under the number of a label that was printed before."""
        request = Registration(
            self.source(minute, Role.INSPECTOR),
            "003-7",
            number,
            decided_by=AUTHORITY,
            began_at=self.at(minute - 5),
            applicant=APPLICANT,
        )
        answer = self.qolhat.desk.register(request)
        assert answer.standing is not None
        self.packets.append(answer.standing.number)
        return answer.standing.number

    def scan(self, minute: float, code: object, role: Role, **how: Any) -> Answer:
        """Somebody scans; a `ref` is one that was given before."""
        source = self.source(minute, role)
        raw = RawScan(
            how.get("ref", source.ref),
            str(code),
            str(how.get("where", source.place)),
            source.person,
            source.device,
            source.counter,
            source.happened_at,
        )
        return self.qolhat.desk.scan([raw])[0]

    def act(
        self, minute: float, kind: ActKind, role: Role, packet: PacketNumber, **how: Any
    ) -> Answer:
        """Somebody acts on a packet."""
        request = ActRequest(self.source(minute, role), kind, **how)
        (answer,) = self.qolhat.desk.act([packet], request)
        assert answer.error is None
        return answer

    def void(self, minute: float, packet: PacketNumber, scan: str, role: Role) -> Answer:
        """Somebody takes a scan back."""
        return self.qolhat.desk.void(packet, scan, self.source(minute, role))

    # --- bags -------------------------------------------------------------------------------------

    def begin(self, minute: float) -> BagCode:
        """The collecting department begins a registry to the authority."""
        answer = self.qolhat.desk.dispatch.begin(self.source(minute, Role.COLLECTING), AUTHORITY)
        assert answer.bag is not None
        self.bag = answer.bag
        self.registry = answer.registry
        return answer.bag

    def put(self, minute: float, packet: PacketNumber) -> PackAnswer:
        """A packet is put into the bag."""
        source = self.source(minute, Role.COLLECTING)
        return self.qolhat.desk.dispatch.put(self.packed, packet, source)

    @property
    def packed(self) -> BagCode:
        """The bag that was begun."""
        assert self.bag is not None
        return self.bag

    def seal(self, minute: float) -> None:
        """The bag is sealed and its registry closed."""
        dispatch = self.qolhat.desk.dispatch
        dispatch.seal(self.packed, "S-1", self.source(minute, Role.COLLECTING))
        dispatch.close(self.registry, self.source(minute + 0.5, Role.COLLECTING))

    def accept(self, minute: float, bag: BagCode, role: Role) -> BagAnswer:
        """A bag is taken over."""
        source = self.source(minute, role)
        return self.qolhat.desk.dispatch.accept(AcceptRequest(source, bag, source.person))

    def unpack(self, minute: float, bag: BagCode, packets: Iterable[PacketNumber]) -> None:
        """The office opens a bag, verifies packets, and says that this was all."""
        dispatch = self.qolhat.desk.dispatch
        dispatch.open(bag, self.source(minute, Role.OFFICE))
        for step, packet in enumerate(packets, 1):
            dispatch.verify(bag, [packet], self.source(minute + step / 10, Role.OFFICE))
        dispatch.reconcile(bag, self.source(minute + 5, Role.OFFICE))


Step = Callable[[], object]


@dataclass(frozen=True)
class Day:
    """What is done at two centres and their authority, in the order in which it happens.

    Of the authority's steps the first three need bags that are known.
    """

    of_bags: ClassVar[int] = 3

    first: Desk
    second: Desk
    authority: Desk

    def of_a_centre(self, desk: Desk, minute: float) -> list[Step]:
        """Papers come in, are packed, and leave with the courier; one packet is carried loose."""

        def loose() -> PacketNumber:
            return desk.packets[2]

        seen = f"{desk.organisation}-seen"
        return [
            lambda: desk.register(minute),
            lambda: desk.register(minute + 2),
            lambda: desk.register(minute + 4),
            lambda: desk.scan(minute + 5, loose(), Role.COURIER, ref=seen),
            lambda: desk.void(minute + 5.5, loose(), seen, Role.COURIER),
            lambda: desk.scan(minute + 6, "10267 no code", Role.INSPECTOR),
            lambda: desk.begin(minute + 10),
            lambda: desk.put(minute + 11, desk.packets[0]),
            lambda: desk.put(minute + 12, desk.packets[1]),
            lambda: desk.seal(minute + 13),
            lambda: desk.accept(minute + 20, desk.packed, Role.COURIER),
            lambda: desk.scan(minute + 21, loose(), Role.COLLECTING),
            lambda: desk.scan(minute + 22, loose(), Role.COURIER),
        ]

    def of_the_authority(self) -> list[Step]:
        """The first centre's bag is opened; the second's stays closed, some packets are seen."""
        desk = self.authority
        return [
            lambda: desk.accept(90, self.first.packed, Role.OFFICE),
            lambda: desk.accept(91, self.second.packed, Role.OFFICE),
            lambda: desk.unpack(95, self.first.packed, self.first.packets[:2]),
            lambda: desk.scan(104, self.second.packets[0], Role.OFFICE),
            lambda: desk.scan(105, self.second.packets[2], Role.OFFICE),
            lambda: desk.act(110, ActKind.INCOMING, Role.OFFICE, self.second.packets[0]),
            lambda: desk.scan(120, self.second.packets[0], Role.HEAD),
            lambda: desk.act(
                125,
                ActKind.RESOLUTION,
                Role.HEAD,
                self.second.packets[0],
                executor=person_of(AUTHORITY, Role.EXECUTOR),
            ),
            lambda: desk.scan(130, self.second.packets[0], Role.EXECUTOR),
            lambda: desk.act(
                140,
                ActKind.DRAFTED,
                Role.EXECUTOR,
                self.second.packets[0],
                outcome=Outcome.GRANTED,
            ),
        ]


def hire_everybody(folder: Path) -> Path:
    """Make a store in which everybody is known; stores are made as copies of it."""
    with bootstrap(Settings(data_dir=folder), now=SettableClock()) as wired:
        for organisation, roles in _ROLES.items():
            for role in roles:
                person = person_of(organisation, role)
                wired.personnel.appoint(organisation, [role], person=person, since=_HIRED)
                wired.personnel.assign(person, place_code(organisation, role, 1), since=_HIRED)
    return folder


def open_store(
    hired: Path, folder: Path, clock: SettableClock, branch: str = "", **more: Any
) -> Qolhat:
    """Open a store of its own in which everybody is known."""
    copytree(hired, folder)
    return bootstrap(Settings(data_dir=folder, branch=branch, **more), now=clock)


def envelopes_of(qolhat: Qolhat) -> list[Envelope]:
    """Return what a branch's store sends, as it arrives, in its order."""
    identity, branch = identity_of(qolhat.log), qolhat.settings.branch
    return [
        opened(sealed(identity, row)[1], headers_of(branch))
        for page in qolhat.log.pages(0)
        for row in page
        if leaves(row)
    ]


def rows_of(qolhat: Qolhat, without: Collection[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Return what all views show; when, and where texts lie, is left out."""
    qolhat.runner.catch_up()
    found: dict[str, list[dict[str, Any]]] = {}
    with qolhat.views.engine.connect() as connection:
        names = [
            name
            for kind in ALL_VIEWS
            if kind.name not in without
            for name in qolhat.views.of_generation(kind, 1).tables
        ]
        for name in names:
            rows = connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()
            found[name] = sorted((_shown(row) for row in rows), key=repr)
    return found


def _shown(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _OF_THE_STORE}


def in_turns(steps: Sequence[Step]) -> None:
    """Do one step after the other."""
    for step in steps:
        step()
