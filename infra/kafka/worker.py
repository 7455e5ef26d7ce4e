"""Fills views from Kafka: a consumer whose place in each partition is kept with the rows.

What Kafka delivers twice is left out by its position in the store; what no relay of ours has
written, and what the views cannot take in, is set aside and shown.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition

from infra.database import database_error
from infra.errors import StorageError
from infra.kafka import marks
from infra.kafka.connection import failing_clearly
from infra.kafka.marks import Mark
from infra.kafka.messages import EventMessage, UnreadableMessageError, read_message
from infra.store.rows import EventRow
from infra.views.group import SetAside, ViewGroup

POLL_MILLISECONDS = 200
RETRY_SECONDS = 2.0
PAGE = 2000
_log = logging.getLogger(__name__)


class ViewWorker:
    """One member of the consumer group that keeps one database of views up."""

    def __init__(
        self, views: ViewGroup, bootstrap: str, topic: str, group: str = "qolhat.views"
    ) -> None:
        self._views = views
        self._bootstrap = bootstrap
        self._topic = topic
        self._group = group
        self._consumer: KafkaConsumer | None = None
        self._stopping = threading.Event()
        marks.prepare(views.engine)

    def step(self, patience: int = POLL_MILLISECONDS) -> int:
        """Take in what Kafka delivers within the patience (milliseconds); return how many messages.

        Raises KafkaUnavailableError, StorageError.
        """
        try:
            with failing_clearly(self._bootstrap):
                delivered = self._connected().poll(timeout_ms=patience, max_records=PAGE)
            for partition, records in delivered.items():
                self._take(partition.partition, records)
        except StorageError:
            self.disconnect()  # begins again at the places kept with the rows
            raise
        return sum(len(records) for records in delivered.values())

    def catch_up(self, patience: float = 90.0) -> int:
        """Take in all that the topic holds now; return how many messages.

        Gives up when no partition was assigned within the patience (seconds): others have them all.
        Raises KafkaUnavailableError, StorageError.
        """
        taken, deadline = self.step(), time.monotonic() + patience
        while not self._at_the_end() and time.monotonic() < deadline:
            got = self.step()
            taken += got
            deadline = time.monotonic() + patience if got else deadline
        return taken

    def _at_the_end(self) -> bool:
        with failing_clearly(self._bootstrap):
            consumer = self._connected()
            assigned = consumer.assignment()
            ends = consumer.end_offsets(list(assigned)) if assigned else {}
        with self._views.engine.connect() as connection:
            return bool(ends) and all(
                marks.mark(connection, each.topic, each.partition).next_offset >= end
                for each, end in ends.items()
            )

    def _take(self, partition: int, records: Sequence[Any]) -> None:
        try:
            with self._views.alone() as connection:
                before = marks.mark(connection, self._topic, partition)
                rows, aside = self._fresh(partition, records, before)
                aside += self._views.write(connection, rows) if rows else []
                self._views.put_aside(connection, aside)
                after = Mark(
                    max(before.next_offset, records[-1].offset + 1),
                    rows[-1][0] if rows else before.position,
                )
                marks.move_mark(connection, self._topic, partition, after)
        except sa.exc.OperationalError as error:
            raise database_error(error) from error

    def _fresh(
        self, partition: int, records: Sequence[Any], before: Mark
    ) -> tuple[list[EventRow], list[SetAside]]:
        """Return the events not taken in yet, and the messages that are none."""
        rows: list[EventRow] = []
        aside: list[SetAside] = []
        last = before.position
        for record in records:
            if record.offset < before.next_offset:
                continue
            try:
                message = read_message(record.value)
            except UnreadableMessageError as error:
                source = f"kafka:{self._topic}:{partition}"
                aside.append(SetAside(source, record.offset, "", "", str(error)[:500]))
                continue
            if isinstance(message, EventMessage) and message.row[0] > last:
                last = message.row[0]
                rows.append(message.row)
        return rows, aside

    def _connected(self) -> KafkaConsumer:
        if self._consumer is None:
            self._consumer = KafkaConsumer(
                bootstrap_servers=self._bootstrap,
                group_id=self._group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
            )
            self._consumer.subscribe(
                [self._topic], listener=_Places(self._consumer, self._views.engine)
            )
        return self._consumer

    def follow(self) -> None:
        """Take in what Kafka delivers until `stop`; failures are logged and tried again."""
        while not self._stopping.is_set():
            try:
                self.step()
            except StorageError as error:
                _log.warning("views wait for Kafka: %s", error.facts.get("detail"))
                self._stopping.wait(RETRY_SECONDS)
        self.disconnect()

    def stop(self) -> None:
        """Let `follow` end after the batch at hand."""
        self._stopping.set()

    def disconnect(self) -> None:
        """Leave the consumer group."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(Exception):  # nothing of ours is kept in the connection
                consumer.close()


class _Places(ConsumerRebalanceListener):  # type: ignore[misc]  # the library is not typed
    """Puts every newly assigned partition to the place kept with the rows."""

    def __init__(self, consumer: KafkaConsumer, engine: sa.Engine) -> None:
        self._consumer = consumer
        self._engine = engine

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Nothing is kept in the connection."""

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Go on where the rows end."""
        with self._engine.connect() as connection:
            for each in assigned:
                kept = marks.mark(connection, each.topic, each.partition)
                self._consumer.seek(each, kept.next_offset)
