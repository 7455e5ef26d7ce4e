"""Errors as `application/problem+json` (RFC 9457), in the reader's language, without internals.

`type` is `/problems/<code>`; the code is stable, the words come from the catalogue `problems`. What
was sent is never quoted back: it may hold personal data.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Mapping
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.http.schemas import FieldError, Problem
from api.messages import LANGUAGES, best_language, catalogue, text
from api.web.cookies import LANGUAGE, read_cookie
from domain.errors import QolhatError
from domain.workdays import Language
from infra.errors import StorageError

MEDIA_TYPE = "application/problem+json"
_LANGUAGE = "qolhat.language"
_log = logging.getLogger(__name__)


class BadRequestError(QolhatError):
    """A request that cannot be understood at all."""

    code = "bad-request"
    status = 400


class MalformedJsonError(BadRequestError):
    """The body is not JSON."""

    code = "malformed-json"


class UnauthenticatedError(QolhatError):
    """No token, or one that no device has."""

    code = "unauthenticated"
    status = 401


class TurnedAwayError(QolhatError):
    """The device is known, but its person has no role (any more)."""

    code = "turned-away"
    status = 403


class NotFoundError(QolhatError):
    """There is nothing at this address."""

    code = "not-found"
    status = 404


class MethodNotAllowedError(QolhatError):
    """The address is right, the method is not."""

    code = "method-not-allowed"
    status = 405


class TooLargeError(QolhatError):
    """The body is larger than anything that is asked here."""

    code = "too-large"
    status = 413


class TooManyError(QolhatError):
    """More scans or packets in one request than are taken; `limit` says how many are."""

    code = "too-many"
    status = 413


class MediaTypeError(QolhatError):
    """The body is not declared as JSON."""

    code = "unsupported-media-type"
    status = 415


class InvalidRequestError(QolhatError):
    """Some fields are missing or wrong; `errors` of the problem lists them."""

    code = "invalid-request"
    status = 422


class InternalError(QolhatError):
    """Our own fault; the log has the details."""

    code = "internal"


class ViewsBehindError(QolhatError):
    """The views do not show the position asked for yet."""

    code = "views-behind"
    status = 503


class NotReadyError(QolhatError):
    """The server is up, but should get no requests now."""

    code = "not-ready"
    status = 503


_BY_STATUS: dict[int, type[QolhatError]] = {
    kind.status: kind
    for kind in (BadRequestError, NotFoundError, MethodNotAllowedError, TooLargeError)
}
_HEADERS = {"unauthenticated": {"WWW-Authenticate": 'Bearer realm="qolhat"'}}
_WORTH_RETRYING = frozenset(
    {"views-behind", "storage-busy", "storage-failed", "conflict", "log-ins-busy"}
)
_LONGEST_FIELD = 200


def language_of(request: Request) -> Language:
    """Choose the language of an answer: chosen on the pages, the reader's, that of the settings."""
    if _LANGUAGE not in request.scope:  # asked several times a request
        request.scope[_LANGUAGE] = _chosen_language(request)
    return cast("Language", request.scope[_LANGUAGE])


def _chosen_language(request: Request) -> str:
    chosen = read_cookie(request, LANGUAGE)
    if chosen in LANGUAGES:
        return str(chosen)
    default: str = request.app.state.qolhat.settings.language
    return best_language(request.headers.get("accept-language"), default)


def problem_of(error: QolhatError, language: str, instance: str | None = None) -> Problem:
    """Write an error down as a problem."""
    return Problem(
        type=f"/problems/{error.code}",
        title=text("problems", f"{error.code}.title", language, **error.facts),
        status=error.status,
        detail=text("problems", f"{error.code}.detail", language, **error.facts),
        instance=instance,
        code=error.code,
    )


def problem_for(error: Exception, language: str, instance: str | None = None) -> Problem:
    """Write any error down; one that is nobody's business outside goes to the log."""
    if isinstance(error, StorageError):
        _log.error("%s", error)
    if isinstance(error, QolhatError):
        return problem_of(error, language, instance)
    log_unexpected(error)
    return problem_of(InternalError(), language, instance)


def log_unexpected(error: BaseException) -> None:
    """Log where it happened, not its message: that may quote what was sent."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("unexpected %s\n%s", type(error).__qualname__, frames)


def problem_response(
    request: Request,
    error: QolhatError,
    *,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
    status: int | None = None,
    **more: object,
) -> JSONResponse:
    """Answer with a problem; `more` are members of its own, `status` overrules the error's."""
    problem = problem_of(error, language_of(request), request.url.path)
    content = problem.model_dump(exclude_none=True) | more
    content["status"] = status or error.status
    if errors is not None:
        content["errors"] = [each.model_dump() for each in errors]
    return JSONResponse(
        content,
        content["status"],
        {**headers_of(error), **(headers or {})},
        MEDIA_TYPE,
    )


