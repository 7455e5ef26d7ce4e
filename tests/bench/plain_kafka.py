"""kafka-python alone, as its documentation has it: a producer and consumers that do nothing else.

`python -m tests.bench.plain_kafka send BOOTSTRAP TOPIC FILE` connects, says `ready`, waits for a
line and sends the messages of a file; `... receive BOOTSTRAP TOPIC GROUP` says `ready` when it has
its partitions, and then, a line each, how many messages it has received.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer

_AT_ONCE = 4000


def send(bootstrap: str, topic: str, file: str) -> None:
    """Send all messages: idempotent, acknowledged by all replicas."""
    messages = pickle.loads(Path(file).read_bytes())
    producer = KafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5
    )
    producer.partitions_for(topic)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    for partition, key, value in messages:
        producer.send(topic, key=key, value=value, partition=partition)
    producer.flush()
    producer.close()


def receive(bootstrap: str, topic: str, group: str) -> None:
    """Receive messages until somebody ends the process."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=_AT_ONCE,
    )
    ready, received = False, 0
    while True:
        for records in consumer.poll(timeout_ms=100).values():
            received += len(records)
            print(received, flush=True)  # noqa: T201
        if not ready and consumer.assignment():
            ready = True
            print("ready", flush=True)  # noqa: T201


if __name__ == "__main__":
    {"send": send, "receive": receive}[sys.argv[1]](*sys.argv[2:])
