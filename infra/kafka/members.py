"""Members of consumer groups, kept from two ways in which kafka-python lets one wait for ever."""

from __future__ import annotations

from collections.abc import Sequence

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition


class Member(ConsumerRebalanceListener):  # type: ignore[misc]  # the library is not typed
    """What a consumer is told when partitions are dealt; it sees to it that they are.

    A group's first member joins once more when it learns of partitions, and kafka-python (3.0.12)
    forgets that it wanted to as soon as it has dealt them out. If the patience of a `poll` ends
    just then, nobody takes the answer in: it has no partitions, sends no heartbeats, and does not
    join again. It is called in the consumer's own thread, at any time.
    """

    def __init__(self, consumer: KafkaConsumer) -> None:
        self.consumer = consumer

    def on_partitions_revoked(self, _revoked: Sequence[TopicPartition]) -> None:
        """Keep it in mind that it joins, until it has joined."""
        self.consumer._coordinator.request_rejoin()  # noqa: SLF001  nothing public does it

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Read on where the consumer is."""


def join(topic: str, member: Member) -> None:
    """Let the member's consumer read the topic as one of its group.

    Who comes first deals out the partitions that it knows of, so it asks for them before.
    """
    member.consumer.partitions_for_topic(topic)
    member.consumer.subscribe([topic], listener=member)
