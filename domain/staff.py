"""People and devices: who may act in which role, at which places, since when [004; 000 §19].

A person has roles in one organisation and any number of places; a named person stands in for an
absent head. Assignments are dated, because a late scan is judged by the day on which it was made.
Names are personal data and stay in the vault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import UnknownPersonError
from domain.numbers import BadgeCode, PlaceCode, take_apart
from domain.roles import Role, Scope
from domain.streams import Happening, Stream, Topics, numbered_stream

_PERSON_TAG = 0x70727301  # "prs", 1
_DEVICE_TAG = 0x64657601  # "dev", 1
FAR_PEOPLE = 1_000_000_000  # from here on people are numbered by far branches
_OF_A_BRANCH = 100_000


def numbers_of_far_people(organisation: int) -> range:
    """Return the numbers for people whom an organisation's far branch appoints by itself."""
    first = FAR_PEOPLE + organisation * _OF_A_BRANCH
    return range(first, first + _OF_A_BRANCH)


class Person(Stream):
    """A member of staff, by number."""

    class Event(Happening):
        """What every event of a person says: `by` did it, it holds from `since` on (UTC)."""

        person: int
        by: int
        since: datetime

    class Appointed(Event):
        """From now on the person works in this organisation with these roles, and no others.

        `scope`: how far a manager or an administrator reaches; none means that organisation.
        """

        TOPIC = "prs.new"
        organisation: int
        roles: tuple[str, ...]
        scope: str | None = None

    class PlaceAssigned(Event):
        """The person works at this place."""

        TOPIC = "prs.plc"
        place: PlaceCode

    class PlaceWithdrawn(Event):
        """The person works at this place no longer."""

        TOPIC = "prs.npl"
        place: PlaceCode

    class StandInNamed(Event):
        """The person stands in for an absent one until then: with that one's roles and places."""

        TOPIC = "prs.std"
        absent: int
        until: datetime

    class BadgeIssued(Event):
        """The person carries this badge."""

        TOPIC = "prs.bdg"
        badge: BadgeCode

    class BadgeWithdrawn(Event):
        """The person carries this badge no longer: it was lost, or given back."""

        TOPIC = "prs.nbg"
        badge: BadgeCode

    class StandInEnded(Event):
        """The person stands in for this one no longer, earlier than was said."""

        TOPIC = "prs.nsd"
        absent: int

    class Dismissed(Event):
        """The person left; roles, places, badges and standing in end."""

        TOPIC = "prs.end"

    TOPIC = "prs"

    @staticmethod
    def stream(person: int) -> UUID:
        """Return the stream of this person."""
        return numbered_stream(_PERSON_TAG, person)

    def begin(self) -> None:
        """Start as nobody."""
        self.appointed = False

    def take(self, event: Any) -> None:
        """Remember whether the person works here."""
        self.appointed = not isinstance(event, Person.Dismissed)

    def record(self, event_class: type[Event], recorded_at: datetime, **facts: Any) -> None:
        """Record a change. Raises UnknownPersonError before the appointment."""
        if not self.appointed and event_class is not Person.Appointed:
            raise UnknownPersonError(person=facts["person"])
        self.trigger_event(event_class, timestamp=recorded_at, **facts)


class Device(Stream):
    """A station, a scanner or a phone; its token tells who works with it."""

    class Event(Happening):
        """What every event of a device says."""

        device: int
        by: int
        since: datetime

    class Enrolled(Event):
        """The device speaks for this person; only a hash of its token is kept."""

        TOPIC = "dev.new"
        person: int
        token_hash: str

    class Revoked(Event):
        """The device is turned away from now on."""

        TOPIC = "dev.rev"

    TOPIC = "dev"

    @staticmethod
    def stream(device: int) -> UUID:
        """Return the stream of this device."""
        return numbered_stream(_DEVICE_TAG, device)

    def begin(self) -> None:
        """Start unknown."""
        self.person: int | None = None

    def take(self, event: Any) -> None:
        """Remember for whom it speaks."""
        self.person = event.person if isinstance(event, Device.Enrolled) else None

    def record(self, event_class: type[Event], recorded_at: datetime, **facts: Any) -> None:
        """Record a change."""
        self.trigger_event(event_class, timestamp=recorded_at, **facts)


EVENTS = Topics.of(Person) | Topics.of(Device)


