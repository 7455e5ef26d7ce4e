"""Evidence over HTTP: signed days, what the nights' checks found, the proof of a packet."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from api.http import schemas
from api.http.calls import Asking
from api.http.fields import read_packet
from api.http.media import resource
from api.http.packets import NumberPath
from api.http.problems import documented
from api.http.telling import Teller
from api.proved import proof_slip
from domain.rights import Right
from infra.evidence.book import Check
from infra.evidence.leaves import leaf_of
from infra.evidence.proofs import PacketProofs, prove, raw_of
from infra.evidence.witness import Head
from infra.store.rows import EventRow

router = resource("evidence")
_PDF = "application/pdf"
_PROVED: dict[int | str, dict[str, Any]] = {
    200: {
        "model": schemas.ProofOut,
        "description": "The proof; with `format=pdf` a slip with QR codes.",
        "content": {_PDF: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/audit", summary="Signed days, and what checks found")
def audit(call: Asking, limit: Annotated[int, Query(ge=1, le=1000)] = 31) -> schemas.AuditOut:
    """The days that were closed, and the checks of the nights after them; the latest first."""
    call.require(Right.SEE_FIGURES)
    book = call.qolhat.evidence
    return schemas.AuditOut(
        heads=[head_out(each.head) for each in book.heads()[: -limit - 1 : -1]],
        checks=[check_out(call.tell, each) for each in book.checks(limit)],
    )


@router.get(
    "/packets/{number}/proof",
    summary="Proof that a packet's events are in the signed log",
    response_model=schemas.ProofOut,
    responses=_PROVED | documented(404),
)
def proof(
    call: Asking,
    number: NumberPath,
    wanted: Annotated[Literal["json", "pdf"], Query(alias="format")] = "json",
) -> schemas.ProofOut | Response:
    """Up to the last closed day; what came later is counted."""
    packet = read_packet(number)
    call.require_packet(packet, Right.SEE_PACKETS)
    proofs = prove(call.qolhat.log, call.qolhat.evidence, packet)
    if wanted == "pdf":
        made = proof_slip(proofs, call.tell.language)
        headers = {"content-disposition": f'attachment; filename="proof-{packet}.pdf"'}
        return Response(made, 200, headers, _PDF)
    return proof_out(proofs)


def head_out(head: Head) -> schemas.HeadOut:
    """Tell of a head."""
    return schemas.HeadOut(
        number=head.number,
        store=str(head.store),
        epoch=head.epoch,
        day=head.day,
        events=head.size,
        root=head.root.hex(),
        signed_at=head.signed_at,
        key=head.key.hex(),
        fingerprint=head.fingerprint,
        witness=head.text,
    )


def check_out(tell: Teller, check: Check) -> schemas.CheckOut:
    """Tell of a check."""
    return schemas.CheckOut(
        at=check.at,
        day=check.day,
        good=check.is_good,
        events=check.events,
        amiss=check.findings,
        rows=check.rows,
        differing=[each["table"] for each in check.told["tables"]],
        compared=check.compared,
        findings=[
            schemas.AmissOut(**each | {"kind": tell.word("audit", each["kind"])})
            for each in check.told["findings"]
        ],
    )


def proof_out(proofs: PacketProofs) -> schemas.ProofOut:
    """Tell a proof."""
    return schemas.ProofOut(
        packet=str(proofs.whole.packet),
        head=head_out(proofs.whole.head),
        events=[
            _event_out(place, row) for place, row in zip(proofs.places, proofs.events, strict=True)
        ],
        later=proofs.later,
        proof=proofs.whole.text,
        codes=[each.text for each in proofs.codes],
    )


def _event_out(place: int, row: EventRow) -> schemas.ProvedEventOut:
    at, _, version, topic, _ = row
    leaf = leaf_of(raw_of(row)).hex()
    return schemas.ProvedEventOut(index=place, position=at, version=version, topic=topic, leaf=leaf)
