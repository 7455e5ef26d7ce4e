"""Places: what lies where, the most urgent first; many packets are ticked and done at once.

A place's page is kept up by `live`; whoever has no scripts reloads it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import HTMLResponse

from api.http.fields import read_place
from api.http.places import NoSuchPlaceError
from api.http.schemas import Problem
from api.web.acting import executors_of
from api.web.lying import Count, Lying, count_of, counts_in, lying_at, mark_of
from api.web.named import service_name, stage_name, working_between
from api.web.visitor import Visitor, allowed
from domain.acts import ROLES_OF_ACT
from domain.cards import Card, act_of
from domain.directory import Organisation, Place
from domain.errors import NotYoursError, UnknownPlaceError
from domain.numbers import PacketNumber
from domain.progress import Status
from domain.rights import Reach, Right
from domain.roles import Role

router = APIRouter(include_in_schema=False)
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))]
CodePath = Annotated[str, Path(max_length=40)]
MOST_SHOWN = 500
_FEW = 6  # organisations whose places are shown together
_MOST_FOUND = 20

# What is done at a desk with a whole pile [003 service 7 §11], in the order of the route.
_NOTICE = (Card.ENTITLED, Card.NOT_ENTITLED, Card.GRANTED, Card.REFUSED)
_HEAD = (Card.RESOLUTION, Card.SIGNED, Card.RETURNED)
_HANDED_OUT = (Card.ISSUED, Card.POSTED)
CARDS_AT: dict[Role, tuple[Card, ...]] = {
    Role.INSPECTOR: (*_HANDED_OUT, Card.HANDED_BACK),
    Role.COLLECTING: (Card.HANDED_BACK,),
    Role.COURIER: (),
    Role.OFFICE: (Card.INCOMING, Card.SENT_BACK),
    Role.HEAD: _HEAD,
    Role.EXECUTOR: (*_NOTICE, *_HANDED_OUT),
    Role.AKIM: (*_HEAD, *_NOTICE, *_HANDED_OUT),
}


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place in a list: what it holds, whether it is one of the visitor's own."""

    place: Place
    count: Count
    own: bool


@dataclass(frozen=True, slots=True)
class Group:
    """An organisation's places and what they hold together."""

    organisation: Organisation
    lines: tuple[PlaceLine, ...]


# --- all places ----------------------------------------------------------------------------------


@router.get("/places")
def places(
    visitor: Seeing,
    q: Annotated[str, Query(max_length=200)] = "",
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
) -> HTMLResponse:
    """List the places in reach; whoever reaches many organisations chooses one."""
    reach = visitor.reach(Right.SEE_PACKETS)
    if organisation is not None:
        visitor.require_reach([organisation], Right.SEE_PACKETS)
    shown = [organisation] if organisation is not None else _first(visitor, reach)
    return visitor.page(
        "places.html",
        groups=[_group(visitor, code) for code in shown],
        many=reach.organisations is None or len(reach.organisations) > _FEW,
        query=q,
        found=_found(visitor, reach, q) if q.strip() else [],
    )


def _first(visitor: Visitor, reach: Reach) -> list[int]:
    """Return the organisations to begin with: the own one, then the others if they are few."""
    own = visitor.organisation
    if reach.organisations is None or len(reach.organisations) > _FEW:
        return [own]
    return [*({own} & reach.organisations), *sorted(reach.organisations - {own})]


def _found(visitor: Visitor, reach: Reach, query: str) -> list[Organisation]:
    directory = visitor.qolhat.directory
    found = directory.search(query, limit=len(directory.organisations))
    return [each for each in found if reach.covers([each.code])][:_MOST_FOUND]


def _group(visitor: Visitor, code: int) -> Group:
    """Return an organisation's places: those that are open, and closed ones that hold something."""
    qolhat = visitor.qolhat
    counts, own = counts_in(qolhat, code), {place.code for place in visitor.places()}
    listed = {place.code: place for place in qolhat.directory.places_of(code)}
    listed |= {each: qolhat.directory.place(each) for each in counts if each not in listed}
    lines = [
        PlaceLine(place, counts.get(place.code, Count()), place.code in own)
        for place in listed.values()
    ]
    lines.sort(key=lambda line: not line.own)
    return Group(qolhat.directory.organisation(code), tuple(lines))


# --- one place -----------------------------------------------------------------------------------


