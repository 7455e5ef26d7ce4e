"""Where the last relay has left off: read from the end of the topic, where its marks are.

The topic has the say: what it has of the store's present life was published, whatever anybody has
noted. Where it has events that the store has not, another life of the store is at work (it was
restored, or copied), and going on would mix the two.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from infra.errors import StorageError
from infra.kafka.connection import Cluster
from infra.kafka.messages import EventMessage, Mark, UnreadableMessageError, read_message
from infra.store.identity import StoreIdentity
from infra.store.rows import RowRecorder

_FIRST_LOOK = 512  # offsets; a transaction leaves fewer than that unless there was a backlog
_GROWTH = 8
_POLL_MILLISECONDS = 200
_PAUSE_SECONDS = 0.05


class OtherLifeError(StorageError):
    """The topic has events of this store which the store has not: it is another life of it."""

    code = "topic-of-another-life"
    status = 409


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest mark of a store, an event of that life, and whether all was there to see."""

    mark: Mark | None = None
    event: EventMessage | None = None
    whole: bool = True  # nothing has been removed from the beginning


def read_tail(cluster: Cluster, topic: str, store: UUID) -> Tail:
    """Return what a store's relays, whichever life it was, have committed last.

    Every transaction leaves a mark in every partition: looking into one of them is enough. Raises
    KafkaError, also when somebody else's transaction stays open for longer than the patience.
    """
    place = TopicPartition(topic, 0)
    with _consumer(cluster, "read_committed") as consumer:
        consumer.assign([place])
        end = _committed_end(cluster, consumer, place)
        first = consumer.beginning_offsets([place])[place]
        until, look = end, _FIRST_LOOK
        while until > first:
            after = max(first, until - look)
            found = _last_in(_records(cluster, consumer, place, after, until), store)
            if found.mark is not None:
                return found
            until, look = after, look * _GROWTH
    return Tail(whole=first == 0)


def place_after(tail: Tail, identity: StoreIdentity, noted: int, store: RowRecorder) -> int | None:
    """Return the position up to which a store is in the topic; None if that cannot be.

    `noted` is what is believed where the topic has kept nothing of the store. Raises StorageError.
    """
    if tail.mark is None:  # nothing was ever sent, or all of it was removed since
        return 0 if tail.whole else noted
    if tail.mark.identity.epoch < identity.epoch:
        return 0
    same = tail.mark.identity == identity and _knows(store, tail.mark.position, tail.event)
    return tail.mark.position if same else None


def _knows(store: RowRecorder, position: int, published: EventMessage | None) -> bool:
    """Tell whether the store has what was published of its present life."""
    if position > store.last_position():
        return False
    if published is None:
        return True
    at, *facts, _ = published.row
    rows = store.rows_after(at - 1, 1)
    return [list(row[:-1]) for row in rows] == [[at, *facts]]


def _committed_end(cluster: Cluster, consumer: KafkaConsumer, place: TopicPartition) -> int:
    """Return the end of the partition once no open transaction is before it."""
    with _consumer(cluster, "read_uncommitted") as other:
        end: int = other.end_offsets([place])[place]
    deadline = time.monotonic() + cluster.patience
    while consumer.end_offsets([place])[place] < end:
        if time.monotonic() > deadline:
            raise KafkaTimeoutError(f"a transaction stays open in {place.topic}")
        time.sleep(_PAUSE_SECONDS)
    return end


def _records(
    cluster: Cluster, consumer: KafkaConsumer, place: TopicPartition, after: int, until: int
) -> Iterator[Any]:
    """Read the committed records between two offsets."""
    consumer.seek(place, after)
    deadline = time.monotonic() + cluster.patience
    while consumer.position(place) < until:
        if time.monotonic() > deadline:
            raise KafkaTimeoutError(f"{place.topic} cannot be read")
        for record in consumer.poll(timeout_ms=_POLL_MILLISECONDS).get(place, ()):
            deadline = time.monotonic() + cluster.patience
            if record.offset < until:
                yield record


def _last_in(records: Iterator[Any], store: UUID) -> Tail:
    mark: Mark | None = None
    event: EventMessage | None = None
    for record in records:
        try:
            message = read_message(record.value)
        except UnreadableMessageError:
            continue
        if message.identity.store != store:
            continue
        if isinstance(message, Mark):
            mark = message
        else:
            event = message
    same_life = mark is not None and event is not None and event.identity == mark.identity
    return Tail(mark, event if same_life else None)


@contextmanager
def _consumer(cluster: Cluster, isolation: str) -> Iterator[KafkaConsumer]:
    consumer = KafkaConsumer(
        **cluster.of_streams, isolation_level=isolation, enable_auto_commit=False
    )
    try:
        yield consumer
    finally:
        consumer.close()
