"""Arrival [003 service 7 §11, rows 4 and 13]: a bag is opened, each packet scanned, all compared.

What is not as the registry says is looked into hours later; some of it is still open at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from domain.dispatch.discrepancies import DiscrepancyKind, SettledAs
from infra.demonstration.chance import dice
from infra.demonstration.journey import Journey
from infra.demonstration.loads import Load
from infra.demonstration.mishaps import Mishap
from infra.demonstration.papers import Paper
from infra.demonstration.runs import put_into_bag
from infra.demonstration.scene import Scene
from infra.demonstration.settling import SHARE_SETTLED
from infra.demonstration.troubles import Trouble
from infra.demonstration.workers import Worker
from infra.requests import Source

_STEP = 4.0  # seconds from packet to packet
_LONGEST = 900  # seconds for a bag
_PHOTO_EVERY = 6  # bags of several packets
_A_MOMENT = timedelta(seconds=6)
_LOOKED_INTO = (20, 240)  # minutes
_EXPLAINED = frozenset(DiscrepancyKind) - {DiscrepancyKind.MISSING}
_CONDITIONS = {Mishap.DAMAGED: "damaged", Mishap.TWICE: "twice"}


class Unpacking:
    """Opens bags where they have arrived, and lets their packets go on."""

    def __init__(self, scene: Scene, journey: Journey) -> None:
        self._scene = scene
        self._agenda = scene.agenda
        self._journey = journey
        self._luck = dice(scene.plan.seed, "unpacking")
        self._several = 0

    def unpack(self, loads: Sequence[Load]) -> None:
        """Open bags one after the other from now on."""
        at = self._agenda.now
        for load in loads:
            at = self._unpack(load, at) + _A_MOMENT

    def _unpack(self, load: Load, at: datetime) -> datetime:
        """Note what is done with one bag from `at` on; return when it is done."""
        self._agenda.at(at, partial(self._open, load))
        papers = [*load.inside, *load.strays]
        for paper in load.inside:
            paper.pass_on()
        if self._takes_photo(load):
            at += timedelta(seconds=30)
            self._agenda.at(at, partial(self._photograph, load))
        else:
            step = timedelta(seconds=round(min(_STEP, _LONGEST / max(1, len(papers))), 1))
            for paper in papers:
                at += step
                self._agenda.at(at, partial(self._take_out, load, paper))
        at += _A_MOMENT
        self._agenda.at(at, partial(self._reconcile, load))
        return at

    def _open(self, load: Load) -> None:
        if load.mishap is Mishap.BROKEN_SEAL:
            self._scene.wire.break_seal(load.code, self._source(load), text="пломба үзілген")
        self._scene.wire.open(load.code, self._source(load))

    # --- packet by packet -----------------------------------------------------------------------

    def _takes_photo(self, load: Load) -> bool:
        if len(load.inside) < 2 or load.mishap is not None or load.strays:
            return False
        self._several += 1
        skipped = any(map(_skipped, load.inside))
        return self._several % _PHOTO_EVERY == 0 and not skipped

    def _photograph(self, load: Load) -> None:
        """Lay all packets on the table and verify them with one picture."""
        numbers = [paper.number for paper in load.inside]
        self._scene.wire.verify(load.code, numbers, self._source(load), how="photo")
        for paper in load.inside:
            self._journey.enter(paper)

    def _take_out(self, load: Load, paper: Paper) -> None:
        """Scan one packet; now and then one is put aside and not scanned."""
        if paper in load.strays:
            self._verify(load, paper)
            paper.accepting.astray.append(paper)
            return
        if _skipped(paper):
            del paper.lot.at_scans[paper.stage.key]
            self._scene.struck[Trouble.SKIPPED_SCAN] += 1
        else:
            self._verify(load, paper)
        self._journey.enter(paper)

    def _verify(self, load: Load, paper: Paper) -> None:
        first = paper is load.inside[0] if load.inside else False
        condition = _CONDITIONS.get(load.mishap) if first and load.mishap else None
        source = self._source(load)
        self._scene.wire.verify(load.code, [paper.number], source, condition=condition)

    # --- afterwards -----------------------------------------------------------------------------

    def _reconcile(self, load: Load) -> None:
        journey = self._scene.wire.reconcile(load.code, self._source(load))
        if load.absent is not None:
            self._look_for(load, load.absent)
        if not journey.complete:
            for clerk in (load.opener, load.packer):
                later = clerk.later(self._agenda.now, *_LOOKED_INTO)
                self._agenda.at(later, partial(self._look_into, load, clerk))

    def _look_for(self, load: Load, paper: Paper) -> None:
        """The packer finds it on the table: it goes with the next run. Or nobody does."""
        if load.mishap is Mishap.LOST:
            self._journey.lose(paper, load.packer)
        else:
            found = load.packer.later(self._agenda.now, 20, 90)
            self._agenda.at(found, partial(put_into_bag, paper))

    def _look_into(self, load: Load, clerk: Worker) -> None:
        """Explain what this side has to explain; what is missing must turn up, or be lost."""
        for item in self._scene.wire.discrepancies(load.code):
            mine = item.owner == clerk.organisation and item.settled_as is None
            if mine and item.kind in _EXPLAINED and self._luck.random() < SHARE_SETTLED:
                source = clerk.source(self._agenda.now)
                self._scene.wire.settle_item(item, SettledAs.EXPLAINED, source, _WORDS[item.kind])

    def _source(self, load: Load) -> Source:
        return load.opener.source(self._agenda.now)


_WORDS = {
    DiscrepancyKind.EXTRA: "реестрге жазылмай салынған",
    DiscrepancyKind.MISROUTED: "тасушы өз органына жеткізеді",
    DiscrepancyKind.TWICE: "екінші затбелгі жойылды",
    DiscrepancyKind.DAMAGED: "құжаттар түгел, мұқаба ауыстырылды",
    DiscrepancyKind.WRONG_SEAL: "пломба жинау кезінде ауыстырылған",
}


def _skipped(paper: Paper) -> bool:
    return paper.lot.at_scans.get(paper.stage.key) is Trouble.SKIPPED_SCAN
