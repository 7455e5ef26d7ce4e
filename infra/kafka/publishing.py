"""Publishes events in transactions: all of a batch with its marks, or nothing of it.

A publisher is one life of a transactional producer. Making another one of the same name finishes
or undoes what the former had begun, and shuts the former out: whatever it still tries fails. So
what is read from the topic after a publisher was made stays true until this publisher changes it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError

from infra.kafka.connection import Cluster
from infra.kafka.messages import HEADERS, mark_of, message_of, partition_of, reference_of
from infra.kafka.topics import TopicFound
from infra.store.identity import StoreIdentity
from infra.store.rows import EventRow

_MOST_REQUEST_BYTES = 2**20
_BATCH_BYTES = 2**17
_ROOM = 1024  # what a message costs beside its key and its value, and a batch beside its messages
_LINGER_MILLISECONDS = 500  # full batches; a commit does not wait for it
_STREAMS_KNOWN = 50_000


class Publisher:
    """One life of the producer of one store's events. Use from one thread.

    After any error it is of no use any more: `drop` it and make another one.
    """

    def __init__(self, cluster: Cluster, topic: TopicFound, identity: StoreIdentity) -> None:
        """Shut every former publisher of this store and topic out. Raises KafkaError."""
        self.identity = identity
        self._topic = topic
        self._patience = cluster.patience
        self._most = min(_MOST_REQUEST_BYTES, topic.most_bytes) - _ROOM
        self._partition_of: dict[bytes, int] = {}
        self._producer = _Producer(
            **cluster.of_streams,
            transactional_id=f"qolhat.relay.{topic.name}.{identity.store}",
            transaction_timeout_ms=cluster.patience_milliseconds,
            max_block_ms=cluster.patience_milliseconds,
            delivery_timeout_ms=cluster.patience_milliseconds,
            max_request_size=self._most + _ROOM,
            batch_size=min(_BATCH_BYTES, self._most),
            linger_ms=_LINGER_MILLISECONDS,
            # Repeated names make it a tenth, and the checksums of what is left cost a tenth, too.
            compression_type="gzip",
        )
        try:
            self._producer.init_transactions()
        except BaseException:
            self.drop()
            raise

    def send(self, rows: Sequence[EventRow], position: int) -> int:
        """Publish events, and a mark in every partition that all up to a position are published.

        Return how many were too large, so that only a reference to them was. When this returns,
        they are committed. Raises KafkaError; then they are published wholly or not at all.
        """
        self._producer.begin_transaction()
        messages = [message_of(self.identity, row) for row in rows]
        large = [n for n, (_, value) in enumerate(messages) if len(value) > self._most]
        for n in large:
            messages[n] = reference_of(self.identity, rows[n])
        sent = [self._send(key, value, self._partition(key)) for key, value in messages]
        mark = mark_of(self.identity, position)
        sent += [self._send(*mark, partition) for partition in range(self._topic.partitions)]
        self._producer.flush(self._patience)
        for future in sent:
            if future.failed():
                raise future.exception
        self._producer.commit_within(self._patience)
        return len(large)

    def _send(self, key: bytes | None, value: bytes, partition: int) -> Any:
        return self._producer.send(
            self._topic.name, key=key, value=value, headers=HEADERS, partition=partition
        )

    def _partition(self, key: bytes) -> int:
        """Return a stream's partition; working it out takes longer than all else about a key."""
        found = self._partition_of.get(key)
        if found is None:
            if len(self._partition_of) > _STREAMS_KNOWN:
                self._partition_of.clear()
            found = self._partition_of[key] = partition_of(key, self._topic.partitions)
        return found

    def drop(self) -> None:
        """Let go of the connection at once; what is not committed will not be."""
        self._producer.drop()


class _Producer(KafkaProducer):  # type: ignore[misc]  # the library is not typed
    """The library's producer, with an end to its waiting."""

    def commit_within(self, seconds: float) -> None:
        """Commit. Raises KafkaError; whether it is committed is unknown if that took too long."""
        result = self._transaction_manager.begin_commit()
        self._sender.wakeup()
        if not result.wait(seconds * 1000):  # the library's own method waits for ever
            raise KafkaTimeoutError("the transaction was not committed in time")

    def drop(self) -> None:
        """End the sending thread, whatever it is waiting for."""
        with contextlib.suppress(Exception):  # raises where something is still to be sent
            self.close(timeout=0)
        self._sender.force_close()
