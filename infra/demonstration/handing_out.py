"""The end of the way: the applicant comes for the result, or it is posted, or nobody comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from domain.acts import ActKind, Handing
from domain.roles import Role
from infra.demonstration.answering import Answering
from infra.demonstration.comings import coming_on
from infra.demonstration.pace import Pace
from infra.demonstration.papers import Paper
from infra.demonstration.scene import Scene
from infra.demonstration.troubles import Trouble, is_quick
from infra.requests import ActRequest

# In how many days people come for a result, and how many of them.
_DAYS_UNTIL = (0, 1, 2, 3)
_SHARES = (0.25, 0.45, 0.2, 0.1)
_WINDOW_MINUTES = (3, 9)
_SOON = timedelta(minutes=20)


class HandingOut:
    """Waits for applicants."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._agenda = scene.agenda
        self._pace = Pace(scene)
        self._answering = Answering(scene)

    def expect(self, paper: Paper) -> None:
        """Let the result be issued when somebody comes, posted, or kept until the term ends."""
        if paper.has(Trouble.UNCOLLECTED):
            self._keep(paper)
        elif paper.has(Trouble.POSTED):
            self._scene.struck[Trouble.POSTED] += 1
            post = partial(self._issue, paper, Handing.POSTED, None)
            self._agenda.at(self._pace.end_of(paper), post)
        elif is_quick(paper.edition, paper.stage):
            self._agenda.after(paper.dice.randint(5, 30), partial(self._come, paper))
        else:
            self._agenda.at(self._coming(paper), partial(self._come, paper))

    def _coming(self, paper: Paper) -> datetime:
        calendar, now, luck = paper.holder.calendar, self._agenda.now, paper.dice
        days = luck.choices(_DAYS_UNTIL, _SHARES)[0]
        day = calendar.local_date(now)
        if days == 0:
            closing = calendar.closing(day)
            soon = calendar.add_working_time(now, _SOON)
            if closing is not None and soon < closing:
                return soon + (closing - soon) * (luck.random() * 0.8)
        return coming_on(calendar, calendar.next_working_day(day, max(1, days)), luck)

    def _come(self, paper: Paper) -> None:
        """The applicant is here: served at the window in turn, or by the executor at once."""
        came = self._agenda.now
        if paper.holder.role is Role.INSPECTOR:
            minutes = paper.dice.uniform(*_WINDOW_MINUTES) * self._scene.pace
            _, served = paper.holder.serve(came, minutes)
        else:
            served = self._pace.end_of(paper)
        self._agenda.at(served, partial(self._issue, paper, Handing.IN_PERSON, came))

    def _issue(self, paper: Paper, handing: Handing, came: datetime | None) -> None:
        if came is not None and paper.has(Trouble.COMING_UNRECORDED):
            self._scene.struck[Trouble.COMING_UNRECORDED] += 1
            came = None
        source = paper.holder.source(self._agenda.now)
        request = ActRequest(source, ActKind.ISSUED, handing=handing, began_at=came)
        self._scene.wire.act([paper.number], request)
        self._answering.issued(paper)

    def _keep(self, paper: Paper) -> None:
        """Keep the result for as long as the edition says, then give it to the authority."""
        self._scene.struck[Trouble.UNCOLLECTED] += 1
        rule = paper.edition.uncollected
        if rule is not None:
            calendar = paper.holder.calendar
            until = calendar.due(self._agenda.now, rule.keep.norm).at
            self._agenda.at(calendar.next_open(until), partial(self._hand_back, paper))

    def _hand_back(self, paper: Paper) -> None:
        request = ActRequest(paper.holder.source(self._agenda.now), ActKind.HANDED_BACK)
        self._scene.wire.act([paper.number], request)
