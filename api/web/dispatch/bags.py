"""A bag's page: where it is, who has it, who gave it to whom, and what may be done with it here.

Custody moves when the receiver accepts: the one of the two is logged in at this screen, the badge
of the other is scanned [003 service 7 §11, rows 3, 4 and 12].
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.dispatched import badge_holder, concerned, found_of, proof_code, proof_of
from api.http.fields import is_ref
from api.http.problems import problem_of
from api.web.dispatch.found import (
    CodePath,
    Scanning,
    Seeing,
    find_bag,
    name_of,
    open_bag,
    place_for,
    source_at,
)
from api.web.station import place_name
from api.web.visitor import Visitor
from domain.dispatch.bag import is_seal
from domain.dispatch.discrepancies import Condition
from domain.dispatch.errors import SealMissingError
from domain.dispatch.journey import BagState, Journey
from domain.errors import QolhatError
from domain.intake import NO_PLACE
from domain.numbers import place_organisation, place_role
from domain.rights import Right
from domain.roles import Role
from infra.requests import AcceptRequest, BagAnswer, Status

router = APIRouter(include_in_schema=False)
_UNPACKED = frozenset({BagState.OPENED, BagState.RECONCILED})
_KIND = {condition: kind.value for condition, kind in Condition.items()}
_SAID = frozenset({"offered", "taken", "given", "broken", "reconciled", "deviation"})
# Which field an error is about.
_FIELDS = {
    "bad-code": "badge",
    "other-kind": "badge",
    "unknown-person": "badge",
    "place-missing": "badge",
    "seal-missing": "seal",
}


@dataclass(frozen=True, slots=True)
class Doable:
    """What this visitor may do with the bag now."""

    take: bool
    give: bool
    open: bool
    unpack: bool


class HandForm(BaseModel):
    """What the forms of the page send."""

    badge: str = Field(default="", max_length=60)
    seal: str = Field(default="", max_length=64)
    text: str = Field(default="", max_length=4000)
    ref: str = Field(default="", max_length=64)


Sent = Annotated[HandForm, Form()]
EMPTY = HandForm()


# --- the page ------------------------------------------------------------------------------------


@router.get("/bags/{code}")
def bag(
    visitor: Seeing, code: CodePath, said: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """Show a bag; of one that went astray only where it goes, and that it can be taken over."""
    return _page(visitor, find_bag(visitor, code), said=said)


def _page(
    visitor: Visitor,
    journey: Journey,
    form: HandForm = EMPTY,
    error: QolhatError | None = None,
    action: str = "",
    *,
    said: str = "",
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    found = found_of(journey)
    at_field = "" if error is None else _FIELDS.get(error.code, "")
    return visitor.page(
        "dispatch/bag.html",
        status=200 if problem is None else problem.status,
        bag=journey,
        ours=visitor.reach(Right.SEE_PACKETS).covers(concerned(journey)),
        found=found,
        counts=Counter(kind.value for kind in found.values()),
        conditions={packet: _KIND[taking.condition or ""] for packet, taking in journey.conditions},
        proof_code=proof_code,
        may=doable(visitor, journey),
        names=_names(visitor, journey),
        organisation=lambda each: name_of(visitor, each),
        place_name=lambda each: place_name(visitor, each),
        problem=problem,
        wrong={f"{action}-{at_field}": problem.detail} if problem is not None else {},
        typed={action: form},
        empty=EMPTY,
        said=said if said in _SAID else "",
        ref=str(uuid4()),
    )


def _names(visitor: Visitor, journey: Journey) -> dict[int, str]:
    people = {journey.packer, journey.holder, journey.opened_by, journey.reconciled_by}
    people |= {each.receiver for each in journey.hand_overs}
    people |= {each.giver for each in journey.hand_overs}
    people |= {each.person for each in journey.contents.values()}
    people |= {each.person for each in journey.verified.values()}
    people |= {person for _, person, _ in journey.wrong_seals}
    return visitor.qolhat.personnel.names(person for person in people if person)


def doable(visitor: Visitor, journey: Journey) -> Doable:
    """Return what the visitor may do with a bag now."""
    here = {place.organisation for place in visitor.places()}
    if not visitor.may(Right.SCAN) or not here:
        return Doable(take=False, give=False, open=False, unpack=False)
    closed = journey.sealed_at is not None and journey.state not in _UNPACKED
    lies_here = place_organisation(journey.place) in here
    carried = bool(journey.hand_overs) and place_role(journey.place) is Role.COURIER
    mine = journey.holder == visitor.person
    return Doable(
        take=closed and not mine,
        give=closed and (mine or (lies_here and not carried)),
        open=closed and lies_here and bool(journey.hand_overs) and not carried,
        unpack=journey.state in _UNPACKED and visitor.reach(Right.SCAN).covers(here),
    )


# --- what is done with it ------------------------------------------------------------------------


@router.post("/bags/{code}/offer")
def offer(visitor: Scanning, code: CodePath, form: Sent) -> Response:
    """Hold the bag out to the courier; it stays with the giver."""
    journey = open_bag(visitor, code, Right.SCAN)
    try:
        source = source_at(visitor, place_for(visitor, concerned(journey)), form.ref)
        answer = visitor.qolhat.desk.dispatch.offer(journey.number, source)
    except QolhatError as error:
        return _page(visitor, journey, form, error, "offer")
    return _done(visitor, answer, "offered")


@router.post("/bags/{code}/accept")
def accept(visitor: Scanning, code: CodePath, form: Sent) -> Response:
    """Take the bag over: the receiver is at this screen, the giver's badge was scanned.

    Whoever holds a bag may take it over, also one that was sent elsewhere: it is there.
    """
    journey = find_bag(visitor, code)
    try:
        place = place_for(visitor, (journey.to, journey.origin))
        giver = _badge_holder(visitor, form) if form.badge.strip() else None
        source = source_at(visitor, place, form.ref)
        request = AcceptRequest(source, journey.number, visitor.person, giver)
        answer = visitor.qolhat.desk.dispatch.accept(_proven(request, form))
    except QolhatError as error:
        return _page(visitor, journey, form, error, "accept")
    return _done(visitor, answer, "taken")


@router.post("/bags/{code}/give")
def give(visitor: Scanning, code: CodePath, form: Sent) -> Response:
    """Give the bag away: the giver is at this screen, and the receiver's badge was scanned."""
    journey = open_bag(visitor, code, Right.SCAN)
    try:
        receiver = _badge_holder(visitor, form)
        # The place is where the receiver works: it is for the desk to find.
        source = visitor.source(NO_PLACE, ref=form.ref if is_ref(form.ref) else None)
        request = AcceptRequest(source, journey.number, receiver, visitor.person)
        answer = visitor.qolhat.desk.dispatch.accept(_proven(request, form))
    except QolhatError as error:
        return _page(visitor, journey, form, error, "give")
    return _done(visitor, answer, "given")


