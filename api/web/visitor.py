"""Who asks for a page: a session's person, with the rights that their roles give them now.

A person who was dismissed, or whose sessions were ended, a moment ago is turned away: the register
and the session are asked on every request. What is sent needs the session's token (CSRF) beside the
cookie, and must come from our own pages.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from api.http.problems import TurnedAwayError, language_of
from api.permitted import Permitted
from api.printing import Printer, printer_of
from api.web.alerts import count_alerts
from api.web.cookies import PRINTER, SESSION, read_cookie
from api.web.rendering import Speech, page
from domain.directory import Place
from domain.errors import QolhatError
from domain.intake import NO_PLACE
from domain.numbers import PlaceCode
from domain.rights import Right, rights_of
from domain.roles import Role
from domain.staff import StaffMember
from infra.accounts import Session
from infra.bootstrap import Qolhat
from infra.requests import Source

CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class LogInNeededError(QolhatError):
    """Nobody is logged in, or the session has ended; pages answer with the log-in form."""

    code = "log-in-needed"
    status = 401


class PasswordChangeNeededError(QolhatError):
    """A one-time password must be replaced before anything else."""

    code = "password-change-needed"
    status = 403


class ForeignRequestError(QolhatError):
    """What was sent does not come from a page of ours, or from one of an earlier session."""

    code = "foreign-request"
    status = 403


@dataclass(frozen=True, slots=True)
class Visitor(Permitted):
    """A person who is logged in, during one request."""

    qolhat: Qolhat
    request: Request
    person: int
    member: StaffMember
    session: Session
    roles: frozenset[Role]
    rights: frozenset[Right]
    speech: Speech

    @property
    def organisation(self) -> int:
        """The code of the organisation in which the person works."""
        return self.member.organisation

    @property
    def name(self) -> str:
        """The person's name, or the number where the vault has none."""
        return self.qolhat.personnel.names([self.person]).get(self.person, f"№ {self.person}")

    def places(self) -> tuple[Place, ...]:
        """Return the person's places now, in the order of assignment."""
        codes = self.qolhat.staff.register.places_of(self.person, self.qolhat.now())
        return tuple(self.qolhat.directory.place(code) for code in dict.fromkeys(codes))

    def first_place(self) -> PlaceCode:
        """Return the person's first place; none for those who hold no papers."""
        return next((place.code for place in self.places()), NO_PLACE)

    def source(
        self,
        place: PlaceCode,
        *,
        ref: str | None = None,
        counter: int = 0,
        happened_at: datetime | None = None,
    ) -> Source:
        """Say who asks for something to be recorded, from where and when."""
        return Source(
            ref or str(uuid4()),
            self.person,
            self.session.station,
            counter,
            place,
            happened_at or self.qolhat.now(),
        )

    @property
    def printer(self) -> Printer:
        """For which printer labels are drawn, as was last chosen at this computer."""
        return printer_beside(self.request)

    @property
    def alerts(self) -> int | None:
        """How many packets press where it is the person's business; None: none ever are."""
        return count_alerts(self)

    def saw(self, subjects: Iterable[str], what: str) -> None:
        """Record that the person looked at personal data."""
        self.qolhat.access.note(self.person, subjects, what, self.session.station)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Answer with a page that knows the visitor."""
        values |= {"visitor": self, "path": self.request.url.path, "back": here(self.request)}
        return page(template, self.speech, status=status, headers=headers, **values)


def printer_beside(request: Request) -> Printer:
    """Return the printer that was last chosen at this computer; the usual one, if none was."""
    return printer_of(read_cookie(request, PRINTER))


def here(request: Request) -> str:
    """Return the address of the page that is asked for, with what its query says."""
    query = request.url.query if request.method == "GET" else ""
    return f"{request.url.path}?{query}" if query else request.url.path


def visitor_of(request: Request) -> Visitor:
    """Recognise who asks by the session's cookie. Raises LogInNeededError, TurnedAwayError."""
    qolhat: Qolhat = request.app.state.qolhat
    token = read_cookie(request, SESSION)
    session = qolhat.sessions.find(token) if token else None
    if session is None:
        raise LogInNeededError
    now, register = qolhat.now(), qolhat.staff.recent()
    member = register.member(session.person)
    roles = register.roles_of(session.person, now)
    if member.employed is None or not member.employed.covers(now) or not roles:
        raise TurnedAwayError
    zone = qolhat.directory.organisation(member.organisation).zone
    return Visitor(
        qolhat,
        request,
        session.person,
        member,
        session,
        roles,
        rights_of(roles),
        Speech(language_of(request), zone),
    )


async def checked_visitor(request: Request) -> Visitor:
    """Recognise the visitor, and for what changes anything make sure that a page of ours asks.

    Raises LogInNeededError, TurnedAwayError, ForeignRequestError.
    """
    check_origin(request)
    visitor = await run_in_threadpool(visitor_of, request)
    if request.method not in _SAFE:
        given = request.headers.get(CSRF_HEADER) or str((await request.form()).get(CSRF_FIELD, ""))
        if not compare_digest(given.encode(), visitor.session.csrf.encode()):
            raise ForeignRequestError
    return visitor


def check_origin(request: Request) -> None:
    """Refuse what another site lets a browser send. Raises ForeignRequestError."""
    if request.method in _SAFE:
        return
    origin = request.headers.get("origin")
    if origin is not None and _netloc(origin) != request.url.netloc:
        raise ForeignRequestError
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignRequestError


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # half an IPv6 address, for one
        return ""


Entering = Annotated[Visitor, Depends(checked_visitor)]


async def settled_visitor(visitor: Entering) -> Visitor:
    """A visitor with a password of their own. Raises PasswordChangeNeededError."""
    if visitor.session.must_change:
        raise PasswordChangeNeededError
    return visitor


Visiting = Annotated[Visitor, Depends(settled_visitor)]


def allowed(*rights: Right) -> Callable[..., Coroutine[Any, Any, Visitor]]:
    """Return a dependency: a visitor who has one of these rights at least."""

    async def check(visitor: Visiting) -> Visitor:
        visitor.require(*rights)
        return visitor

    return check
