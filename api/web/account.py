"""One's own account: password, PIN, where one is logged in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.http.problems import headers_of, problem_of
from api.web.cookies import SESSION, read_cookie
from api.web.visitor import Entering, Visiting, Visitor
from domain.errors import QolhatError, RefusedError
from infra.accounts.secrecy import prepared

router = APIRouter(include_in_schema=False)
Secret = Annotated[str, Form(max_length=1000)]


class SamePasswordError(RefusedError):
    """The new password is the current one: whoever gave it out still knows it."""

    code = "same-password"


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
        if prepared(new) == prepared(current):
            raise SamePasswordError
        qolhat.accounts.set_password(visitor.person, new)
    except QolhatError as error:
        return _page(visitor, error=error)
    qolhat.sessions.end_all(visitor.person, but=read_cookie(request, SESSION))
    return RedirectResponse("/account?done=password", 303)


@router.post("/account/pin")
def change_pin(visitor: Visiting, current: Secret = "", pin: Secret = "") -> Response:
    """Replace the PIN, by whoever knows the password."""
    try:
        _prove(visitor, current)
        visitor.qolhat.accounts.set_pin(visitor.person, pin)
    except QolhatError as error:
        return _page(visitor, error=error)
    return RedirectResponse("/account?done=pin", 303)


def _prove(visitor: Visitor, password: str) -> None:
    """Make sure that it is still the same person. Raises BadLogInError, TooManyGuessesError."""
    known, client = visitor.qolhat.accounts.account(visitor.person), visitor.request.client
    login = "" if known is None else known.login
    visitor.qolhat.accounts.check_password(login or "", password, client.host if client else "")


def _page(visitor: Visitor, *, done: str = "", error: QolhatError | None = None) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    return visitor.page(
        "account.html",
        status=200 if problem is None else problem.status,
        headers=None if error is None else headers_of(error),
        account=visitor.qolhat.accounts.account(visitor.person),
        sessions=visitor.qolhat.sessions.of(visitor.person),
        done=done if done in ("password", "pin") else "",
        problem=problem,
    )
