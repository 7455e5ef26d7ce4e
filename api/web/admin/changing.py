"""What an administrator does to one person: name, post, places, badges, log-in, dismissal.

Every form leads back to the person's page; what may be done to whom is said by `reaching`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.forms import Badge
from api.printing import Print, Printer, badge_print
from api.web.admin import deeds
from api.web.admin.appointing import SCOPED, clean_name
from api.web.admin.choosing import choose_organisation, chosen_place, named
from api.web.admin.deeds import HandedOut, hand_out
from api.web.admin.profile import Number, change, person_page
from api.web.admin.reaching import (
    Administering,
    changeable,
    check_grant,
    check_others,
)
from api.web.printer import ChosenPrinter
from api.web.prints import pdf
from api.web.visitor import Visitor
from domain.errors import RefusedError
from domain.numbers import BadgeCode, PlaceCode
from domain.rights import Right
from domain.roles import Role, Scope
from domain.staff import StaffMember

router = APIRouter()
Text = Annotated[str, Form(max_length=1000)]


class NoBadgeError(RefusedError):
    """The person carries no badge that could be printed."""

    code = "no-badge"
    status = 404


class Appointment(BaseModel):
    """To what somebody is to be appointed."""

    organisation: Annotated[str, Field(max_length=1000)] = ""
    roles: list[Role] = []
    scope: Scope = Scope.ORGANISATION


# --- name and post -------------------------------------------------------------------------------


@router.post("/admin/people/{number}/name")
def rename(visitor: Administering, number: Number, name: Text = "") -> Response:
    """Put a person's name right."""
    cleaned = clean_name(name)
    if not cleaned:
        fault = visitor.speech.say("people.fault.name")
        return person_page(visitor, changeable(visitor, number), faults={"name": fault})
    return change(
        visitor, number, "renamed", lambda member: deeds.rename(visitor, member.person, cleaned)
    )


@router.post("/admin/people/{number}/appointment")
def appoint(
    visitor: Administering, number: Number, wanted: Annotated[Appointment, Form()]
) -> Response:
    """Appoint somebody to another post; whoever had left works again."""
    check_others(visitor, number)
    member, say = changeable(visitor, number), visitor.speech.say
    typed = wanted.organisation or str(member.organisation)
    chosen = choose_organisation(visitor, typed, Right.ADMINISTER)
    organisation, faults = chosen.code, {}
    if organisation is None:
        missed = "several" if chosen.candidates else "missed"
        faults["organisation"] = say(f"people.organisation-{missed}")
    if not wanted.roles:
        faults["roles"] = say("people.fault.roles")
    if faults or organisation is None:
        return person_page(visitor, member, faults=faults, chosen=chosen)
    scope = wanted.scope if SCOPED & set(wanted.roles) else Scope.ORGANISATION
    check_grant(visitor, organisation, wanted.roles, scope)
    personnel, by = visitor.qolhat.personnel, visitor.person
    personnel.appoint(organisation, wanted.roles, person=number, scope=scope, by=by)
    return RedirectResponse(f"/admin/people/{number}?done=appointed", 303)


# --- places --------------------------------------------------------------------------------------


@router.post("/admin/people/{number}/places")
def give_place(visitor: Administering, number: Number, place: Text = "") -> Response:
    """Give a person a place of the organisation."""

    def work(member: StaffMember) -> None:
        code = chosen_place(visitor, member.organisation, place)
        if code is not None and code not in _own_places(visitor, member):
            visitor.qolhat.personnel.assign(number, code, by=visitor.person)

    return change(visitor, number, "place", work)


@router.post("/admin/people/{number}/places/withdraw")
def withdraw_place(visitor: Administering, number: Number, place: Text = "") -> Response:
    """Take a place from a person."""

    def work(member: StaffMember) -> None:
        code = next((each for each in _own_places(visitor, member) if str(each) == place), None)
        if code is not None:
            visitor.qolhat.personnel.withdraw(number, code, by=visitor.person)

    return change(visitor, number, "place-withdrawn", work)


def _own_places(visitor: Visitor, member: StaffMember) -> tuple[PlaceCode, ...]:
    return visitor.qolhat.staff.register.own_places(member.person)


# --- badges --------------------------------------------------------------------------------------


