"""Applicants: who comes when and where, asking for which service, and how they are registered."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from domain.numbers import packet_number
from domain.regulations.edition import Edition, Way
from domain.roles import Role
from infra.demonstration.chance import dice
from infra.demonstration.comings import coming_on
from infra.demonstration.complaints import Complaining
from infra.demonstration.invented import applicant
from infra.demonstration.journey import Journey
from infra.demonstration.papers import Paper
from infra.demonstration.scene import Scene
from infra.demonstration.troubles import Dealer, Trouble, pace_norm
from infra.demonstration.workers import Bureau, Worker
from infra.requests import Registration

# Of a hundred applicants so many ask for this service in this way.
MIX: dict[tuple[str, Way], float] = {
    ("003-7", Way.CENTRE): 33,
    ("002", Way.CENTRE): 16,
    ("002", Way.AUTHORITY): 8,
    ("003-1", Way.AUTHORITY): 3,
    ("003-2", Way.AUTHORITY): 3,
    ("003-3", Way.AUTHORITY): 4,
    ("003-4", Way.AUTHORITY): 8,
    ("003-5", Way.AUTHORITY): 6,
    ("003-6", Way.AUTHORITY): 7,
    ("003-7", Way.AUTHORITY): 5,
    ("003-6", Way.AKIM): 4,
    ("003-7", Way.AKIM): 3,
}
_WITH_FAMILY = frozenset({"003-6", "003-7"})
_PRINTED_LABELS = 8_000_000  # the serials of a block that are printed for days without a network
_WINDOWS_PER = 14  # registrations a day at one window

Asking = tuple[str, Way]


class Arrivals:
    """Brings the applicants of one day after the other."""

    def __init__(self, scene: Scene, journey: Journey, complaining: Complaining) -> None:
        self._scene = scene
        self._agenda = scene.agenda
        self._journey = journey
        self._complaining = complaining
        self._luck = dice(scene.plan.seed, "arrivals")
        self._dealer = Dealer(scene.plan.seed)
        self._owed = dict.fromkeys(MIX, 0.0)
        self._coming: deque[tuple[datetime, int, Asking, Bureau]] = deque()
        self._came = 0
        self._labels = 0

    def begin_day(self, day: date) -> None:
        """Draw who comes on a day."""
        asked = self._askings(self._scene.plan.packets)
        coming = []
        for order, asking in enumerate(asked):
            bureaus = self._scene.region.taking(asking[1])
            bureau = self._luck.choices(bureaus, [each.weight for each in bureaus])[0]
            at = coming_on(bureau.calendar, day, self._luck)
            coming.append((at, order, asking, bureau))
        self._coming = deque(sorted(coming, key=lambda each: each[:2]))
        self._expect_next()

    def _askings(self, count: int) -> list[Asking]:
        """Return what is asked for, each service and way as often as its share says."""
        asked = []
        whole = sum(MIX.values())
        for _ in range(count):
            for asking, share in MIX.items():
                self._owed[asking] += share / whole
            most = max(self._owed, key=lambda each: self._owed[each])
            self._owed[most] -= 1
            asked.append(most)
        self._luck.shuffle(asked)
        return asked

    def _expect_next(self) -> None:
        if self._coming:
            self._agenda.at(self._coming[0][0], self._come)

    def _come(self) -> None:
        _, _, asking, bureau = self._coming.popleft()
        self._expect_next()
        self._came += 1
        seed = self._scene.plan.seed
        luck = dice(seed, "packet", self._came)
        edition = self._edition(asking, bureau)
        person = applicant(luck, with_family=asking[0] in _WITH_FAMILY)
        lot = self._dealer.deal(edition, luck)
        deciding = bureau.authority or bureau
        paper = Paper(edition, bureau, deciding, luck, lot, person["surname"])
        worker = self._window(bureau)
        began, ended = worker.serve(self._agenda.now, self._minutes(paper))
        self._agenda.at(ended, partial(self._register, paper, worker, began, person))

    def _edition(self, asking: Asking, bureau: Bureau) -> Edition:
        region = self._scene.qolhat.directory.organisation(bureau.code).region
        day = bureau.calendar.local_date(self._agenda.now)
        return self._scene.qolhat.regulations.in_force(*asking, region, day).edition

    def _window(self, bureau: Bureau) -> Worker:
        """Choose the window where it will be one's turn first; the last one gives results out."""
        if bureau.way is not Way.CENTRE:
            return bureau.first(Role.OFFICE)
        through_centres = sum(share for (_, way), share in MIX.items() if way is Way.CENTRE)
        expected = self._scene.plan.packets * through_centres / 100 / 19 * bureau.weight
        accepting = bureau.workers[Role.INSPECTOR][:-1]
        staffed = accepting[: 1 + int(expected / _WINDOWS_PER)]
        return min(staffed, key=lambda worker: worker.free)

    def _minutes(self, paper: Paper) -> float:
        norm = pace_norm(paper.edition, paper.stage).amount
        if paper.edition.way is Way.CENTRE:
            return min(paper.dice.lognormvariate(2.5, 0.4), 45.0) * self._scene.pace
        return norm * paper.dice.uniform(0.2, 0.5) * self._scene.pace

    def _register(
        self, paper: Paper, worker: Worker, began: datetime, person: dict[str, object]
    ) -> None:
        names = [item.names.kk for item in paper.edition.papers.items] or ["Өтініш", "Жеке куәлік"]
        request = Registration(
            worker.source(self._agenda.now),
            paper.edition.service.key,
            began_at=began,
            applicant=person,
            papers=tuple({"name": name, "count": paper.dice.randint(1, 4)} for name in names),
        )
        if paper.has(Trouble.LATE_REGISTRATION):
            self._register_late(paper, worker, request)
        else:
            paper.number = self._scene.wire.register(request)
            if paper.has(Trouble.REGISTERED_TWICE):
                self._scene.struck[Trouble.REGISTERED_TWICE] += 1
                self._agenda.after(9, partial(self._scene.wire.register, request))
        self._journey.accepted(paper)
        self._complaining.accepted(paper)

    def _register_late(self, paper: Paper, worker: Worker, request: Registration) -> None:
        """Take a printed label; the desk hears of it when the network is back, hours later."""
        self._scene.struck[Trouble.LATE_REGISTRATION] += 1
        self._labels += 1
        paper.number = packet_number(worker.organisation, _PRINTED_LABELS + self._labels)
        register = partial(self._scene.wire.register, replace(request, number=paper.number))
        self._agenda.at(worker.later(self._agenda.now, 180, 290), register)
