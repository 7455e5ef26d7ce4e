"""Scans: one or up to 500, each with an answer of its own."""

from __future__ import annotations

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from api.http import schemas
from api.http.calls import Call, Calling
from api.http.direct import DirectRoute
from api.http.fields import BadRefError, is_ref, read_instant
from api.http.media import resource
from api.http.packets import answers_out, raise_if_nothing_stored
from api.http.problems import OF_A_COMMAND, TooManyError, documented
from api.http.schemas import MOST_AT_ONCE
from domain.intake import RawScan
from domain.rights import Right
from infra.requests import Answer, Status

router = resource("scans", DirectRoute)
JSON = "application/json"


@router.post(
    "/scans",
    summary="Record scans",
    response_model=schemas.Answers,
    responses=OF_A_COMMAND | documented(410),
)
async def scan(
    call: Calling, request: Request, body: schemas.ScanIn | list[schemas.ScanOfMany]
) -> Response:
    """Record one scan or up to 500; the answers come in the order of the scans.

    What cannot be understood is kept and waits to be settled. A scan without an id is refused
    alone; the request fails as a whole only when nothing of it could be stored.
    """
    call.require(Right.SCAN)
    if isinstance(body, list):
        return await run_in_threadpool(_record_many, call, body)
    if not is_ref(body.ref):
        return _answered(call, [_refused()])
    recorded = [await request.app.state.scans.ask(_raw(body, call))]
    raise_if_nothing_stored(recorded)
    return _answered(call, recorded)


def _record_many(call: Call, given: list[schemas.ScanOfMany]) -> Response:
    if len(given) > MOST_AT_ONCE:
        raise TooManyError(limit=MOST_AT_ONCE)
    recorded = call.qolhat.desk.scan([_raw(one, call) for one in given if is_ref(one.ref)])
    raise_if_nothing_stored(recorded)
    done = iter(recorded)
    return _answered(call, [next(done) if is_ref(one.ref) else _refused() for one in given])


def _answered(call: Call, answers: list[Answer]) -> Response:
    call.recorded()
    for answer in answers:
        call.metrics.scan(answer.status.value)
    # Written here: FastAPI would check it again, and hand it to yet another thread to be written.
    return Response(answers_out(call, answers).model_dump_json(), media_type=JSON)


def _raw(scan: schemas.ScanIn, call: Call) -> RawScan:
    return RawScan(
        scan.ref,
        scan.code,
        scan.place,
        call.caller.person,
        call.caller.device,
        scan.counter,
        read_instant(scan.happened_at),
        scan.happened_at,
    )


def _refused() -> Answer:
    """The id is not said back: who knows what it is."""
    return Answer("", Status.REFUSED, 0, error=BadRefError())
