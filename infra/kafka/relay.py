"""Publishes every event of the store to Kafka: each once, each stream's in its order.

The store's notification log is the outbox: nothing is written twice, so nothing can be written
once only. A page of it is one transaction, with a mark of how far it goes in every partition. From
the newest mark the next relay, or this one after a failure, knows where to go on: what was
committed is not sent again, what was not is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from infra.errors import StorageError
from infra.kafka.connection import Cluster, failing_clearly
from infra.kafka.leading import Leader
from infra.kafka.publishing import Publisher
from infra.kafka.relayed import Relayed, RelayedBook
from infra.kafka.tail import OtherLifeError, place_after, read_tail
from infra.kafka.topics import TopicPlan, make_topics
from infra.store.identity import StoreIdentity, identity_of
from infra.store.log import PAGE, EventLog
from infra.store.rows import EventRow

POLL_SECONDS = 0.05
# While much is recorded: a transaction costs relay, broker and workers more than its events do.
BUSY, BUSY_SECONDS = 10, 0.5
STANDBY_SECONDS = 0.5
RETRY_SECONDS = 1.0
NOTE_SECONDS = 1.0
MARK_SECONDS = 3600.0  # a mark an hour at least: retention never leaves a topic without
MOST_PAGES = 4  # of one transaction
LEAVE_SECONDS = 5
_log = logging.getLogger(__name__)


class Relay:
    """Sends what the store has recorded to one topic. Use from one thread, or `start` its own."""

    def __init__(
        self, log: EventLog, book: RelayedBook, cluster: Cluster, plan: TopicPlan, leader: Leader
    ) -> None:
        self._events = log
        self._book = book
        self._cluster = cluster
        self._plan = plan
        self._leader = leader
        self._publisher: Publisher | None = None
        self._relayed = self._noted = Relayed()
        self._noted_at = self._marked = 0.0
        self._failures = 0  # not noted yet
        self._failing = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self) -> int:
        """Send all that is recorded now and not sent; return how many events were.

        Where another relay leads, wait for it to do so. Raises KafkaUnavailableError,
        OtherLifeError, StorageError.
        """
        sent, until = 0, self._events.rows.last_position()
        try:
            while not self._leader.leads():
                if self.position() >= until or self._stopping.wait(POLL_SECONDS):
                    return 0
            while self._reached() < until:
                sent += self._step()
            self._note()
        except BaseException:  # whatever it was: what has failed is not used again
            self._disconnect()
            self._leader.step_down()
            raise
        return sent

    def position(self) -> int:
        """Return the position up to which all events are in the topic, as it was last noted.

        Raises StorageError.
        """
        return self.relayed().position

    def relayed(self) -> Relayed:
        """Return what was last noted, by whichever relay. Raises StorageError."""
        publisher = self._publisher
        identity = publisher.identity if publisher else identity_of(self._events)
        return self._book.read(identity)

    # --- one transaction after the other --------------------------------------------------------

    def _reached(self) -> int:
        self._connected()
        return self._relayed.position

    def _step(self) -> int:
        """Send what has been recorded, but not more than a few pages; return how many events."""
        publisher, after = self._connected(), self._relayed.position
        rows = self._rows_after(after)
        if not rows and time.monotonic() - self._marked < MARK_SECONDS:
            return 0
        position = rows[-1][0] if rows else after
        with failing_clearly(self._cluster.bootstrap):
            large = publisher.send(rows, position)
        if large:
            _log.error("%d events before position %d are too large for Kafka", large, position)
        sent = self._relayed.sent + len(rows)
        self._relayed = replace(self._relayed, position=position, sent=sent)
        self._marked = time.monotonic()
        return len(rows)

    def _rows_after(self, position: int) -> Sequence[EventRow]:
        rows = page = list(self._events.rows.rows_after(position, PAGE))
        for _ in range(MOST_PAGES - 1):
            if len(page) < PAGE:
                break
            page = list(self._events.rows.rows_after(page[-1][0], PAGE))
            rows += page
        return rows

    def _connected(self) -> Publisher:
        if self._publisher is None:
            identity = identity_of(self._events)
            (topic,) = make_topics(self._cluster, [self._plan])
            with failing_clearly(self._cluster.bootstrap):
                publisher = Publisher(self._cluster, topic, identity)
            try:  # read now, not before: from now on nobody else adds anything
                self._resume(identity)
            except BaseException:
                publisher.drop()
                raise
            self._publisher = publisher
        return self._publisher

    def _resume(self, identity: StoreIdentity) -> None:
        """Go on where the topic ends. Raises OtherLifeError, KafkaUnavailableError."""
        with failing_clearly(self._cluster.bootstrap):
            tail = read_tail(self._cluster, self._plan.name, identity.store)
        noted = self._book.read(identity)
        position = place_after(tail, identity, noted.position, self._events.rows)
        if position is None:
            raise OtherLifeError(topic=self._plan.name)
        self._relayed, self._noted = replace(noted, position=position), noted
        self._marked = time.monotonic()

    def _note(self) -> None:
        """Keep how far it has come. What cannot be kept is no reason not to go on."""
        news = replace(self._relayed, failures=self._relayed.failures + self._failures)
        if self._publisher is None or news == self._noted:
            return
        try:
            self._book.note(self._publisher.identity, news)
        except StorageError as error:
            _log.warning("how far events are published cannot be noted: %s", error)
        else:
            self._relayed = self._noted = news
            self._failures = 0
        self._noted_at = time.monotonic()

    def _disconnect(self) -> None:
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.drop()

    # --- following ------------------------------------------------------------------------------

    def start(self) -> None:
        """Follow the store in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.follow, name="relay", daemon=True)
        self._thread.start()

    def follow(self) -> None:
        """Send events as they are recorded, until `stop`; failures are logged and tried again."""
        while not self._stopping.is_set():
            try:
                pause = self._follow_once()
            except StorageError as error:
                pause = self._failed(error)
            except Exception:  # noqa: BLE001  the thread must not end
                _log.exception("the relay failed in a way that nobody thought of")
                pause = self._failed(None)
            self._stopping.wait(pause)
        self._leave()

    def _follow_once(self) -> float:
        """Take one step; return how long to wait for the next (seconds)."""
        if not self._leader.leads():
            self._disconnect()
            return STANDBY_SECONDS
        sent = self._step()
        if self._failing:
            _log.warning("events are published to Kafka again")
            self._failing = False
        if time.monotonic() - self._noted_at > NOTE_SECONDS:
            self._note()
        return _pause_after(sent)

    def _failed(self, error: StorageError | None) -> float:
        if error is not None and not self._failing:
            _log.warning("events wait to be published to Kafka: %s", error)
        self._failing = True
        self._failures += 1
        self._disconnect()  # a producer that has failed may never work again
        return RETRY_SECONDS

    def _leave(self) -> None:
        self._note()
        self._disconnect()
        self._leader.step_down()

    def end(self) -> None:
        """Let `follow` end after the transaction at hand."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop following, after the transaction at hand if Kafka answers, and leave the lead."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(LEAVE_SECONDS)
            self._thread = None
        self._disconnect()
        self._leader.step_down()


def _pause_after(sent: int) -> float:
    if sent >= PAGE:
        return 0
    return BUSY_SECONDS if sent >= BUSY else POLL_SECONDS
