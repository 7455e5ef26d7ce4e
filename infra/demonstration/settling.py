"""Somebody decides about unsettled scans, hours later; some wait on."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from domain.commands import Settlement
from domain.intake import RawScan
from domain.numbers import PlaceCode
from infra.demonstration.papers import Paper
from infra.demonstration.scene import Scene
from infra.demonstration.workers import Worker
from infra.requests import SettleRequest

SHARE_SETTLED = 0.7
_MINUTES = (15, 240)


class Settling:
    """Notes decisions on the agenda."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def later(
        self,
        worker: Worker,
        paper: Paper,
        scan: RawScan,
        settlement: Settlement,
        place: PlaceCode | None = None,
        scanned_at: datetime | None = None,
    ) -> None:
        """Let the scan be settled some hours from now, or wait."""
        if paper.dice.random() > SHARE_SETTLED:
            return
        when = worker.later(self._scene.agenda.now, *_MINUTES)
        decision = partial(self._settle, worker, paper, scan, settlement, place, scanned_at)
        self._scene.agenda.at(when, decision)

    def _settle(
        self,
        clerk: Worker,
        paper: Paper,
        scan: RawScan,
        settlement: Settlement,
        place: PlaceCode | None,
        scanned_at: datetime | None,
    ) -> None:
        applied = settlement is Settlement.APPLY
        request = SettleRequest(
            clerk.source(self._scene.agenda.now),
            scan.ref,
            settlement,
            paper.number if applied or scan.code == str(paper.number) else None,
            place,
            scanned_at,
            text=f"{paper.surname}: қайта тексерілді",
        )
        self._scene.wire.settle(request)
