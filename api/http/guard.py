"""Stands around the application: no error escapes, every request is counted, headers are set."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

from fastapi import HTTPException, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.media import PREFIX
from api.http.metrics import Metrics
from api.http.problems import (
    InternalError,
    TooLargeError,
    language_of,
    log_unexpected,
    problem_response,
)
from api.web.cookies import is_secure
from domain.errors import QolhatError

MOST_BYTES = 4 * 1024 * 1024  # of a body: 500 scans of the longest texts are less
_AROUND_A_PICTURE = 64 * 1024  # what a form sends beside it
_TAKES_PICTURES = re.compile(r"/(?:pictures?|pages)$")
_UNMATCHED = "unmatched"
_STATIC = "/static/"
_FOUND = frozenset({200, 206, 304})
# Scripts and styles come as files from here; nothing is framed but our own prints.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_SECURITY = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)
_WITHOUT_WORDS = frozenset({"/healthz", "/metrics", f"{PREFIX}/openapi.json"})


class Guard:
    """Middleware. Also an unexpected error gets a problem, and the log gets no request's data."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        explain: Callable[[Request, QolhatError], Response] = problem_response,
        *,
        most_of_picture: int = MOST_BYTES,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._explain = explain
        self._most_of_picture = most_of_picture + _AROUND_A_PICTURE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and see to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Watched(Request(scope), send)
        started = time.perf_counter()
        try:
            await self._app(scope, _limited(receive, self._most(scope)), answer.send)
        except Exception as error:  # noqa: BLE001  whatever it was, the caller gets an answer
            log_unexpected(error)
            if answer.status is None:
                response = self._explained(answer.request)
                await response(scope, receive, answer.send)
        # A live stream goes on for hours: what counts is how long its reader waited for it.
        seconds = (answer.begun or time.perf_counter()) - started
        status = answer.status or InternalError.status
        self._metrics.request(_route(scope), scope["method"], status, seconds)

    def _most(self, scope: Scope) -> int:
        """Return how many bytes are taken at this address."""
        return self._most_of_picture if _TAKES_PICTURES.search(scope["path"]) else MOST_BYTES

    def _explained(self, request: Request) -> Response:
        try:
            return self._explain(request, InternalError())
        except Exception as error:  # noqa: BLE001  what explains may be what fails
            log_unexpected(error)
            return problem_response(request, InternalError())


class _Watched:
    """Notes the status of an answer, and adds what every answer of the API says."""

    def __init__(self, request: Request, send: Send) -> None:
        self.request = request
        self.status: int | None = None
        self.begun: float | None = None  # by the performance counter
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.begun = message["status"], time.perf_counter()
            given = [*message.get("headers", ())]
            names = {name.lower() for name, _ in given}
            more = (each for each in self._headers() if each[0] not in names)
            message = {**message, "headers": [*given, *more]}
        await self._send(message)

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        yield from _SECURITY
        if is_secure(self.request):
            yield b"strict-transport-security", b"max-age=31536000"
        path = self.request.scope["path"]
        if path.startswith(_STATIC) and self.status in _FOUND:
            return
        yield b"cache-control", b"no-store"
        if path not in _WITHOUT_WORDS:
            yield b"vary", b"Accept-Language, Authorization, Cookie"
            yield b"content-language", language_of(self.request).encode()


def _limited(receive: Receive, most: int) -> Receive:
    """Read no more of a body than is taken; what comes after is not read."""
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(TooLargeError.status)
        return message

    return receiving


def _route(scope: Scope) -> str:
    """Return the route's template: addresses hold numbers of packets."""
    return getattr(scope.get("route"), "path", _UNMATCHED)
