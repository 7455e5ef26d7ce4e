"""A pile of packets at a place, ticked or scanned, and done at once: forty signed with one button.

Each packet has an answer of its own: a foreign or an unknown number stops nothing. The form carries
an id, so that the same thing sent twice (a reload of the answer) changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.http.fields import read_packet
from api.http.problems import TooManyError, problem_for, problem_of
from api.http.schemas import MOST_AT_ONCE, Problem
from api.web.acting import Details, Question, act, card_request, question
from api.web.facts import facts_of
from api.web.places import CodePath, cards_at, open_place, place_page, require_own
from api.web.station import Tone, told_packet
from api.web.visitor import Visitor, allowed
from domain.cards import Card
from domain.directory import Place
from domain.errors import NoRightError, QolhatError, RefusedError
from domain.numbers import PacketNumber, grouped
from domain.rights import Right
from infra.requests import ActRequest, Answer, Status

router = APIRouter(include_in_schema=False)
_LONGEST_LINE = 60
_BETWEEN = re.compile(r"[\r\n\t,;]+")


class NothingChosenError(RefusedError):
    """No packet was ticked and no number was given."""

    code = "nothing-chosen"


class PileForm(BaseModel):
    """What the form of a place sends: which packets, which card, and what belongs to it."""

    card: Card
    ref: UUID
    number: list[str] = Field(default_factory=list, max_length=2 * MOST_AT_ONCE)
    listed: list[str] = Field(default_factory=list, max_length=2 * MOST_AT_ONCE)
    all: str = Field(default="", max_length=5)
    numbers: str = Field(default="", max_length=_LONGEST_LINE * 2 * MOST_AT_ONCE)
    executor: str = Field(default="", max_length=20)
    grounds: list[str] = Field(default_factory=list, max_length=50)
    text: str = Field(default="", max_length=4000)
    incoming_number: str = Field(default="", max_length=64)
    asked: str = Field(default="", max_length=5)

    @property
    def lines(self) -> list[str]:
        """What was ticked, then what was scanned or pasted, each once and in order."""
        ticked = [*self.number, *(self.listed if self.all else ())]
        given = (line.strip() for line in [*ticked, *_BETWEEN.split(self.numbers)])
        return list(dict.fromkeys(line for line in given if line))

    @property
    def details(self) -> Details:
        """What was said beside the act itself."""
        return Details(
            executor=int(self.executor) if self.executor.isdecimal() else None,
            grounds=tuple(self.grounds),
            text=self.text.strip() or None,
            incoming_number=self.incoming_number.strip() or None,
            asked=bool(self.asked),
        )

    @property
    def own_ref(self) -> str:
        """The id of the act: this card with these details, from this page."""
        said = (self.card, self.executor, sorted(self.grounds), self.text, self.incoming_number)
        return str(uuid5(self.ref, repr(said)))


@dataclass(frozen=True, slots=True)
class Line:
    """A given line: a packet's number, or why it is none."""

    given: str
    number: PacketNumber | None = None
    error: QolhatError | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one line."""

    shown: str
    number: PacketNumber | None
    tone: Tone
    verdict: str
    remarks: Sequence[str] = field(default=())
    next: str = ""


@router.post("/places/{code}/acts")
def do(
    visitor: Annotated[Visitor, Depends(allowed(Right.ACT))],
    code: CodePath,
    form: Annotated[PileForm, Form()],
) -> HTMLResponse:
    """Apply a card to the pile, or ask what must be known first."""
    here = open_place(visitor, code)
    require_own(visitor, here)
    lines = [_line(given) for given in form.lines]
    numbers = list(dict.fromkeys(line.number for line in lines if line.number is not None))
    try:
        _check(visitor, here, form, lines)
        request = _request(visitor, here, form)
        asked = question(visitor, request, numbers, form.details) if numbers else None
        if asked is not None:
            return _ask(visitor, here, form, asked)
        answers = act(visitor, numbers, request) if numbers else []
    except QolhatError as error:
        return _failed(visitor, here, form, numbers, error)
    by_number = dict(zip(numbers, answers, strict=True))
    results = [_result(visitor, line, form.card, by_number) for line in lines]
    counts = tally(results)
    return visitor.page("pile.html", here=here, card=form.card, results=results, counts=counts)


def _failed(
    visitor: Visitor,
    here: Place,
    form: PileForm,
    numbers: Sequence[PacketNumber],
    error: QolhatError,
) -> HTMLResponse:
    """Show what is wrong where it was typed: at the question, or at the place's page."""
    problem = problem_of(error, visitor.speech.language)
    if form.asked and numbers and form.card in cards_at(visitor, here):
        blank = Details()
        request = card_request(form.card, visitor.source(here.code), blank)
        asked = question(visitor, request, numbers, blank) if request is not None else None
        if asked is not None:
            return _ask(visitor, here, form, asked, problem)
    return place_page(visitor, here, ticked=numbers, typed=form.numbers, problem=problem)


def _line(given: str) -> Line:
    try:
        return Line(given, read_packet(given))
    except RefusedError as error:
        return Line(given[:_LONGEST_LINE], error=error)


def _check(visitor: Visitor, here: Place, form: PileForm, lines: Sequence[Line]) -> None:
    """Raises NoRightError, NothingChosenError, TooManyError."""
    if form.card not in cards_at(visitor, here):
        raise NoRightError(right=form.card.value)
    if not lines:
        raise NothingChosenError
    if len(lines) > MOST_AT_ONCE:
        raise TooManyError(limit=MOST_AT_ONCE)


def _request(visitor: Visitor, here: Place, form: PileForm) -> ActRequest:
    request = card_request(form.card, visitor.source(here.code, ref=form.own_ref), form.details)
    assert request is not None  # noqa: S101  every card of a place stands for an act
    return request


def _ask(
    visitor: Visitor, here: Place, form: PileForm, asked: Question, problem: Problem | None = None
) -> HTMLResponse:
    return visitor.page(
        "pile_question.html",
        status=200 if problem is None else problem.status,
        here=here,
        form=form,
        asked=asked,
        problem=problem,
    )


def _result(
    visitor: Visitor, line: Line, card: Card, answers: dict[PacketNumber, Answer]
) -> Result:
    if line.number is None:
        return _refused(visitor, line, line.error)
    answer = answers[line.number]
    if answer.error is not None:
        return _refused(visitor, line, answer.error)
    told = told_packet(visitor, answer, facts_of(visitor.qolhat, line.number))
    done = visitor.speech.word("card", card.value)
    verdict = done if answer.status is Status.ACCEPTED else told["verdict"]
    return Result(
        grouped(line.number), line.number, told["tone"], verdict, told["remarks"], told["next"]
    )


def _refused(visitor: Visitor, line: Line, error: Exception | None) -> Result:
    problem: Problem = problem_for(error or RefusedError(), visitor.speech.language)
    shown = grouped(line.number) if line.number is not None else line.given
    return Result(shown, None, Tone.RED, problem.title, [problem.detail])


def tally(results: Iterable[Result]) -> dict[Tone, int]:
    """Count the results by how they look."""
    tones = [result.tone for result in results]
    return {tone: tones.count(tone) for tone in Tone}
