"""The packets that are overdue, about to be late, or due today: the list behind those numbers.

A packet stands here once, by its nearest term [003 annexes 3, 4 and 7; 002 §7 and §15]; its other
running terms are named beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.web.alerts import own_packets
from api.web.asked import PAGE, OrganisationQuery, PageQuery, asked, moment_of, pages, query_of
from api.web.named import service_name, span_text, stage_name, working_between
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.numbers import PacketNumber
from domain.rights import Right
from domain.roles import Role
from domain.urgency import Urgency
from infra.pressing import pressing_of
from projections.due import DueRow
from projections.holdings import Holding, Holdings
from projections.pressing import PressingPacket, Whose

router = APIRouter(include_in_schema=False)
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))]
NOBODYS = Whose(())


@dataclass(frozen=True, slots=True)
class Line:
    """A packet's row: the term for which it is listed, and its other terms."""

    number: PacketNumber
    service: str
    stage: str
    place: str
    person: int
    term: DueRow
    over: bool
    soon: bool
    span: str
    others: tuple[DueRow, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The row of a packet whose clock stands by an act."""

    held: Holding
    ground: str
    source: str
    stage: str
    place: str


@router.get("/due")
def due(
    visitor: Seeing,
    which: Urgency = Urgency.OVERDUE,
    organisation: OrganisationQuery = None,
    mine: Annotated[bool, Query()] = False,  # noqa: FBT002  a field of the address
    page: PageQuery = 1,
) -> HTMLResponse:
    """List packets of one urgency; whoever may not see figures sees those at their own places."""
    mine = mine or not visitor.may(Right.SEE_FIGURES)
    if organisation is not None:
        visitor.require(Right.SEE_FIGURES)
        mine = False
    whose = _whose(visitor, organisation, mine=mine)
    moment = moment_of(visitor.qolhat, whose.organisations)
    with visitor.qolhat.views.reading() as reading:
        pressing = pressing_of(reading, moment)
        shown = pages(visitor, pressing.count(which, whose), page)
        found = pressing.list(which, whose, limit=PAGE, offset=shown.offset)
        paused = reading.view(Holdings).paused(
            reading.connection,
            moment.now,
            organisations=whose.organisations,
            places=whose.places,
            limit=PAGE,
        )
    lines = [_line(visitor, packet, moment.now) for packet in found]
    return visitor.page(
        "due.html",
        which=which,
        urgencies=tuple(Urgency),
        asked=None if mine else asked(visitor, organisation),
        own_reach=mine and Role.MANAGER in visitor.roles,
        filters=query_of(organisation=organisation, mine=mine or None),
        lines=lines,
        paused=[_standing(visitor, each) for each in paused],
        names=visitor.qolhat.personnel.names(
            {line.person for line in lines} | {each.paused_by or 0 for each in paused}
        ),
        pages=shown,
    )


def _whose(visitor: Visitor, organisation: int | None, *, mine: bool) -> Whose:
    """Return which packets are meant. Raises NotYoursError, UnknownOrganisationError."""
    if mine:
        return own_packets(visitor) or NOBODYS
    of = asked(visitor, organisation)
    return Whose(of.organisations, everywhere=of.everywhere)


def _standing(visitor: Visitor, held: Holding) -> Standing:
    """Say on what ground of its edition a packet waits."""
    qolhat, speech, edition = visitor.qolhat, visitor.speech, held.edition or ""
    ground = qolhat.regulations.edition(edition).pause(held.pause or "")
    return Standing(
        held,
        ground.names.in_language(speech.language) if ground else "",
        ground.source if ground else "",
        stage_name(qolhat, speech, edition, held.stage or ""),
        place_name(visitor, held.place),
    )


def _line(visitor: Visitor, packet: PressingPacket, now: datetime) -> Line:
    qolhat, speech, term = visitor.qolhat, visitor.speech, packet.first
    return Line(
        packet.number,
        service_name(qolhat, speech, term.edition),
        stage_name(qolhat, speech, term.edition, term.stage),
        place_name(visitor, term.place),
        term.person,
        term,
        term.due_at < now,
        term.warn_at <= now <= term.due_at,
        span_text(speech, working_between(qolhat, term.organisation, now, term.due_at)),
        packet.terms[1:],
    )