@router.post("/admin/people/{number}/badge")
def issue_badge(visitor: Administering, number: Number) -> Response:
    """Give a person a badge; the one before is good no longer."""

    def work(member: StaffMember) -> None:
        for badge in _badges(visitor, member):
            visitor.qolhat.personnel.withdraw_badge(number, badge, by=visitor.person)
        visitor.qolhat.personnel.issue_badge(number, by=visitor.person)

    return change(visitor, number, "badge", work)


@router.post("/admin/people/{number}/badge/withdraw")
def withdraw_badge(visitor: Administering, number: Number, badge: Text = "") -> Response:
    """Take a badge from a person: it was lost, or given back."""

    def work(member: StaffMember) -> None:
        for each in _badges(visitor, member):
            if str(each) == badge:
                visitor.qolhat.personnel.withdraw_badge(number, each, by=visitor.person)

    return change(visitor, number, "badge-withdrawn", work)


@router.get("/admin/people/{number}/badge.pdf")
def print_badge(visitor: Administering, number: Number) -> Response:
    """Print a person's badge."""
    printed = _badge(visitor, number).drawn(Printer(), visitor.speech.language)
    return pdf(printed.content, printed.name)


@router.get("/admin/people/{number}/badge")
def print_badge_here(visitor: Administering, number: Number, chosen: ChosenPrinter) -> Response:
    """Print the badge for the printer beside this computer."""
    return chosen.answer(visitor, _badge(visitor, number))


def _badge(visitor: Visitor, number: int) -> Print:
    member = changeable(visitor, number)
    badges = _badges(visitor, member)
    if not badges:
        raise NoBadgeError
    badge = Badge(
        badges[-1],
        named(visitor, [number])[number],
        min(member.roles),
        visitor.qolhat.directory.organisation(member.organisation).official_name,
    )
    return badge_print(badge, f"badge-{number}", visitor.speech.language)


def _badges(visitor: Visitor, member: StaffMember) -> tuple[BadgeCode, ...]:
    return visitor.qolhat.staff.register.badges_of(member.person, visitor.qolhat.now())


# --- log-in --------------------------------------------------------------------------------------


@router.post("/admin/people/{number}/login")
def set_login(visitor: Administering, number: Number, login: Text = "") -> Response:
    """Give a person a name to log in with."""
    return change(
        visitor, number, "login", lambda member: deeds.set_login(visitor, member.person, login)
    )


@router.post("/admin/people/{number}/password")
def reset_password(visitor: Administering, number: Number) -> HTMLResponse:
    """Draw a one-time password and show it once."""
    changeable(visitor, number)
    account, name = visitor.qolhat.accounts.account(number), named(visitor, [number])[number]
    login = None if account is None else account.login
    password = deeds.reset_password(visitor, number)
    return hand_out(visitor, HandedOut(number, name, login, password=password))


@router.post("/admin/people/{number}/pin")
def reset_pin(visitor: Administering, number: Number) -> HTMLResponse:
    """Draw a PIN and show it once."""
    member, name = changeable(visitor, number), named(visitor, [number])[number]
    badge = next(iter(_badges(visitor, member)[-1:]), None)
    pin = deeds.reset_pin(visitor, number)
    return hand_out(visitor, HandedOut(number, name, pin=pin, badge=badge))


@router.post("/admin/people/{number}/logout")
def log_out(visitor: Administering, number: Number) -> Response:
    """Log a person out everywhere."""
    return change(
        visitor, number, "logged-out", lambda member: deeds.log_out(visitor, member.person)
    )


# --- leaving -------------------------------------------------------------------------------------


@router.get("/admin/people/{number}/dismiss")
def ask_dismissal(visitor: Administering, number: Number) -> HTMLResponse:
    """Ask once more before somebody is dismissed."""
    check_others(visitor, number)
    member = changeable(visitor, number)
    return visitor.page("admin/dismiss.html", member=member, name=named(visitor, [number])[number])


@router.post("/admin/people/{number}/dismiss")
def dismiss(visitor: Administering, number: Number) -> Response:
    """End a person's work: roles, places, badges, devices, log-in and sessions."""
    check_others(visitor, number)

    return change(visitor, number, "dismissed", lambda member: _dismiss(visitor, member.person))


def _dismiss(visitor: Visitor, person: int) -> None:
    qolhat, by = visitor.qolhat, visitor.person
    qolhat.personnel.dismiss(person, by=by)
    for each in qolhat.staff.register.devices:
        if each.person == person:
            qolhat.personnel.revoke(each.device, by=by)
    qolhat.accounts.forget(person)
    qolhat.sessions.end_all(person)
