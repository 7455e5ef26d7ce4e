"""Sends what a branch's store records when the line is up, and hears what the country answers.

The event log is the outbox: nothing is written twice. A position is kept when Kafka has taken all
up to it; after a failure some is sent again, nothing is left out, and the country knows it again.
While the line is down everything waits and the branch works on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from infra.branches.book import BranchBook, BranchState
from infra.branches.envelope import (
    Told,
    concerns_everything,
    headers_of,
    leaves,
    read_answer,
    sealed,
)
from infra.branches.line import Line, let_go
from infra.errors import StorageError
from infra.kafka.connection import KafkaUnavailableError, failing_clearly
from infra.kafka.messages import UnreadableMessageError, partition_of
from infra.store.identity import StoreIdentity
from infra.store.log import EventLog
from infra.store.rows import EventRow

PAGE = 500
POLL_SECONDS = 0.5
RETRY_SECONDS = 5.0
_LEAVE_SECONDS = 5
_AGAIN_AFTER = timedelta(days=1)  # what was sent has been lost beyond: sent again, known again
_log = logging.getLogger(__name__)


class Sender:
    """Sends the events of one store, in their order. Use from one thread."""

    def __init__(
        self, log: EventLog, identity: StoreIdentity, book: BranchBook, line: Line, branch: str
    ) -> None:
        self._events = log
        self._identity = identity
        self._book = book
        self._line = line
        self._headers = headers_of(branch)
        self._producer: KafkaProducer | None = None

    def step(self) -> int | None:
        """Send the next page; return how many envelopes that were, None if nothing is left.

        Raises KafkaUnavailableError, StorageError.
        """
        rows = self._events.rows.rows_after(self._book.position(), PAGE)
        if not rows:
            return None
        leaving = [row for row in rows if leaves(row)]
        if leaving:
            self._send(leaving)
        self._book.note_sent(leaving, rows[-1][0])
        return len(leaving)

    def _send(self, rows: Sequence[EventRow]) -> None:
        try:
            with failing_clearly(self._line.cluster.bootstrap):
                producer = self._connected()
                sent = [future for row in rows for future in self._post(producer, row)]
            self._line.see_through(producer, sent)
        except StorageError:
            self.disconnect()  # an idempotent producer that failed may never work again
            raise

    def _post(self, producer: KafkaProducer, row: EventRow) -> list[Any]:
        topic, (key, value) = self._line.scans.name, sealed(self._identity, row)
        if not concerns_everything(row):
            return [producer.send(topic, key=key, value=value, headers=self._headers)]
        return [
            producer.send(topic, key=key, value=value, headers=self._headers, partition=each)
            for each in sorted(producer.partitions_for(topic) or ())
        ]

    def _connected(self) -> KafkaProducer:
        if self._producer is None:
            self._line.prepare()
            self._producer = self._line.producer()
        return self._producer

    def disconnect(self) -> None:
        """Let go of the connection; what is not acknowledged is sent again."""
        producer, self._producer = self._producer, None
        let_go(producer)


class Hearer:
    """Hears the answers to one store's envelopes. Use from one thread.

    A branch's answers are in one partition; it reads no other, because its line is bad.
    """

    def __init__(self, identity: StoreIdentity, book: BranchBook, line: Line, branch: str) -> None:
        self._identity = identity
        self._book = book
        self._line = line
        self._key = branch.encode()
        self._consumer: KafkaConsumer | None = None

    def step(self, patience: float = POLL_SECONDS) -> int:
        """Keep the answers that come within the patience (seconds); return how many.

        Raises KafkaUnavailableError, StorageError.
        """
        try:
            with failing_clearly(self._line.cluster.bootstrap):
                delivered = self._connected().poll(timeout_ms=int(patience * 1000))
            return self._keep(delivered)
        except StorageError:
            self.disconnect()  # goes on at the offsets that are kept
            raise

    def _keep(self, delivered: dict[TopicPartition, list[Any]]) -> int:
        told = [
            answer
            for records in delivered.values()
            for record in records
            if (answer := self._mine(record)) is not None
        ]
        offsets = {each.partition: records[-1].offset + 1 for each, records in delivered.items()}
        if offsets:
            self._book.note_told(told, self._line.answers.name, offsets)
        return len(told)

    def _mine(self, record: Any) -> Told | None:
        if record.key != self._key:
            return None
        try:
            told = read_answer(record.value)
        except UnreadableMessageError as error:
            _log.warning("an answer at %s cannot be read: %s", record.offset, error)
            return None
        return told if told.identity == self._identity else None

    def _connected(self) -> KafkaConsumer:
        if self._consumer is None:
            self._line.prepare()
            consumer = self._line.reader()
            try:
                self._take_place(consumer)
            except BaseException:
                consumer.close()
                raise
            self._consumer = consumer
        return self._consumer

    def _take_place(self, consumer: KafkaConsumer) -> None:
        topic = self._line.answers.name
        offsets = self._book.offsets(topic)
        partitions = consumer.partitions_for_topic(topic)
        if not partitions:
            address = self._line.cluster.bootstrap
            raise KafkaUnavailableError(address=address, detail=f"no topic {topic}")
        mine = partition_of(self._key, len(partitions))
        heard = {TopicPartition(topic, each) for each in {mine, *offsets}}
        consumer.assign(sorted(heard))
        for each in heard:
            if each.partition in offsets:
                consumer.seek(each, offsets[each.partition])
            else:
                consumer.seek_to_beginning(each)

    def disconnect(self) -> None:
        """Let go of the connection."""
        consumer, self._consumer = self._consumer, None
        let_go(consumer)


class BranchLink:
    """Both ways of a branch's line. Use `once` from one thread, or `start` one of its own."""

    def __init__(
        self, log: EventLog, identity: StoreIdentity, book: BranchBook, line: Line, branch: str
    ) -> None:
        book.prepare(identity)
        self.book = book
        self._log = log
        self._sender = Sender(log, identity, book, line, branch)
        self._hearer = Hearer(identity, book, line, branch)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def send(self) -> int:
        """Send all that is recorded; return how many envelopes those were.

        Raises KafkaUnavailableError, StorageError.
        """
        sent = 0
        while (count := self._sender.step()) is not None:
            sent += count
        return sent

    def hear(self, patience: float = POLL_SECONDS) -> int:
        """Keep the answers that are there; return how many. Raises KafkaUnavailableError."""
        return self._hearer.step(patience)

    def hear_all(self, patience: float, told: Callable[[int], None] = lambda _: None) -> int:
        """Wait until all that was sent is answered, or for so many seconds; return what waits."""
        deadline = time.monotonic() + patience
        while (waiting := self.state().waiting) and time.monotonic() < deadline:
            told(self.hear())
        return waiting

    def state(self) -> BranchState:
        """Tell how far the branch is with the country. Raises StorageError."""
        return self.book.state(self._log.rows.last_position())

    # --- following ----------------------------------------------------------------------------

    def start(self) -> None:
        """Follow the store in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.follow, name="branch", daemon=True)
        self._thread.start()

    def follow(self) -> None:
        """Send and hear until `stop`; while the line is down it is tried again and again."""
        down = False
        while not self._stopping.is_set():
            try:
                self.book.send_again(unanswered_for=_AGAIN_AFTER)
                self.send()
                self.hear()
                down = False
            except StorageError as error:
                if not down:  # told once: the line may be down for days
                    _log.warning("the line is down, scans wait: %s", error.facts.get("detail"))
                down = True
                self._stopping.wait(RETRY_SECONDS)
        self.disconnect()

    def stop(self) -> None:
        """Stop following; what is not acknowledged is sent again by the next."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_LEAVE_SECONDS)
            self._thread = None
        self.disconnect()

    def disconnect(self) -> None:
        """Let go of the connections."""
        self._sender.disconnect()
        self._hearer.disconnect()
