"""The auditor's page: which days are signed, what the nights' checks found."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.visitor import Visitor, allowed
from domain.rights import Right

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
