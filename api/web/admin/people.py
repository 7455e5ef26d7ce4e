"""The list of people: who works where, with which roles, badge and log-in, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.web.admin.choosing import Choice, choose_organisation, named, offered_organisations
from api.web.admin.reaching import Looking, workplaces
from api.web.visitor import Visitor, allowed
from domain.directory import Organisation, Place
from domain.errors import RefusedError
from domain.numbers import BadgeCode, CodeKind
from domain.rights import Right
from domain.roles import PLACE_DIGITS
from domain.staff import StaffMember
from infra.accounts import Account
from scanner.keyboards import parse_typed

router = APIRouter()
A_PAGE = 100


class Show(StrEnum):
    """Which people are listed."""

    WORKING = "working"
    TO_DO = "to-do"  # something is missing
    LEFT = "left"


class Lack(StrEnum):
    """What a person needs for work and does not have."""

    PLACE = "place"
    LOG_IN = "log-in"


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the list, as things are now."""

    member: StaffMember
    name: str
    organisation: Organisation
    places: tuple[Place, ...]
    badges: tuple[BadgeCode, ...]
    account: Account | None
    stands_in: tuple[tuple[int, datetime | None], ...]  # for whom, until when
    lacks: tuple[Lack, ...]


@router.get("/admin", dependencies=[Depends(allowed(Right.SEE_STAFF))])
def sections() -> Response:
    """Lead to the first section."""
    return RedirectResponse("/admin/people", 303)


@router.get("/admin/people")
def people(
    visitor: Looking,
    organisation: Annotated[str, Query(max_length=200)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    show: Show = Show.WORKING,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """List the people within reach."""
    visitor.qolhat.staff.refresh()
    chosen = choose_organisation(visitor, organisation, Right.SEE_STAFF)
    found = [] if chosen.candidates or chosen.missed else _found(visitor, chosen.code, q.strip())
    accounts = visitor.qolhat.accounts.accounts()
    groups = {each: _shown(visitor, found, each, accounts) for each in Show}
    members = groups[show]
    names = named(visitor, [member.person for member in members])
    ordered = visitor.speech.sorted_by_name((member, names[member.person]) for member in members)
    return visitor.page(
        "admin/people.html",
        rows=[
            _row(visitor, member, name, accounts.get(member.person))
            for member, name in ordered[(page - 1) * A_PAGE : page * A_PAGE]
        ],
        total=len(ordered),
        counts={each.value: len(group) for each, group in groups.items()},
        choice=Choice(chosen, offered_organisations(visitor, Right.SEE_STAFF)),
        q=q,
        show=show.value,
        page=page,
        pages=-(-len(ordered) // A_PAGE),
    )


def _found(visitor: Visitor, organisation: int | None, query: str) -> list[StaffMember]:
    """Return the people in reach: all, or those whom a query names."""
    register, now = visitor.qolhat.staff.register, visitor.qolhat.now()
    reach = visitor.reach(Right.SEE_STAFF)
    wanted = _named_by(visitor, query) if query else None
    return [
        member
        for member in register.people
        if (wanted is None or member.person in wanted)
        and reach.covers(places := workplaces(member, now))
        and (organisation is None or organisation in places)
    ]


def _named_by(visitor: Visitor, query: str) -> frozenset[int]:
    """Return the numbers of those whom words, a number or a badge name."""
    if query.isascii() and query.isdigit() and len(query) < 10:
        return frozenset({int(query)})
    bearer = _bearer(visitor, query)
    if bearer is not None:
        return frozenset({bearer})
    return people_called(visitor, query)


def people_called(visitor: Visitor, query: str) -> frozenset[int]:
    """Return the numbers of those who have all these words in their names, wherever they work."""
    kind, register = "person:", visitor.qolhat.staff.register
    subjects = visitor.qolhat.vault.find(surname=query)
    numbers = (int(each.removeprefix(kind)) for each in subjects if each.startswith(kind))
    return frozenset(number for number in numbers if number in register)


def _bearer(visitor: Visitor, query: str) -> int | None:
    try:
        code = parse_typed(query)
    except RefusedError:
        return None
    if code.kind is not CodeKind.BADGE:
        return None
    member = visitor.qolhat.staff.register.by_badge(BadgeCode(code.value))
    return None if member is None else member.person


def _shown(
    visitor: Visitor, found: Iterable[StaffMember], show: Show, accounts: Mapping[int, Account]
) -> list[StaffMember]:
    now = visitor.qolhat.now()
    if show is Show.LEFT:
        return [member for member in found if has_left(member, now)]
    working = [member for member in found if not has_left(member, now)]
    if show is Show.WORKING:
        return working
    return [each for each in working if lacks_of(visitor, each, accounts.get(each.person))]


def has_left(member: StaffMember, now: datetime) -> bool:
    """Tell whether a person was dismissed."""
    employed = member.employed
    return employed is None or (employed.until is not None and employed.until <= now)


def lacks_of(visitor: Visitor, member: StaffMember, account: Account | None) -> tuple[Lack, ...]:
    """Return what a person needs for work and does not have."""
    lacks = []
    holds_papers = bool(member.roles & set(PLACE_DIGITS))
    if holds_papers and not visitor.qolhat.staff.register.own_places(member.person):
        lacks.append(Lack.PLACE)
    if account is None or not can_log_in(visitor, member, account):
        lacks.append(Lack.LOG_IN)
    return tuple(lacks)


def can_log_in(visitor: Visitor, member: StaffMember, account: Account) -> bool:
    """Tell whether a person can log in: by name and password, or by badge and PIN."""
    badges = visitor.qolhat.staff.register.badges_of(member.person, visitor.qolhat.now())
    return bool(account.login and account.has_password) or bool(badges and account.has_pin)


def _row(visitor: Visitor, member: StaffMember, name: str, account: Account | None) -> Row:
    qolhat, now = visitor.qolhat, visitor.qolhat.now()
    register, directory = qolhat.staff.register, qolhat.directory
    left = has_left(member, now)
    return Row(
        member,
        name,
        directory.organisation(member.organisation),
        tuple(directory.place(code) for code in register.own_places(member.person)),
        register.badges_of(member.person, now),
        account,
        tuple((who, spell.until) for who, spell in member.stands_in if spell.covers(now)),
        () if left else lacks_of(visitor, member, account),
    )
