"""Applicants answer the survey with the code on their receipt: every third, hours later.

Who was kept waiting, or came twice, is less content [002 annex 4]. Answers are no events; each
applicant draws from a stream of its own, so that the events are the same with and without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random

from domain.survey import Opinion, Question, ServedAs
from infra.demonstration.chance import dice
from infra.demonstration.papers import Paper
from infra.demonstration.scene import Scene
from infra.demonstration.troubles import Trouble

ANSWERING = 0.35  # of those who have their result
_HOURS = (0.3, 20.0)
_NOWHERE = "192.0.2.1"  # an address that is kept for examples
_ANSWERED = {  # so many answer the question
    Question.PROCESS: 1.0,
    Question.INFORMATION: 0.9,
    Question.APPEALS: 0.3,  # the others never had a reason to appeal
    Question.COURTESY: 0.95,
}
_SERVED_WELL = {Opinion.CONTENT: 0.84, Opinion.PARTLY: 0.12, Opinion.NOT: 0.04}
_KEPT_WAITING = {Opinion.CONTENT: 0.35, Opinion.PARTLY: 0.4, Opinion.NOT: 0.25}
_VEXING = frozenset({Trouble.LATE, Trouble.LOST, Trouble.WRONG_AUTHORITY, Trouble.RETURNED_TWICE})


class Answering:
    """Lets applicants who have their result answer."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def issued(self, paper: Paper) -> None:
        """Let the applicant answer in some hours, if it is one of those who do."""
        luck = dice(self._scene.plan.seed, "survey", paper.number)
        if luck.random() < ANSWERING:
            answer = partial(self._answer, paper, luck)
            self._scene.agenda.after(luck.uniform(*_HOURS) * 3600, answer)

    def _answer(self, paper: Paper, luck: Random) -> None:
        surveys = self._scene.qolhat.surveys
        service = paper.edition.service.key
        served = ServedAs(paper.accepting.code, paper.deciding.code, service)
        code = surveys.codes.code_of(paper.number, served)
        answers = {
            question: _drawn(_SERVED_WELL if _is_content(paper) else _KEPT_WAITING, luck)
            for question, share in _ANSWERED.items()
            if luck.random() < share
        }
        if code is not None:
            surveys.answer(code, answers, _NOWHERE)
            self._scene.answered += 1


def _is_content(paper: Paper) -> bool:
    dealt = {*paper.lot.on_the_way, *paper.lot.in_stages.values(), *paper.lot.at_scans.values()}
    return not dealt & _VEXING


def _drawn(shares: Mapping[Opinion, float], luck: Random) -> Opinion:
    return luck.choices(list(shares), list(shares.values()))[0]
