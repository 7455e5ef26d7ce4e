"""What Prometheus may know of the relay: how much it has sent, how often it failed, how far behind.

It is read from what the relay notes once a second: whoever has the database can tell it.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from infra.bootstrap import Qolhat
from infra.errors import StorageError
from infra.kafka.relayed import RelayedBook
from infra.store.identity import identity_of


class RelayFigures(Collector):
    """The figures of the relays of one store, read when they are asked for."""

    def __init__(self, qolhat: Qolhat) -> None:
        self._log = qolhat.log
        self._book = RelayedBook(qolhat.views.engine, qolhat.settings.kafka_topic)

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """List the figures."""
        try:
            relayed = self._book.read(identity_of(self._log))
            lag = max(0, self._log.rows.last_position() - relayed.position)
        except StorageError:
            return  # the figures are missing: what watches them must see that
        yield CounterMetricFamily("qolhat_relay_events", "Events published", relayed.sent)
        yield CounterMetricFamily(
            "qolhat_relay_failures", "Times that publishing failed", relayed.failures
        )
        yield GaugeMetricFamily("qolhat_relay_lag_events", "Events not published yet", lag)
