"""The access journal: who looked at which packet's personal data, when, from which station.

An administrator sees what the people of the organisations in reach looked at, the auditor all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, TypedDict

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.http.fields import read_packet
from api.http.problems import problem_of
from api.http.schemas import Problem
from api.web.asked import PAGE, DayQuery, NumberQuery, PageQuery, midnight, pages
from api.web.visitor import Visitor, allowed
from domain.errors import RefusedError
from domain.numbers import PacketNumber
from domain.rights import Right

router = APIRouter(include_in_schema=False)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Filter:
    """What was asked for, as it was typed."""

    number: str
    person: int | None
    since: date | None
    until: date | None


class Looks(TypedDict):
    """Which looks are meant, as the journal is asked."""

    subject: str | None
    person: int | None
    people: frozenset[int] | None
    since: datetime | None
    until: datetime | None


@router.get("/access")
def access(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_ACCESS))],
    number: Annotated[str, Query(max_length=40)] = "",
    person: NumberQuery = None,
    since: DayQuery = None,
    until: DayQuery = None,
    page: PageQuery = 1,
) -> HTMLResponse:
    """Show the looks that were asked for, the newest first."""
    wanted = Filter(number.strip(), person, since, until)
    try:
        packet = read_packet(wanted.number) if wanted.number else None
    except RefusedError as error:
        problem = problem_of(error, visitor.speech.language)
        return _page(visitor, wanted, _meant(visitor, wanted, None), page, problem)
    return _page(visitor, wanted, _meant(visitor, wanted, packet), page)


def _meant(visitor: Visitor, wanted: Filter, packet: PacketNumber | None) -> Looks:
    """Say which looks are meant, among those of people in reach."""
    zone = visitor.speech.zone
    return Looks(
        subject=None if packet is None else str(packet),
        person=wanted.person,
        people=_people(visitor),
        since=None if wanted.since is None else midnight(wanted.since, zone),
        until=None if wanted.until is None else midnight(wanted.until + _A_DAY, zone),
    )


def _people(visitor: Visitor) -> frozenset[int] | None:
    """Return whose looks may be seen; None: everybody's."""
    reach = visitor.reach(Right.SEE_ACCESS)
    if reach.organisations is None:
        return None
    register = visitor.qolhat.staff.register
    return frozenset(
        member.person
        for member in register.people
        if reach.covers({member.organisation, *(post.organisation for post in member.posts)})
    )


def _page(
    visitor: Visitor, wanted: Filter, which: Looks, page: int, problem: Problem | None = None
) -> HTMLResponse:
    qolhat = visitor.qolhat
    shown = pages(visitor, 0 if problem else qolhat.access.count(**which), page)
    looks = [] if problem else qolhat.access.looks(**which, limit=PAGE, offset=shown.offset)
    return visitor.page(
        "access.html",
        status=200 if problem is None else problem.status,
        wanted=wanted,
        looks=looks,
        names=qolhat.personnel.names({look.person for look in looks}),
        stations={each.number: each.name for each in qolhat.stations.all()},
        said=lambda what: _said(visitor, what),
        pages=shown,
        problem=problem,
    )


def _said(visitor: Visitor, what: str) -> str:
    """Say at what somebody looked; what has no word yet is shown as it is kept."""
    speech, (kind, _, form) = visitor.speech, what.partition(" ")
    said = speech.word("look", kind)
    if said == f"look.{kind}":
        return what
    return f"{said}: {speech.say(f'packet.form.{form}')}" if form else said
