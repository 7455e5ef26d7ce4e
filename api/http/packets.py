"""Packets: register, act, take a scan back; where a packet is now, and all that happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path, Response

from api.http import schemas
from api.http.calls import Asking, Call, Calling
from api.http.due import due_out
from api.http.fields import EXAMPLE_PACKET, read_packet
from api.http.history import history_of
from api.http.media import resource
from api.http.places import holding_out
from api.http.problems import OF_A_COMMAND, TooManyError, documented
from api.http.schemas import MOST_AT_ONCE
from domain.acts import ActKind
from domain.errors import RefusedError, UnknownPacketError
from domain.numbers import PacketNumber, grouped, place_organisation
from domain.rights import Right
from infra.errors import StorageError
from infra.requests import ActRequest, Answer, Registration, Source, Status
from projections.due import DueView
from projections.holdings import Holdings
from projections.visits import Visits

router = resource("packets")
NumberPath = Annotated[
    str, Path(description="14 digits, grouped or not.", examples=[EXAMPLE_PACKET])
]

_REGISTERED_BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": schemas.Registered, "description": "It was registered before."}
}


# --- registering ---------------------------------------------------------------------------------


@router.post(
    "/packets",
    status_code=201,
    summary="Register a packet",
    responses=_REGISTERED_BEFORE | OF_A_COMMAND | documented(409, 410),
)
def register(call: Calling, body: schemas.RegisterIn, response: Response) -> schemas.Registered:
    """Accept papers at a window; sent again with the same `ref` it gives the same packet.

    The applicant's data go into the vault and come back in no answer.
    """
    source = call.source(body, Right.REGISTER)
    answer = call.qolhat.desk.register(_registration(body, source))
    call.recorded()
    if answer.status is Status.DUPLICATE:
        response.status_code = 200
    standing = answer.standing
    assert standing is not None  # noqa: S101  the desk has just registered it
    assert standing.edition is not None  # noqa: S101  a registered packet has an edition
    told = call.tell.answer(answer)
    return schemas.Registered(
        number=str(standing.number),
        grouped=grouped(standing.number),
        ref=answer.ref,
        status=told.status,
        status_text=told.status_text,
        edition=call.tell.mark(
            standing.edition, place_organisation(source.place), source.happened_at
        ),
        packet=call.tell.standing(standing),
        deviations=told.deviations,
        position=answer.position,
    )


def _registration(body: schemas.RegisterIn, source: Source) -> Registration:
    applicant = body.applicant.model_dump(exclude_none=True) if body.applicant else None
    return Registration(
        source,
        body.service,
        body.number,
        body.authority,
        body.began_at,
        applicant,
        tuple(paper.model_dump(exclude_none=True) for paper in body.papers),
    )


# --- acting --------------------------------------------------------------------------------------


@router.post(
    "/packets/{number}/acts",
    summary="Act on a packet",
    responses=OF_A_COMMAND | documented(404, 409, 410),
)
def act(call: Calling, number: NumberPath, body: schemas.ActIn) -> schemas.PositionedAnswer:
    """Do something at a desk; out of turn it is recorded with a deviation, not refused."""
    packet = read_packet(number)
    request = _act_request(body, call)
    call.require_act_on(packet, request.kind)
    (answer,) = call.qolhat.desk.act([packet], request)
    call.recorded()
    if answer.error is not None:
        raise answer.error
    return _positioned(call, answer)


@router.post("/acts", summary="Act on many packets", responses=OF_A_COMMAND | documented(410))
def act_on_many(call: Calling, body: schemas.ActOnManyIn) -> schemas.Answers:
    """Do the same to each packet, as a head who signs forty; each may be refused alone."""
    if len(body.numbers) > MOST_AT_ONCE:
        raise TooManyError(limit=MOST_AT_ONCE)
    request = _act_request(body, call)
    asked = [_read(number, call, request.kind) for number in body.numbers]
    sound = list(dict.fromkeys(each.number for each in asked if each.number is not None))
    done = call.qolhat.desk.act(sound, request)
    call.recorded()
    raise_if_nothing_stored(done)
    by_number = dict(zip(sound, done, strict=True))
    answers = [_answer_to(each, by_number, body.ref) for each in asked]
    return answers_out(call, answers)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One of many numbers: read, or not."""

    number: PacketNumber | None
    fault: RefusedError | None = None


