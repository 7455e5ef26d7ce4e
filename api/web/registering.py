"""Accepting papers at a window: the service, the authority, the applicant, the papers enclosed.

The edition in force on the day says which papers there must be; where the sources do not hold the
list, papers are typed [002 §11; 003]. Then receipt (or slip) and label print in one go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from api.http.fields import is_ref, read_packet
from api.http.problems import field_errors, problem_of
from api.http.schemas import Applicant, Problem
from api.web.packets import clock_time, open_packet, read_code
from api.web.visitor import Visitor, allowed
from domain.directory import Place
from domain.directory.organisation import AUTHORITIES
from domain.errors import (
    QolhatError,
    RefusedError,
    UnknownOrganisationError,
    UnknownServiceError,
)
from domain.regulations.book import InForce
from domain.regulations.edition import Edition, Way
from domain.rights import Right
from domain.roles import Role
from domain.zones import local_day
from infra.desk.registering import way_of
from infra.requests import Registration

router = APIRouter(include_in_schema=False)
Registering = Annotated[Visitor, Depends(allowed(Right.REGISTER))]
TYPED_PAPERS = 8
_MOST_TYPED = 60
_APPLICANT = ("surname", "given_name", "patronymic", "iin", "address", "phone")
_WINDOWS = frozenset({Role.INSPECTOR, Role.OFFICE})


class NoWindowError(RefusedError):
    """The person has no place at which papers are accepted."""

    code = "no-window"


class PaperMissingError(RefusedError):
    """A paper was ticked or counted without a name or with an impossible count."""

    code = "bad-paper"


async def _form(request: Request) -> FormData:
    return await request.form()


Sent = Annotated[FormData, Depends(_form)]


@dataclass(frozen=True, slots=True)
class Window:
    """The place at which papers are accepted, and what can be asked there."""

    place: Place
    services: tuple[InForce, ...]

    def edition(self, service: str) -> Edition | None:
        """Return the edition of a service that is in force here today."""
        found = (each.edition for each in self.services)
        return next((edition for edition in found if edition.service.key == service), None)


def _window(visitor: Visitor) -> Window:
    """Return the visitor's window. Raises NoWindowError."""
    place = next((place for place in visitor.places() if place.role in _WINDOWS), None)
    if place is None:
        raise NoWindowError
    return Window(place, tuple(_services(visitor, place)))


def _services(visitor: Visitor, place: Place) -> Iterator[InForce]:
    qolhat = visitor.qolhat
    organisation = qolhat.directory.organisation(place.organisation)
    way, day = way_of(organisation.kind), local_day(qolhat.now(), organisation.zone)
    keys = sorted({edition.service.key for edition in qolhat.regulations})
    for key in keys:
        try:
            if way is not None:
                yield qolhat.regulations.in_force(key, way, organisation.region, day)
        except UnknownServiceError:
            continue


@router.get("/register")
def form(visitor: Registering, service: Annotated[str, Query(max_length=64)] = "") -> HTMLResponse:
    """Ask for the service, then for everything else."""
    sent = {
        "service": service,
        "ref": str(uuid4()),
        "began": visitor.speech.wall_clock(visitor.qolhat.now()),
    }
    return _page(visitor, _window(visitor), sent)


@router.post("/register")
def register(visitor: Registering, sent: Sent) -> Response:
    """Accept the papers; what is wrong is said at its field, and nothing typed is lost."""
    window = _window(visitor)
    applicant, wrong = _applicant(visitor, sent)
    if wrong:
        return _page(visitor, window, sent, errors=wrong)
    try:
        answer = visitor.qolhat.desk.register(_registration(visitor, window, sent, applicant))
    except QolhatError as error:
        return _page(visitor, window, sent, problem=problem_of(error, visitor.speech.language))
    visitor.qolhat.runner.wake()
    assert answer.standing is not None  # noqa: S101  a registration always has one
    return RedirectResponse(f"/packets/{answer.standing.number}/registered", 303)


@router.get("/packets/{number}/registered")
def registered(visitor: Registering, number: Annotated[str, Path(max_length=40)]) -> Response:
    """Say the number, and print receipt or slip with the label in one go."""
    facts = open_packet(visitor, number)
    visitor.require_reach(facts.organisations, Right.REGISTER)
    if facts.edition is None:
        return RedirectResponse(f"/packets/{facts.number}", 303)
    key = "receipt" if facts.edition.way is Way.CENTRE else "slip"
    code = visitor.qolhat.vault.receipt_code(facts.number)
    return visitor.page("registered.html", facts=facts, key=key, code=code)


