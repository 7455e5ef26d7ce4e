"""How this program speaks to Kafka: addresses, topics, and failures told clearly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from infra.errors import StorageError

BROKERS_OWN = -1  # as many replicas as the cluster makes of a topic by default


class KafkaUnavailableError(StorageError):
    """Kafka did not answer, or did not take what it was sent; nothing is lost, try again later."""

    code = "kafka-unavailable"


@contextmanager
def failing_clearly(bootstrap: str) -> Iterator[None]:
    """Tell a failure of Kafka as one of ours. Raises KafkaUnavailableError."""
    try:
        yield
    except (KafkaError, OSError, ValueError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise KafkaUnavailableError(address=bootstrap, detail=detail) from error


def make_topic(bootstrap: str, topic: str, partitions: int) -> None:
    """Make the topic where it is missing: a broker should not make topics of misspelt names.

    Raises KafkaUnavailableError.
    """
    with failing_clearly(bootstrap):
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        try:
            with suppress(TopicAlreadyExistsError):
                admin.create_topics([NewTopic(topic, partitions, BROKERS_OWN)])
        finally:
            admin.close()
