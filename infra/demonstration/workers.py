"""Who works where: organisations of the simulation, their people, places, devices and in-trays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from domain.acts import ActKind
from domain.calendar import Calendar
from domain.intake import RawScan
from domain.numbers import BadgeCode, PlaceCode
from domain.regulations.edition import Way
from domain.roles import Role, Sector
from infra.requests import Source

if TYPE_CHECKING:
    from infra.demonstration.loads import Load
    from infra.demonstration.papers import Paper

_LONG_AGO = datetime(2012, 1, 1, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Handset:
    """A person's device: it numbers its own requests."""

    number: int
    person: int
    badge: BadgeCode
    mark: str  # begins every id that the device gives
    counter: int = 0

    def next_ref(self) -> str:
        """Count one request more and return its id."""
        self.counter += 1
        return f"{self.mark}-{self.number}-{self.counter}"


@dataclass(slots=True, eq=False)
class Worker:
    """A person at one of the places of an organisation."""

    handset: Handset
    place: PlaceCode
    role: Role
    organisation: int
    calendar: Calendar
    dice: Random
    free: datetime = _LONG_AGO
    tray: list[Paper] = field(default_factory=list)  # brought, not yet taken up
    folders: dict[ActKind, dict[Paper, None]] = field(default_factory=dict)  # for one sitting

    def source(self, at: datetime) -> Source:
        """Begin a request of this person at this place, which reaches the desk at `at`."""
        device, done = self.handset, at - self.lag()
        ref = device.next_ref()
        return Source(ref, device.person, device.number, device.counter, self.place, done)

    def lag(self) -> timedelta:
        """Draw how long it takes from doing something until the desk knows."""
        return timedelta(seconds=self.dice.randint(8, 19) / 10)

    def scan(self, code: object, at: datetime, place: PlaceCode | None = None) -> RawScan:
        """Scan a code; `place` where another place's card was scanned by mistake."""
        device = self.handset
        return RawScan(
            device.next_ref(),
            str(code),
            str(place or self.place),
            device.person,
            device.number,
            device.counter,
            at,
        )

    def serve(self, at: datetime, minutes: float) -> tuple[datetime, datetime]:
        """Serve the next in the queue; return when that began and ended."""
        began = self.calendar.next_open(max(at, self.free))
        self.free = self.calendar.add_working_time(began, whole_seconds(minutes * 60))
        return began, self.free

    def later(self, at: datetime, low: float, high: float) -> datetime:
        """Draw an instant so many minutes of this person's working time after `at`."""
        span = whole_seconds(self.dice.uniform(low, high) * 60)
        return self.calendar.add_working_time(at, span)


@dataclass(slots=True, eq=False)
class Bureau:
    """An organisation of the simulation, with those who work in it."""

    code: int
    way: Way
    calendar: Calendar
    zone: ZoneInfo
    weight: float
    workers: dict[Role, list[Worker]] = field(default_factory=dict)
    executors: dict[Sector, Worker] = field(default_factory=dict)
    authority: Bureau | None = None
    outgoing: list[Paper] = field(default_factory=list)  # to be packed, in a branch
    returning: list[Paper] = field(default_factory=list)  # for a branch, in its authority's office
    packed: list[Load] = field(default_factory=list)  # waits for the courier, in a branch
    packed_back: list[Load] = field(default_factory=list)  # for a branch, at its authority
    astray: list[Paper] = field(default_factory=list)  # of a branch, in another authority's office

    def first(self, role: Role) -> Worker:
        """Return the one who does this here."""
        return self.workers[role][0]

    def instant(self, day: date, clock: time) -> datetime:
        """Return the instant (UTC) of a local time."""
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


def whole_seconds(seconds: float) -> timedelta:
    """Return a length of time without fractions of a second."""
    return timedelta(seconds=int(seconds))