@dataclass(slots=True)
class Spell:
    """A stretch of time; `until` None means still."""

    since: datetime
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Tell whether the instant lies in it."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Post:
    """What an appointment gave, and for how long."""

    organisation: int
    roles: frozenset[Role]
    scope: Scope
    spell: Spell


@dataclass(slots=True)
class StaffMember:
    """What is known of one person; organisation, roles and scope as the last appointment says.

    `posts` has all appointments: one that begins later has not changed anything yet.
    """

    person: int
    organisation: int = 0
    roles: frozenset[Role] = frozenset()
    scope: Scope = Scope.ORGANISATION
    employed: Spell | None = None
    posts: list[Post] = field(default_factory=list)
    places: dict[PlaceCode, list[Spell]] = field(default_factory=dict)
    stands_in: list[tuple[int, Spell]] = field(default_factory=list)
    badges: dict[BadgeCode, list[Spell]] = field(default_factory=dict)


@dataclass(slots=True)
class EnrolledDevice:
    """A device that is not turned away."""

    device: int
    person: int
    token_hash: str


class StaffRegister:
    """All people and devices, as the events say; kept in memory, cheap to ask."""

    def __init__(self, events: Iterable[Any] = ()) -> None:
        self._people: dict[int, StaffMember] = {}
        self._devices: dict[int, EnrolledDevice] = {}
        self._by_token: dict[str, EnrolledDevice] = {}
        for event in events:
            self.take(event)

    def take(self, event: Any) -> None:
        """Take one event in, in the order of recording."""
        if isinstance(event, Person.Event):
            self._take_person(event)
        elif isinstance(event, Device.Enrolled):
            self._turn_away(event.device)  # a token given before is good no longer
            device = EnrolledDevice(event.device, event.person, event.token_hash)
            self._devices[event.device] = self._by_token[event.token_hash] = device
        elif isinstance(event, Device.Revoked):
            self._turn_away(event.device)

    def _turn_away(self, device: int) -> None:
        known = self._devices.pop(device, None)
        if known is not None:
            self._by_token.pop(known.token_hash, None)

    def _take_person(self, event: Person.Event) -> None:
        member = self._people.setdefault(event.person, StaffMember(event.person))
        match event:
            case Person.Appointed():
                _appoint(member, event)
            case Person.PlaceAssigned():
                member.places.setdefault(event.place, []).append(Spell(event.since))
            case Person.PlaceWithdrawn():
                _end(member.places.get(event.place, []), event.since)
            case Person.StandInNamed():
                member.stands_in.append((event.absent, Spell(event.since, event.until)))
            case Person.StandInEnded():
                _end(_spells_for(member, event.absent), event.since)
            case Person.BadgeIssued():
                member.badges.setdefault(event.badge, []).append(Spell(event.since))
            case Person.BadgeWithdrawn():
                _end(member.badges.get(event.badge, []), event.since)
            case Person.Dismissed():
                _dismiss(member, event.since)
            case _:
                pass

    def __contains__(self, person: int) -> bool:
        return person in self._people

    @property
    def people(self) -> tuple[StaffMember, ...]:
        """Everybody who was ever appointed."""
        return tuple(self._people.values())  # at once: another thread may be taking an event in

    @property
    def devices(self) -> tuple[EnrolledDevice, ...]:
        """The devices that are not turned away."""
        return tuple(self._devices.values())

    def member(self, person: int) -> StaffMember:
        """Return what is known of a person. Raises UnknownPersonError."""
        try:
            return self._people[person]
        except KeyError:
            raise UnknownPersonError(person=person) from None

    def by_token(self, token_hash: str) -> EnrolledDevice | None:
        """Return the device with this token."""
        return self._by_token.get(token_hash)

    def by_badge(self, badge: BadgeCode, at: datetime | None = None) -> StaffMember | None:
        """Return the person who carries this badge at an instant; without one: as is known today.

        Nobody carries a badge that was withdrawn, or one of somebody who left.
        """
        return next(
            (
                member
                for member in self.people
                if any(_lasts(spell, at) for spell in member.badges.get(badge, ()))
            ),
            None,
        )

    def badges_of(self, person: int, at: datetime) -> tuple[BadgeCode, ...]:
        """Return the badges that a person carries at an instant. Raises UnknownPersonError."""
        badges = tuple(self.member(person).badges.items())
        return tuple(badge for badge, spells in badges if any(spell.covers(at) for spell in spells))

    def last_badge(self, organisation: int) -> int:
        """Return the highest serial of all badges ever given out there; 0 if there was none."""
        given = (take_apart(badge) for member in self.people for badge in tuple(member.badges))
        return max((code.serial for code in given if code.block == organisation), default=0)

    def roles_of(self, person: int, at: datetime) -> frozenset[Role]:
        """Return the roles of a person at an instant, those of absent ones included."""
        return frozenset[Role]().union(*(post.roles for post in self.posts_of(person, at)))

    def organisations_of(self, person: int, at: datetime) -> frozenset[int]:
        """Return where a person works at an instant, and where those whom the person replaces do.

        Raises UnknownPersonError.
        """
        return frozenset(post.organisation for post in self.posts_of(person, at))

    def has_role_in(
        self, person: int, roles: Collection[Role], organisation: int, at: datetime
    ) -> bool:
        """Tell whether a person had one of the roles in an organisation at an instant.

        Whoever stood in for somebody had that one's roles.

        Raises UnknownPersonError.
        """
        return any(
            post.organisation == organisation and not post.roles.isdisjoint(roles)
            for post in self.posts_of(person, at)
        )

    def posts_of(self, person: int, at: datetime) -> tuple[Post, ...]:
        """Return the posts of a person at an instant: the own one, then those of absent ones.

        Raises UnknownPersonError.
        """
        member = self.member(person)
        sources = (member, *(self.member(absent) for absent in _absent(member, at)))
        return tuple(post for source in sources for post in source.posts if post.spell.covers(at))

    def works_at(self, person: int, place: PlaceCode, at: datetime) -> bool:
        """Tell whether the place was the person's at that instant."""
        member = self._people.get(person)
        if member is None:
            return False
        if any(spell.covers(at) for spell in member.places.get(place, ())):
            return True
        absent = (self._people[other] for other in _absent(member, at))
        return any(spell.covers(at) for other in absent for spell in other.places.get(place, ()))

    def own_places(self, person: int) -> tuple[PlaceCode, ...]:
        """Return the places that were given to a person and not taken back, lent ones left out.

        Raises UnknownPersonError.
        """
        places = tuple(self.member(person).places.items())
        return tuple(place for place, spells in places if any(_lasts(s, None) for s in spells))

    def places_of(self, person: int, at: datetime) -> tuple[PlaceCode, ...]:
        """Return the places of a person at an instant, in the order of assignment."""
        member = self.member(person)
        sources = [member, *(self.member(absent) for absent in _absent(member, at))]
        return tuple(
            place
            for source in sources
            for place, spells in tuple(source.places.items())
            if any(spell.covers(at) for spell in spells)
        )


