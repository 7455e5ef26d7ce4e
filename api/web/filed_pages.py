"""A packet's scanned pages: looked at, downloaded, added; and those that wait for their packet.

Pages are personal data: who looks at them is recorded. Thumbnails are too small to be read; the
page that shows them is recorded, not each of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, File, Form, Path, Query, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.filed import NoPagesError, held, pages_in, picture_of
from api.http.fields import is_ref, read_packet
from api.http.filed_pages import PRIVATE, loose_picture, subject_of
from api.http.problems import problem_of
from api.web.facts import PacketFacts
from api.web.held import may_see_names
from api.web.packets import NumberPath, open_packet, packet_page, source_for
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.commands import Settlement
from domain.errors import NotYoursError, QolhatError, RefusedError
from domain.filing import PageDoubt
from domain.loose_pages import PageSettledError, UnknownPageError
from domain.numbers import PacketNumber, grouped
from domain.rights import Reach, Right
from infra.desk.errors import PageNumberMissingError
from infra.requests import FilingAnswer, FilingRequest, PageSettleRequest, ScannedPage
from projections.loose_pages import LoosePageRow, LoosePages
from projections.unsettled import Fate
from scanner.bad_pictures import BadPicture, bad_picture
from scanner.page_pictures import as_pdf, compact, thumbnail
from scanner.reader import OURS

router = APIRouter(include_in_schema=False)
SeeingPersonal = Annotated[Visitor, Depends(allowed(Right.SEE_PERSONAL))]
Scanning = Annotated[Visitor, Depends(allowed(Right.SCAN))]
Settling = Annotated[Visitor, Depends(allowed(Right.SETTLE))]
Reading = Annotated[Visitor, Depends(allowed(Right.SETTLE, Right.SEE_FIGURES))]
PagePath = Annotated[str, Path(max_length=64)]
Small = Annotated[bool, Query()]
JPEG, PDF = "image/jpeg", "application/pdf"
MOST_LOOSE = 200
_THUMBNAIL = 220  # pixels


class OtherPacketsPageError(RefusedError):
    """A page shows another packet's code, so it was not filed to this one."""

    code = "other-packets-page"
    status = 409


class PagesWaitError(RefusedError):
    """Some pages were not filed to the packet; they wait for a decision."""

    code = "pages-wait"
    status = 409


# --- a packet's pages ----------------------------------------------------------------------------


@router.get("/packets/{number}/pages")
def pages(visitor: SeeingPersonal, number: NumberPath) -> HTMLResponse:
    """Show all pages, small."""
    facts = _seen(visitor, number)
    found = held(visitor.qolhat, pages_in(facts.events))
    if found:
        visitor.saw([str(facts.number)], "pages")
    return visitor.page(
        "filed_pages.html",
        facts=facts,
        pages=found,
        names=visitor.qolhat.personnel.names({page.person for page in found}),
        place_name=lambda code: place_name(visitor, code),
    )


@router.get("/packets/{number}/pages.pdf")
def document(visitor: SeeingPersonal, number: NumberPath) -> Response:
    """Hand all pages out as one document."""
    facts = _seen(visitor, number)
    found = held(visitor.qolhat, pages_in(facts.events))
    if not found:
        raise NoPagesError
    visitor.saw([str(facts.number)], "pages")
    pictures = (picture_of(visitor.qolhat, found, page.ref) for page in found)
    headers = PRIVATE | {"content-disposition": f'inline; filename="pages-{facts.number}.pdf"'}
    return Response(as_pdf(pictures, grouped(facts.number)), headers=headers, media_type=PDF)


@router.get("/packets/{number}/pages/{ref}.jpg")
def picture(
    visitor: SeeingPersonal, number: NumberPath, ref: PagePath, *, small: Small = False
) -> Response:
    """Show one page."""
    facts = _seen(visitor, number)
    content = picture_of(visitor.qolhat, pages_in(facts.events), ref)
    if not small:
        visitor.saw([str(facts.number)], "pages")
    return _image(content, small=small)


def _image(content: bytes, *, small: bool) -> Response:
    shown = thumbnail(content, _THUMBNAIL) if small else content
    return Response(shown, headers=PRIVATE, media_type=JPEG)


def _seen(visitor: Visitor, number: str) -> PacketFacts:
    """Open a packet whose pages are the visitor's to see. Raises NotYoursError and others."""
    facts = open_packet(visitor, number)
    if not may_see_names(visitor, facts):
        raise NotYoursError
    return facts


