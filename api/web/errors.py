"""Errors as pages: the same words as the API's problems, for a reader instead of a program."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api.http import problems
from api.http.media import PREFIX
from api.http.schemas import Problem
from api.web.cookies import SESSION, drop_cookie
from api.web.login import log_in_address
from api.web.rendering import Speech, page
from api.web.visitor import LogInNeededError, PasswordChangeNeededError, Visitor, here, visitor_of
from domain.errors import QolhatError

_HTML = "text/html"


def install(app: FastAPI) -> None:
    """Let errors of pages become pages, and leave those of the API problems."""
    app.add_exception_handler(QolhatError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def wants_page(request: Request) -> bool:
    """Tell whether a person with a browser asks, rather than a program."""
    asks_html = _HTML in request.headers.get("accept", "")
    return asks_html and not request.url.path.startswith(PREFIX)


def answer_error(request: Request, error: QolhatError) -> Response:
    """Answer with a page or a problem, as the asker reads."""
    if not wants_page(request):
        return problems.on_error(request, error)
    if isinstance(error, LogInNeededError):
        return RedirectResponse(log_in_address(request), 303)
    if isinstance(error, PasswordChangeNeededError):
        return RedirectResponse("/account", 303)
    response = error_page(request, error)
    if isinstance(error, problems.TurnedAwayError):
        drop_cookie(request, response, SESSION)  # somebody else may want to work here
    return response


def error_page(request: Request, error: QolhatError, **answered: Any) -> Response:
    """Say in words what went wrong and what the reader can do; `answered`: status and headers.

    Of who reads it the page tells only what can be found out: the store itself may be what fails.
    """
    problem = problems.problem_for(error, problems.language_of(request))
    answered = {"status": problem.status, "headers": problems.headers_of(error)} | answered
    try:
        return _page(request, problem, visitor_of(request), **answered)
    except Exception as another:  # noqa: BLE001  the first error is the one to be told
        if not isinstance(another, QolhatError):
            problems.log_unexpected(another)
        return _page(request, problem, None, **answered)


def _page(request: Request, problem: Problem, visitor: Visitor | None, **answered: Any) -> Response:
    return page(
        "error.html",
        visitor.speech if visitor is not None else Speech(problems.language_of(request)),
        path=request.url.path,
        back=here(request),
        visitor=visitor,
        problem=problem,
        **answered,
    )


def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, QolhatError)  # noqa: S101  registered for this class
    return answer_error(request, error)


def _on_invalid(request: Request, error: Exception) -> Response:
    if wants_page(request):
        return error_page(request, problems.InvalidRequestError())
    return problems.on_invalid(request, error)


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class
    if wants_page(request):
        found = problems.error_of_status(error.status_code)
        return error_page(request, found, status=error.status_code, headers=error.headers)
    return problems.on_http(request, error)
