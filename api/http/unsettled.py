"""Unsettled scans: what waits for somebody's decision, and the decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from api.http import schemas
from api.http.calls import Asking, Call, Calling
from api.http.fields import read_packet
from api.http.media import resource
from api.http.problems import OF_A_COMMAND, ViewsBehindError, documented
from api.http.telling import Teller
from domain.numbers import PacketNumber, grouped
from domain.packet import UnknownScanError
from infra.desk import SETTLERS
from infra.requests import SettleRequest
from projections.unsettled import Fate, Unsettled, UnsettledRow

router = resource("unsettled")
ScanPath = Annotated[str, Path(description="The id of the scan.", max_length=64)]


@router.get("/unsettled", summary="What waits for a decision")
def unsettled(
    call: Asking,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    number: Annotated[str | None, Query(description="A packet's number.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.UnsettledList:
    """Scans that wait, the longest waiting first; without what was sent."""
    packet = None if number is None else read_packet(number)
    with call.qolhat.views.reading() as reading:
        found = reading.view(Unsettled).waiting(
            reading.connection, organisation=organisation, number=packet, limit=limit
        )
    return schemas.UnsettledList(items=[_row_out(call.tell, row) for row in found])


@router.get("/unsettled/{scan}", summary="One unsettled scan", responses=documented(404))
def one_unsettled(call: Asking, scan: ScanPath) -> schemas.UnsettledDetail:
    """A scan with the raw input, for those who may settle it."""
    row = _find(call, scan)
    if row is None:
        raise UnknownScanError(scan=scan)
    may_settle = bool(call.caller.roles & SETTLERS)
    return schemas.UnsettledDetail(
        **dict(_row_out(call.tell, row)),
        may_settle=may_settle,
        raw=_raw(call, row) if may_settle else None,
    )


@router.post(
    "/unsettled/{scan}/settle",
    summary="Decide about a scan",
    responses=OF_A_COMMAND | documented(404, 410),
)
def settle(call: Calling, scan: ScanPath, body: schemas.SettleIn) -> schemas.PositionedAnswer:
    """Apply the scan, with what was wrong put right, or dismiss it."""
    answer = call.qolhat.desk.settle(_request(call, scan, body))
    call.recorded()
    told = call.tell.answer(answer)
    return schemas.PositionedAnswer(**dict(told), position=answer.position)


def _request(call: Call, scan: str, body: schemas.SettleIn) -> SettleRequest:
    place = None if body.place is None else call.known_place(body.place)
    return SettleRequest(
        call.source_anywhere(body),
        scan,
        body.decision,
        body.number or _packet_of(call, scan),
        place,
        body.scanned_at,
        body.text,
    )


def _packet_of(call: Call, scan: str) -> PacketNumber | None:
    """Find the packet in whose events the scan stands; it may have been recorded just now."""
    qolhat = call.qolhat
    if not qolhat.runner.wait_for(qolhat.log.rows.last_position()):
        raise ViewsBehindError
    row = _find(call, scan)
    return None if row is None else row.number


def _find(call: Call, scan: str) -> UnsettledRow | None:
    with call.qolhat.views.reading() as reading:
        return reading.view(Unsettled).of(reading.connection, scan)


def _raw(call: Call, row: UnsettledRow) -> schemas.RawInput | None:
    raw = None if row.raw_ref is None else call.qolhat.vault.get(row.raw_ref)
    return None if raw is None else schemas.RawInput(**raw)


def _row_out(tell: Teller, row: UnsettledRow) -> schemas.UnsettledOut:
    waiting = None
    if row.fate == Fate.WAITING.value:
        waiting = (tell.qolhat.now() - row.recorded_at).total_seconds()
    return schemas.UnsettledOut(
        scan=row.scan,
        fate=tell.word("fate", row.fate),
        doubt=tell.word("doubt", row.doubt),
        fault=tell.maybe("fault", row.fault),
        number=None if row.number is None else str(row.number),
        grouped=None if row.number is None else grouped(row.number),
        place=tell.maybe_place(row.place),
        organisation=tell.maybe_organisation(row.organisation),
        person=row.person,
        device=row.device,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        waiting_seconds=waiting,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
    )
