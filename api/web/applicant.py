"""The applicant's page, without a log-in: how far the papers have got, by number and code.

Both stand on the receipt or slip [002 §13; 003 service 7 annex 6]. Told are a stage in plain words,
the days, and where to ask; no names, no desks, and not what was decided: that is in the notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse

from api.http.fields import read_packet
from api.http.problems import language_of, problem_of
from api.web.facts import PacketFacts, facts_of
from api.web.hours import Opening, openings
from api.web.rendering import Speech, page
from api.web.visitor import check_origin
from domain.directory import Organisation
from domain.errors import QolhatError, RefusedError, UnknownPacketError
from domain.numbers import grouped
from domain.pauses import Stood
from domain.progress import CLOSED, Status
from domain.regulations.edition import Side
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.receipts import WrongReceiptError

router = APIRouter(include_in_schema=False)
PATH = "/receipt"
Typed = Annotated[str, Form(max_length=60)]


class PlainStage(StrEnum):
    """How far the papers have got, as it concerns the applicant."""

    NOT_YET = "not-yet"  # the receipt was printed where there is no network
    ACCEPTED = "accepted"
    PASSED_ON = "passed-on"
    EXAMINED = "examined"
    RETURNING = "returning"
    READY = "ready"
    ISSUED = "issued"
    HANDED_BACK = "handed-back"
    WITHDRAWN = "withdrawn"
    LOST = "lost"


_OF_STATUS = {
    Status.UNREGISTERED: PlainStage.NOT_YET,
    Status.RENDERED: PlainStage.READY,
    Status.LOST: PlainStage.LOST,
    Status.ISSUED: PlainStage.ISSUED,
    Status.HANDED_BACK: PlainStage.HANDED_BACK,
    Status.WITHDRAWN: PlainStage.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the applicant can ask."""

    organisation: Organisation
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What the applicant is told. Times are UTC.

    `expected`: when the service is rendered; `kept`: until when the result waits; `overdue`: that
    instant is past; `unsaid`: the sources give no term of the whole service. `waits`: what has
    stopped that term, perhaps a paper that the applicant is to bring.
    """

    number: str
    stage: PlainStage
    accepted: datetime | None
    expected: datetime | None
    kept: datetime | None
    overdue: bool
    unsaid: bool
    waits: Stood | None
    desks: tuple[Desk, ...]


@router.get(PATH)
def ask(request: Request, number: Annotated[str, Query(max_length=60)] = "") -> HTMLResponse:
    """Ask for the number and the code of a receipt."""
    return _page(request, number=number)


@router.post(PATH)
def tell(request: Request, number: Typed = "", code: Typed = "") -> HTMLResponse:
    """Tell how far the papers have got."""
    check_origin(request)
    try:
        facts = _facts(request, number, code)
    except QolhatError as error:
        return _page(request, number=number, code=code, error=error)
    return _page(request, number=number, facts=facts)


def _facts(request: Request, number: str, code: str) -> PacketFacts:
    """Return the packet of a receipt.

    Raises BadCodeError, OtherKindError, WrongReceiptError, TooManyGuessesError.
    """
    qolhat: Qolhat = request.app.state.qolhat
    packet = read_packet(number)
    qolhat.receipts.check(packet, code, request.client.host if request.client else "")
    try:
        return facts_of(qolhat, packet)
    except UnknownPacketError as error:
        raise WrongReceiptError from error


def plain_stage(facts: PacketFacts) -> PlainStage:
    """Return how far the papers have got, in the applicant's terms."""
    told, stage = _OF_STATUS.get(facts.status), facts.stage
    if told is not None:
        return told
    if stage is None or facts.edition is None or stage.side is Side.DECIDING:
        ready = stage is not None and stage.waits_for_applicant and facts.progress.accepted
        return PlainStage.READY if ready else PlainStage.EXAMINED
    stages = facts.edition.stages
    decided = any(each.side is Side.DECIDING for each in stages[: facts.progress.stage])
    if decided:
        return PlainStage.RETURNING
    return PlainStage.PASSED_ON if stage.holder is Role.COURIER else PlainStage.ACCEPTED


def told_of(facts: PacketFacts, language: str) -> Told:
    """Return what the applicant is told of a packet."""
    stage, qolhat, progress = plain_stage(facts), facts.qolhat, facts.progress
    running = facts.status not in CLOSED and facts.edition is not None
    due = facts.total_due if running and stage is not PlainStage.READY else None
    waits, kept = facts.standstill if running else None, None
    if stage is PlainStage.READY and facts.edition is not None:
        kept = qolhat.clocks.kept_until(progress, facts.edition)
    return Told(
        grouped(facts.number),
        stage,
        progress.accepted_at,
        None if due is None else due.at,
        None if kept is None else kept.at,
        overdue=due is not None and due.at < facts.now,
        unsaid=running and due is None and stage is not PlainStage.READY and waits is None,
        waits=waits,
        desks=_desks(facts, language),
    )


def _desks(facts: PacketFacts, language: str) -> tuple[Desk, ...]:
    """Return whom to ask: where the papers were handed in, then who decides."""
    progress = facts.progress
    codes = dict.fromkeys(code for code in (progress.accepting, progress.deciding) if code)
    found = [facts.qolhat.directory.organisation(code) for code in codes]
    return tuple(Desk(each, openings(each.hours, language)) for each in found)


def _page(
    request: Request,
    *,
    number: str = "",
    code: str = "",
    facts: PacketFacts | None = None,
    error: QolhatError | None = None,
) -> HTMLResponse:
    language = language_of(request)
    told = None if facts is None else told_of(facts, language)
    zone = told.desks[0].organisation.zone if told is not None and told.desks else None
    problem = None if error is None else problem_of(error, language)
    return page(
        "receipt.html",
        Speech(language) if zone is None else Speech(language, zone),
        status=200 if problem is None else problem.status,
        visitor=None,
        path=_path(number),
        number=number,
        code=code,
        told=told,
        problem=problem,
        at_number=isinstance(error, RefusedError) and error.code in _OF_NUMBER,
    )


_OF_NUMBER = frozenset({"bad-code", "other-kind"})


def _path(number: str) -> str:
    """Return where the links of the languages lead back to; the code is typed again there."""
    try:
        return f"{PATH}?number={read_packet(number)}"
    except RefusedError:
        return PATH
