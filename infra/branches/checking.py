"""Whether what a branch sent can be recorded at all: an event of ours, whole, of its own stream.

Whoever may write into the topic may have sent anything; what would be poison for the views must not
get into the log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
from eventsourcing.persistence import MapperDeserialisationError

from domain.directory import Directory
from domain.dispatch.bag import Bag
from domain.dispatch.device_log import DeviceLog
from domain.dispatch.registry import Registry
from domain.errors import RefusedError
from domain.held_places import HeldPlace
from domain.numbers import (
    BagCode,
    CodeKind,
    PacketNumber,
    PlaceCode,
    RegistryCode,
    is_valid,
    take_apart,
)
from domain.packet import Packet
from domain.regulations.book import Regulations
from domain.runs import Run, RunKey, RunTimes
from domain.staff import FAR_PEOPLE, Person
from domain.streams import Stream, number_of
from domain.unsettled import UnsettledScan
from infra.branches.errors import NoSuchEditionError, UnreadableEnvelopeError
from infra.store.mapper import read_event
from infra.store.rows import EventRow

KINDS: tuple[type[Stream], ...] = (
    Packet,
    Bag,
    Registry,
    Run,
    UnsettledScan,
    DeviceLog,
    HeldPlace,
    RunTimes,
    Person,
)
BARE = frozenset({"originator_id", "originator_version", "timestamp"})
_STAYS = (Packet.PagesFiled,)


def checked_event(row: EventRow, directory: Directory, regulations: Regulations) -> Any:
    """Read a branch's event and make sure that the country can hold it.

    Raises UnreadableEnvelopeError, UnknownPlaceError, UnknownOrganisationError,
    NoSuchEditionError.
    """
    _, stream, version, topic, state = row
    try:
        event = read_event(stream, version, topic, state)
        _check_fields(event)
        known = kind_of(event) is not None and not isinstance(event, _STAYS)
        if not known or _stream_of(event) != stream:
            raise UnreadableEnvelopeError(reason=f"{topic} in {stream}")
    except (MapperDeserialisationError, msgspec.ValidationError, AttributeError) as error:
        raise UnreadableEnvelopeError(reason=str(error)[:500]) from error
    _check_known(event, directory, regulations)
    return event


def kind_of(event: Any) -> type[Stream] | None:
    """Return of what kind the stream of an event is; None if a branch sends no such events."""
    of_kind = (kind for kind in KINDS if isinstance(event, kind.Event))  # type: ignore[attr-defined]
    return next(of_kind, None)


def _check_fields(event: Any) -> None:
    """Make sure that every fact is there and of its type."""
    event_class: Any = type(event)
    for name, hint in _hints(event_class):
        value = getattr(event, name)
        if isinstance(value, datetime) and value.tzinfo is None:
            raise UnreadableEnvelopeError(reason=f"{name} without a zone")
        msgspec.convert(value, hint, strict=True)


@cache
def _hints(event_class: Any) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(event_class)
    return tuple(
        (each.name, hints[each.name]) for each in fields(event_class) if each.name not in BARE
    )


def _stream_of(event: Any) -> UUID | None:
    """Return the stream in which such an event must be; None if there is no such stream."""
    of_kind = (stream for kind, stream in _STREAMS if isinstance(event, kind))
    stream = next(of_kind, None)
    return None if stream is None else stream(event)


def _numbered(event: Packet.Event | Bag.Event | Registry.Event) -> UUID | None:
    number = number_of(event.originator_id)
    if not is_valid(number):
        return None
    match event, take_apart(number).kind:
        case Packet.Event(), CodeKind.PACKET:
            return Packet.stream(PacketNumber(number))
        case Bag.Event(), CodeKind.BAG:
            return Bag.stream(BagCode(number))
        case Registry.Event(), CodeKind.REGISTRY:
            return Registry.stream(RegistryCode(number))
    return None


def _run(text: str) -> UUID | None:
    try:
        return Run.stream(RunKey.parse(text))
    except RefusedError:
        return None


def _person(number: int) -> UUID | None:
    """Whoever the country has numbered is the country's to appoint."""
    return Person.stream(number) if number >= FAR_PEOPLE else None


_STREAMS: tuple[tuple[type[Any], Callable[[Any], UUID | None]], ...] = (
    (Packet.Event, _numbered),
    (Bag.Event, _numbered),
    (Registry.Event, _numbered),
    (Run.Event, lambda event: _run(event.run)),
    (UnsettledScan.Kept, lambda event: UnsettledScan.stream(event.ref)),
    (UnsettledScan.Settled, lambda event: UnsettledScan.stream(event.scan)),
    (DeviceLog.Event, lambda event: DeviceLog.stream(event.log)),
    (HeldPlace.Event, lambda event: HeldPlace.stream(event.place)),
    (RunTimes.Event, lambda event: RunTimes.stream(event.branch, event.authority)),
    (Person.Event, lambda event: _person(event.person)),
)


def _check_known(event: Any, directory: Directory, regulations: Regulations) -> None:
    """Make sure that the country knows what the event names."""
    for name in ("place", "to_place"):
        place: int = getattr(event, name, None) or 0
        if place and not isinstance(event, HeldPlace.Event):
            directory.place(PlaceCode(place))
    match event:
        case Packet.Registered():
            directory.organisation(event.decided_by)
            _check_edition(event.edition, regulations)
        case Bag.Begun() | Registry.Begun():
            directory.organisation(event.to)
        case Person.Appointed():
            directory.organisation(event.organisation)


def _check_edition(edition: str, regulations: Regulations) -> None:
    try:
        regulations.edition(edition)
    except KeyError:
        raise NoSuchEditionError(edition=edition) from None
