"""Unpacking: every packet is scanned out of the bag; what is missing or does not belong is said.

Opening the bag has only inferred that its packets are here; a scan verifies it. Nothing is
preselected: a packet that nobody has scanned yet is not called missing before the end
[003 service 7 §11, rows 4 and 13].
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.http.fields import KeptCounter, KeptText, is_ref, read_instant, read_packet
from api.http.problems import problem_of
from api.web.camera import WITH_CAMERA
from api.web.dispatch.bags import doable
from api.web.dispatch.found import (
    CodePath,
    Scanning,
    name_of,
    open_bag,
    place_for,
    registration_of,
    source_at,
)
from api.web.dispatch.packing import MOST, TEXTS
from api.web.dispatch.told import Told, advised, script_texts, told, told_error, told_other
from api.web.station import OtherPersonError, Tone
from api.web.visitor import Visitor
from domain.dispatch.discrepancies import Condition
from domain.dispatch.journey import Journey
from domain.errors import QolhatError, RefusedError
from domain.numbers import PacketNumber, place_organisation
from domain.rights import Right
from infra.requests import BagAnswer, Source
from scanner.keyboards import layout_of

router = APIRouter(include_in_schema=False)
_TEXTS = (*TEXTS, "verified-of", "scan-first")


# --- the page ------------------------------------------------------------------------------------


@router.get("/bags/{code}/unpack")
def unpack(visitor: Scanning, code: CodePath) -> HTMLResponse:
    """Show what has come out of the bag, and what has not yet."""
    return _page(visitor, open_bag(visitor, code, Right.SCAN))


def _page(
    visitor: Visitor,
    journey: Journey,
    answer: Told | None = None,
    error: QolhatError | None = None,
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    return visitor.page(
        "dispatch/unpack.html",
        headers=WITH_CAMERA,
        status=200 if problem is None else problem.status,
        bag=journey,
        seen=seen_of(journey),
        may=doable(visitor, journey),
        answer=answer,
        problem=problem,
        organisation=lambda each: name_of(visitor, each),
        ref=str(uuid4()),
        now=visitor.qolhat.now(),
        texts=script_texts(visitor, _TEXTS),
    )


def seen_of(journey: Journey) -> list[PacketNumber]:
    """Return the packets of the bag that were scanned, the last one first."""
    return [number for number in reversed(journey.verified) if number in journey.contents]


# --- scans ---------------------------------------------------------------------------------------


class UnpackScan(BaseModel):
    """A scan as the page's queue has it; nothing in it is refused but a missing id."""

    ref: KeptText = ""
    code: KeptText = ""
    condition: KeptText = ""
    happened_at: KeptText = ""
    counter: KeptCounter = 0


class UnpackScans(BaseModel):
    """What the queue sends at once; `person` is whose scans these are."""

    person: int
    scans: list[UnpackScan] = Field(max_length=MOST)


@router.post("/bags/{code}/scans")
def scans(visitor: Scanning, code: CodePath, body: UnpackScans) -> dict[str, Any]:
    """Verify packets; each scan has an answer of its own."""
    if body.person != visitor.person:
        raise OtherPersonError
    journey = open_bag(visitor, code, Right.SCAN)
    answers = [_answered(visitor, journey, each) for each in body.scans]
    visitor.qolhat.runner.wake()
    return {"answers": answers}


def _answered(visitor: Visitor, journey: Journey, scan: UnpackScan) -> Told:
    try:
        source = _source(visitor, journey, scan)
        try:
            packet = read_packet(scan.code)
        except RefusedError:
            return told_other(visitor, source, scan.code)
        condition = scan.condition if scan.condition in Condition else None
        answer = visitor.qolhat.desk.dispatch.verify(journey.number, [packet], source, condition)
    except QolhatError as error:
        return told_error(visitor, scan.ref, error, scan.code)
    return advised(visitor, told_verified(visitor, answer, packet, condition), scan.code)


