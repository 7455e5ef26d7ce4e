"""The places of an organisation: their codes, who works there; opened, closed, their cards printed.

A place's code is printed on its card and stands in history: a closed place keeps it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.http.fields import read_place
from api.http.problems import problem_of
from api.printing import Print, Printer, place_print
from api.web.admin.choosing import Choice, choose_organisation, named, offered_organisations
from api.web.admin.reaching import Administering, Looking
from api.web.printer import ChosenPrinter
from api.web.prints import pdf
from api.web.visitor import Visitor
from domain.directory import Organisation, Place
from domain.errors import RefusedError
from domain.numbers import PlaceCode, place_organisation
from domain.rights import Right
from domain.roles import PLACE_DIGITS, Role, Sector
from projections.holdings import Holdings

router = APIRouter()
Code = Annotated[str, Path(max_length=40)]


@dataclass(frozen=True, slots=True)
class Row:
    """One place: whether it is open, who works there, how many packets lie there."""

    place: Place
    is_open: bool
    workers: tuple[int, ...]
    packets: int


@router.get("/admin/places")
def places(
    visitor: Looking,
    organisation: Annotated[str, Query(max_length=200)] = "",
    done: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Show the places of an organisation; of the own one, if none is asked for."""
    own = visitor.organisation if not organisation and _is_own_in_reach(visitor) else None
    chosen = choose_organisation(visitor, organisation or str(own or ""), Right.SEE_STAFF)
    choice = Choice(chosen, offered_organisations(visitor, Right.SEE_STAFF))
    return _page(visitor, choice, done=done)


@router.post("/admin/places/open")
def open_place(
    visitor: Administering,
    organisation: Annotated[int, Form()],
    role: Annotated[Role, Form()],
    sector: Annotated[Sector | None, Form()] = None,
    number: Annotated[int | None, Form(ge=1, le=999_999)] = None,
) -> Response:
    """Open the next place of a role, or one that was closed."""
    visitor.require_reach({organisation}, Right.ADMINISTER)
    try:
        visitor.qolhat.personnel.open_place(organisation, role, number, sector, by=visitor.person)
    except RefusedError as error:
        chosen = choose_organisation(visitor, str(organisation), Right.ADMINISTER)
        choice = Choice(chosen, offered_organisations(visitor, Right.SEE_STAFF))
        return _page(visitor, choice, error=error)
    return _done(organisation, "opened")


@router.get("/admin/places/{code}/close")
def ask_closing(visitor: Administering, code: Code) -> HTMLResponse:
    """Ask once more before a place is closed: who works there, what lies there."""
    place = _within(visitor, code, Right.ADMINISTER)
    organisation = visitor.qolhat.directory.organisation(place.organisation)
    (row,) = (row for row in _rows(visitor, organisation) if row.place.code == place.code)
    return visitor.page(
        "admin/close-place.html",
        row=row,
        organisation=organisation,
        names=named(visitor, list(row.workers)),
    )


@router.post("/admin/places/{code}/close")
def close_place(visitor: Administering, code: Code) -> Response:
    """Close a place and take it from everybody; what lies there stays."""
    place = _within(visitor, code, Right.ADMINISTER)
    visitor.qolhat.personnel.close_place(place.code, by=visitor.person)
    return _done(place.organisation, "closed")


@router.get("/admin/places/{code}/card.pdf")
def print_card(visitor: Looking, code: Code) -> Response:
    """Print the card of a place."""
    printed = _card(visitor, code).drawn(Printer(), visitor.speech.language)
    return pdf(printed.content, printed.name)


@router.get("/admin/places/{code}/card")
def print_card_here(visitor: Looking, code: Code, chosen: ChosenPrinter) -> Response:
    """Print the card for the printer beside this computer."""
    return chosen.answer(visitor, _card(visitor, code))


def _card(visitor: Visitor, code: str) -> Print:
    place = _within(visitor, code, Right.SEE_STAFF)
    return place_print(visitor.qolhat, place.code, visitor.speech.language)


def _is_own_in_reach(visitor: Visitor) -> bool:
    return visitor.reach(Right.SEE_STAFF).covers({visitor.organisation})


def _within(visitor: Visitor, typed: str, right: Right) -> Place:
    """Return a place of an organisation within reach.

    Raises BadCodeError, OtherKindError, UnknownPlaceError, NotYoursError.
    """
    code = read_place(typed)
    visitor.require_reach({place_organisation(code)}, right)
    visitor.qolhat.staff.refresh()
    return visitor.qolhat.directory.place(code)


def _done(organisation: int, what: str) -> Response:
    query = urlencode({"organisation": organisation, "done": what})
    return RedirectResponse(f"/admin/places?{query}", 303)


def _page(
    visitor: Visitor, choice: Choice, *, done: str = "", error: RefusedError | None = None
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    organisation = choice.chosen.organisation
    rows = [] if organisation is None else _rows(visitor, organisation)
    here = visitor.reach(Right.ADMINISTER)
    return visitor.page(
        "admin/places.html",
        status=200 if problem is None else problem.status,
        choice=choice,
        rows=rows,
        names=named(visitor, sorted({person for row in rows for person in row.workers})),
        can_change=organisation is not None
        and visitor.may(Right.ADMINISTER)
        and here.covers({organisation.code}),
        roles=list(PLACE_DIGITS),
        sectors=list(Sector),
        done=done if done in ("opened", "closed") else "",
        problem=problem,
    )


def _rows(visitor: Visitor, organisation: Organisation) -> list[Row]:
    """Return all places of an organisation, the closed ones last."""
    qolhat = visitor.qolhat
    workers: dict[PlaceCode, list[int]] = defaultdict(list)
    register = qolhat.staff.refresh()
    for member in register.people:
        for code in register.own_places(member.person):
            workers[code].append(member.person)
    with qolhat.views.reading() as reading:
        view = reading.view(Holdings)
        held = dict(view.counts(reading.connection, organisation.code))
    rows = [
        Row(
            place,
            qolhat.directory.is_open(place.code),
            tuple(workers[place.code]),
            held.get(place.code, 0),
        )
        for place in qolhat.directory.all_places_of(organisation.code)
    ]
    return sorted(rows, key=lambda row: (not row.is_open, PLACE_DIGITS[row.place.role]))
