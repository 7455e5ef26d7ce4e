"""What did not come out of bags as it went in: who must settle it, what settled it, who had it.

Of a missing packet the answer tells the last who had it in hand for certain, the exact interval in
which nobody saw it, and every person, place and bag in it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query

from api.dispatched import (
    bag_journey,
    concerned,
    discrepancies,
    item_of,
    read_bag,
    trace_of,
)
from api.http import schemas
from api.http.calls import Asking, Call, Calling
from api.http.fields import InstantField, read_packet
from api.http.media import resource
from api.http.problems import OF_A_COMMAND, documented
from api.http.telling import Teller
from domain.dispatch.discrepancies import Discrepancy, DiscrepancyKind
from domain.dispatch.errors import UnknownDiscrepancyError
from domain.dispatch.tracing import Sighting, Trace
from domain.intake import EARLIEST
from domain.numbers import BagCode, PacketNumber, RegistryCode, grouped
from domain.rights import Right
from projections.discrepancies import Discrepancies

router = resource("discrepancies")


@router.get("/discrepancies", summary="What differed")
def list_discrepancies(
    call: Asking,
    organisation: Annotated[
        int | None, Query(ge=1, le=9999, description="It sent the bag, or the bag went there.")
    ] = None,
    state: Annotated[Literal["open", "settled"], Query()] = "open",
    since: Annotated[
        InstantField | None, Query(description="Settled then or later; of settled ones only.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.DiscrepancyList:
    """Items that wait to be settled, the longest open first; or settled ones, the last first."""
    organisations = call.within(Right.SEE_PACKETS, organisation)
    with call.qolhat.views.reading() as reading:
        view, connection = reading.view(Discrepancies), reading.connection
        if state == "open":
            rows = view.open(connection, organisations=organisations, limit=limit)
        else:
            rows = view.settled(
                connection, since or EARLIEST, organisations=organisations, limit=limit
            )
    items = [discrepancy_out(call.tell, item_of(row), row.registry) for row in rows]
    return schemas.DiscrepancyList(items=items)


@router.post(
    "/discrepancies/{bag}/{kind}/settle",
    summary="Settle what differed",
    responses=OF_A_COMMAND | documented(404),
)
def settle_discrepancy(
    call: Calling,
    bag: Annotated[str, Path(description="The bag.", examples=[schemas.EXAMPLE_BAG])],
    kind: Annotated[DiscrepancyKind, Path(description="How it differed.")],
    body: schemas.DiscrepancySettleIn,
) -> schemas.DiscrepancyAnswered:
    """Decide about an open item; the reasons go into the vault and come back in no answer."""
    call.require(Right.SETTLE)
    journey = bag_journey(call.qolhat, read_bag(bag))
    call.require_reach(concerned(journey), Right.SETTLE)
    packet = None if body.packet is None else read_packet(body.packet)
    source = call.source_anywhere(body)
    answer = call.qolhat.desk.dispatch.settle(
        journey.number, kind, packet, body.settled_as, source, body.text
    )
    call.recorded()
    return schemas.DiscrepancyAnswered(
        ref=answer.ref,
        status=answer.status.value,
        status_text=call.tell.word("answer", answer.status.value).text,
        discrepancy=_now(call, journey.number, kind, packet),
        position=answer.position,
    )


def _now(
    call: Call, bag: BagCode, kind: DiscrepancyKind, packet: PacketNumber | None
) -> schemas.DiscrepancyOut:
    """Tell of an item as it is now. Raises UnknownDiscrepancyError."""
    journey = bag_journey(call.qolhat, bag)
    for item in discrepancies(call.qolhat, journey):
        if (item.kind, item.packet) == (kind, packet):
            return discrepancy_out(call.tell, item, journey.registry)
    raise UnknownDiscrepancyError


def discrepancy_out(
    tell: Teller, item: Discrepancy, registry: RegistryCode
) -> schemas.DiscrepancyOut:
    """Tell of one item; of a missing packet also between whom it got lost."""
    age = None if item.settled_as else (tell.qolhat.now() - item.opened_at).total_seconds()
    trace = trace_of(tell.qolhat, item)
    return schemas.DiscrepancyOut(
        bag=str(item.bag),
        registry=str(registry),
        kind=tell.word("discrepancy", item.kind.value),
        packet=None if item.packet is None else str(item.packet),
        grouped=None if item.packet is None else grouped(item.packet),
        owner=tell.organisation(item.owner),
        opened_at=item.opened_at,
        found_by=item.found_by,
        age_seconds=age,
        settled_as=tell.maybe("settled-as", item.settled_as),
        settled_at=item.settled_at,
        settled_by=item.settled_by,
        text_kept=item.text_ref is not None,
        trace=None if trace is None else _trace_out(tell, trace, item),
    )


def _trace_out(tell: Teller, trace: Trace, item: Discrepancy) -> schemas.TraceOut:
    told = (*([trace.last] if trace.last else []), *trace.steps)
    people = dict.fromkeys([each.person for each in told] + [item.found_by])
    places = dict.fromkeys(each.place for each in told if each.place)
    bags = dict.fromkeys([each.bag for each in told if each.bag] + [item.bag])
    return schemas.TraceOut(
        last=_sighting_out(tell, trace.last) if trace.last else None,
        since=trace.last.at if trace.last else None,
        until=trace.until,
        steps=[_sighting_out(tell, each) for each in trace.steps],
        people=list(people),
        places=[tell.place(each) for each in places],
        bags=[str(each) for each in bags],
    )


def _sighting_out(tell: Teller, seen: Sighting) -> schemas.SightingOut:
    return schemas.SightingOut(
        at=seen.at,
        person=seen.person,
        place=tell.maybe_place(seen.place),
        bag=None if seen.bag is None else str(seen.bag),
    )