def _badge_holder(visitor: Visitor, form: HandForm) -> int:
    return badge_holder(visitor.qolhat, form.badge, visitor.qolhat.now())


def _proven(request: AcceptRequest, form: HandForm) -> AcceptRequest:
    """Add the seal that was seen, and the code by which the hand-over can be verified later.

    Raises SealMissingError.
    """
    told = replace(request, by_badge=bool(form.badge.strip()), seal=_seal(form))
    return replace(told, proof=proof_of(told))


def _seal(form: HandForm) -> str | None:
    """Return the seal's number as somebody saw it. Raises SealMissingError."""
    seal = form.seal.strip()
    if seal and not is_seal(seal):
        raise SealMissingError
    return seal or None


@router.post("/bags/{code}/broken")
def broken(visitor: Scanning, code: CodePath, form: Sent) -> Response:
    """Say that the seal is broken, or another one than the registry names."""
    journey = open_bag(visitor, code, Right.SCAN)
    try:
        source = source_at(visitor, place_for(visitor, (journey.to, journey.origin)), form.ref)
        answer = visitor.qolhat.desk.dispatch.break_seal(
            journey.number, source, _seal(form), form.text.strip() or None
        )
    except QolhatError as error:
        return _page(visitor, journey, form, error, "broken")
    return _done(visitor, answer, "broken")


@router.post("/bags/{code}/open")
def open_it(visitor: Scanning, code: CodePath, form: Sent) -> Response:
    """Open the bag: its packets are taken to have arrived, each is verified when it is scanned."""
    journey = open_bag(visitor, code, Right.SCAN)
    try:
        source = source_at(visitor, place_for(visitor, (journey.to, journey.origin)), form.ref)
        visitor.qolhat.desk.dispatch.open(journey.number, source)
    except QolhatError as error:
        return _page(visitor, journey, form, error, "open")
    visitor.qolhat.runner.wake()
    return RedirectResponse(f"/bags/{journey.number}/unpack", 303)


def _done(visitor: Visitor, answer: BagAnswer, said: str) -> Response:
    visitor.qolhat.runner.wake()
    odd = answer.status is Status.DEVIATION and said != "broken"
    return RedirectResponse(f"/bags/{answer.bag}?said={'deviation' if odd else said}", 303)
