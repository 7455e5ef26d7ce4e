"""Written complaints [002 §24]: every third day somebody complains the day after, and is answered.

By turns the answer comes a day after the slip's date, and a day before it; the last ones still wait
when the simulation ends. The sources name no term for an answer: three working days are assumed.
"""

from __future__ import annotations

from datetime import date, time
from functools import partial

from domain.regulations.edition import Way
from domain.roles import Role
from infra.demonstration.chance import dice
from infra.demonstration.comings import coming_on
from infra.demonstration.papers import Paper
from infra.demonstration.scene import Scene
from infra.requests import ComplaintAnswerRequest, ComplaintRequest

EVERY = 3  # days
PROMISED = 3  # working days
_AT = time(17)


class Complaining:
    """Lets applicants complain at the authority's office, and its head answer."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._agenda = scene.agenda
        self._luck = dice(scene.plan.seed, "complaints")
        self._days = 0
        self._coming = 0
        self._wanted = False

    def begin_day(self, _day: date) -> None:
        """Decide whether somebody who comes today will have a reason to complain."""
        self._wanted = self._wanted or self._days % EVERY == 0
        self._days += 1

    def accepted(self, paper: Paper) -> None:
        """Let the applicant complain on the next working day, if it is this one's turn."""
        if not self._wanted or paper.edition.way is not Way.CENTRE:
            return
        self._wanted = False
        self._coming += 1
        calendar = paper.deciding.calendar
        day = calendar.next_working_day(calendar.local_date(self._agenda.now))
        late = self._coming % 2 == 1
        at = coming_on(calendar, day, self._luck)
        self._agenda.at(at, partial(self._complain, paper, day, late=late))

    def _complain(self, paper: Paper, day: date, *, late: bool) -> None:
        authority = paper.deciding
        promised = authority.calendar.next_working_day(day, PROMISED)
        source = authority.first(Role.OFFICE).source(self._agenda.now)
        request = ComplaintRequest(
            source,
            paper.number,
            authority.instant(promised, _AT),
            paper.executor.handset.person,
            text=f"{paper.surname}: нәтиже уақытында берілмеді",
        )
        self._scene.wire.complain(request)
        done = authority.calendar.next_working_day(day, PROMISED + 1 if late else PROMISED - 1)
        at = coming_on(authority.calendar, done, self._luck)
        self._agenda.at(at, partial(self._answer, paper, source.ref))

    def _answer(self, paper: Paper, complaint: str) -> None:
        request = ComplaintAnswerRequest(
            paper.deciding.first(Role.HEAD).source(self._agenda.now),
            paper.number,
            complaint,
            text=f"{paper.surname}: шағым қаралды, нәтиже беріледі",
        )
        self._scene.wire.answer_complaint(request)
