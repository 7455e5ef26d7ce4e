"""What Prometheus may know of a worker: how much it has taken in, and how far behind it is."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from infra.kafka.worker import ViewWorker

_COUNTED = (
    ("batches", "Transactions that took messages in"),
    ("messages", "Messages read"),
    ("events", "Events taken into the views"),
    ("repeated", "Messages left out: taken in before, or of an earlier life of the store"),
    ("foreign", "Messages left out: of another store"),
    ("set_aside", "Messages and events set aside"),
)


class WorkerFigures(Collector):
    """The figures of one worker, read when they are asked for. The database is not asked."""

    def __init__(self, worker: ViewWorker) -> None:
        self._worker = worker

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """List the figures."""
        for name, meaning in _COUNTED:
            value = getattr(self._worker.counts, name)
            yield CounterMetricFamily(f"qolhat_worker_{name}", meaning, value)
        lag = GaugeMetricFamily(
            "qolhat_worker_lag_messages",
            "Messages not taken in yet, of the partitions that this worker has",
            labels=["partition"],
        )
        for partition, messages in sorted(self._worker.lag.items()):
            lag.add_metric([str(partition)], messages)
        yield lag


def serve_figures(worker: ViewWorker, port: int, address: str) -> int:
    """Answer Prometheus in a thread of its own; return the port. Raises OSError if it is taken.

    Port 0 is any that is free. There is nothing personal in what is told.
    """
    return serve_collector(WorkerFigures(worker), port, address)


def serve_collector(figures: Collector, port: int, address: str) -> int:
    """The same, with any figures. Raises OSError if the port is taken."""
    registry = CollectorRegistry()
    registry.register(figures)
    server, _ = start_http_server(port, address, registry)
    taken: int = server.server_port
    return taken
