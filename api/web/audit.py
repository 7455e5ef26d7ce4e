"""The auditor's page: which days are signed, what the nights' checks found; a packet's proof."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse

from api.proved import proof_slip
from api.web.packets import NumberPath, open_packet
from api.web.packets import Seeing as SeeingPackets
from api.web.prints import pdf
from api.web.visitor import Visitor, allowed
from domain.rights import Right
from infra.evidence.proofs import prove

router = APIRouter(include_in_schema=False)
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))]
_SHOWN = 31  # days


@router.get("/audit")
def audit(visitor: Seeing) -> HTMLResponse:
    """Show signed days and checks, the latest first; what is amiss at the top."""
    book = visitor.qolhat.evidence
    checks = book.checks(_SHOWN)
    return visitor.page(
        "audit.html",
        heads=[each.head for each in book.heads()[: -_SHOWN - 1 : -1]],
        checks=checks,
        last=checks[0] if checks else None,
    )


@router.get("/packets/{number}/proof.pdf")
def proof(visitor: SeeingPackets, number: NumberPath) -> Response:
    """Print the proof that a packet's events are in the signed log, up to the last closed day.

    Raises NothingSealedError.
    """
    facts = open_packet(visitor, number)
    proofs = prove(visitor.qolhat.log, visitor.qolhat.evidence, facts.number)
    made = proof_slip(proofs, visitor.speech.language)
    return pdf(made, f"proof-{facts.number}.pdf")