def headers_of(error: QolhatError) -> dict[str, str]:
    """Return the headers that belong to an error, be it told as a problem or as a page."""
    seconds = error.facts.get("seconds")
    if isinstance(seconds, int):
        return {"Retry-After": str(seconds)}
    return {"Retry-After": "1"} if error.code in _WORTH_RETRYING else _HEADERS.get(error.code, {})


# --- what FastAPI and Starlette raise -----------------------------------------------------------


def install(app: FastAPI) -> None:
    """Let every error of the application become a problem."""
    app.add_exception_handler(QolhatError, on_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


def on_error(request: Request, error: Exception) -> JSONResponse:
    """Answer with a problem."""
    assert isinstance(error, QolhatError)  # noqa: S101  registered for this class
    if isinstance(error, StorageError):
        _log.error("%s", error)
    return problem_response(request, error)


def on_http(request: Request, error: Exception) -> JSONResponse:
    """Answer with a problem."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class
    kind = error_of_status(error.status_code)
    return problem_response(request, kind, headers=error.headers, status=error.status_code)


def error_of_status(status: int) -> QolhatError:
    """Name what Starlette refuses by a status alone."""
    return _BY_STATUS.get(status, BadRequestError)()


def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer with a problem."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return problem_response(request, MalformedJsonError())
    errors = list(field_errors(found, language_of(request)))
    return problem_response(request, InvalidRequestError(), errors=errors)


# The words of pydantic's errors, by the beginning of their types; `field.<name>` in the catalogue.
_FIELD_ERRORS = (
    ("missing", "missing"),
    ("extra_forbidden", "unknown"),
    ("string_too_short", "too-short"),
    ("too_short", "too-short"),
    ("string_too_long", "too-long"),
    ("too_long", "too-long"),
    ("greater_than", "too-small"),
    ("less_than", "too-big"),
    ("enum", "not-allowed"),
    ("literal_error", "not-allowed"),
    ("string_pattern", "bad-form"),
)


def field_errors(found: Iterable[Mapping[str, Any]], language: str) -> Iterable[FieldError]:
    """Say of each wrong field what is wrong with it."""
    for each in found:
        where, *path = each["loc"]
        code = _field_code(each["type"])
        field = ".".join(map(str, path)).encode(errors="replace").decode()[:_LONGEST_FIELD]
        detail = text("problems", f"field.{code}", language, **_facts(each.get("ctx", {})))
        yield FieldError(where=str(where), field=field, code=code, detail=detail)


def _field_code(kind: str) -> str:
    """Name a pydantic error by what the sender can do; our own types are named already."""
    if f"field.{kind}" in catalogue("problems", "en"):
        return kind
    return next((name for start, name in _FIELD_ERRORS if kind.startswith(start)), "wrong-type")


def _facts(context: Mapping[str, Any]) -> dict[str, Any]:
    """Name the limit, whichever it is, and list what is allowed."""
    limits = ("min_length", "max_length", "ge", "le")
    limit = next((context[name] for name in limits if name in context), None)
    expected = str(context.get("expected", "")).replace(" or ", ", ")
    return {**context, "limit": limit, "expected": expected}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe problem responses for OpenAPI."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": _MEANINGS[status], "content": {MEDIA_TYPE: schema}}
        for status in statuses
    }


_MEANINGS = {
    400: "The request cannot be understood (`malformed-json`, `bad-request`).",
    401: "No token, or one that no device has (`unauthenticated`).",
    403: "The person may not do this (`wrong-role`), or has no role any more (`turned-away`).",
    404: "There is no such thing (`unknown-packet`, `unknown-place`, `unknown-scan`, …).",
    409: "It contradicts what is recorded (`already-registered`, `void-refused`, `conflict`).",
    410: "The personal data of this packet were erased (`erased`).",
    413: "More than is taken in one request (`too-many`, `too-large`).",
    415: "The body must be declared as `application/json` (`unsupported-media-type`).",
    422: "Understood and refused, or fields are wrong: `errors` lists them (`invalid-request`).",
    500: "Our own fault (`internal`); nothing of the inside is shown.",
    503: "The store or the views cannot answer now (`storage-…`, `views-behind`).",
    507: "The disk is full, nothing was stored (`storage-full`).",
}
OF_A_COMMAND = documented(400, 413, 415, 507)
