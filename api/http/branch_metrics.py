"""Figures of far branches: at a branch what waits for the line, in the country who was heard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from infra.bootstrap import Qolhat
from infra.errors import StorageError


class BranchFigures(Collector):
    """Figures that are read from the store when they are asked for."""

    def __init__(self, qolhat: Qolhat) -> None:
        self._qolhat = qolhat

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Tell what is known; nothing where the database fails: what watches must see that."""
        try:
            yield from self._of_a_branch() if self._qolhat.settings.branch else self._of_all()
        except StorageError:
            return

    def _of_a_branch(self) -> Iterator[GaugeMetricFamily]:
        from infra.branches.wiring import branch_book  # noqa: PLC0415  a client of Kafka

        qolhat = self._qolhat
        state = branch_book(qolhat).state(qolhat.log.rows.last_position())
        yield GaugeMetricFamily("qolhat_branch_unsent", "Events still to be sent", state.unsent)
        yield GaugeMetricFamily("qolhat_branch_waiting", "Sent, not yet answered", state.waiting)
        yield GaugeMetricFamily(
            "qolhat_branch_in_doubt", "In doubt in the country, or refused", state.in_doubt
        )
        if state.heard_at is not None:
            seconds = _since(qolhat.now(), state.heard_at)
            name = "qolhat_branch_silence_seconds"
            yield GaugeMetricFamily(name, "Since the country was last heard", seconds)

    def _of_all(self) -> Iterator[GaugeMetricFamily]:
        far, now = self._qolhat.far, self._qolhat.now()
        yield GaugeMetricFamily(
            "qolhat_far_set_aside", "Sent by branches, could not be recorded", far.count_aside()
        )
        silence = GaugeMetricFamily(
            "qolhat_far_silence_seconds", "Since a branch was last heard", labels=["branch"]
        )
        latest: dict[str, datetime] = {}
        for each in far.branches():
            latest[each.branch] = max(each.heard_at, latest.get(each.branch, each.heard_at))
        for branch, at in latest.items():
            silence.add_metric([branch], _since(now, at))
        yield silence


def _since(now: datetime, at: datetime) -> float:
    return (now - at).total_seconds()
