"""What if another edition's norms held: the share within the norm by both, side by side."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.web.asked import DayQuery, NumberQuery, OrganisationQuery, asked, choices
from api.web.named import norm_text, services
from api.web.visitor import Visitor, allowed
from api.what_if import supposed
from domain.regulations.edition import NormText
from domain.rights import Right
from infra.what_if import Only

router = APIRouter()
_BACK = timedelta(days=84)


@router.get("/figures/what-if")
def what_if(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
    edition: Annotated[str, Query(max_length=64)] = "",
    since: DayQuery = None,
    until: DayQuery = None,
    service: Annotated[str, Query(max_length=64)] = "",
    stage: Annotated[str, Query(max_length=64)] = "",
    person: NumberQuery = None,
) -> HTMLResponse:
    """Show the stages of an edition's service as they did, and as they would have."""
    qolhat, whose = visitor.qolhat, asked(visitor, organisation)
    last = until or qolhat.now().astimezone(ZoneInfo(visitor.speech.zone)).date()
    first = since or last - _BACK
    found = None
    if edition:
        only = Only(stage or None, person)
        found = supposed(qolhat, edition, first, last, whose.organisations, service or None, only)
    return visitor.page(
        "figures/what-if.html",
        asked=whose,
        choices=choices(qolhat, whose.in_reach),
        editions=[each.id for each in qolhat.regulations],
        services=services(qolhat, visitor.speech),
        stages=_stages(visitor),
        chosen=edition,
        service=service,
        stage=stage,
        person=person,
        since=first,
        until=last,
        found=found,
        stage_of=lambda each: each.stage.names.in_language(visitor.speech.language),
        norm_of=lambda stated: _norm(visitor, stated),
    )


def _stages(visitor: Visitor) -> dict[str, str]:
    """Return the names of all stages, in the order of the routes; the same key has one name."""
    found: dict[str, str] = {}
    for edition in visitor.qolhat.regulations:
        for stage in edition.stages:
            found.setdefault(stage.key, stage.names.in_language(visitor.speech.language))
    return found


def _norm(visitor: Visitor, stated: NormText | None) -> str:
    return "" if stated is None else norm_text(visitor.speech, stated.amount, stated.unit.value)
