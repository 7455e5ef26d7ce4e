"""Fills views from Kafka: one member of a consumer group, whose places are kept with the rows.

Kafka deals the partitions out among the workers, and says who has which. How far each has come it
is told, for its tools; the truth is in the views' own database: a worker that has lost a partition
without knowing takes nothing in twice, and one that comes anew leaves nothing out.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError
from kafka.structs import OffsetAndMetadata

from infra.errors import StorageError
from infra.kafka.connection import Cluster, KafkaUnavailableError, failing_clearly
from infra.kafka.marks import RepartitionedError
from infra.kafka.members import Member, join
from infra.kafka.taking import Delivery, Message, Taking, TopicTooShortError
from infra.views.group import OtherViewsError, ViewsMovedError

POLL_MILLISECONDS = 200
RETRY_SECONDS = 2.0
PAGE = 4000  # messages a transaction: more cost memory, and are no faster
SESSION_MILLISECONDS = 10_000  # after so long without a sign of life others take its partitions
TELL_SECONDS = 5.0
LOST_CAUSES = (OtherViewsError, RepartitionedError, TopicTooShortError)  # waiting does not help
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Topic:
    """Where the events come from, and as whose member they are read."""

    cluster: Cluster
    name: str
    group: str = "qolhat.views"


class ViewWorker:
    """One member of the consumer group that keeps one database of views up."""

    def __init__(self, taking: Taking, topic: Topic) -> None:
        self.counts = taking.counts
        self.lag: Mapping[int, int] = {}  # messages, by partition; replaced as a whole
        self._taking = taking
        self._topic = topic
        self._consumer: KafkaConsumer | None = None
        self._waiting: _Waiting | None = None
        self._dealt = 0  # how often partitions had been dealt when we went to our places
        self._next: dict[int, int] = {}  # the offset to be read next, of each partition we have
        self._told_at = 0.0
        self._stopping = threading.Event()

    def step(self, patience: int = POLL_MILLISECONDS) -> int:
        """Take in what Kafka delivers within the patience (milliseconds); return how many messages.

        Raises KafkaUnavailableError, TopicTooShortError, RepartitionedError, StorageError.
        """
        try:
            return self._step(patience)
        except ViewsMovedError:
            self._next.clear()  # somebody has begun them anew: go where they are
            return 0
        except StorageError:
            self.disconnect()  # begins again at the places kept with the rows
            raise

    def _step(self, patience: int) -> int:
        try:
            with self._failing_clearly():
                consumer = self._connected()
                delivered = consumer.poll(timeout_ms=patience, max_records=PAGE)
                ours = {each.partition for each in consumer.assignment()}
        except KafkaUnavailableError as error:
            if not isinstance(error.__cause__, OffsetOutOfRangeError):
                raise
            self._bridge()
            return 0
        if self._must_move(ours):
            self._go_to(ours)
            return 0
        if delivered:
            self._take(delivered)
        self._look_at_lag()
        return sum(len(records) for records in delivered.values())

    def _take(self, delivered: Mapping[TopicPartition, Sequence[Any]]) -> None:
        deliveries = [
            Delivery(
                place.partition,
                self._next[place.partition],
                self._position(place),
                [Message.read(record.offset, record.value) for record in records],
            )
            for place, records in delivered.items()
        ]
        self._taking.take(deliveries)
        self._next |= {each.partition: each.until for each in deliveries}
        self._tell_kafka()

    def _position(self, place: TopicPartition) -> int:
        with self._failing_clearly():
            position: int = self._connected().position(place)
        return position

    # --- its partitions -----------------------------------------------------------------------

    def _must_move(self, ours: set[int]) -> bool:
        """Tell whether partitions were dealt anew: also the same ones wait then, paused."""
        seen, dealt = self._dealt, self._waiting.dealt if self._waiting else 0
        self._dealt = dealt  # read before we move: what is dealt meanwhile makes us move again
        return dealt != seen or ours != self._next.keys()

    def _go_to(self, ours: set[int]) -> None:
        """Go on where the rows end, in the partitions that we have now."""
        with self._failing_clearly():
            topic_id, partitions = self._describe()
        self._taking.meet(topic_id, partitions)
        places = self._taking.places(sorted(ours))
        with self._failing_clearly():
            for number, taken in places.items():
                place = TopicPartition(self._topic.name, number)
                self._connected().seek(place, taken.next_offset)
                self._connected().resume(place)
        self._next = {number: taken.next_offset for number, taken in places.items()}

    def _describe(self) -> tuple[str, int]:
        """Return which topic has the name now, and its partitions."""
        admin = KafkaAdminClient(**self._topic.cluster.of_clients)
        try:
            (found,) = admin.describe_topics([self._topic.name])
        finally:
            admin.close()
        return str(found["topic_id"]), len(found["partitions"])

    def _bridge(self) -> None:
        """Go on where the topic begins: it was cut off, by its retention or by a broker's loss."""
        places = self._places()
        with self._failing_clearly():
            consumer = self._connected()
            starts, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
        astray = {
            place.partition: starts[place]
            for place in places
            if not starts[place] <= self._next[place.partition] <= ends[place]
        }
        self._taking.bridge(astray)
        self._go_to(set(self._next))  # or it would be told the same again

    def _connected(self) -> KafkaConsumer:
        if self._consumer is None:
            self._next.clear()
            self._consumer = KafkaConsumer(
                **self._topic.cluster.of_streams,
                group_id=self._topic.group,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="none",  # what is gone must not be left out silently
                session_timeout_ms=SESSION_MILLISECONDS,
                metadata_max_age_ms=SESSION_MILLISECONDS,  # a topic that is made later is found
            )
            self._waiting, self._dealt = _Waiting(self._consumer), 0
            join(self._topic.name, self._waiting)
        return self._consumer

    def _failing_clearly(self) -> AbstractContextManager[None]:
        return failing_clearly(self._topic.cluster.bootstrap)

    # --- what it tells ------------------------------------------------------------------------

    def _tell_kafka(self) -> None:
        """Tell Kafka's own tools how far we are, now and then; nothing hangs on it."""
        if self._consumer is None or time.monotonic() - self._told_at < TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        offsets = {
            TopicPartition(self._topic.name, number): OffsetAndMetadata(offset, "", -1)
            for number, offset in self._next.items()
        }
        with contextlib.suppress(KafkaError, ValueError):  # while partitions are dealt anew
            self._consumer.commit_async(offsets)

    def _look_at_lag(self) -> None:
        """See how many messages are left: those of open transactions count, too."""
        with self._failing_clearly():
            ends = {
                place.partition: (self._connected().highwater(place), self._position(place))
                for place in self._places()
            }
        self.lag = {n: max(0, end - at) for n, (end, at) in ends.items() if end is not None}

    def _places(self) -> list[TopicPartition]:
        return [TopicPartition(self._topic.name, number) for number in self._next]

    # --- following ------------------------------------------------------------------------------

    def catch_up(self, patience: float = 90.0) -> int:
        """Take in all that the topic holds now; return how many messages.

        Gives up when no partition was assigned within the patience (seconds): others have them all.
        Raises what `step` does.
        """
        taken, deadline = self.step(), time.monotonic() + patience
        while not self._at_the_end() and time.monotonic() < deadline:
            got = self.step()
            taken += got
            deadline = time.monotonic() + patience if got else deadline
        return taken

    def _at_the_end(self) -> bool:
        places = self._places()
        with self._failing_clearly():
            ends = self._connected().end_offsets(places) if places else {}
        return bool(ends) and all(self._position(place) >= end for place, end in ends.items())

    def follow(self) -> None:
        """Take in what Kafka delivers until `stop`; failures are logged and tried again.

        Raises OtherViewsError, RepartitionedError, TopicTooShortError: those stay.
        """
        try:
            while not self._stopping.is_set():
                try:
                    self.step()
                except LOST_CAUSES:
                    raise
                except StorageError as error:
                    _log.warning("views wait: %s: %s", error.code, error.facts.get("detail"))
                    self._stopping.wait(RETRY_SECONDS)
        finally:
            self.disconnect()

    def stop(self) -> None:
        """Let `follow` end after the batch at hand."""
        self._stopping.set()

    def disconnect(self) -> None:
        """Leave the consumer group."""
        consumer, self._consumer = self._consumer, None
        self._next.clear()
        self.lag = {}
        if consumer is not None:
            with contextlib.suppress(Exception):  # nothing of ours is kept in the connection
                consumer.close()


class _Waiting(Member):
    """Lets newly dealt partitions wait until they are put to the places kept with the rows."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        super().__init__(consumer)
        self.dealt = 0

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Deliver nothing yet; here nobody may be asked."""
        self.dealt += 1
        for each in assigned:
            self.consumer.seek(each, 0)
            self.consumer.pause(each)
        self.dealt += 1  # again: whoever has gone to the places in between has been undone
