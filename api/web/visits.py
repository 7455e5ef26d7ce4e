"""Stays in stages that ended: the list behind the figures of the manager's page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

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


@dataclass(frozen=True, slots=True)
class Question:
    """Which stays are asked for; `late`: past the norm, or within it.

    `since` is the day from which on they were entered; with `ended` the first week or month in
    which they ended, and `until` the first day of the one after the last.
    """

    service: KeyQuery = ""
    edition: KeyQuery = ""
    stage: KeyQuery = ""
    late: FlagQuery = None
    since: DayQuery = None
    until: DayQuery = None
    ended: Literal["week", "month"] | None = None
    organisation: OrganisationQuery = None
    person: NumberQuery = None

    def within(self, organisations: Collection[int] | None, day: date, zone: str) -> VisitFilter:
        """Return what is looked for, in these organisations, from a day on."""
        ended = self.ended
        return VisitFilter(
            service=self.service or None,
            edition=self.edition or None,
            stage=self.stage or None,
            since=None if ended else midnight(day, zone),
            late=self.late,
            organisations=organisations,
            kind=VisitKind.STAGE.value,
            timed=True,
            person=self.person,
            ended=ended,
            begins_since=day if ended else None,
            begins_until=self.until if ended else None,
        )

    def query(self, day: date) -> dict[str, Any]:
        """Return the fields of another page's address."""
        asked = asdict(self) | {"since": day}
        return query_of(**{name: None if value == "" else value for name, value in asked.items()})

    @property
    def last(self) -> date | None:
        """The last day on which they ended; None if that was not asked."""
        return self.until - timedelta(days=1) if self.ended and self.until else None


@router.get("/visits")
def visits(
    visitor: Managing,
    question: Annotated[Question, Depends()],
    order: Order = Order.LATEST,
    page: PageQuery = 1,
) -> HTMLResponse:
    """List the stays that figures are made of."""
    qolhat, speech = visitor.qolhat, visitor.speech
    whose, day = asked(visitor, question.organisation), figures_since(visitor, question.since)
    which = question.within(whose.organisations, day, speech.zone)
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
        late=question.late,
        order=order,
        orders=tuple(Order),
        filters=question.query(day),
        last=question.last,
        service_of=lambda row: service_name(qolhat, speech, row.edition),
        stage_of=lambda row: stage_name(qolhat, speech, row.edition, row.stage),
        place_of=lambda row: place_name(visitor, row.place),
        norm_of=lambda row: norm_text(speech, row.norm_amount, row.norm_unit),
        over_of=lambda row: span_text(speech, row.over),
        pages=shown,
    )
