"""Taking packets: somebody scans a pile, and now and then a scan goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from domain.acts import ActKind
from domain.commands import Settlement
from domain.corrections import VoidReason
from domain.intake import RawScan
from infra.demonstration.chance import dice
from infra.demonstration.papers import Paper
from infra.demonstration.scene import Scene
from infra.demonstration.settling import Settling
from infra.demonstration.troubles import Trouble
from infra.demonstration.workers import Worker
from infra.requests import ActRequest

Then = Callable[[Paper], None]
_LONGEST_PILE = 36.0  # seconds; a scan must be voided within a minute
AN_HOUR = timedelta(hours=1)
_OF_THE_DEVICE = frozenset({Trouble.OFFLINE, Trouble.CLOCK_AHEAD})


@dataclass(slots=True)
class _Taken:
    """What came of one packet of a pile: the scans to send, and what is to be done afterwards."""

    scans: list[RawScan]
    afterwards: Callable[[], None] | None = None
    pause: float = 0.0  # seconds until the packet goes on


class Hands:
    """Scans piles. The device sends a pile when its last packet is scanned."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._settling = Settling(scene)

    def take(self, worker: Worker, pile: Sequence[Paper], then: Then) -> None:
        """Scan a pile from now on; each packet then goes on."""
        if not pile:
            return
        agenda, lag = self._scene.agenda, worker.lag()
        step = min(1.5, _LONGEST_PILE / len(pile))
        of_device = next(filter(_OF_THE_DEVICE.__contains__, map(_mishap, pile)), None)
        taken = []
        for count, paper in enumerate(pile):
            at = agenda.now + timedelta(seconds=round(count * step, 1))
            taken.append(self._scan(worker, paper, at, self._strike(paper, of_device)))
        done = agenda.now + timedelta(seconds=round(step * (len(pile) - 1), 1)) + lag
        agenda.at(done, partial(self._send, worker, list(pile), taken, then, of_device))

    def _strike(self, paper: Paper, of_device: Trouble | None) -> Trouble | None:
        """Return what goes wrong with this scan: what the device has goes before the packet's."""
        mishap = _mishap(paper)
        if mishap is not None and mishap is (of_device or mishap):
            del paper.lot.at_scans[paper.stage.key]
            self._scene.struck[mishap] += 1
        return of_device or mishap

    def _send(
        self,
        worker: Worker,
        pile: list[Paper],
        taken: list[_Taken],
        then: Then,
        of_device: Trouble | None,
    ) -> None:
        agenda = self._scene.agenda
        scans = [scan for each in taken for scan in each.scans]
        send = partial(self._scene.wire.scan, scans)
        if of_device is Trouble.OFFLINE:
            agenda.after(worker.dice.randint(30 * 60, 150 * 60), send)
        else:
            send()
        for paper, each in zip(pile, taken, strict=True):
            if each.afterwards is not None:
                each.afterwards()
            if each.pause:
                agenda.after(each.pause, partial(then, paper))
            else:
                then(paper)

    # --- one scan -----------------------------------------------------------------------------

    def _scan(self, worker: Worker, paper: Paper, at: datetime, mishap: Trouble | None) -> _Taken:
        ways: dict[Trouble | None, Callable[[Worker, Paper, datetime], _Taken]] = {
            Trouble.SKIPPED_SCAN: self._skip,
            Trouble.DAMAGED_CODE: self._damaged,
            Trouble.BADGE_SCANNED: self._badge,
            Trouble.FOREIGN_PLACE: self._at_foreign_place,
            Trouble.CLOCK_AHEAD: self._ahead,
            Trouble.VOIDED_SCAN: self._voided,
            Trouble.SENT_TWICE: self._twice,
        }
        return ways.get(mishap, self._plainly)(worker, paper, at)

    def _plainly(self, worker: Worker, paper: Paper, at: datetime) -> _Taken:
        return _Taken([worker.scan(paper.number, at)])

    def _skip(self, _worker: Worker, _paper: Paper, _at: datetime) -> _Taken:
        return _Taken([])

    def _damaged(self, worker: Worker, paper: Paper, at: datetime) -> _Taken:
        return self._misread(worker, paper, at, damaged(paper))

    def _badge(self, worker: Worker, paper: Paper, at: datetime) -> _Taken:
        return self._misread(worker, paper, at, str(worker.handset.badge))

    def _voided(self, worker: Worker, paper: Paper, at: datetime) -> _Taken:
        scan = worker.scan(paper.number, at)
        return _Taken([scan], partial(self._void, worker, paper, scan), pause=60)

    def _twice(self, worker: Worker, paper: Paper, at: datetime) -> _Taken:
        scan = worker.scan(paper.number, at)
        return _Taken([scan], partial(self._send_again, scan))

    def _misread(self, worker: Worker, paper: Paper, at: datetime, code: str) -> _Taken:
        """Read something else than the packet's number; mostly noticed at once."""
        wrong = worker.scan(code, at)
        if paper.dice.random() < 0.3:
            settle = partial(self._settling.later, worker, paper, wrong, Settlement.APPLY)
            return _Taken([wrong], settle)
        right = worker.scan(paper.number, at + timedelta(seconds=0.6))
        return _Taken([wrong, right], partial(self._after_misreading, worker, paper, wrong))

    def _after_misreading(self, worker: Worker, paper: Paper, wrong: RawScan) -> None:
        self._settling.later(worker, paper, wrong, Settlement.DISMISS)
        if wrong.code != str(worker.handset.badge) and paper.dice.random() < 0.5:
            self._scene.agenda.after(8, partial(self._relabel, worker, paper))

    def _relabel(self, worker: Worker, paper: Paper) -> None:
        text = f"{paper.surname}: штрихкод бүлінген"
        request = ActRequest(worker.source(self._now), ActKind.RELABELLED, text=text)
        self._scene.wire.act([paper.number], request)

    def _at_foreign_place(self, worker: Worker, paper: Paper, at: datetime) -> _Taken:
        """Scan at a card that hangs at somebody else's place."""
        others = (w for ws in self._colleagues(worker, paper) for w in ws)
        foreign = next(w for w in others if w.handset is not worker.handset)
        wrong = worker.scan(paper.number, at, foreign.place)
        if paper.dice.random() < 0.5:
            settle = partial(
                self._settling.later, worker, paper, wrong, Settlement.APPLY, worker.place
            )
            return _Taken([wrong], settle)
        right = worker.scan(paper.number, at + timedelta(seconds=0.6))
        settle = partial(self._settling.later, worker, paper, wrong, Settlement.DISMISS)
        return _Taken([wrong, right], settle)

    def _colleagues(self, worker: Worker, paper: Paper) -> list[list[Worker]]:
        at_home = worker.organisation == paper.accepting.code
        return list((paper.accepting if at_home else paper.deciding).workers.values())

    def _ahead(self, worker: Worker, paper: Paper, at: datetime) -> _Taken:
        scan = worker.scan(paper.number, at + AN_HOUR)
        paper.clock_ahead = True
        settle = partial(self._settling.later, worker, paper, scan, Settlement.APPLY, None, at)
        return _Taken([scan], settle)

    def _void(self, worker: Worker, paper: Paper, scan: RawScan) -> None:
        """Take the scan back within the minute, and scan again."""
        reason = dice(self._scene.plan.seed, "voided", scan.ref).choice([None, *VoidReason])

        def void() -> None:
            self._scene.wire.void(paper.number, scan.ref, worker.source(self._now), reason)

        def again() -> None:
            self._scene.wire.scan([worker.scan(paper.number, self._now - worker.lag())])

        self._scene.agenda.after(worker.dice.randint(4, 15), void)
        self._scene.agenda.after(worker.dice.randint(20, 45), again)

    def _send_again(self, scan: RawScan) -> None:
        """The device did not hear the answer."""
        self._scene.agenda.after(7, partial(self._scene.wire.scan, [scan]))

    @property
    def _now(self) -> datetime:
        return self._scene.agenda.now


def _mishap(paper: Paper) -> Trouble | None:
    return paper.lot.at_scans.get(paper.stage.key)


def damaged(paper: Paper) -> str:
    """Return the packet's number as a scanner reads it from a dirty or torn label."""
    digits, luck = str(paper.number), paper.dice
    at = luck.randint(1, len(digits) - 2)
    return luck.choice(
        (
            f"{digits[:at]}{(int(digits[at]) + 3) % 10}{digits[at + 1 :]}",
            digits[:-2],
            f"{digits[:at]}O{digits[at + 1 :]}",
            f"{digits}{digits[at]}",
        )
    )
