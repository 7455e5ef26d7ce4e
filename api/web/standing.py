"""The packets of one status in the organisations in reach, the longest in their places first."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.asked import PAGE, OrganisationQuery, PageQuery, asked, pages, query_of
from api.web.named import service_name, stage_name
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.progress import Status
from domain.rights import Right
from projections.holdings import Holdings

router = APIRouter(include_in_schema=False)
Managing = Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))]


class Standing(StrEnum):
    """The packets that are not done with; each lies in one organisation."""

    ON_THE_WAY = Status.ON_THE_WAY.value
    RENDERED = Status.RENDERED.value
    LOST = Status.LOST.value


@router.get("/packets")
def packets(
    visitor: Managing,
    status: Standing = Standing.ON_THE_WAY,
    organisation: OrganisationQuery = None,
    page: PageQuery = 1,
) -> HTMLResponse:
    """List the packets of a status that lie in an organisation, or in all in reach."""
    qolhat, speech = visitor.qolhat, visitor.speech
    whose = asked(visitor, organisation)
    with qolhat.views.reading() as reading:
        view, connection = reading.view(Holdings), reading.connection
        total = view.standing(connection, {status.value}, whose.organisations)[status.value]
        shown = pages(visitor, total, page)
        rows = view.with_status(
            connection, status.value, whose.organisations, limit=PAGE, offset=shown.offset
        )
    return visitor.page(
        "standing.html",
        rows=rows,
        names=qolhat.personnel.names({row.person for row in rows if row.person is not None}),
        asked=whose,
        standing=status,
        statuses=tuple(Standing),
        filters=query_of(organisation=organisation),
        service_of=lambda row: service_name(qolhat, speech, row.edition),
        stage_of=lambda row: stage_name(qolhat, speech, row.edition, row.stage),
        place_of=lambda row: place_name(visitor, row.place),
        pages=shown,
    )
