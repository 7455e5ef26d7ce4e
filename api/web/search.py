"""Search: by packet number (which the receipt bears, too), incoming number, IIN, surname.

Numbers stand in the address; an IIN or a surname never does: they are sent, and who searched by
them is noted. Names are shown to those who may see them, and each that is shown is noted, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.http.fields import is_iin
from api.http.problems import problem_of
from api.web.facts import facts_of
from api.web.held import held_of
from api.web.named import service_name
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.errors import NoRightError, QolhatError, RefusedError, UnknownPacketError
from domain.numbers import BadCodeError, Code, CodeKind, PacketNumber
from domain.rights import Reach, Right
from projections.holdings import Holding, Holdings
from projections.numbers import IncomingNumbers
from scanner.keyboards import parse_typed

router = APIRouter(include_in_schema=False)
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))]
MOST_FOUND = 50
_MOST_OF_A_NUMBER = 1000
_IIN_DIGITS = 12
_PAGES = {CodeKind.PACKET: "/packets/", CodeKind.PLACE: "/places/"}


class Kind(StrEnum):
    """What somebody searched by."""

    CODE = "code"
    INCOMING = "incoming"
    IIN = "iin"
    SURNAME = "surname"


class BadIinError(RefusedError):
    """Twelve digits that are no individual identification number."""

    code = "bad-iin"


class OtherCodeError(RefusedError):
    """The code of something that has no page: a badge, an action card."""

    code = "nothing-to-show"


@dataclass(frozen=True, slots=True)
class Found:
    """A packet that was found; `name` only for those who may see it."""

    holding: Holding
    service: str
    place: str
    name: str
    incoming: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The packets found, at most `MOST_FOUND`, the newest first; `more`: there are others."""

    found: tuple[Found, ...]
    more: bool


# --- what was typed ------------------------------------------------------------------------------


def kind_of(typed: str) -> Kind:
    """Tell what somebody searches by: a name has no digits, an IIN has twelve and nothing else.

    A scanner's code may have none, where the keyboard stands at the Kazakh layout.
    """
    if _code(typed) is not None:
        return Kind.CODE
    bare = "".join(typed.split())
    if not any(sign.isdigit() for sign in bare):
        return Kind.SURNAME
    return Kind.IIN if bare.isdigit() and len(bare) == _IIN_DIGITS else Kind.INCOMING


def _code(typed: str) -> Code | None:
    try:
        return parse_typed(typed)
    except BadCodeError:
        return None


# --- pages ---------------------------------------------------------------------------------------


@router.get("/search")
def by_number(visitor: Seeing, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Search by a number; what is a person's is not looked for here."""
    typed = q.strip()
    if not typed:
        return _page(visitor)
    kind = kind_of(typed)
    if kind is Kind.CODE:
        return _to_the_page(visitor, typed)
    if kind is Kind.INCOMING:
        return _page(visitor, typed, _by_incoming(visitor, typed))
    return _page(visitor)


@router.post("/search")
def search(visitor: Seeing, q: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Search by whatever was typed."""
    typed = q.strip()
    if not typed:
        return _page(visitor)
    kind = kind_of(typed)
    try:
        if kind is Kind.CODE:
            return _to_the_page(visitor, typed)
        if kind is Kind.INCOMING:  # somebody may have typed a name beside it: no redirect either
            return _page(visitor, typed, _by_incoming(visitor, typed))
        return _page(visitor, typed, _by_person(visitor, kind, typed))
    except QolhatError as error:
        return _page(visitor, typed, error=error)


def _to_the_page(visitor: Visitor, typed: str) -> Response:
    code = _code(typed)
    if code is None or code.kind not in _PAGES:
        return _page(visitor, typed, error=OtherCodeError())
    return RedirectResponse(f"{_PAGES[code.kind]}{code.value}", 303)


def _page(
    visitor: Visitor,
    typed: str = "",
    answer: Answer | None = None,
    error: QolhatError | None = None,
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    return visitor.page(
        "search.html",
        status=200 if problem is None else problem.status,
        typed=typed,
        answer=answer,
        most=MOST_FOUND,
        personal=visitor.may(Right.SEE_PERSONAL),
        problem=problem,
    )


# --- finding -------------------------------------------------------------------------------------


def _by_incoming(visitor: Visitor, typed: str) -> Answer:
    with visitor.qolhat.views.reading() as reading:
        rows = reading.view(IncomingNumbers).find(
            reading.connection, typed, limit=_MOST_OF_A_NUMBER
        )
        numbers = {row.number: row.incoming_number for row in rows}
        known = reading.view(Holdings).of_many(reading.connection, numbers)
    reached = _in_reach(known.values(), visitor.reach(Right.SEE_PACKETS))
    return _answer(visitor, reached, numbers)


def _by_person(visitor: Visitor, kind: Kind, typed: str) -> Answer:
    """Search the vault; note the search even if nothing is found. Raises NoRightError."""
    if not visitor.may(Right.SEE_PERSONAL):
        raise NoRightError(right=Right.SEE_PERSONAL.value)
    vault, bare = visitor.qolhat.vault, "".join(typed.split())
    if kind is Kind.IIN and not is_iin(bare):
        raise BadIinError
    subjects = vault.find(iin=bare) if kind is Kind.IIN else vault.find(surname=typed)
    numbers = [PacketNumber(int(each)) for each in subjects if each.isdecimal()]
    with visitor.qolhat.views.reading() as reading:
        known = reading.view(Holdings).of_many(reading.connection, numbers)
    reached = _in_reach(known.values(), visitor.reach(Right.SEE_PERSONAL))
    visitor.saw([str(each.number) for each in reached[:MOST_FOUND]] or ["search"], f"by-{kind}")
    return _answer(visitor, reached, {})


def _in_reach(known: Iterable[Holding], reach: Reach) -> list[Holding]:
    """Return the packets of organisations in reach, those that were accepted last before others."""
    reached = [each for each in known if reach.covers(_parties(each))]
    return sorted(reached, key=_accepted, reverse=True)


def _parties(holding: Holding) -> list[int]:
    parties = (holding.accepting, holding.deciding, holding.organisation)
    return [each for each in parties if each is not None]


def _accepted(holding: Holding) -> tuple[float, PacketNumber]:
    at = holding.accepted_at or holding.since
    return (at.timestamp() if at is not None else 0.0), holding.number


def _answer(visitor: Visitor, reached: list[Holding], incoming: dict[PacketNumber, str]) -> Answer:
    found = tuple(
        Found(
            each,
            service_name(visitor.qolhat, visitor.speech, each.edition),
            place_name(visitor, each.place),
            _name(visitor, each.number),
            incoming.get(each.number, ""),
        )
        for each in reached[:MOST_FOUND]
    )
    return Answer(found, more=len(reached) > MOST_FOUND)


def _name(visitor: Visitor, number: PacketNumber) -> str:
    """Return the applicant's name where the visitor may see it; the look is noted."""
    try:
        held = held_of(visitor, facts_of(visitor.qolhat, number), "search")
    except UnknownPacketError:
        return ""
    return "" if held is None else held.name or ""
