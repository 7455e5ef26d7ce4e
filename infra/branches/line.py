"""The line between the branches and the country: two topics, and how both ends hold on to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

from infra.kafka.connection import Cluster, failing_clearly
from infra.kafka.members import Member, join
from infra.kafka.topics import TopicPlan, make_topics

_SESSION_MILLISECONDS = 6_000  # then others take a dead member's partitions


@dataclass(frozen=True, slots=True)
class Line:
    """The topics of what branches send and of what they are answered, on a Kafka."""

    cluster: Cluster
    scans: TopicPlan
    answers: TopicPlan

    def prepare(self) -> None:
        """Make the topics that are missing. Raises KafkaUnavailableError."""
        make_topics(self.cluster, (self.scans, self.answers))

    def producer(self) -> KafkaProducer:
        """Connect to send: what is acknowledged is on all copies."""
        return KafkaProducer(
            **self.cluster.of_streams,
            linger_ms=5,
            max_block_ms=self.cluster.patience_milliseconds,
            delivery_timeout_ms=self.cluster.patience_milliseconds,
        )

    def reader(self) -> KafkaConsumer:
        """Connect to read answers at places of one's own."""
        return self._consumer(group_id=None)

    def member(self, group: str) -> KafkaConsumer:
        """Connect to read envelopes as one of a group."""
        member = self._consumer(group_id=group, session_timeout_ms=_SESSION_MILLISECONDS)
        join(self.scans.name, Member(member))
        return member

    def _consumer(self, **more: Any) -> KafkaConsumer:
        """Connect to read what was committed, from the beginning where no place is known."""
        return KafkaConsumer(
            **self.cluster.of_streams,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            metadata_max_age_ms=_SESSION_MILLISECONDS,  # a topic that grows is seen
            **more,
        )

    def see_through(self, producer: KafkaProducer, sent: Iterable[Any]) -> None:
        """Wait until all of it is acknowledged. Raises KafkaUnavailableError."""
        with failing_clearly(self.cluster.bootstrap):
            producer.flush(self.cluster.patience)
            for future in sent:
                future.get(0)  # raises what has become of it


def let_go(*clients: Any) -> None:
    """Close connections; nothing of ours is kept in them."""
    for client in clients:
        if client is not None:
            with contextlib.suppress(Exception):
                client.close()
