"""Written complaints about a packet [002 §24]: taken with a slip, listed until answered."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response

from api.http import schemas
from api.http.calls import Asking, Call, Calling
from api.http.fields import InstantField, read_packet
from api.http.media import resource
from api.http.packets import NumberPath
from api.http.problems import OF_A_COMMAND, documented
from api.http.telling import Teller
from domain.errors import UnknownPacketError
from domain.numbers import grouped
from domain.rights import Right
from infra.requests import Answer, ComplaintAnswerRequest, ComplaintRequest, Status
from projections.complaints import ComplaintRow, Complaints
from projections.holdings import Holdings

router = resource("complaints")
ComplaintPath = Annotated[str, Path(description="The id of the complaint.", max_length=64)]
_TAKEN_BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": schemas.PositionedAnswer, "description": "It was taken before."}
}


@router.post(
    "/packets/{number}/complaints",
    status_code=201,
    summary="Take a written complaint",
    responses=_TAKEN_BEFORE | OF_A_COMMAND | documented(404, 409, 410),
)
def complain(
    call: Calling, number: NumberPath, body: schemas.ComplaintIn, response: Response
) -> schemas.PositionedAnswer:
    """Give the applicant a slip: by when the answer comes, and whom to ask. Moves nothing.

    The text goes into the vault and comes back in no answer; `ref` is the complaint's id.
    """
    packet, source = read_packet(number), call.source(body, Right.COMPLAIN)
    call.require_packet(packet, Right.COMPLAIN)
    request = ComplaintRequest(source, packet, body.answer_by, body.ask, body.text)
    answer = call.qolhat.desk.complain(request)
    if answer.status is Status.DUPLICATE:
        response.status_code = 200
    return _positioned(call, answer)


@router.post(
    "/packets/{number}/complaints/{ref}/answer",
    summary="Answer a complaint",
    responses=OF_A_COMMAND | documented(404, 409, 410),
)
def answer_complaint(
    call: Calling, number: NumberPath, ref: ComplaintPath, body: schemas.ComplaintAnswerIn
) -> schemas.PositionedAnswer:
    """Answer a complaint once; the text goes into the vault and comes back in no answer."""
    packet, source = read_packet(number), call.source(body, Right.COMPLAIN)
    call.require_packet(packet, Right.COMPLAIN)
    request = ComplaintAnswerRequest(source, packet, ref, body.text)
    return _positioned(call, call.qolhat.desk.answer_complaint(request))


def _positioned(call: Call, answer: Answer) -> schemas.PositionedAnswer:
    call.recorded()
    return schemas.PositionedAnswer(**dict(call.tell.answer(answer)), position=answer.position)


# --- asking --------------------------------------------------------------------------------------


@router.get("/complaints", summary="Complaints that wait for their answer")
def complaints(
    call: Asking,
    organisation: Annotated[int | None, Query(ge=1, le=9999, description="Taken there.")] = None,
    before: Annotated[InstantField | None, Query(description="To be answered before then.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.ComplaintList:
    """Complaints without an answer, the most urgent (or longest overdue) first; without texts."""
    organisations = call.within(Right.SEE_PACKETS, organisation)
    with call.qolhat.views.reading() as reading:
        found = reading.view(Complaints).open(
            reading.connection, organisations=organisations, before=before, limit=limit
        )
    return schemas.ComplaintList(items=[complaint_out(call.tell, row) for row in found])


@router.get(
    "/packets/{number}/complaints",
    summary="Complaints about a packet",
    responses=documented(404),
)
def complaints_about(call: Asking, number: NumberPath) -> schemas.ComplaintList:
    """All complaints about a packet, answered or not, in the order of their taking."""
    packet = read_packet(number)
    call.require_packet(packet, Right.SEE_PACKETS)
    with call.qolhat.views.reading() as reading:
        known = reading.view(Holdings).of(reading.connection, packet) is not None
        found = reading.view(Complaints).of(reading.connection, packet)
    if not known:
        raise UnknownPacketError(number=grouped(packet))
    return schemas.ComplaintList(items=[complaint_out(call.tell, row) for row in found])


def complaint_out(tell: Teller, row: ComplaintRow) -> schemas.ComplaintOut:
    """Tell one complaint, without its texts."""
    return schemas.ComplaintOut(
        number=str(row.number),
        grouped=grouped(row.number),
        ref=row.ref,
        place=tell.place(row.place),
        organisation=tell.organisation(row.organisation),
        taken_at=row.taken_at,
        recorded_at=row.recorded_at,
        taken_by=row.taken_by,
        answer_by=row.answer_by,
        ask=row.ask,
        text_kept=row.text_ref is not None,
        late=(row.answered_at or tell.qolhat.now()) > row.answer_by,
        answer=row.answer,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        answer_kept=row.answer_ref is not None,
    )
