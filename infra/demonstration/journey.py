"""A packet's way along its edition's route: who takes it next, what is done to it, and when.

The route itself is read from the edition; nothing here knows a service's stages by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from domain.acts import ActKind, Outcome
from domain.regulations.edition import Stage
from domain.roles import Role
from domain.route import same_hands
from infra.demonstration.handing_out import HandingOut
from infra.demonstration.hands import AN_HOUR, Hands
from infra.demonstration.pace import Pace
from infra.demonstration.papers import Paper
from infra.demonstration.runs import gather_after, put_into_bag
from infra.demonstration.scene import Scene
from infra.demonstration.troubles import Trouble, is_quick
from infra.demonstration.workers import Worker, whole_seconds
from infra.requests import ActRequest

# Done for a whole folder at one sitting.
_SITTINGS = frozenset({ActKind.RESOLUTION, ActKind.SIGNED, ActKind.RETURNED, ActKind.SENT_BACK})
_FOLDER = {ActKind.RETURNED: ActKind.SIGNED}  # found out while signing
SHARE_FOUND = 0.6


class Journey:
    """Moves packets from holder to holder."""

    def __init__(self, scene: Scene, hands: Hands) -> None:
        self._scene = scene
        self._agenda = scene.agenda
        self._hands = hands
        self._pace = Pace(scene)
        self._handing_out = HandingOut(scene)
        self._found = 0

    def accepted(self, paper: Paper) -> None:
        """Begin: the papers are registered, which is all the work of the first stage."""
        if paper.lot.in_stages.get(paper.stage.key) is Trouble.LATE:
            self.enter(paper)
        else:
            self._pass_on(paper)

    def enter(self, paper: Paper) -> None:
        """Let the holder, who has the packet now, work on it or pass it on."""
        if self.strikes(paper):
            return
        stage, ending = paper.stage, paper.ending()
        if stage.waits_for_applicant:
            self._handing_out.expect(paper)
        elif stage.holder is Role.COURIER:
            put_into_bag(paper)
        elif ending.scan is Role.COURIER:
            paper.pass_on()
            put_into_bag(paper)
        else:
            self._work(paper, ending.act)

    def _work(self, paper: Paper, act: ActKind | None) -> None:
        end = self._pace.end_of(paper)
        if act in _SITTINGS and not paper.sat_upon:
            _folder(paper, act)[paper] = None
        self._agenda.at(end, partial(self._finish, paper, paper.steps))

    def _finish(self, paper: Paper, steps: int) -> None:
        """Do what ends the stage, unless it was done with the others of a folder."""
        if paper.steps != steps:
            return
        act = paper.ending().act
        if act is None:
            self._pass_on(paper)
        elif act in _SITTINGS:
            self._sit(paper, act)
        else:
            self._act([paper], act)

    def _sit(self, paper: Paper, act: ActKind) -> None:
        """Do the same for everything that lies in the folder."""
        folder = _folder(paper, act)
        folder[paper] = None
        papers = list(folder)
        folder.clear()
        for kind, group in _decisions(papers):
            self._act(group, kind)

    def _act(self, papers: Sequence[Paper], act: ActKind) -> None:
        first = papers[0]
        worker = first.holder
        at = self._now + AN_HOUR if first.clock_ahead else self._now
        request = ActRequest(worker.source(at), act, **self._details(first, act))
        self._scene.wire.act([paper.number for paper in papers], request)
        for paper in papers:
            self._pass_on(paper)

    def _details(self, paper: Paper, act: ActKind) -> dict[str, Any]:
        """Return what an act says beside its kind."""
        match act:
            case ActKind.INCOMING:
                return {"incoming_number": f"{paper.holder.handset.counter}-К"}
            case ActKind.RESOLUTION:
                return {"executor": paper.executor.handset.person}
            case ActKind.RIGHT:
                return {"entitled": not paper.has(Trouble.REFUSED)}
            case ActKind.DRAFTED:
                return self._notice(paper)
            case ActKind.RETURNED:
                once = paper.decision is not ActKind.RETURNED
                self._scene.struck[Trouble.RETURNED if once else Trouble.RETURNED_TWICE] += 1
                return {"text": f"{paper.surname}: толықтыру қажет"}
        return {}

    def _notice(self, paper: Paper) -> dict[str, Any]:
        if not paper.has(Trouble.REFUSED):
            return {"outcome": Outcome.GRANTED}
        self._scene.struck[Trouble.REFUSED] += 1
        grounds = tuple(ground.key for ground in paper.edition.refusal.grounds)
        text = None if grounds else f"{paper.surname}: құжаттар толық емес"
        return {"outcome": Outcome.REFUSED, "grounds": grounds, "text": text}

    # --- passing on ---------------------------------------------------------------------------

    def _pass_on(self, paper: Paper) -> None:
        before, by_act = paper.stage, paper.ending().act is not None
        if not paper.pass_on():
            return
        if by_act and same_hands(before, paper.stage):
            self.enter(paper)
        elif paper.stage.holder is Role.COURIER:
            put_into_bag(paper)
        else:
            self._bring(paper, before)

    def _bring(self, paper: Paper, before: Stage) -> None:
        """Bring the packet to whoever takes it next: at once, or with the next pile."""
        worker = paper.holder
        if is_quick(paper.edition, before) and worker.role is not Role.COLLECTING:
            seconds = worker.dice.randint(8, 20)
            self._agenda.after(seconds, partial(self._hands.take, worker, [paper], self.enter))
            return
        worker.tray.append(paper)
        if len(worker.tray) == 1:
            self._agenda.at(self._pile_at(paper, worker), partial(self._take_pile, worker))

    def _pile_at(self, paper: Paper, worker: Worker) -> datetime:
        if worker.role is Role.COLLECTING:
            runs, jitter = self._scene.qolhat.settings.runs, worker.dice.randint(0, 500)
            return gather_after(paper.accepting, runs, self._now) + whole_seconds(jitter)
        return worker.later(self._now, 1, 5)

    def _take_pile(self, worker: Worker) -> None:
        pile, worker.tray = worker.tray, []
        self._hands.take(worker, pile, self.enter)

    # --- what ends a way early, or stops it for a while ---------------------------------------

    def strikes(self, paper: Paper) -> bool:
        """Tell whether the packet was dealt loss or withdrawal in this stage; then let it come."""
        trouble = paper.lot.in_stages.get(paper.stage.key)
        if trouble not in (Trouble.LOST, Trouble.WITHDRAWN):
            return False
        del paper.lot.in_stages[paper.stage.key]
        self._scene.struck[trouble] += 1
        worker = paper.holder
        if trouble is Trouble.LOST:
            self.lose(paper, worker)
        else:
            taker = paper.accepting.first(paper.edition.stages[0].holder)
            self._agenda.at(
                taker.later(self._now, 10, 90),
                partial(self._say, paper, taker, ActKind.WITHDRAWN, "арыз қайтарып алынды"),
            )
        return True

    def lose(self, paper: Paper, worker: Worker) -> None:
        """Let the worker look for a packet, and say that it is lost."""
        self._agenda.at(worker.later(self._now, 40, 200), partial(self._lose, paper, worker))

    def _lose(self, paper: Paper, worker: Worker) -> None:
        self._say(paper, worker, ActKind.LOST, "пакет табылмады")
        if paper.dice.random() < SHARE_FOUND:
            self._agenda.at(worker.later(self._now, 30, 600), partial(self._find, paper, worker))

    def _find(self, paper: Paper, worker: Worker) -> None:
        """Somebody says that it is found, or just scans it: by turns."""
        self._found += 1
        if self._found % 2:
            self._say(paper, worker, ActKind.FOUND, "үстел астынан табылды")
        else:
            self._scene.wire.scan([worker.scan(paper.number, self._now - worker.lag())])
        self._agenda.after(60, partial(self.enter, paper))

    def _say(self, paper: Paper, worker: Worker, act: ActKind, text: str) -> None:
        request = ActRequest(worker.source(self._now), act, text=f"{paper.surname}: {text}")
        self._scene.wire.act([paper.number], request)

    @property
    def _now(self) -> datetime:
        return self._agenda.now


def _folder(paper: Paper, act: ActKind) -> dict[Paper, None]:
    return paper.holder.folders.setdefault(_FOLDER.get(act, act), {})


def _decisions(papers: list[Paper]) -> list[tuple[ActKind, list[Paper]]]:
    """Sort a folder into what can be done with one request."""
    groups: dict[tuple[ActKind, int], list[Paper]] = {}
    for paper in papers:
        act = paper.ending().act
        if act is None:
            continue
        alone = 0
        if act is ActKind.RESOLUTION:
            alone = paper.executor.handset.person
        elif act is ActKind.RETURNED:
            alone = int(paper.number)
        groups.setdefault((act, alone), []).append(paper)
    return [(act, group) for (act, _), group in groups.items()]