@router.post("/packets/{number}/pages")
def add(
    visitor: Scanning, number: NumberPath, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """File what is uploaded to this packet; a page with another packet's code waits."""
    facts = open_packet(visitor, number)
    visitor.require_reach(facts.organisations, Right.SCAN)
    try:
        answer = _filed(visitor, facts, file.file.read() if file is not None else b"")
        visitor.qolhat.runner.wake()
        _check_all_filed(answer)
    except QolhatError as error:
        return packet_page(visitor, facts, error=error)
    return RedirectResponse(f"/packets/{facts.number}?done=pages", 303)


def _filed(visitor: Visitor, facts: PacketFacts, data: bytes) -> FilingAnswer:
    """Read what was uploaded and file it. Raises BadPictureError and others."""
    if not data:
        raise bad_picture(BadPicture.EMPTY)
    read = visitor.qolhat.reading.pages(data, symbologies=OURS, pictured=True)
    found = tuple(ScannedPage(p.page, p.codes, compact(p.image or b"")) for p in read)
    source = source_for(visitor, facts, None, "")
    digest = hashlib.sha256(data).hexdigest()
    return visitor.qolhat.desk.file(FilingRequest(source, digest, found, given=facts.number))


def _check_all_filed(answer: FilingAnswer) -> None:
    """Say what was not filed. Raises OtherPacketsPageError, PagesWaitError."""
    for page in answer.waiting:
        if page.doubt is PageDoubt.OTHER_PACKET and page.packet is not None:
            raise OtherPacketsPageError(page=page.page, number=grouped(page.packet))
    if answer.waiting:
        raise PagesWaitError(pages=", ".join(str(page.page) for page in answer.waiting))


# --- pages that wait -----------------------------------------------------------------------------


def loose_at(visitor: Visitor, organisations: Collection[int] | None) -> list[LoosePageRow]:
    """Return the pages that wait in these organisations (None: in all)."""
    with visitor.qolhat.views.reading() as reading:
        view = reading.view(LoosePages)
        return view.waiting(reading.connection, organisations=organisations, limit=MOST_LOOSE)


def may_settle(visitor: Visitor, row: LoosePageRow) -> bool:
    """Tell whether the visitor may see the picture of a page that waits, and decide about it."""
    return visitor.may(Right.SETTLE) and visitor.reach(Right.SETTLE).covers([row.organisation])


@router.get("/unsettled-pages/{ref}")
def one(visitor: Reading, ref: PagePath) -> HTMLResponse:
    """Show a page that waits; to those who may decide also its picture, and the form."""
    return _loose_page(visitor, _open(visitor, ref))


@router.get("/unsettled-pages/{ref}/picture.jpg")
def loose(visitor: Settling, ref: PagePath, *, small: Small = False) -> Response:
    """Show the picture of a page that waits."""
    row = _open(visitor, ref)
    if not may_settle(visitor, row):
        raise NotYoursError
    content = loose_picture(visitor.qolhat.vault.picture(ref), row)
    if not small:
        visitor.saw([subject_of(row)], "loose-page")
    return _image(content, small=small)


class PageForm(BaseModel):
    """What the form sends."""

    decision: Settlement
    ref: str = Field(default="", max_length=64)
    number: str = Field(default="", max_length=60)
    text: str = Field(default="", max_length=4000)
    following: bool = False
    csrf: str = ""


@router.post("/unsettled-pages/{ref}")
def settle(visitor: Settling, ref: PagePath, form: Annotated[PageForm, Form()]) -> Response:
    """Say to which packet the page belongs, or that it is nothing."""
    row = _open(visitor, ref)
    if not may_settle(visitor, row):
        raise NotYoursError
    try:
        if row.fate != Fate.WAITING.value:
            raise PageSettledError
        position = _settle(visitor, row, form)
    except QolhatError as error:
        return _loose_page(visitor, row, form, error)
    visitor.qolhat.runner.wait_for(position)
    return RedirectResponse(f"/unsettled?done=page-{form.decision.value}", 303)


def _settle(visitor: Visitor, row: LoosePageRow, form: PageForm) -> int:
    """Decide about a page, and alike about those that follow it if that is said."""
    packet, text = _named(visitor, form), form.text.strip() or None
    given = form.ref if is_ref(form.ref) else str(uuid4())
    position = 0
    for count, each in enumerate([row, *(_following(visitor, row) if form.following else ())]):
        ref = given if count == 0 else f"{given[:56]}-{count}"
        source = visitor.source(visitor.first_place(), ref=ref)
        request = PageSettleRequest(source, each.ref, packet, text)
        position = visitor.qolhat.desk.settle_page(request).position
    return position


def _following(visitor: Visitor, row: LoosePageRow) -> list[LoosePageRow]:
    with visitor.qolhat.views.reading() as reading:
        return reading.view(LoosePages).following(reading.connection, row)


def _named(visitor: Visitor, form: PageForm) -> PacketNumber | None:
    if form.decision is Settlement.DISMISS:
        return None
    if not form.number.strip():
        raise PageNumberMissingError
    number = read_packet(form.number)
    visitor.require_packet(number, Right.SETTLE)
    return number


def _open(visitor: Visitor, ref: str) -> LoosePageRow:
    """Return a page in the visitor's reach. Raises UnknownPageError, NotYoursError."""
    qolhat = visitor.qolhat
    qolhat.runner.wait_for(qolhat.log.rows.last_position())
    with qolhat.views.reading() as reading:
        row = reading.view(LoosePages).of(reading.connection, ref)
    if row is None:
        raise UnknownPageError(page=ref)
    reach: Reach = visitor.reach(Right.SETTLE) | visitor.reach(Right.SEE_FIGURES)
    if not reach.covers([row.organisation]):
        raise NotYoursError
    return row


# Which field an error is about.
_FIELDS = {
    "page-number-missing": "number",
    "bad-code": "number",
    "other-kind": "number",
    "unknown-packet": "number",
    "discard-reason-missing": "text",
}


def _loose_page(
    visitor: Visitor,
    row: LoosePageRow,
    form: PageForm | None = None,
    error: QolhatError | None = None,
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    field = _FIELDS.get(error.code) if error is not None else None
    waits = row.fate == Fate.WAITING.value
    shown = waits and may_settle(visitor, row)
    number = "" if row.number is None else str(row.number)
    return visitor.page(
        "unsettled_page.html",
        status=200 if problem is None else problem.status,
        row=row,
        waits=waits,
        may_settle=shown,
        following=len(_following(visitor, row)) if shown else 0,
        names=visitor.qolhat.personnel.names({row.person, row.settled_by or 0} - {0}),
        place_name=lambda code: place_name(visitor, code),
        typed=form or PageForm(decision=Settlement.APPLY, number=number),
        ref=form.ref if form is not None else str(uuid4()),
        wrong={field: problem.detail} if field and problem else {},
        problem=problem,
    )
