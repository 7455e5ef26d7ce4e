"""One's own account: password, PIN, where one is logged in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.http.problems import problem_of
from api.http.schemas import Problem
from api.web.cookies import SESSION, read_cookie
from api.web.visitor import Entering, Visitor
from domain.errors import QolhatError

router = APIRouter(include_in_schema=False)
Secret = Annotated[str, Form(max_length=1000)]


@router.get("/account")
def account(visitor: Entering, done: str = "") -> HTMLResponse:
    """Show the account."""
    return _page(visitor, done=done)


@router.post("/account/password")
def change_password(visitor: Entering, current: Secret = "", new: Secret = "") -> Response:
    """Replace the password, by whoever knows the current one; other sessions end."""
    qolhat, request = visitor.qolhat, visitor.request
    try:
        _prove(visitor, current)
        qolhat.accounts.set_password(visitor.person, new)
    except QolhatError as error:
        return _page(visitor, problem=problem_of(error, visitor.speech.language))
    qolhat.sessions.end_all(visitor.person, but=read_cookie(request, SESSION))
    return RedirectResponse("/account?done=password", 303)


@router.post("/account/pin")
def change_pin(visitor: Entering, current: Secret = "", pin: Secret = "") -> Response:
    """Replace the PIN, by whoever knows the password."""
    try:
        _prove(visitor, current)
        visitor.qolhat.accounts.set_pin(visitor.person, pin)
    except QolhatError as error:
        return _page(visitor, problem=problem_of(error, visitor.speech.language))
    return RedirectResponse("/account?done=pin", 303)


def _prove(visitor: Visitor, password: str) -> None:
    """Make sure that it is still the same person. Raises BadLogInError, TooManyGuessesError."""
    known, client = visitor.qolhat.accounts.account(visitor.person), visitor.request.client
    login = "" if known is None else known.login
    visitor.qolhat.accounts.check_password(login or "", password, client.host if client else "")


def _page(visitor: Visitor, *, done: str = "", problem: Problem | None = None) -> HTMLResponse:
    return visitor.page(
        "account.html",
        status=200 if problem is None else problem.status,
        account=visitor.qolhat.accounts.account(visitor.person),
        sessions=visitor.qolhat.sessions.of(visitor.person),
        done=done if done in ("password", "pin") else "",
        problem=problem,
    )
