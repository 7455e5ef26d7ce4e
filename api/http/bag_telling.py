"""Tells of bags: where they are, with whom, what was in them, and how surely it arrived."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from api.dispatched import Arrival, discrepancies, found_of, proof_code
from api.http import schemas
from api.http.discrepancies import discrepancy_out
from api.http.telling import Teller
from domain.dispatch.journey import HandOver, Journey
from domain.numbers import PacketNumber, grouped
from infra.requests import BagAnswer
from projections.bags import BagRow

BagPath = Annotated[
    str, Path(description="The number of the bag's tag.", examples=[schemas.EXAMPLE_BAG])
]


def step_out(tell: Teller, answer: BagAnswer) -> schemas.BagAnswered:
    """Tell what became of one step, and how the bag stands now."""
    journey = answer.journey
    assert journey is not None  # noqa: S101  what is refused was raised by the desk
    told = (each for each in journey.hand_overs if answer.ref in (each.ref, *each.confirmed))
    hand_over = next(told, None)
    odd = (deviation.value for ref, deviation in journey.deviations if ref == answer.ref)
    return schemas.BagAnswered(
        ref=answer.ref,
        status=answer.status.value,
        status_text=tell.word("answer", answer.status.value).text,
        bag=summary_out(tell, journey),
        deviations=tell.words("bag-deviation", odd),
        proof=None if hand_over is None else _proof(hand_over),
        position=answer.position,
    )


def _proof(hand_over: HandOver) -> str | None:
    return proof_code(hand_over.proof) if hand_over.proof else None


def journey_out(tell: Teller, journey: Journey) -> schemas.BagOut:
    """Tell the whole journey of a bag."""
    return schemas.BagOut(
        **dict(summary_out(tell, journey)),
        begun_at=journey.begun_at,
        packer=journey.packer,
        sealed_at=journey.sealed_at,
        offered_at=journey.offered_at,
        opened_at=journey.opened_at,
        opened_by=journey.opened_by,
        reconciled_at=journey.reconciled_at,
        reconciled_by=journey.reconciled_by,
        complete=journey.complete,
        hand_overs=[_hand_over_out(tell, each) for each in journey.hand_overs],
        packets=_packets_out(tell, journey),
        discrepancies=[
            discrepancy_out(tell, item, journey.registry)
            for item in discrepancies(tell.qolhat, journey)
        ],
        deviations=tell.words("bag-deviation", (each.value for _, each in journey.deviations)),
    )


def summary_out(tell: Teller, journey: Journey) -> schemas.BagSummary:
    """Tell where a bag is, with whom, and how many of its packets arrived how surely."""
    found = list(found_of(journey).values())
    counts = schemas.BagCounts(
        packed=len(journey.contents),
        verified=found.count(Arrival.VERIFIED),
        inferred=found.count(Arrival.INFERRED),
        missing=found.count(Arrival.MISSING),
        extra=found.count(Arrival.EXTRA),
    )
    return schemas.BagSummary(
        number=str(journey.number),
        grouped=grouped(journey.number),
        registry=str(journey.registry),
        sender=tell.organisation(journey.origin),
        to=tell.organisation(journey.to),
        state=tell.word("bag", journey.state.value),
        holder=journey.holder,
        place=tell.maybe_place(journey.place),
        since=journey.since,
        seal=journey.seal,
        counts=counts,
    )


def row_out(tell: Teller, row: BagRow) -> schemas.BagSummary:
    """Tell the same of a bag in a list."""
    counts = schemas.BagCounts(
        packed=row.packed,
        verified=row.verified,
        inferred=row.inferred - row.missing,
        missing=row.missing,
        extra=row.extra,
    )
    return schemas.BagSummary(
        number=str(row.number),
        grouped=grouped(row.number),
        registry=str(row.registry),
        sender=tell.organisation(row.origin),
        to=tell.organisation(row.destination),
        state=tell.word("bag", row.state),
        holder=row.holder,
        place=tell.maybe_place(row.place),
        since=row.since,
        seal=row.seal,
        counts=counts,
    )


def _hand_over_out(tell: Teller, hand_over: HandOver) -> schemas.HandOverOut:
    return schemas.HandOverOut(
        ref=hand_over.ref,
        happened_at=hand_over.at,
        recorded_at=hand_over.recorded_at,
        giver=hand_over.giver,
        receiver=hand_over.receiver,
        place=tell.maybe_place(hand_over.place),
        state=tell.word("bag", hand_over.state.value),
        by_badge=hand_over.by_badge,
        inferred=hand_over.inferred,
        seal=hand_over.seal,
        proof=_proof(hand_over),
        signed=hand_over.signature_ref is not None,
        confirmed=len(hand_over.confirmed),
        clock_off_seconds=hand_over.clock_off,
        deviations=tell.words("bag-deviation", (each.value for each in hand_over.deviations)),
    )


def _packets_out(tell: Teller, journey: Journey) -> list[schemas.BagPacket]:
    conditions: dict[PacketNumber, list[str]] = {}
    for number, taking in journey.conditions:
        conditions.setdefault(number, []).append(taking.condition or "")
    return [
        _packet_out(tell, journey, number, found, conditions.get(number, []))
        for number, found in found_of(journey).items()
    ]


def _packet_out(
    tell: Teller, journey: Journey, number: PacketNumber, found: Arrival, conditions: list[str]
) -> schemas.BagPacket:
    put, taken = journey.contents.get(number), journey.verified.get(number)
    return schemas.BagPacket(
        number=str(number),
        grouped=grouped(number),
        found=tell.word("arrival", found.value),
        put_at=None if put is None else put.at,
        put_by=None if put is None else put.person,
        verified_at=None if taken is None else taken.at,
        verified_by=None if taken is None else taken.person,
        how=None if taken is None else taken.how,
        conditions=tell.words("discrepancy", conditions),
    )
