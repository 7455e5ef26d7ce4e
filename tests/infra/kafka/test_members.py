"""A member of a group gets its partitions, however little patience its polls have."""

from __future__ import annotations

import time

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import NewPartitions

from infra.kafka.connection import Cluster
from infra.kafka.members import Member, join
from tests.servers.kafka import KafkaServer

PATIENCE = 60.0
IMPATIENT_MILLISECONDS = 1


def poll_until_it_has(consumer: KafkaConsumer, partitions: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(consumer.assignment()) < partitions:
        consumer.poll(timeout_ms=IMPATIENT_MILLISECONDS)
        assert time.monotonic() < deadline


def test_partitions_that_are_added_are_dealt_to_an_impatient_member(
    kafka_server: KafkaServer,
) -> None:
    topic = kafka_server.fresh_topic(partitions=1)
    cluster = Cluster(kafka_server.bootstrap)
    consumer = KafkaConsumer(**cluster.of_streams, group_id=topic, metadata_max_age_ms=500)
    admin = KafkaAdminClient(**cluster.of_clients)
    try:
        join(topic, Member(consumer))
        poll_until_it_has(consumer, 1)
        admin.create_partitions({topic: NewPartitions(total_count=3)})
        poll_until_it_has(consumer, 3)
    finally:
        admin.close()
        consumer.close()
