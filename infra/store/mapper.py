"""Writes events as small JSON and reads them back: short keys, instants as microseconds.

Events are for ever: a key, once used, keeps its meaning (`KEYS` only grows). A changed event class
raises `class_version` and gets `upcast_vN_vM`, as the library has it. Empty values are left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
from eventsourcing.persistence import (
    DatetimeAsISO,
    JSONTranscoder,
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
    UUIDAsHex,
)
from eventsourcing.utils import get_topic, resolve_topic

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BARE = frozenset({"originator_id", "originator_version"})
VERSION_KEY = "v"

KEYS = {
    "timestamp": "r",  # recorded at
    "happened_at": "h",
    "ref": "i",
    "place": "p",
    "person": "w",
    "device": "d",
    "counter": "n",
    "began_at": "b",
    "edition": "e",
    "decided_by": "a",
    "papers": "q",
    "scan": "s",
    "doubt": "x",
    "executor": "u",
    "outcome": "o",
    "text_ref": "t",
    "raw_ref": "y",
    "claimed_at": "c",
    "since": "g",
    "by": "z",
}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def to_micros(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970 (UTC)."""
    return (at - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the instant (UTC) of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


def _same(value: Any) -> Any:
    return value


Convert = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _Plan:
    """How one event class is written and read."""

    event_class: type[Any]
    topic: str
    version: int
    write: tuple[tuple[str, str, Convert, Any], ...]  # name, key, convert, default
    names: dict[str, str]  # key -> name
    instants: tuple[str, ...]
    tuples: tuple[str, ...]


_plans: dict[object, _Plan] = {}


def _plan(event_class: type[Any]) -> _Plan:
    plan = _plans.get(event_class)
    if plan is None:
        plan = _plans[event_class] = _make_plan(event_class)
    return plan


def _make_plan(event_class: type[Any]) -> _Plan:
    hints = get_type_hints(event_class)
    write: list[tuple[str, str, Convert, Any]] = []
    names: dict[str, str] = {}
    for field in dataclasses.fields(event_class):
        if field.name in _BARE:
            continue
        key = KEYS.get(field.name, field.name)
        default = None if field.default is dataclasses.MISSING else field.default
        write.append((field.name, key, _writer(hints[field.name]), default))
        names[key] = field.name
    return _Plan(
        event_class,
        get_topic(event_class),
        getattr(event_class, "class_version", 1),
        tuple(write),
        names,
        instants=tuple(name for name, _, convert, _ in write if convert is to_micros),
        tuples=tuple(name for name, _, convert, _ in write if convert is list),
    )


def _writer(hint: Any) -> Convert:
    if datetime in (hint, *getattr(hint, "__args__", ())):
        return to_micros
    return list if str(hint).startswith("tuple[") else _same


@cache
def _plan_of_topic(topic: str) -> _Plan:
    return _plan(resolve_topic(topic))


class CompactMapper(Mapper[UUID]):
    """The mapper of the event store; the library's ciphers and compressors are not used."""

    def __init__(self, *_: Any, **__: Any) -> None:
        transcoder = JSONTranscoder()
        transcoder.register(UUIDAsHex())
        transcoder.register(DatetimeAsISO())
        super().__init__(transcoder)

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Write an event down."""
        plan = _plan(type(domain_event))
        return StoredEvent(
            domain_event.originator_id,
            domain_event.originator_version,
            plan.topic,
            state_of(domain_event, plan),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Read an event back. Raises MapperDeserialisationError."""
        return read_event(
            stored_event.originator_id,
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
        )


def state_of(event: Any, plan: _Plan | None = None) -> bytes:
    """Return the event's own facts as JSON."""
    plan = plan or _plan(type(event))
    state: dict[str, Any] = {}
    for name, key, convert, default in plan.write:
        value = getattr(event, name)
        if value is not None and value != default:
            state[key] = convert(value)
    if plan.version > 1:
        state[VERSION_KEY] = plan.version
    return _encode(state)


def read_event(stream: Any, version: int, topic: str, state: bytes) -> Any:
    """Read one stored event. Raises MapperDeserialisationError if it cannot be understood."""
    try:
        plan = _plan_of_topic(topic)
        written = _decode(state)
        if plan.version > 1:
            _upcast(plan, written)
        names = plan.names
        facts = {names[key]: value for key, value in written.items()}
        for name in plan.instants:
            if name in facts:
                facts[name] = EPOCH + timedelta(microseconds=facts[name])
        for name in plan.tuples:
            if name in facts:
                facts[name] = tuple(facts[name])
    except Exception as error:
        message = f"event {topic} {version} of {stream} cannot be read: {error!r}"
        raise MapperDeserialisationError(message) from error
    facts["originator_id"] = stream
    facts["originator_version"] = version
    event = object.__new__(plan.event_class)
    object.__setattr__(event, "__dict__", facts)
    return event


def _upcast(plan: _Plan, written: dict[str, Any]) -> None:
    version = written.pop(VERSION_KEY, 1)
    while version < plan.version:
        getattr(plan.event_class, f"upcast_v{version}_v{version + 1}")(written)
        version += 1
