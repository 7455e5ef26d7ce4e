"""Packing at the table: each packet is scanned into a bag, the bag is sealed, the registry closed.

The page's scripts send every scan with an id of its own and need no page for it; without scripts
one field and a button do the same [003 service 7 §11, rows 2 and 11].
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from api.dispatched import RegistryFacts, bag_journey, read_bag
from api.http.fields import KeptCounter, KeptText, is_ref, read_instant, read_packet
from api.http.problems import problem_of
from api.web.camera import WITH_CAMERA
from api.web.dispatch.found import (
    CodePath,
    Packing,
    Seeing,
    name_of,
    open_registry,
    open_to_pack,
    packing_place,
    source_at,
)
from api.web.dispatch.registries import print_registry
from api.web.dispatch.told import Told, advised, script_texts, told, told_error, told_other
from api.web.station import OtherPersonError, Tone
from api.web.visitor import Visitor
from domain.dispatch.errors import UnknownBagError
from domain.dispatch.journey import BagState, Journey
from domain.errors import NotYoursError, QolhatError, RefusedError
from domain.numbers import BagCode, PacketNumber, grouped
from domain.rights import Right
from infra.requests import PackAnswer, Source, Status
from scanner.keyboards import layout_of

router = APIRouter(include_in_schema=False)
_UNTIL_IT_IS_SHOWN = 0.5  # seconds: the closed registry's page comes first
MOST = 50  # scans in one request
TEXTS = ("logged-out", "offline", "pending", "storage", "waiting")
_TEXTS = (*TEXTS, "bag-chosen", "bag-closed", "bag-foreign", "no-bag", "seal-read")


# --- the page ------------------------------------------------------------------------------------


@router.get("/registries/{code}")
def registry(
    visitor: Seeing,
    code: CodePath,
    bag: Annotated[str, Query(max_length=40)] = "",
    said: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Show a registry; as long as it is open, to those who pack it, with the field to scan into."""
    return _page(visitor, open_registry(visitor, code), bag, said=said)


