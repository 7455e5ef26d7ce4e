"""Logging in: by name and password, or by badge and PIN at a station that people share.

A session ends with the shift: an hour after the organisation closes, or after four hours of
overtime.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.routing import Match

from api.http.problems import TurnedAwayError, headers_of, language_of, problem_of
from api.messages import LANGUAGES
from api.web.cookies import LANGUAGE, SESSION, STATION, drop_cookie, read_cookie, set_cookie
from api.web.rendering import Speech, page
from api.web.visitor import Entering, check_origin, here
from domain.calendar import Calendar
from domain.errors import QolhatError, RefusedError
from domain.numbers import BadgeCode, CodeKind
from domain.workdays import OutsideCalendarError
from infra.bootstrap import Qolhat
from scanner.keyboards import parse_typed

router = APIRouter(include_in_schema=False)
GRACE = timedelta(hours=1)
OVERTIME = timedelta(hours=4)
HOME = "/"
_LONGEST, _LONGEST_PATH = 200, 2000
Text = Annotated[str, Form(max_length=_LONGEST)]
NextQuery = Annotated[str, Query(alias="next")]
NextField = Annotated[str, Form(alias="next")]


@router.get("/login")
def form(
    request: Request,
    badge: Annotated[str, Query(max_length=40)] = "",
    next_page: NextQuery = HOME,
) -> HTMLResponse:
    """Ask for name and password; of a badge only for its PIN."""
    return _form(request, badge=badge, next_page=next_page)


@router.post("/login")
def log_in(
    request: Request,
    login: Text = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next_page: NextField = HOME,
) -> Response:
    """Log in by name and password."""
    check_origin(request)
    try:
        person = _qolhat(request).accounts.check_password(login, password, _address(request))
        return _begin(request, person, next_page)
    except QolhatError as error:
        return _form(request, error=error, login=login, next_page=next_page)


@router.post("/login/badge")
def log_in_by_badge(
    request: Request,
    badge: Text = "",
    pin: Text = "",
    next_page: NextField = HOME,
) -> Response:
    """Log in by badge and PIN: a quick change of person at a shared station."""
    check_origin(request)
    try:
        holder = _holder(_qolhat(request), badge)
        person = _qolhat(request).accounts.check_pin(holder, pin, _address(request))
        return _begin(request, person, next_page)
    except QolhatError as error:
        return _form(request, error=error, badge=badge, next_page=next_page)


def _holder(qolhat: Qolhat, badge: str) -> int | None:
    """Return whose badge it is; nobody's, if it is no badge of ours: the PIN is refused then."""
    try:
        code = parse_typed(badge)
    except RefusedError:
        return None
    if code.kind is not CodeKind.BADGE:
        return None
    member = qolhat.staff.refresh().by_badge(BadgeCode(code.value))
    return None if member is None else member.person


def _begin(request: Request, person: int, next_page: str) -> Response:
    """Begin a session of somebody who works here. Raises TurnedAwayError."""
    qolhat, now = _qolhat(request), _qolhat(request).now()
    register = qolhat.staff.refresh()
    if not register.roles_of(person, now):
        raise TurnedAwayError
    calendar = qolhat.clocks.calendar(register.member(person).organisation)
    station_token, station = _station(request)
    before = read_cookie(request, SESSION)
    if before:
        qolhat.sessions.end(before)
    begun = qolhat.sessions.begin(person, station, shift_end(calendar, now))
    response = RedirectResponse(own_path(next_page), 303)
    set_cookie(request, response, SESSION, begun.token)
    set_cookie(request, response, STATION, station_token)
    return response


def _station(request: Request) -> tuple[str, int]:
    """Recognise the browser, or give it a number of its own: the device of its scans."""
    stations, token = _qolhat(request).stations, read_cookie(request, STATION)
    known = stations.find(token) if token else None
    return (token, known) if token and known is not None else stations.make()


def shift_end(calendar: Calendar, now: datetime) -> datetime:
    """Return when a session that begins now ends."""
    try:
        closing = calendar.closing(calendar.local_date(now))
    except OutsideCalendarError:
        closing = None
    return closing + GRACE if closing is not None and now < closing else now + OVERTIME


@router.post("/logout")
def log_out(visitor: Entering) -> Response:
    """End this session."""
    visitor.qolhat.sessions.end(read_cookie(visitor.request, SESSION) or "")
    return _gone(visitor.request)


@router.post("/logout/everywhere")
def log_out_everywhere(visitor: Entering) -> Response:
    """End all sessions of this person, on whatever machine."""
    visitor.qolhat.sessions.end_all(visitor.person)
    return _gone(visitor.request)


def _gone(request: Request) -> Response:
    response = RedirectResponse("/login", 303)
    drop_cookie(request, response, SESSION)
    return response


@router.get("/language/{code}")
def language(request: Request, code: str, next_page: NextQuery = HOME) -> Response:
    """Remember the reader's language in this browser, and lead back to the page."""
    response = RedirectResponse(_opened(request, own_path(next_page)), 303)
    if code in LANGUAGES:
        set_cookie(request, response, LANGUAGE, code)
    return response


def own_path(given: str) -> str:
    """Return the path if it is one of ours; home, if it leads elsewhere."""
    ours = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable()
    return given if ours and len(given) <= _LONGEST_PATH else HOME


def _opened(request: Request, path: str) -> str:
    """Return the path if a page opens there; else that of the page which sends something there."""
    bare = path.partition("?")[0]
    while bare != HOME and not _opens(request, bare):
        path = bare = bare.rpartition("/")[0] or HOME
    return path


def _opens(request: Request, path: str) -> bool:
    asked = {"type": "http", "method": "GET", "path": path}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.router.routes)


def log_in_address(request: Request) -> str:
    """Return the address of the log-in form that leads back to the page asked for."""
    wanted = own_path(here(request)) if request.method == "GET" else HOME
    return "/login" if wanted == HOME else f"/login?{urlencode({'next': wanted})}"


def _form(
    request: Request,
    *,
    error: QolhatError | None = None,
    login: str = "",
    badge: str = "",
    next_page: str = HOME,
) -> HTMLResponse:
    speech = Speech(language_of(request))
    problem = None if error is None else problem_of(error, speech.language)
    return page(
        "login.html",
        speech,
        status=200 if problem is None else problem.status,
        headers=None if error is None else headers_of(error),
        path="/login",
        visitor=None,
        problem=problem,
        login=login,
        badge=badge,
        next_page=own_path(next_page),
    )


def _qolhat(request: Request) -> Qolhat:
    qolhat: Qolhat = request.app.state.qolhat
    return qolhat


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
