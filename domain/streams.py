"""What every event-sourced thing here shares: its stream's identity and its beginning.

A stream begins blank, because events may arrive in any order: a packet can be scanned before its
registration is known. The number of a numbered thing is written into its stream's UUID (version 8),
so events need not repeat it and neighbours lie together in the store's index.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.domain import AggregateEvent, BaseAggregate

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_8 = 0x8000 << 64
_VARIANT = 0x8 << 60


def numbered_stream(tag: int, number: int) -> UUID:
    """Return the stream of a numbered thing. `tag` (below 2**32) tells the kinds apart."""
    return UUID(int=tag << 96 | _VERSION_8 | _VARIANT | number)


def number_of(stream: UUID) -> int:
    """Return the number written into a numbered stream's id."""
    return stream.int & (1 << 60) - 1


def named_stream(kind: str, name: str) -> UUID:
    """Return the stream of a thing that is known by a text, such as an unsettled scan's id."""
    return uuid5(NAMESPACE_URL, f"qolhat:{kind}:{name}")


class Happening(AggregateEvent):
    """An event that its stream takes in by `take`. `timestamp` is when it was recorded (UTC)."""

    def apply(self, aggregate: Any) -> None:
        """Hand the event to its stream."""
        aggregate.take(self)


class Stream(BaseAggregate[UUID]):
    """An aggregate that begins blank and is evolved by `take`."""

    @classmethod
    def blank(cls, stream: UUID) -> Self:
        """Return the stream before its first event (version 0)."""
        fresh = cls.__new__(cls)
        fresh.__base_init__(stream, 0, EPOCH)
        fresh.begin()
        return fresh

    @classmethod
    def project(cls, stream: UUID, events: Iterable[Any]) -> Self:
        """Return the stream after these events of its own, which come in order of version."""
        evolved = cls.blank(stream)
        take = evolved.take
        version = 0
        for event in events:
            take(event)
            version = event.originator_version
        evolved.version = version
        return evolved

    def begin(self) -> None:
        """Set the attributes of a blank stream."""
        raise NotImplementedError

    def take(self, event: Any) -> None:
        """Evolve by one event of this stream."""
        raise NotImplementedError


class Topics:
    """Every event class by its topic: short, stable, written into each stored event."""

    known: ClassVar[dict[str, type[Happening]]] = {}

    @classmethod
    def of(cls, stream_class: type[Stream]) -> dict[str, type[Happening]]:
        """List the event classes that a stream class defines."""
        return {
            value.TOPIC: value
            for value in vars(stream_class).values()
            if isinstance(value, type) and issubclass(value, Happening) and hasattr(value, "TOPIC")
        }
