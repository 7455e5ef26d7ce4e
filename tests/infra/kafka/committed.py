"""What is in a topic for those who read only what was committed."""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from infra.kafka.messages import EventMessage, Mark, read_message

Messages = dict[int, list[EventMessage | Mark]]


def records_in(bootstrap: str, topic: str) -> dict[int, list[Any]]:
    """Every committed record of each partition, in its order."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False
    )
    try:
        places = [TopicPartition(topic, n) for n in sorted(consumer.partitions_for_topic(topic))]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found: dict[int, list[Any]] = {place.partition: [] for place in places}
        while any(consumer.position(place) < end for place, end in ends.items()):
            for place, records in consumer.poll(timeout_ms=500).items():
                found[place.partition] += records
        return found
    finally:
        consumer.close()


def messages_in(bootstrap: str, topic: str) -> Messages:
    """What the records stand for."""
    found = records_in(bootstrap, topic)
    return {n: [read_message(each.value) for each in records] for n, records in found.items()}


def positions_of(messages: list[EventMessage | Mark]) -> list[int]:
    """Which events are among them, in their order."""
    return [each.row[0] for each in messages if isinstance(each, EventMessage)]


def marks_of(messages: list[EventMessage | Mark]) -> list[int]:
    """Up to where the marks among them say that all is published, in their order."""
    return [each.position for each in messages if isinstance(each, Mark)]


def all_positions(messages: Messages) -> list[int]:
    """Which events are in the topic, by their position in the store."""
    return sorted(position for part in messages.values() for position in positions_of(part))