# --- what was sent -------------------------------------------------------------------------------


def _registration(
    visitor: Visitor, window: Window, sent: FormData, applicant: dict[str, Any] | None
) -> Registration:
    number, ref = _text(sent, "number"), _text(sent, "ref")
    return Registration(
        visitor.source(window.place.code, ref=ref if is_ref(ref) else None),
        _text(sent, "service"),
        number=read_packet(number) if number else None,
        decided_by=_decided_by(visitor, window, _text(sent, "authority")),
        began_at=clock_time(visitor, _text(sent, "began"), visitor.qolhat.now()),
        applicant=applicant,
        papers=tuple(_papers(sent, window.edition(_text(sent, "service")))),
    )


def _decided_by(visitor: Visitor, window: Window, given: str) -> int | None:
    """Return which authority decides; None: the usual one.

    Raises InvalidRequestError, UnknownOrganisationError.
    """
    authority = read_code(given)
    if authority is not None and authority not in dict(_authorities(visitor, window)):
        raise UnknownOrganisationError(organisation=authority)
    return authority


def _applicant(visitor: Visitor, sent: FormData) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Return the applicant, and what is wrong by field."""
    given: dict[str, Any] = {key: text for key in _APPLICANT if (text := _text(sent, key))}
    family = [line.strip() for line in _text(sent, "family").splitlines() if line.strip()]
    if family:
        given["family"] = family
    try:
        read = Applicant.model_validate(given)
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        wrong = field_errors(found, visitor.speech.language)
        return None, {each.field.split(".")[0]: each.detail for each in wrong}
    return read.model_dump(exclude_none=True, exclude_defaults=True), {}


def _papers(sent: FormData, edition: Edition | None) -> Iterator[dict[str, Any]]:
    """Return the ticked papers of the edition's list, then the typed ones. Raises PaperMissing."""
    known = {paper.key for paper in edition.papers.items} if edition else set()
    for key in dict.fromkeys(sent.getlist("paper")):
        if key in known:
            yield {"key": str(key), "count": 1}
    for index in range(_MOST_TYPED):
        name, count = _text(sent, f"paper-{index}"), _text(sent, f"count-{index}") or "1"
        if not name:
            continue
        if not count.isdecimal() or not 1 <= int(count) <= 1000 or len(name) > 300:
            raise PaperMissingError
        yield {"name": name, "count": int(count)}


def _text(sent: Mapping[str, Any], key: str) -> str:
    value = sent.get(key, "")
    return value.strip() if isinstance(value, str) else ""


# --- the page ------------------------------------------------------------------------------------


def _page(
    visitor: Visitor,
    window: Window,
    sent: Mapping[str, Any],
    *,
    errors: Mapping[str, str] | None = None,
    problem: Problem | None = None,
) -> HTMLResponse:
    edition = window.edition(_text(sent, "service"))
    status = 422 if errors else 200 if problem is None else problem.status
    return visitor.page(
        "register.html",
        status=status,
        window=window,
        edition=edition,
        sent=defaultdict(str, {key: _text(sent, key) for key in sent}),
        ticked=_ticked(sent),
        authorities=_authorities(visitor, window) if edition else (),
        usual=visitor.qolhat.directory.authority_of(window.place.organisation),
        typed=range(TYPED_PAPERS),
        errors=defaultdict(str, errors or {}),
        problem=problem,
    )


def _ticked(sent: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(map(str, sent.getlist("paper"))) if isinstance(sent, FormData) else frozenset()


def _authorities(visitor: Visitor, window: Window) -> Iterable[tuple[int, str]]:
    """Return who may decide: the authorities of the region, if the window is a centre's."""
    directory = visitor.qolhat.directory
    here = directory.organisation(window.place.organisation)
    if way_of(here.kind) is not Way.CENTRE:
        return ()
    named = (
        (each.code, each.name_kk)
        for each in directory.organisations
        if each.kind in AUTHORITIES and each.region == here.region and each.duplicate_of is None
    )
    return visitor.speech.sorted_by_name(named)
