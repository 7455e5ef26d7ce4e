"""The first page: everybody begins where their work is."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.web.visitor import Visiting
from domain.rights import Right

router = APIRouter(include_in_schema=False)
_FIRST_PAGES = (
    (Right.SCAN, "/station"),
    (Right.SEE_FIGURES, "/manager"),
    (Right.SEE_STAFF, "/admin/people"),
)


@router.get("/")
def home(visitor: Visiting) -> Response:
    """Lead to the page of the person's work."""
    path = next((path for right, path in _FIRST_PAGES if visitor.may(right)), "/account")
    return RedirectResponse(path, 303)
