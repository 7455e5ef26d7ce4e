"""Stays of an organisation that were scored anew: from what to what, by whom, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.changed import ChangedPage, changed_page
from api.http.fields import MAX_ID
from api.web.asked import Asked, DayQuery, OrganisationQuery, asked, choices
from api.web.named import stay_name
from api.web.visitor import Visitor, allowed
from domain.rights import Right

router = APIRouter()
_BACK = timedelta(days=84)
_MINUTE = timedelta(minutes=1)


@router.get("/figures/changed")
def changed(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
    since: DayQuery = None,
    until: DayQuery = None,
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> HTMLResponse:
    """Show what late records, corrections and calendars changed of one organisation's stays."""
    qolhat, whose = visitor.qolhat, _one_of(visitor, organisation)
    last = until or qolhat.now().astimezone(ZoneInfo(visitor.speech.zone)).date()
    first = since or last - _BACK
    found = None
    if whose.one is not None:
        found = changed_page(qolhat, whose.one.code, first, last, after)
    people = {each.by for each in found.stays if each.by is not None} if found else set()
    return visitor.page(
        "figures/changed.html",
        asked=whose,
        choices=choices(qolhat, whose.in_reach),
        since=first,
        until=last,
        found=found,
        more=_more(visitor, found),
        names=qolhat.personnel.names(people),
        nothing=timedelta(0),
        said_of=lambda length: _length(visitor, length),
        stage_of=lambda each: stay_name(
            qolhat, visitor.speech, each.edition, each.kind, each.stage
        ),
    )


def _one_of(visitor: Visitor, organisation: int | None) -> Asked:
    """Return the one organisation that is asked about: the only one in reach, if none is named."""
    whose = asked(visitor, organisation)
    if whose.one is None and len(whose.in_reach) == 1:
        return asked(visitor, next(iter(whose.in_reach)))
    return whose


def _more(visitor: Visitor, found: ChangedPage | None) -> str | None:
    if found is None or found.after is None:
        return None
    url = visitor.request.url.include_query_params(after=found.after)
    return f"{url.path}?{url.query}"


def _length(visitor: Visitor, length: timedelta) -> str:
    """Say a difference; one of less than a minute in seconds."""
    if length >= _MINUTE:
        return visitor.speech.span(length)
    return visitor.speech.say("figures.changed.seconds", seconds=round(length.total_seconds()))
