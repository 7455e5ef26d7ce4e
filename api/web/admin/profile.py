"""The page of one person: everything known, its history, and the forms that change it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.http.problems import problem_of
from api.web.admin.choosing import (
    Choice,
    Chosen,
    colleagues,
    free_places,
    named,
    offered_organisations,
)
from api.web.admin.history import history
from api.web.admin.people import has_left, lacks_of
from api.web.admin.reaching import (
    Looking,
    changeable,
    grantable_roles,
    grantable_scopes,
    may_change,
    seen,
)
from api.web.visitor import Visitor
from domain.errors import RefusedError
from domain.rights import Right
from domain.staff import Spell, StaffMember

router = APIRouter()
Number = Annotated[int, Path(ge=1, le=10**9)]
_DONE = frozenset(
    {
        "renamed", "appointed", "place", "place-withdrawn", "badge", "badge-withdrawn", "login",
        "logged-out", "stand-in", "stand-in-ended", "dismissed",
    }
)  # fmt: skip


@router.get("/admin/people/{number}")
def person(
    visitor: Looking, number: Number, done: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """Show a person."""
    return person_page(visitor, seen(visitor, number), done=done)


def change(
    visitor: Visitor, number: int, done: str, work: Callable[[StaffMember], object]
) -> Response:
    """Do something to a person whom the visitor may change, and show the person afterwards.

    Raises UnknownPersonError, NotYoursError, BeyondReachError, OwnAppointmentError.
    """
    member = changeable(visitor, number)
    try:
        work(member)
    except RefusedError as error:
        if error.status == 403:  # not a slip of the pen: a page of its own says so
            raise
        return person_page(visitor, member, error=error)
    return RedirectResponse(f"/admin/people/{number}?done={done}", 303)


def person_page(
    visitor: Visitor,
    member: StaffMember,
    *,
    done: str = "",
    error: RefusedError | None = None,
    faults: dict[str, str] | None = None,
    chosen: Chosen | None = None,
) -> HTMLResponse:
    """Answer with the person's page; what was done just now, or why it could not be, on top."""
    problem = None if error is None else problem_of(error, visitor.speech.language)
    refused = 422 if faults else 200
    return visitor.page(
        "admin/person.html",
        status=refused if problem is None else problem.status,
        member=member,
        done=done if done in _DONE else "",
        problem=problem,
        faults=faults or {},
        **_known(visitor, member),
        **_offered(visitor, member, chosen),
    )


def _known(visitor: Visitor, member: StaffMember) -> dict[str, Any]:
    qolhat, now, person = visitor.qolhat, visitor.qolhat.now(), member.person
    register = qolhat.staff.register
    account, lines = qolhat.accounts.account(person), history(visitor, person)
    left, replaces = has_left(member, now), _replaces(member, now)
    replaced_by = [
        (other.person, spell)
        for other in register.people
        for absent, spell in _replaces(other, now)
        if absent == person
    ]
    people = {person, *(line.by for line in lines), *(each for each, _ in replaces + replaced_by)}
    return {
        "organisation": qolhat.directory.organisation(member.organisation),
        "names": named(visitor, sorted(people)),
        "left": left,
        "lacks": () if left else lacks_of(visitor, member, account),
        "account": account,
        "places": [qolhat.directory.place(code) for code in register.own_places(person)],
        "is_open": qolhat.directory.is_open,
        "badges": register.badges_of(person, now),
        "sessions": qolhat.sessions.of(person),
        "devices": [each for each in register.devices if each.person == person],
        "replaces": replaces,
        "replaced_by": replaced_by,
        "history": lines,
        "now": now,
    }


def _replaces(member: StaffMember, now: datetime) -> list[tuple[int, Spell]]:
    """Return for whom a person stands in, or is going to."""
    return [
        (absent, spell)
        for absent, spell in member.stands_in
        if spell.until is None or (now < spell.until and spell.since < spell.until)
    ]


def _offered(visitor: Visitor, member: StaffMember, chosen: Chosen | None) -> dict[str, Any]:
    """Return what the forms offer; nothing, to those who may only look."""
    if not may_change(visitor, member):
        return {"can_change": False}
    here = Chosen(
        str(member.organisation), visitor.qolhat.directory.organisation(member.organisation)
    )
    return {
        "can_change": True,
        "own": member.person == visitor.person,
        "choice": Choice(chosen or here, offered_organisations(visitor, Right.ADMINISTER)),
        "roles": grantable_roles(visitor, member.organisation),
        "scopes": grantable_scopes(visitor, member.organisation),
        "free_places": free_places(visitor, member),
        "colleagues": colleagues(visitor, member),
    }
