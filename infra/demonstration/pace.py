"""How long people take: mostly well within the norm, now and then longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from domain.calendar import Calendar
from domain.norms import Norm, NormUnit
from infra.demonstration.papers import Paper
from infra.demonstration.scene import Scene
from infra.demonstration.troubles import Trouble, pace_norm
from infra.demonstration.workers import whole_seconds

SHARE_OVER = 0.03
_SHORTEST = 12  # seconds
_BEFORE_IT_IS_FETCHED = 0.6  # a stage that the next holder's scan ends has that walk in it
_A_DAY = timedelta(hours=8)


class Pace:
    """Draws when the work of a stage will be done."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def end_of(self, paper: Paper) -> datetime:
        """Return when the holder, who begins now, will have done the work of the stage."""
        calendar, now = paper.holder.calendar, self._scene.agenda.now
        span = working_span(calendar, now, pace_norm(paper.edition, paper.stage))
        share = _share(paper.dice)
        if paper.ending().act is None:
            share *= _BEFORE_IT_IS_FETCHED
        seconds = max(_SHORTEST, span.total_seconds() * share)
        end = calendar.add_working_time(now, whole_seconds(seconds))
        return self._sat_upon(paper, end, calendar)

    def _sat_upon(self, paper: Paper, end: datetime, calendar: Calendar) -> datetime:
        """Add a day where somebody sits on the packet."""
        if paper.lot.in_stages.get(paper.stage.key) is not Trouble.LATE:
            return end
        del paper.lot.in_stages[paper.stage.key]
        self._scene.struck[Trouble.LATE] += 1
        paper.sat_upon = True
        norm = working_span(calendar, self._scene.agenda.now, pace_norm(paper.edition, paper.stage))
        wait = norm + whole_seconds(_A_DAY.total_seconds() * paper.dice.uniform(0.5, 1.3))
        return calendar.add_working_time(self._scene.agenda.now, wait)


def working_span(calendar: Calendar, start: datetime, norm: Norm) -> timedelta:
    """Return how much working time a norm leaves from an instant on."""
    if norm.unit is NormUnit.MINUTE:
        return timedelta(minutes=norm.amount)
    if norm.unit is NormUnit.HOUR:
        return timedelta(hours=norm.amount)
    return calendar.working_time(start, calendar.due(start, norm).at)


def _share(luck: Random) -> float:
    """Draw which part of the norm is used."""
    if luck.random() < SHARE_OVER:
        return luck.uniform(1.1, 2.2)
    return luck.triangular(0.15, 0.85, 0.35)