def _read(given: str, call: Call, kind: ActKind) -> _Asked:
    try:
        number = read_packet(given)
        call.require_act_on(number, kind)
        return _Asked(number)
    except RefusedError as error:
        return _Asked(None, error)


def _answer_to(asked: _Asked, done: dict[PacketNumber, Answer], ref: str) -> Answer:
    if asked.number is None:
        return Answer(ref, Status.REFUSED, 0, error=asked.fault)
    return done[asked.number]


def _act_request(body: schemas.ActIn, call: Call) -> ActRequest:
    source = call.source(body, Right.ACT)
    call.require_act([place_organisation(source.place)], body.kind)
    return ActRequest(
        source,
        body.kind,
        body.incoming_number,
        body.executor,
        body.entitled,
        body.outcome,
        tuple(body.grounds),
        body.text,
        body.handing,
        body.began_at,
    )


@router.post(
    "/packets/{number}/scans/{ref}/void",
    summary="Take one's own scan back",
    responses=OF_A_COMMAND | documented(404, 409),
)
def void(
    call: Calling, number: NumberPath, ref: str, body: schemas.VoidIn
) -> schemas.PositionedAnswer:
    """The author's undo, within a minute and before another person has acted."""
    call.require(Right.SCAN)
    source = call.source_anywhere(body)
    answer = call.qolhat.desk.void(read_packet(number), ref, source, body.reason)
    call.recorded()
    return _positioned(call, answer)


def _positioned(call: Call, answer: Answer) -> schemas.PositionedAnswer:
    told = call.tell.answer(answer)
    return schemas.PositionedAnswer(**dict(told), position=answer.position)


def answers_out(call: Call, answers: list[Answer]) -> schemas.Answers:
    """Tell the answers to many commands, and the position that shows them all."""
    position = max((answer.position for answer in answers), default=0)
    return schemas.Answers(
        answers=[call.tell.answer(answer) for answer in answers], position=position
    )


def raise_if_nothing_stored(answers: list[Answer]) -> None:
    """Let the whole request fail when the store took none of it. Raises StorageError."""
    errors = [answer.error for answer in answers]
    failures = [error for error in errors if isinstance(error, StorageError)]
    if failures and len(failures) == len(errors):
        raise failures[0]


# --- asking --------------------------------------------------------------------------------------


@router.get("/packets/{number}", summary="Where a packet is now", responses=documented(404))
def where(call: Asking, number: NumberPath) -> schemas.PacketOut:
    """Who holds the packet, where on its route it is, by which edition it lives, what runs out."""
    packet = read_packet(number)
    call.require_packet(packet, Right.SEE_PACKETS)
    with call.qolhat.views.reading() as reading:
        holding = reading.view(Holdings).of(reading.connection, packet)
        terms = reading.view(DueView).next(reading.connection, number=packet)
    if holding is None:
        raise UnknownPacketError(number=grouped(packet))
    regulation = None
    if holding.edition and holding.accepting and holding.accepted_at:
        regulation = call.tell.mark(holding.edition, holding.accepting, holding.accepted_at)
    return schemas.PacketOut(
        **dict(holding_out(call.tell, holding)),
        regulation=regulation,
        due=[due_out(call.tell, term) for term in terms],
    )


@router.get(
    "/packets/{number}/history", summary="All that happened to it", responses=documented(404)
)
def history(call: Asking, number: NumberPath) -> schemas.History:
    """Every entry in order of happening, and every stay with its time against its norm."""
    packet = read_packet(number)
    call.require_packet(packet, Right.SEE_PACKETS)
    with call.qolhat.views.reading() as reading:
        visits = reading.view(Visits).of(reading.connection, packet)
    return history_of(call.tell, packet, visits)
