"""A person's history: the events of the stream, and what the journal notes of log-in and name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.web.admin.choosing import named
from api.web.admin.deeds import Deed
from api.web.visitor import Visitor
from domain.directory import Place
from domain.errors import RefusedError
from domain.numbers import PlaceCode, grouped
from domain.roles import Scope
from domain.staff import Person

_DEEDS = frozenset(deed.value for deed in Deed)
_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Line:
    """What was done: recorded at an instant by somebody, and since when it holds (UTC)."""

    at: datetime
    by: int
    what: str
    since: datetime | None = None


def history(visitor: Visitor, person: int) -> list[Line]:
    """Return everything that was recorded of a person, the newest first."""
    events = visitor.qolhat.log.events_of(Person.stream(person))
    lines = [_line(visitor, event) for event in events]
    looks = visitor.qolhat.access.looks(subject=f"person:{person}", limit=_LIMIT)
    for look in looks:
        if look.what in _DEEDS:
            said = visitor.speech.word("look", look.what)
            lines.append(Line(look.at, look.person, said))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _line(visitor: Visitor, event: Person.Event) -> Line:
    since = event.since if event.since != event.timestamp else None
    return Line(event.timestamp, event.by, _told(visitor, event), since)


def _told(visitor: Visitor, event: Person.Event) -> str:
    say = visitor.speech.say
    match event:
        case Person.Appointed():
            return say("people.event.appointed", **_post(visitor, event))
        case Person.PlaceAssigned() | Person.PlaceWithdrawn():
            given = isinstance(event, Person.PlaceAssigned)
            key = "people.event.place" if given else "people.event.place-withdrawn"
            return say(key, place=said_place(visitor, event.place))
        case Person.BadgeIssued() | Person.BadgeWithdrawn():
            given = isinstance(event, Person.BadgeIssued)
            key = "people.event.badge" if given else "people.event.badge-withdrawn"
            return say(key, badge=grouped(event.badge))
        case Person.StandInNamed():
            until = visitor.speech.moment(event.until)
            return say("people.event.stand-in", name=_name(visitor, event.absent), until=until)
        case Person.StandInEnded():
            return say("people.event.stand-in-ended", name=_name(visitor, event.absent))
        case _:
            return say("people.event.dismissed")


def _post(visitor: Visitor, event: Person.Appointed) -> dict[str, Any]:
    speech = visitor.speech
    roles = ", ".join(speech.word("role", role) for role in event.roles)
    organisation = visitor.qolhat.directory.organisation(event.organisation).name_kk
    if event.scope is not None:
        roles = f"{roles} ({speech.word('scope', Scope(event.scope).value)})"
    return {"roles": roles, "organisation": organisation}


def _name(visitor: Visitor, person: int) -> str:
    return named(visitor, [person])[person]


def said_place(visitor: Visitor, code: PlaceCode) -> str:
    """Name a place by its role and number; by its code, where it is not known any more."""
    try:
        place: Place = visitor.qolhat.directory.place(code)
    except RefusedError:
        return grouped(code)
    return f"{visitor.speech.word('role', place.role.value)} {place.number}"