def open_place(visitor: Visitor, given: str) -> Place:
    """Return a place in the visitor's reach.

    Raises BadCodeError, OtherKindError, NoSuchPlaceError, NotYoursError.
    """
    code = read_place(given)
    try:
        place = visitor.qolhat.directory.place(code)
    except UnknownPlaceError as error:
        raise NoSuchPlaceError(**error.facts) from error
    visitor.require_reach([place.organisation], Right.SEE_PACKETS)
    return place


@dataclass(frozen=True, slots=True)
class Row:
    """A packet's row, in the reader's language; `left` says how long until it is due."""

    lying: Lying
    service: str
    stage: str
    left: str


@router.get("/places/{code}")
def place(visitor: Seeing, code: CodePath) -> HTMLResponse:
    """Show what lies at a place."""
    return place_page(visitor, open_place(visitor, code))


@router.get("/places/{code}/rows")
def rows(visitor: Seeing, code: CodePath) -> HTMLResponse:
    """Show the rows alone, for a page that is kept up."""
    here = open_place(visitor, code)
    return visitor.page("place_rows.html", **_shown(visitor, here), ticked=frozenset())


def place_page(
    visitor: Visitor,
    here: Place,
    *,
    ticked: Collection[PacketNumber] = (),
    typed: str = "",
    problem: Problem | None = None,
) -> HTMLResponse:
    """Answer with a place's page; what was ticked and typed stays where something went wrong."""
    cards = cards_at(visitor, here)
    return visitor.page(
        "place.html",
        status=200 if problem is None else problem.status,
        **_shown(visitor, here),
        cards=cards,
        executors=executors_of(visitor, here.organisation) if Card.RESOLUTION in cards else (),
        ticked=frozenset(ticked),
        typed=typed,
        problem=problem,
    )


def _shown(visitor: Visitor, here: Place) -> dict[str, Any]:
    """Return what the page and its rows show; the reference is that of the next act."""
    lying = lying_at(visitor.qolhat, here.code)
    return {
        "here": here,
        "organisation": visitor.qolhat.directory.organisation(here.organisation),
        "acting": bool(cards_at(visitor, here)),
        "rows": _rows(visitor, lying[:MOST_SHOWN]),
        "count": count_of(lying),
        "hidden": max(0, len(lying) - MOST_SHOWN),
        "mark": mark_of(lying),
        "ref": str(uuid4()),
    }


def _rows(visitor: Visitor, lying: Iterable[Lying]) -> list[Row]:
    qolhat, speech = visitor.qolhat, visitor.speech
    return [
        Row(
            each,
            service_name(qolhat, speech, each.holding.edition),
            _stage(visitor, each),
            _left(visitor, each),
        )
        for each in lying
    ]


def _stage(visitor: Visitor, lying: Lying) -> str:
    """Name a packet's stage; what has become of it, where it is in none."""
    holding, speech = lying.holding, visitor.speech
    if holding.stage is None or holding.status == Status.LOST.value:
        return speech.word("status", holding.status)
    return stage_name(visitor.qolhat, speech, holding.edition, holding.stage)


def _left(visitor: Visitor, lying: Lying) -> str:
    """Say how much working time is left, or by how much the term is overrun; or that it stands."""
    now, speech, due = visitor.qolhat.now(), visitor.speech, lying.due
    if due is None:
        return speech.say("packet.paused") if lying.holding.stands_at(now) else ""
    span = working_between(visitor.qolhat, due.organisation, now, due.due_at)
    key = "station.overdue" if due.due_at < now else "station.left"
    return speech.say(key, span=speech.span(span), until=speech.moment(due.due_at))


def cards_at(visitor: Visitor, here: Place) -> Sequence[Card]:
    """Return what the visitor can do with a pile that lies at a place of theirs."""
    if not visitor.may(Right.ACT) or here.code not in {each.code for each in visitor.places()}:
        return ()
    return [card for card in CARDS_AT[here.role] if _may(visitor, card)]


def _may(visitor: Visitor, card: Card) -> bool:
    act = act_of(card)
    return act is not None and bool(visitor.roles & ROLES_OF_ACT[act.kind])


def require_own(visitor: Visitor, here: Place) -> None:
    """Make sure that the place is one of the visitor's. Raises NotYoursError."""
    if here.code not in {each.code for each in visitor.places()}:
        raise NotYoursError
