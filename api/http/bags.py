"""Bags on their way: handed from one to the next, opened, unpacked, reconciled.

Whatever happens is recorded, out of turn too. Custody moves when the receiver accepts; opening
infers that the packets arrived, scanning verifies it [003 service 7 §11, rows 3-4 and 12-13].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Query

from api.dispatched import (
    badge_holder,
    bag_journey,
    concerned,
    proof_of,
    read_bag,
    unpacked,
)
from api.http import schemas
from api.http.bag_telling import BagPath, journey_out, row_out, step_out
from api.http.calls import Asking, Call, Calling
from api.http.media import resource
from api.http.packing import (
    CodeRead,
    keep_as_scans,
    kept_out,
    packet_answered,
    packets_answered,
    read_all,
)
from api.http.problems import OF_A_COMMAND, documented
from domain.dispatch.journey import Journey
from domain.intake import NO_PLACE
from domain.numbers import BagCode, PacketNumber, PlaceCode, place_organisation
from domain.rights import Right
from infra.requests import AcceptRequest, BagAnswer, Source
from projections.bags import Bags

router = resource("bags")
_OF_A_STEP = OF_A_COMMAND | documented(404)


def bag_in_reach(call: Call, given: str, right: Right) -> Journey:
    """Return a bag in the caller's reach.

    Raises NoRightError, BadCodeError, OtherKindError, UnknownBagError, NotYoursError.
    """
    call.require(right)
    journey = bag_journey(call.qolhat, read_bag(given))
    if journey.holder != call.person:
        call.require_reach(concerned(journey), right)
    return journey


# --- on the way ----------------------------------------------------------------------------------


@router.post("/bags/{bag}/offer", summary="Hold a bag out", responses=_OF_A_STEP)
def offer_bag(call: Calling, bag: BagPath, body: schemas.OfferIn) -> schemas.BagAnswered:
    """Hold a bag out to somebody; it stays with the giver until the receiver accepts."""
    number, source = _for_a_step(call, bag, body)
    receiver = _holder_of(call, body.receiver, source)
    return _answered(call, call.qolhat.desk.dispatch.offer(number, source, receiver))


@router.post("/bags/{bag}/accept", summary="Take a bag over", responses=_OF_A_STEP)
def accept_bag(call: Calling, bag: BagPath, body: schemas.AcceptIn) -> schemas.BagAnswered:
    """Move custody to the receiver, known by the badge; out of turn it is recorded all the same.

    Somebody to whom a bag is brought by mistake takes it over at their own place: it is recorded
    as misdelivered. The answer has the code of the proof of this hand-over.
    """
    call.require(Right.SCAN)
    journey = bag_journey(call.qolhat, read_bag(bag))
    request = _accept_request(call, journey, body)
    return _answered(call, call.qolhat.desk.dispatch.accept(request))


def _accept_request(call: Call, journey: Journey, body: schemas.AcceptIn) -> AcceptRequest:
    source = call.source_anywhere(body)
    receiver = _holder_of(call, body.receiver, source)
    taker = call.person if receiver is None else receiver
    place = NO_PLACE if body.place is None else _taken_at(call, body.place, taker, source)
    if not _takes_here(call, taker, place) and journey.holder != call.person:
        call.require_reach(concerned(journey), Right.SCAN)
    request = AcceptRequest(
        replace(source, place=place),
        journey.number,
        taker,
        _holder_of(call, body.giver, source),
        by_badge=receiver is not None,
        seal=body.seal,
        signature=body.signature,
    )
    return replace(request, proof=proof_of(request))


def _taken_at(call: Call, place: PlaceCode, taker: int, source: Source) -> PlaceCode:
    """Make sure that a bag can be taken there: at the receiver's place, or within reach.

    Raises UnknownPlaceError, NotYoursError.
    """
    place = call.known_place(place)
    if place not in call.qolhat.staff.register.places_of(taker, source.happened_at):
        call.require_reach([place_organisation(place)], Right.SCAN)
    return place


def _takes_here(call: Call, taker: int, place: PlaceCode) -> bool:
    """Tell whether the bag lies before the caller now, whoever's business it was before."""
    if taker == call.person:
        return True
    return bool(place) and call.reach(Right.SCAN).covers([place_organisation(place)])


