"""How this program speaks to Kafka: where it is, how long it waits, and failures told clearly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka.errors import KafkaError

from infra.errors import StorageError

PATIENCE_SECONDS = 30.0
_LONGEST_PAUSE_MILLISECONDS = 1000


class KafkaUnavailableError(StorageError):
    """Kafka did not answer, or did not take what it was sent; nothing is lost, try again later."""

    code = "kafka-unavailable"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kafka by the address of one or more of its brokers (`host:port`, with commas between).

    `patience` is how long, in seconds, an answer is waited for.
    """

    bootstrap: str
    patience: float = PATIENCE_SECONDS

    @property
    def patience_milliseconds(self) -> int:
        """The same, as the clients want it."""
        return int(self.patience * 1000)

    @property
    def of_clients(self) -> dict[str, Any]:
        """Settings of every client: a broker that comes back is found within a second."""
        return {
            "bootstrap_servers": [each.strip() for each in self.bootstrap.split(",")],
            "bootstrap_timeout_ms": self.patience_milliseconds,
            "request_timeout_ms": max(1000, self.patience_milliseconds // 2),
            "reconnect_backoff_max_ms": _LONGEST_PAUSE_MILLISECONDS,
        }

    @property
    def of_streams(self) -> dict[str, Any]:
        """Settings of producers and consumers."""
        # Nobody reads the library's own figures, and keeping them takes a third of the time.
        return {**self.of_clients, "metrics_enabled": False}


@contextmanager
def failing_clearly(bootstrap: str) -> Iterator[None]:
    """Tell a failure of Kafka as one of ours. Raises KafkaUnavailableError."""
    try:
        yield
    except (KafkaError, OSError, ValueError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise KafkaUnavailableError(address=bootstrap, detail=detail) from error