def _page(
    visitor: Visitor,
    facts: RegistryFacts,
    bag: str = "",
    error: QolhatError | None = None,
    answer: Told | None = None,
    *,
    said: str = "",
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    people = {facts.begun_by, facts.closed_by or 0} - {0}
    return visitor.page(
        "dispatch/registry.html",
        headers=WITH_CAMERA,
        status=200 if problem is None else problem.status,
        facts=facts,
        active=_active(facts, bag),
        may_pack=facts.closed_at is None and may_pack(visitor, facts),
        problem=problem,
        answer=answer,
        said=said if said in ("sealed", "closed", "added") else "",
        ref=str(uuid4()),
        now=visitor.qolhat.now(),
        organisation=lambda each: name_of(visitor, each),
        names=visitor.qolhat.personnel.names(people),
        texts=script_texts(visitor, _TEXTS),
    )


def may_pack(visitor: Visitor, facts: RegistryFacts) -> bool:
    """Tell whether the visitor packs for the sender, and has a place there."""
    if not visitor.may(Right.PACK):
        return False
    try:
        packing_place(visitor, facts.sender)
    except NotYoursError:
        return False
    return True


def _active(facts: RegistryFacts, wanted: str) -> Journey | None:
    """Return the bag into which is packed: the one asked for, else the first that is open."""
    chosen = next((bag for bag in facts.bags if str(bag.number) == wanted), None)
    still_open = (bag for bag in facts.bags if bag.state is BagState.OPEN)
    return chosen or next(still_open, None) or next(iter(facts.bags), None)


# --- scans ---------------------------------------------------------------------------------------


class PackScan(BaseModel):
    """A scan as the page's queue has it; nothing in it is refused but a missing id."""

    ref: KeptText = ""
    code: KeptText = ""
    bag: KeptText = ""
    out: bool = False
    happened_at: KeptText = ""
    counter: KeptCounter = 0


class PackScans(BaseModel):
    """What the queue sends at once; `person` is whose scans these are."""

    person: int
    scans: list[PackScan] = Field(max_length=MOST)


@router.post("/registries/{code}/scans")
def scans(visitor: Packing, code: CodePath, body: PackScans) -> dict[str, Any]:
    """Put packets into bags or take them out; each scan has an answer of its own."""
    if body.person != visitor.person:
        raise OtherPersonError
    facts = open_to_pack(visitor, code)
    answers = [_answered(visitor, facts, each) for each in body.scans]
    visitor.qolhat.runner.wake()
    return {"answers": answers}


def _answered(visitor: Visitor, facts: RegistryFacts, scan: PackScan) -> Told:
    try:
        return advised(visitor, _scanned(visitor, facts, scan), scan.code)
    except QolhatError as error:
        return told_error(visitor, scan.ref, error, scan.code)


def _scanned(visitor: Visitor, facts: RegistryFacts, scan: PackScan) -> Told:
    source = _source(visitor, facts, scan)
    try:
        packet = read_packet(scan.code)
    except RefusedError:
        return told_other(visitor, source, scan.code)
    return packed(visitor, _bag_of(facts, scan.bag), packet, source, out=scan.out)


def _source(visitor: Visitor, facts: RegistryFacts, scan: PackScan) -> Source:
    place = packing_place(visitor, facts.sender)
    source = visitor.source(
        place.code,
        ref=scan.ref if is_ref(scan.ref) else None,
        counter=scan.counter,
        happened_at=read_instant(scan.happened_at),
    )
    # The page's clock follows ours, but nothing is packed before there is a registry.
    return replace(
        source, happened_at=max(source.happened_at, facts.begun_at), layout=layout_of(scan.code)
    )


def _bag_of(facts: RegistryFacts, given: str) -> BagCode:
    """Return a bag of this registry. Raises BadCodeError, OtherKindError, UnknownBagError."""
    number = read_bag(given)
    if number not in {bag.number for bag in facts.bags}:
        raise UnknownBagError(bag=grouped(number))
    return number


def packed(
    visitor: Visitor, bag: BagCode, packet: PacketNumber, source: Source, *, out: bool = False
) -> Told:
    """Put a packet into a bag or take it out, and tell what came of it. Raises StorageError."""
    dispatch = visitor.qolhat.desk.dispatch
    answer = (dispatch.take_out if out else dispatch.put)(bag, packet, source)
    if answer.error is not None:
        if not isinstance(answer.error, QolhatError):
            raise answer.error
        return told_error(visitor, source.ref, answer.error, str(packet))
    verdict, tone = _verdict(visitor, answer, bag, out=out)
    counted = visitor.speech.count("dispatch.in-the-bag", answer.count)
    kind = "out" if out else "in"
    facts = {"bag": str(bag), "count": answer.count}
    return told(source.ref, tone, kind, verdict, code=str(packet), remarks=[counted], **facts)


def _verdict(visitor: Visitor, answer: PackAnswer, bag: BagCode, *, out: bool) -> tuple[str, Tone]:
    say = visitor.speech.say
    if out:
        return say("dispatch.taken-out"), Tone.GREEN
    if answer.status is Status.DUPLICATE:
        put = bag_journey(visitor.qolhat, bag).contents.get(answer.packet)
        if put is None:
            return say("dispatch.overtaken"), Tone.AMBER
        if put.ref != answer.ref:  # else the answer before got lost on its way
            return say("dispatch.already-in"), Tone.AMBER
    return say("dispatch.put-in"), Tone.GREEN


# --- the same, and the rest, by forms ------------------------------------------------------------


class PackForm(BaseModel):
    """What the forms of the page send."""

    bag: str = Field(default="", max_length=40)
    code: str = Field(default="", max_length=200)
    seal: str = Field(default="", max_length=64)
    how: str = Field(default="", max_length=10)
    ref: str = Field(default="", max_length=64)


Sent = Annotated[PackForm, Form()]


@router.post("/registries/{code}/put")
def put(visitor: Packing, code: CodePath, form: Sent) -> HTMLResponse:
    """Put a packet in or take it out, or choose the bag whose tag was scanned."""
    facts = open_to_pack(visitor, code)
    chosen = _chosen_bag(facts, form.code)
    if chosen:
        return _page(visitor, facts, chosen)
    scan = PackScan(ref=form.ref, code=form.code, bag=form.bag, out=form.how == "out")
    answer = _answered(visitor, facts, scan)
    visitor.qolhat.runner.wake()
    return _page(visitor, open_to_pack(visitor, code), form.bag, answer=answer)


def _chosen_bag(facts: RegistryFacts, given: str) -> str:
    """Return the bag of this registry whose tag was scanned; "" if it was something else."""
    try:
        return str(_bag_of(facts, given))
    except QolhatError:
        return ""


@router.post("/registries/{code}/bags")
def add_bag(visitor: Packing, code: CodePath, form: Sent) -> Response:
    """Begin another bag."""
    facts = open_to_pack(visitor, code)
    try:
        source = source_at(visitor, packing_place(visitor, facts.sender), form.ref)
        answer = visitor.qolhat.desk.dispatch.add_bag(facts.number, source)
    except QolhatError as error:
        return _page(visitor, facts, form.bag, error)
    visitor.qolhat.runner.wake()
    return _to(facts, answer.bag, "added")


@router.post("/registries/{code}/seal")
def seal(visitor: Packing, code: CodePath, form: Sent) -> Response:
    """Close a bag with a seal."""
    facts = open_to_pack(visitor, code)
    try:
        bag = _bag_of(facts, form.bag)
        source = source_at(visitor, packing_place(visitor, facts.sender), form.ref)
        visitor.qolhat.desk.dispatch.seal(bag, form.seal, source)
    except QolhatError as error:
        return _page(visitor, facts, form.bag, error)
    visitor.qolhat.runner.wake()
    return _to(facts, None, "sealed")


@router.post("/registries/{code}/close")
def close(visitor: Packing, code: CodePath, form: Sent) -> Response:
    """Freeze the registry."""
    facts = open_to_pack(visitor, code)
    try:
        source = source_at(visitor, packing_place(visitor, facts.sender), form.ref)
        visitor.qolhat.desk.dispatch.close(facts.number, source)
    except QolhatError as error:
        return _page(visitor, facts, form.bag, error)
    visitor.qolhat.runner.wake()
    response = _to(facts, None, "closed")
    # The next thing that anybody does is to print it, and five hundred packets take a moment.
    response.background = BackgroundTask(_print_ahead, visitor, code)
    return response


def _print_ahead(visitor: Visitor, code: str) -> None:
    time.sleep(_UNTIL_IT_IS_SHOWN)
    print_registry(visitor, open_registry(visitor, code))


def _to(facts: RegistryFacts, bag: BagCode | None, said: str) -> Response:
    chosen = f"&bag={bag}" if bag else ""
    return RedirectResponse(f"/registries/{facts.number}?said={said}{chosen}", 303)
