"""Two runs a day between each branch and its authority: papers out, results back."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from domain.roles import Role
from infra.demonstration.chance import dice
from infra.demonstration.hands import Hands
from infra.demonstration.journey import Journey
from infra.demonstration.papers import Paper
from infra.demonstration.runs import runs_on
from infra.demonstration.scene import Scene
from infra.demonstration.troubles import Trouble
from infra.demonstration.workers import Bureau, Worker


class Couriers:
    """The runs of all branches."""

    def __init__(self, scene: Scene, hands: Hands, journey: Journey) -> None:
        self._scene = scene
        self._agenda = scene.agenda
        self._hands = hands
        self._journey = journey
        self._luck = dice(scene.plan.seed, "roads")

    def begin_day(self, day: date) -> None:
        """Note the runs of a day."""
        for branch in self._scene.region.branches:
            if not runs_on(branch, day):
                continue
            couriers = branch.workers[Role.COURIER]
            for count, run in enumerate(self._scene.qolhat.settings.runs):
                leaves = branch.instant(day, run) + timedelta(seconds=self._luck.randint(0, 240))
                courier = couriers[count % len(couriers)]
                self._agenda.at(leaves, partial(self._leave, branch, courier))

    def _leave(self, branch: Bureau, courier: Worker) -> None:
        pile, branch.outgoing = branch.outgoing, []
        bag: list[Paper] = []
        self._hands.take(courier, pile, partial(self._pack, bag))
        self._agenda.after(self._ride(), partial(self._arrive, branch, courier, bag))

    def _pack(self, bag: list[Paper], paper: Paper) -> None:
        if not self._journey.strikes(paper):
            bag.append(paper)

    def _ride(self) -> int:
        return self._luck.randint(18 * 60, 40 * 60)

    def _arrive(self, branch: Bureau, courier: Worker, bag: list[Paper]) -> None:
        """Hand over at the authority; now and then a packet has been left at a wrong one."""
        right, found = [], self._fetch_astray(branch, courier)
        for paper in bag:
            paper.pass_on()
            if paper.lot.at_scans.get(paper.stage.key) is Trouble.WRONG_AUTHORITY:
                self._mislead(branch, paper)
            else:
                right.append(paper)
        for seconds, pile in ((60, right), (180, found)):
            if pile:
                take = partial(self._hands.take, pile[0].holder, pile, self._journey.enter)
                self._agenda.after(seconds, take)
        self._agenda.after(300, partial(self._take_back, branch, courier))

    def _mislead(self, branch: Bureau, paper: Paper) -> None:
        del paper.lot.at_scans[paper.stage.key]
        self._scene.struck[Trouble.WRONG_AUTHORITY] += 1
        others = [each for each in self._scene.region.authorities if each is not branch.authority]
        office = self._luck.choice(others).first(Role.OFFICE)
        at = self._agenda.now - office.lag()
        self._scene.wire.scan([office.scan(paper.number, at)])
        branch.astray.append(paper)

    def _fetch_astray(self, branch: Bureau, courier: Worker) -> list[Paper]:
        """Bring what another authority got with an earlier run."""
        fetched, branch.astray = branch.astray, []
        at = self._agenda.now - courier.lag()
        self._scene.wire.scan([courier.scan(paper.number, at) for paper in fetched])
        return fetched

    def _take_back(self, branch: Bureau, courier: Worker) -> None:
        pile, branch.returning = branch.returning, []
        bag: list[Paper] = []
        self._hands.take(courier, pile, partial(self._pack, bag))
        self._agenda.after(self._ride(), partial(self._come_home, branch, bag))

    def _come_home(self, branch: Bureau, bag: list[Paper]) -> None:
        for paper in bag:
            paper.pass_on()
        self._hands.take(branch.first(Role.COLLECTING), bag, self._journey.enter)
