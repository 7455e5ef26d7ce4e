"""Publishes every event of the store to Kafka, in the order of the store's notification log.

A position is kept only when Kafka has acknowledged all events up to it: after a failure some are
sent again, none is left out. Several relays of one store may run: each sends in order from a
position up to which all is sent, so that whoever reads may leave out positions seen before.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Sequence

import sqlalchemy as sa
from kafka import KafkaProducer

from infra.database import database_error
from infra.errors import StorageError
from infra.kafka import marks
from infra.kafka.connection import failing_clearly, make_topic
from infra.kafka.messages import HEADERS, message_of
from infra.store.identity import identity_of
from infra.store.log import PAGE, EventLog
from infra.store.rows import EventRow

POLL_SECONDS = 0.2
RETRY_SECONDS = 2.0
PATIENCE_SECONDS = 30
LEAVE_SECONDS = 5
_log = logging.getLogger(__name__)


class Relay:
    """Sends what the store has recorded to one topic. Use from one thread, or `start` its own."""

    def __init__(
        self, log: EventLog, engine: sa.Engine, bootstrap: str, topic: str, partitions: int = 1
    ) -> None:
        self._events = log
        self._identity = identity_of(log)
        self._engine = engine.execution_options(writing=True)
        self._bootstrap = bootstrap
        self._topic = topic
        self._partitions = partitions
        self._producer: KafkaProducer | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self) -> int:
        """Send all that is recorded and not sent; return how many events were.

        Raises KafkaUnavailableError, StorageError.
        """
        sent, after = 0, self.position()
        while rows := self._events.rows.rows_after(after, PAGE):
            self._send(rows)
            after = rows[-1][0]
            self._keep(after)
            sent += len(rows)
        return sent

    def position(self) -> int:
        """Return the position up to which all events are in the topic. Raises StorageError."""
        try:
            marks.prepare(self._engine)
            with self._engine.connect() as connection:
                return marks.relayed(connection, self._topic)
        except sa.exc.OperationalError as error:
            raise database_error(error) from error

    def _keep(self, position: int) -> None:
        try:
            with self._engine.begin() as connection:
                marks.relay_to(connection, self._topic, position)
        except sa.exc.OperationalError as error:
            raise database_error(error) from error

    def _send(self, rows: Sequence[EventRow]) -> None:
        try:
            with failing_clearly(self._bootstrap):
                producer = self._connected()
                sent = []
                for row in rows:
                    key, value = message_of(self._identity, row)
                    sent.append(producer.send(self._topic, key=key, value=value, headers=HEADERS))
                producer.flush(PATIENCE_SECONDS)
                for future in sent:
                    future.get(0)  # raises what has become of it
        except StorageError:
            self._disconnect()  # an idempotent producer that failed may never work again
            raise

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            make_topic(self._bootstrap, self._topic, self._partitions)
            self._producer = KafkaProducer(
                bootstrap_servers=self._bootstrap,
                linger_ms=5,
                max_block_ms=PATIENCE_SECONDS * 1000,
                delivery_timeout_ms=PATIENCE_SECONDS * 1000,
                request_timeout_ms=PATIENCE_SECONDS * 500,
            )
        return self._producer

    def _disconnect(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=1)

    # --- following ----------------------------------------------------------------------------

    def start(self) -> None:
        """Follow the store in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.follow, name="relay", daemon=True)
        self._thread.start()

    def follow(self) -> None:
        """Send events as they are recorded, until `stop`; failures are logged and tried again."""
        while not self._stopping.is_set():
            pause = POLL_SECONDS
            try:
                self.catch_up()
            except StorageError as error:
                _log.warning("events wait to be sent to Kafka: %s", error.facts.get("detail"))
                pause = RETRY_SECONDS
            self._stopping.wait(pause)

    def stop(self) -> None:
        """Stop following, after the page at hand if Kafka answers, and let go of the connection."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(LEAVE_SECONDS)
            self._thread = None
        with contextlib.suppress(Exception):  # what is not acknowledged will be sent again
            self._disconnect()