def _appoint(member: StaffMember, event: Person.Appointed) -> None:
    """Begin another post, which ends the one that the person has."""
    former = [post.spell for post in member.posts]
    member.organisation = event.organisation
    member.roles = frozenset(Role(role) for role in event.roles)
    member.scope = Scope(event.scope or Scope.ORGANISATION)
    post = Post(member.organisation, member.roles, member.scope, Spell(event.since))
    member.posts.append(post)
    _end(former, event.since)
    if member.employed is None or not member.employed.covers(event.since):
        member.employed = Spell(event.since)


def _dismiss(member: StaffMember, at: datetime) -> None:
    _end([post.spell for post in member.posts], at)
    if member.employed is not None:
        _end([member.employed], at)
    for spells in (*member.places.values(), *member.badges.values()):
        _end(spells, at)
    _end([spell for _, spell in member.stands_in], at)


def _spells_for(member: StaffMember, absent: int) -> list[Spell]:
    return [spell for other, spell in member.stands_in if other == absent]


def _lasts(spell: Spell, at: datetime | None) -> bool:
    return spell.until is None if at is None else spell.covers(at)


def _absent(member: StaffMember, at: datetime) -> Iterable[int]:
    """Return those for whom somebody stands in; nobody, before and after the employment."""
    if not any(post.spell.covers(at) for post in member.posts):
        return ()
    return (absent for absent, spell in member.stands_in if spell.covers(at))


def _end(spells: Iterable[Spell], at: datetime) -> None:
    """End what lasts longer than that."""
    for spell in spells:
        if spell.until is None or at < spell.until:
            spell.until = at
