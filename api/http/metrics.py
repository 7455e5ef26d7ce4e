"""What Prometheus may know: how much, how fast, how far behind; never who or which packet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from api.http.branch_metrics import BranchFigures
from infra.bootstrap import Qolhat
from infra.errors import StorageError
from infra.kafka.relay_figures import RelayFigures
from projections.unsettled import Unsettled

if TYPE_CHECKING:
    from infra.warnings.watch import Watch

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """The figures of one application, in a registry of its own."""

    def __init__(self, qolhat: Qolhat, watch: Watch | None = None) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "qolhat_http_requests",
            "Requests answered",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "qolhat_http_request_seconds",
            "Time to answer",
            ["route", "method"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._scans = Counter(
            "qolhat_scans", "Scans answered over HTTP", ["status"], registry=self.registry
        )
        self.registry.register(_StoreFigures(qolhat))
        if qolhat.settings.kafka_bootstrap:
            self.registry.register(BranchFigures(qolhat))
        if qolhat.settings.kafka_bootstrap and not qolhat.settings.branch:
            self.registry.register(RelayFigures(qolhat))
        if watch is not None:
            self.registry.register(_Warnings(watch))

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; the route is the template, not the address."""
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def scan(self, status: str) -> None:
        """Count the answer to a scan."""
        self._scans.labels(status).inc()

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _StoreFigures(Collector):
    """Figures that are read from the store when they are asked for."""

    def __init__(self, qolhat: Qolhat) -> None:
        self._qolhat = qolhat

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        commands = self._qolhat.log.commands
        yield CounterMetricFamily("qolhat_commands", "Commands decided", commands.commands)
        yield CounterMetricFamily("qolhat_commits", "Commits of the event store", commands.commits)
        try:
            yield from self._of_the_views()
        except StorageError:
            return  # the figures are missing: what watches them must see that

    def _of_the_views(self) -> Iterator[GaugeMetricFamily]:
        views = self._qolhat.views
        lag = self._qolhat.runner.lag()
        yield GaugeMetricFamily("qolhat_views_lag_events", "Events not in the views yet", lag)
        aside = len(views.set_aside())
        yield GaugeMetricFamily("qolhat_views_set_aside", "Events the views cannot take", aside)
        with views.reading() as reading:
            waiting = reading.view(Unsettled).count(reading.connection)
        yield GaugeMetricFamily("qolhat_unsettled_waiting", "Scans not settled yet", waiting)


class _Warnings(Collector):
    """What became of the warnings, by the way of telling."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def collect(self) -> Iterator[CounterMetricFamily]:
        sent = CounterMetricFamily("qolhat_warnings_sent", "Messages taken", labels=["channel"])
        failed = CounterMetricFamily(
            "qolhat_warnings_failed", "Messages not taken, or not by all", labels=["channel"]
        )
        for way in self._watch.ways:
            sent.add_metric([way.channel.name], way.sent)
            failed.add_metric([way.channel.name], way.failed)
        return iter((sent, failed))
