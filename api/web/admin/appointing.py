"""Appointing somebody new: name, organisation, roles, place, badge and log-in on one form.

The one-time password and the PIN stand on the answer's page and nowhere else: they are not kept,
and whoever loses them is given others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.http.problems import problem_of
from api.web.admin.choosing import (
    Choice,
    choose_organisation,
    chosen_place,
    offered_organisations,
)
from api.web.admin.deeds import HandedOut, hand_out, reset_password, reset_pin, set_login
from api.web.admin.login_names import proposed_login
from api.web.admin.people import has_left, people_called
from api.web.admin.reaching import (
    Administering,
    check_grant,
    grantable_roles,
    grantable_scopes,
)
from api.web.visitor import Visitor
from domain.directory import Organisation
from domain.numbers import PlaceCode
from domain.rights import Right
from domain.roles import Role, Scope
from infra.accounts import BadLoginError, LoginTakenError
from infra.accounts.accounts import read_login

router = APIRouter()
LONGEST_NAME = 200
SCOPED = frozenset({Role.MANAGER, Role.ADMINISTRATOR})


class Draft(BaseModel):
    """What was typed about somebody new."""

    organisation: int = 0
    name: Annotated[str, Field(max_length=1000)] = ""
    namesake: bool = False  # somebody else of the same name, said so
    roles: list[Role] = []
    scope: Scope = Scope.ORGANISATION
    place: Annotated[str, Field(max_length=40)] = ""
    log_in: bool = False
    login: Annotated[str, Field(max_length=1000)] = ""
    badge: bool = False

    @property
    def reaching(self) -> Scope:
        """How far the person is to reach: only managers and administrators have a choice."""
        return self.scope if SCOPED & set(self.roles) else Scope.ORGANISATION


@router.get("/admin/people/new")
def form(
    visitor: Administering, organisation: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """Ask where somebody is to work, then for the rest."""
    offered = offered_organisations(visitor, Right.ADMINISTER)
    typed = organisation or (str(offered[0].code) if len(offered) == 1 else "")
    chosen = choose_organisation(visitor, typed, Right.ADMINISTER)
    if chosen.organisation is None:
        return visitor.page("admin/new-where.html", choice=Choice(chosen, offered))
    draft = Draft(organisation=chosen.organisation.code, log_in=True, badge=True)
    return _form(visitor, chosen.organisation, draft, {})


@router.post("/admin/people/new")
def appoint(visitor: Administering, draft: Annotated[Draft, Form()]) -> HTMLResponse:
    """Appoint somebody, and show once what that person is given."""
    organisation = visitor.qolhat.directory.organisation(draft.organisation)
    check_grant(visitor, organisation.code, draft.roles, draft.reaching)
    faults = dict(_faults(visitor, draft))
    place, login = chosen_place(visitor, organisation.code, draft.place), ""
    try:
        login = _login(visitor, draft)
    except (BadLoginError, LoginTakenError) as error:
        faults["login"] = problem_of(error, visitor.speech.language).detail
    if faults:
        return _form(visitor, organisation, draft, faults)
    return hand_out(visitor, _appointed(visitor, draft, place, login))


def clean_name(typed: str) -> str:
    """Return a name with single spaces; empty where it cannot be a name."""
    name = " ".join(typed.split())
    fits = len(name) <= LONGEST_NAME and name.isprintable() and any(map(str.isalpha, name))
    return name if fits else ""


def _faults(visitor: Visitor, draft: Draft) -> Iterator[tuple[str, str]]:
    """Say at which fields something is missing."""
    say, name = visitor.speech.say, clean_name(draft.name)
    if not name:
        yield "name", say("people.fault.name")
    namesake = None if draft.namesake else _namesake(visitor, draft.organisation, name)
    if namesake is not None:
        yield "namesake", say("people.fault.namesake", number=namesake)
    if not draft.roles:
        yield "roles", say("people.fault.roles")


def _namesake(visitor: Visitor, organisation: int, name: str) -> int | None:
    """Return who has this name there already: perhaps the same form was sent twice."""
    register, now = visitor.qolhat.staff.register, visitor.qolhat.now()
    working = [
        person
        for person in people_called(visitor, name)
        if not has_left(member := register.member(person), now)
        and member.organisation == organisation
    ]
    names = visitor.qolhat.personnel.names(working)
    return next((person for person in working if names.get(person) == name), None)


def _login(visitor: Visitor, draft: Draft) -> str:
    """Return under which name the person is to log in; empty: by badge only.

    Raises BadLoginError, LoginTakenError.
    """
    if not draft.log_in:
        return ""
    taken = {each.login or "" for each in visitor.qolhat.accounts.accounts().values()}
    if not draft.login.strip():
        return proposed_login(clean_name(draft.name), taken)
    login = read_login(draft.login)
    if login in taken:
        raise LoginTakenError
    return login


def _appointed(visitor: Visitor, draft: Draft, place: PlaceCode | None, login: str) -> HandedOut:
    personnel, by, name = visitor.qolhat.personnel, visitor.person, clean_name(draft.name)
    person = personnel.appoint(
        draft.organisation, draft.roles, name=name, scope=draft.reaching, by=by
    )
    if place is not None:
        personnel.assign(person, place, by=by)
    badge = personnel.issue_badge(person, by=by) if draft.badge else None
    given = HandedOut(person, name, badge=badge)
    if login:
        set_login(visitor, person, login)
        given = replace(given, login=login, password=reset_password(visitor, person))
    return given if badge is None else replace(given, pin=reset_pin(visitor, person))


def _form(
    visitor: Visitor, organisation: Organisation, draft: Draft, faults: dict[str, str]
) -> HTMLResponse:
    return visitor.page(
        "admin/new.html",
        status=422 if faults else 200,
        organisation=organisation,
        several=len(offered_organisations(visitor, Right.ADMINISTER)) > 1,
        draft=draft,
        faults=faults,
        roles=grantable_roles(visitor, organisation.code),
        scopes=grantable_scopes(visitor, organisation.code),
        places=visitor.qolhat.directory.places_of(organisation.code),
    )
