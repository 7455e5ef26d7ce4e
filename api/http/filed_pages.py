"""Scanned pages: those of a packet, and those of which nobody knows yet where they belong."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api.filed import NoPagesError, held, pages_in, picture_of
from api.http import schemas
from api.http.calls import Asking, Call, Calling
from api.http.fields import read_packet
from api.http.media import resource
from api.http.packets import NumberPath
from api.http.problems import OF_A_COMMAND, ViewsBehindError, documented
from api.http.telling import Teller
from api.web.facts import PacketFacts, facts_of
from domain.commands import Settlement
from domain.loose_pages import UnknownPageError
from domain.numbers import PacketNumber, grouped
from domain.rights import Right
from infra.desk.errors import PageNumberMissingError
from infra.requests import PageSettleRequest
from projections.loose_pages import LoosePageRow, LoosePages
from scanner.page_pictures import as_pdf

router = resource("pages")
JPEG, PDF = "image/jpeg", "application/pdf"
PRIVATE = {"cache-control": "private, no-store"}
PagePath = Annotated[str, Path(description="The page's reference.", max_length=64)]


# --- a packet's ----------------------------------------------------------------------------------


@router.get(
    "/packets/{number}/pages", summary="The scanned pages of a packet", responses=documented(404)
)
def filed_pages(call: Asking, number: NumberPath) -> schemas.FiledPageList:
    """Which pages lie in the vault, when and by whom they were filed; without their pictures."""
    packet = read_packet(number)
    call.require_packet(packet, Right.SEE_PACKETS)
    facts = facts_of(call.qolhat, packet)
    return schemas.FiledPageList(
        number=str(packet),
        grouped=grouped(packet),
        items=[
            schemas.FiledPageOut(
                seq=page.seq,
                ref=page.ref,
                filed_at=page.filed_at,
                person=page.person,
                place=call.tell.maybe_place(page.place),
            )
            for page in held(call.qolhat, pages_in(facts.events))
        ],
    )


@router.get(
    "/packets/{number}/pages.pdf",
    summary="The scanned pages of a packet as one document",
    response_class=Response,
    responses=documented(404) | {200: {"content": {PDF: {}}}},
)
def filed_document(call: Asking, number: NumberPath) -> Response:
    """All pages on sheets of A4, in the order of filing."""
    facts = _seen(call, number)
    found = held(call.qolhat, pages_in(facts.events))
    if not found:
        raise NoPagesError
    call.qolhat.access.note(call.person, [str(facts.number)], "pages", call.caller.device)
    pictures = (picture_of(call.qolhat, found, page.ref) for page in found)
    return Response(as_pdf(pictures, grouped(facts.number)), headers=PRIVATE, media_type=PDF)


@router.get(
    "/packets/{number}/pages/{ref}",
    summary="The picture of a scanned page",
    response_class=Response,
    responses=documented(404) | {200: {"content": {JPEG: {}}}},
)
def filed_page(call: Asking, number: NumberPath, ref: PagePath) -> Response:
    """The page as it was scanned; who looked is recorded."""
    facts = _seen(call, number)
    picture = picture_of(call.qolhat, pages_in(facts.events), ref)
    call.qolhat.access.note(call.person, [str(facts.number)], "pages", call.caller.device)
    return Response(picture, headers=PRIVATE, media_type=JPEG)


def _seen(call: Call, number: str) -> PacketFacts:
    """Open a packet whose personal data are the caller's to see. Raises NotYoursError and others.

    Whoever only had it on its way sees that there are pages, but not what stands on them.
    """
    packet = read_packet(number)
    call.require(Right.SEE_PERSONAL)
    call.require_packet(packet, Right.SEE_PACKETS)
    facts = facts_of(call.qolhat, packet)
    call.require_reach(facts.parties, Right.SEE_PERSONAL)
    return facts


# --- nobody's ------------------------------------------------------------------------------------


@router.get("/unsettled-pages", summary="Scanned pages that wait for a decision")
def unsettled_pages(
    call: Asking,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.LoosePageList:
    """Pages without a certain packet, in the order of scanning; without their pictures."""
    organisations = call.within(Right.SEE_PACKETS, organisation)
    with call.qolhat.views.reading() as reading:
        found = reading.view(LoosePages).waiting(
            reading.connection, organisations=organisations, limit=limit
        )
    return schemas.LoosePageList(items=[_loose_out(call.tell, row) for row in found])


@router.get("/unsettled-pages/{ref}", summary="One such page", responses=documented(404))
def unsettled_page(call: Asking, ref: PagePath) -> schemas.LoosePageOut:
    """A page, whatever became of it."""
    row = _find(call, ref)
    call.require(Right.SEE_PACKETS)
    call.require_reach([row.organisation], Right.SEE_PACKETS)
    return _loose_out(call.tell, row)


@router.get(
    "/unsettled-pages/{ref}/picture",
    summary="The picture of such a page",
    response_class=Response,
    responses=documented(404) | {200: {"content": {JPEG: {}}}},
)
def unsettled_picture(call: Asking, ref: PagePath) -> Response:
    """The page as it was scanned, for those who may settle it; who looked is recorded."""
    call.require(Right.SETTLE)
    row = _find(call, ref)
    call.require_reach([row.organisation], Right.SETTLE)
    content = loose_picture(call.qolhat.vault.picture(ref), row)
    call.qolhat.access.note(call.person, [subject_of(row)], "loose-page", call.caller.device)
    return Response(content, headers=PRIVATE, media_type=JPEG)


def loose_picture(content: bytes | None, row: LoosePageRow) -> bytes:
    """Return the picture of a page that waits. Raises UnknownPageError if it is there no more."""
    if content is None or row.settled_at is not None:
        raise UnknownPageError(page=row.ref)
    return content


def subject_of(row: LoosePageRow) -> str:
    """Return about whom a page that waits is, for the journal of access."""
    return f"page:{row.ref}" if row.number is None else str(row.number)


@router.post(
    "/unsettled-pages/{ref}/settle",
    summary="Decide about a page",
    responses=OF_A_COMMAND | documented(404, 409, 410),
)
def settle_page(call: Calling, ref: PagePath, body: schemas.SettlePageIn) -> schemas.PageSettled:
    """Say to which registered packet the page belongs, or that it is nothing, and why."""
    call.require(Right.SETTLE)
    row = _fresh(call, ref)
    call.require_reach([row.organisation], Right.SETTLE)
    packet = _named(call, body)
    source = call.source_anywhere(body)
    answer = call.qolhat.desk.settle_page(PageSettleRequest(source, ref, packet, body.text))
    call.recorded()
    told = call.tell.word("answer", answer.status.value)
    return schemas.PageSettled(
        ref=ref, status=told.code, status_text=told.text, position=answer.position
    )


def _named(call: Call, body: schemas.SettlePageIn) -> PacketNumber | None:
    if body.decision is Settlement.DISMISS:
        return None
    if body.number is None:
        raise PageNumberMissingError
    call.require_packet(body.number, Right.SETTLE)
    return body.number


def _fresh(call: Call, ref: str) -> LoosePageRow:
    """Find a page that may have been recorded just now."""
    qolhat = call.qolhat
    if not qolhat.runner.wait_for(qolhat.log.rows.last_position()):
        raise ViewsBehindError
    return _find(call, ref)


def _find(call: Call, ref: str) -> LoosePageRow:
    with call.qolhat.views.reading() as reading:
        row = reading.view(LoosePages).of(reading.connection, ref)
    if row is None:
        raise UnknownPageError(page=ref)
    return row


def _loose_out(tell: Teller, row: LoosePageRow) -> schemas.LoosePageOut:
    return schemas.LoosePageOut(
        ref=row.ref,
        fate=tell.word("fate", row.fate),
        doubt=tell.word("page-doubt", row.doubt),
        number=None if row.number is None else str(row.number),
        grouped=None if row.number is None else grouped(row.number),
        file=row.file,
        page=row.page,
        place=tell.maybe_place(row.place),
        organisation=tell.maybe_organisation(row.organisation),
        person=row.person,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
    )