@router.post("/bags/{bag}/broken-seal", summary="Tell of a broken seal", responses=_OF_A_STEP)
def break_seal(call: Calling, bag: BagPath, body: schemas.BrokenSealIn) -> schemas.BagAnswered:
    """Say that the seal is broken, or another one; it becomes a discrepancy of the bag."""
    number, source = _for_a_step(call, bag, body)
    dispatch = call.qolhat.desk.dispatch
    return _answered(call, dispatch.break_seal(number, source, body.seal, body.text))


def _for_a_step(call: Call, bag: str, body: schemas.SentFrom) -> tuple[BagCode, Source]:
    journey = bag_in_reach(call, bag, Right.SCAN)
    return journey.number, call.source(body, Right.SCAN)


def _holder_of(call: Call, badge: str | None, source: Source) -> int | None:
    return badge_holder(call.qolhat, badge, source.happened_at) if badge else None


# --- arrival -------------------------------------------------------------------------------------


@router.post("/bags/{bag}/open", summary="Open a bag", responses=_OF_A_STEP)
def open_bag(call: Calling, bag: BagPath, body: schemas.SentFrom) -> schemas.BagAnswered:
    """Open a bag: its packets are concluded to have arrived, none of them is verified by that."""
    number, source = _for_a_step(call, bag, body)
    return _answered(call, call.qolhat.desk.dispatch.open(number, source))


@router.post("/bags/{bag}/verified", summary="Unpack packets", responses=_OF_A_STEP)
def verify_packets(
    call: Calling, bag: BagPath, body: schemas.VerifiedIn
) -> schemas.PacketsAnswered:
    """Record that one packet or up to 500 came out of a bag; each has an answer.

    What is not on the list is recorded as extra, what is no packet's number is kept as a scan.
    """
    before = bag_in_reach(call, bag, Right.SCAN)
    read = read_all(call, body, Right.SCAN)
    kept = keep_as_scans(call, read)
    packets = list(dict.fromkeys(each.packet for each in read if each.packet is not None))
    position = max((answer.position for answer in kept.values()), default=0)
    if packets:
        source = call.source(body, Right.SCAN)
        source = source if len(packets) > 1 else _source_of(read, packets[0])
        done = call.qolhat.desk.dispatch.verify(
            before.number, packets, source, body.condition, body.how
        )
        position = max(position, done.position)
    call.recorded()
    answers = [
        kept_out(call.tell, each, kept[each.source.ref])
        if each.packet is None
        else packet_answered(call.tell, each, *unpacked(before, each.packet, body.condition))
        for each in read
    ]
    return packets_answered(call, before.number, answers, position)


def _source_of(read: Sequence[CodeRead], packet: PacketNumber) -> Source:
    return next(each.source for each in read if each.packet == packet)


@router.post("/bags/{bag}/reconcile", summary="Reconcile a bag", responses=_OF_A_STEP)
def reconcile_bag(call: Calling, bag: BagPath, body: schemas.SentFrom) -> schemas.BagAnswered:
    """Say that all that was in the bag has been scanned: what was not is missing from now on."""
    number, source = _for_a_step(call, bag, body)
    return _answered(call, call.qolhat.desk.dispatch.reconcile(number, source))


def _answered(call: Call, answer: BagAnswer) -> schemas.BagAnswered:
    call.recorded()
    return step_out(call.tell, answer)


# --- asking --------------------------------------------------------------------------------------


@router.get("/bags", summary="Bags of an organisation")
def bags(
    call: Asking,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    way: Annotated[
        Literal["incoming", "outgoing", "held"],
        Query(description="Sent to it and not reconciled; packed there and not; or there now."),
    ] = "held",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.BagList:
    """Bags on their way, arrived or being packed; the longest where they are first."""
    organisations = call.within(Right.SEE_PACKETS, organisation)
    if organisations is None:
        organisations = [each.code for each in call.qolhat.directory.organisations]
    with call.qolhat.views.reading() as reading:
        view, connection = reading.view(Bags), reading.connection
        if way == "incoming":
            rows = view.incoming(connection, organisations, limit=limit)
        elif way == "outgoing":
            rows = view.outgoing(connection, organisations, limit=limit)
        else:
            rows = view.held(connection, organisations=organisations, limit=limit)
    return schemas.BagList(items=[row_out(call.tell, row) for row in rows])


@router.get("/bags/{bag}", summary="The journey of a bag", responses=documented(404))
def one_bag(call: Asking, bag: BagPath) -> schemas.BagOut:
    """Who has it and had it, what was in it, and how surely each packet arrived."""
    found = bag_in_reach(call, bag, Right.SEE_PACKETS)
    return journey_out(call.tell, found)