def _source(visitor: Visitor, journey: Journey, scan: UnpackScan) -> Source:
    place = place_for(visitor, (journey.to, journey.origin))
    source = visitor.source(
        place.code,
        ref=scan.ref if is_ref(scan.ref) else None,
        counter=scan.counter,
        happened_at=read_instant(scan.happened_at),
    )
    # The page's clock follows ours, but nothing comes out of a bag before it is opened.
    opened = journey.opened_at or source.happened_at
    return replace(source, happened_at=max(source.happened_at, opened), layout=layout_of(scan.code))


def told_verified(
    visitor: Visitor, answer: BagAnswer, packet: PacketNumber, condition: str | None = None
) -> Told:
    """Tell what it means that a packet came out of its bag."""
    journey = answer.journey
    assert journey is not None  # noqa: S101  what was verified came out of a bag that is known
    kind, tone, remarks = _meaning(visitor, journey, packet, answer.ref, condition)
    verdict = visitor.speech.say(f"dispatch.unpacked.{kind}")
    counts = {"seen": len(seen_of(journey)), "all": len(journey.contents)}
    return told(answer.ref, tone, kind, verdict, code=str(packet), remarks=remarks, **counts)


def _meaning(
    visitor: Visitor, journey: Journey, packet: PacketNumber, ref: str, condition: str | None
) -> tuple[str, Tone, list[str]]:
    """Return what a scan means, how it sounds, and what is to be said beside."""
    if packet not in journey.contents:
        return _foreign(visitor, journey, packet)
    if condition is not None:
        return condition, Tone.AMBER, []
    first = journey.verified[packet]
    if first.ref == ref:
        return "verified", Tone.GREEN, []
    since = visitor.speech.say("dispatch.checked-at", at=visitor.speech.clock(first.at))
    return "again", Tone.AMBER, [since, visitor.speech.say("dispatch.maybe-twice")]


def _foreign(
    visitor: Visitor, journey: Journey, packet: PacketNumber
) -> tuple[str, Tone, list[str]]:
    """Tell what it is that does not belong into the bag: meant for here, or for others."""
    registered = registration_of(visitor.qolhat, packet)
    if registered is None:
        return "extra", Tone.RED, [visitor.speech.word("doubt", "not-registered")]
    accepting = place_organisation(registered.place)
    if journey.to in (registered.decided_by, accepting):
        return "extra", Tone.RED, []
    parties = " → ".join(name_of(visitor, each) for each in (accepting, registered.decided_by))
    return "misrouted", Tone.RED, [parties]


# --- the same, and the end, by forms -------------------------------------------------------------


class UnpackForm(BaseModel):
    """What the forms of the page send; `missing`: how many the reader was told are missing."""

    code: str = Field(default="", max_length=200)
    condition: str = Field(default="", max_length=10)
    missing: str = Field(default="", max_length=10)
    ref: str = Field(default="", max_length=64)


Sent = Annotated[UnpackForm, Form()]


@router.post("/bags/{code}/check")
def check(visitor: Scanning, code: CodePath, form: Sent) -> HTMLResponse:
    """Verify one packet."""
    journey = open_bag(visitor, code, Right.SCAN)
    scan = UnpackScan(ref=form.ref, code=form.code, condition=form.condition)
    answer = _answered(visitor, journey, scan)
    visitor.qolhat.runner.wake()
    return _page(visitor, open_bag(visitor, code, Right.SCAN), answer)


@router.post("/bags/{code}/reconcile")
def reconcile(visitor: Scanning, code: CodePath, form: Sent) -> Response:
    """End the unpacking; where packets are missing, only after they were listed."""
    journey = open_bag(visitor, code, Right.SCAN)
    if journey.missing and form.missing != str(len(journey.missing)):
        organisation = name_of(visitor, journey.origin)
        ref = str(uuid4())
        return visitor.page(
            "dispatch/reconcile.html", bag=journey, organisation=organisation, ref=ref
        )
    try:
        source = source_at(visitor, place_for(visitor, (journey.to, journey.origin)), form.ref)
        visitor.qolhat.desk.dispatch.reconcile(journey.number, source)
    except QolhatError as error:
        return _page(visitor, journey, error=error)
    visitor.qolhat.runner.wake()
    return RedirectResponse(f"/bags/{journey.number}?said=reconciled", 303)
