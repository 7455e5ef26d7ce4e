"""Errors as pages: the same words as the API's problems, for a reader instead of a program."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api.http import problems
from api.http.media import PREFIX
from api.web.login import log_in_address
from api.web.rendering import Speech, page
from api.web.visitor import LogInNeededError, PasswordChangeNeededError, visitor_of
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
    return error_page(request, error)


def error_page(request: Request, error: QolhatError) -> Response:
    """Say in words what went wrong and what the reader can do."""
    language = problems.language_of(request)
    problem = problems.problem_for(error, language)
    try:
        visitor = visitor_of(request)
    except QolhatError:
        visitor = None
    return page(
        "error.html",
        Speech(language) if visitor is None else visitor.speech,
        status=problem.status,
        path=request.url.path,
        visitor=visitor,
        problem=problem,
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
        return error_page(request, problems.error_of_status(error.status_code))
    return problems.on_http(request, error)
