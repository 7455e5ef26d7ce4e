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
from api.permitted import Permitted, organisations_of
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet, UnknownScanError
from domain.rights import Right
from infra.bootstrap import Qolhat
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
    found = waiting_for(call, organisation, packet, limit)
    return schemas.UnsettledList(items=[_row_out(call.tell, row) for row in found])


def waiting_for(
    whose: Permitted, organisation: int | None, number: PacketNumber | None, limit: int
) -> list[UnsettledRow]:
    """Return what waits in somebody's reach: scanned there, or by somebody who works there."""
    organisations = whose.within(Right.SEE_PACKETS, organisation)
    register = whose.qolhat.staff.register
    people = [
        member.person
        for member in register.people
        if organisations is not None and member.organisation in organisations
    ]
    with whose.qolhat.views.reading() as reading:
        return reading.view(Unsettled).waiting(
            reading.connection,
            organisations=organisations,
            people=people,
            number=number,
            limit=limit,
        )


def homes_of(qolhat: Qolhat, row: UnsettledRow) -> frozenset[int]:
    """Return whose business a scan is: where it was made, of whom, and of which packet."""
    register = qolhat.staff.register
    homes = {row.organisation or 0}
    if row.person in register:
        homes.add(register.member(row.person).organisation)
    if row.number is not None:
        homes |= organisations_of(qolhat.log.events_of(Packet.stream(row.number)))
    return frozenset(homes - {0})


@router.get("/unsettled/{scan}", summary="One unsettled scan", responses=documented(404))
def one_unsettled(call: Asking, scan: ScanPath) -> schemas.UnsettledDetail:
    """A scan with the raw input, for those who may settle it."""
    row = _find(call, scan)
    if row is None:
        raise UnknownScanError(scan=scan)
    homes = homes_of(call.qolhat, row)
    call.require(Right.SEE_PACKETS)
    call.require_reach(homes, Right.SEE_PACKETS)
    may_settle = call.reach(Right.SETTLE).covers(homes)
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
    call.require(Right.SETTLE)
    row = _known(call, scan)
    if row is not None:
        call.require_reach(homes_of(call.qolhat, row), Right.SETTLE)
    if body.number is not None and (row is None or row.number not in (None, body.number)):
        call.require_packet(body.number, Right.SETTLE)  # a scan of a packet that is named
    request = _request(call, scan, body, row)
    if row is None:  # what was never in doubt is undone by its author, within a minute, or stands
        raise UnknownScanError(scan=scan)
    answer = call.qolhat.desk.settle(request)
    call.recorded()
    told = call.tell.answer(answer)
    return schemas.PositionedAnswer(**dict(told), position=answer.position)


def _request(
    call: Call, scan: str, body: schemas.SettleIn, row: UnsettledRow | None
) -> SettleRequest:
    place = None if body.place is None else call.known_place(body.place)
    return SettleRequest(
        call.source_anywhere(body),
        scan,
        body.decision,
        body.number or (None if row is None else row.number),
        place,
        body.scanned_at,
        body.text,
    )


def _known(call: Call, scan: str) -> UnsettledRow | None:
    """Find the scan; it may have been recorded just now."""
    qolhat = call.qolhat
    if not qolhat.runner.wait_for(qolhat.log.rows.last_position()):
        raise ViewsBehindError
    return _find(call, scan)


def _find(call: Call, scan: str) -> UnsettledRow | None:
    with call.qolhat.views.reading() as reading:
        return reading.view(Unsettled).of(reading.connection, scan)


def _raw(call: Call, row: UnsettledRow) -> schemas.RawInput | None:
    raw = None if row.raw_ref is None else call.qolhat.vault.get(row.raw_ref)
    if raw is None:
        return None
    subject = f"scan:{row.scan}" if row.number is None else str(row.number)
    call.qolhat.access.note(call.person, [subject], "unsettled", call.caller.device)
    return schemas.RawInput(**raw)


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
