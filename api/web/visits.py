"""Stays in stages that ended: the list behind the figures of the manager's page."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.web.asked import (
    PAGE,
    DayQuery,
    FlagQuery,
    NumberQuery,
    OrganisationQuery,
    PageQuery,
    asked,
    figures_since,
    midnight,
    pages,
    query_of,
)
from api.web.named import norm_text, service_name, span_text, stage_name
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.progress import VisitKind
from domain.rights import Right
from projections.visits import VisitFilter, Visits

router = APIRouter(include_in_schema=False)
Managing = Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))]
KeyQuery = Annotated[str, Query(max_length=64)]


class Order(StrEnum):
    """Which stays come first."""

    LATEST = "latest"
    LONGEST = "longest"


@router.get("/visits")
def visits(
    visitor: Managing,
    service: KeyQuery = "",
    edition: KeyQuery = "",
    stage: KeyQuery = "",
    late: FlagQuery = None,
    since: DayQuery = None,
    until: DayQuery = None,
    ended: Literal["week", "month"] | None = None,
    organisation: OrganisationQuery = None,
    person: NumberQuery = None,
    order: Order = Order.LATEST,
    page: PageQuery = 1,
) -> HTMLResponse:
    """List the stays that figures are made of; `late`: past the norm, or within it.

    `since` is the day from which on they were entered; with `ended` the first week or month in
    which they ended, and `until` the first day of the one after the last.
    """
    qolhat, speech = visitor.qolhat, visitor.speech
    whose, day = asked(visitor, organisation), figures_since(visitor, since)
    which = VisitFilter(
        service=service or None,
        edition=edition or None,
        stage=stage or None,
        since=None if ended else midnight(day, speech.zone),
        late=late,
        organisations=whose.organisations,
        kind=VisitKind.STAGE.value,
        timed=True,
        person=person,
        ended=ended,
        begins_since=day if ended else None,
        begins_until=until if ended else None,
    )
    with qolhat.views.reading() as reading:
        view = reading.view(Visits)
        shown = pages(visitor, view.count(reading.connection, which), page)
        rows = view.find(
            reading.connection,
            which,
            limit=PAGE,
            offset=shown.offset,
            longest=order is Order.LONGEST,
        )
    return visitor.page(
        "visits.html",
        rows=rows,
        names=qolhat.personnel.names({row.person for row in rows}),
        asked=whose,
        day=day,
        late=late,
        order=order,
        orders=tuple(Order),
        filters=query_of(service=service or None, edition=edition or None, stage=stage or None,
                         late=late, since=day, until=until, ended=ended, organisation=organisation,
                         person=person),
        last=until - timedelta(days=1) if ended and until else None,
        service_of=lambda row: service_name(qolhat, speech, row.edition),
        stage_of=lambda row: stage_name(qolhat, speech, row.edition, row.stage),
        place_of=lambda row: place_name(visitor, row.place),
        norm_of=lambda row: norm_text(speech, row.norm_amount, row.norm_unit),
        over_of=lambda row: span_text(speech, row.over),
        pages=shown,
    )  # fmt: skip
