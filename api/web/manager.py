"""The manager's first page: what is overdue, due today, about to be late; how the stages do.

Every number opens the list behind it, which is the same query and has exactly that many rows. The
reach is the person's: an organisation, a region, the country; one organisation may be chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.periods import Period
from api.stage_order import in_order
from api.web.asked import (
    Asked,
    OrganisationQuery,
    asked,
    choices,
    moment_of,
    query_of,
)
from api.web.named import norm_text, service_name, stage_name
from api.web.standing import Standing
from api.web.unsettled import count_at, reach_of_unsettled
from api.web.visitor import Visitor, allowed
from domain.progress import VisitKind
from domain.regulations.edition import Edition, Stage
from domain.rights import Right
from domain.urgency import Urgency
from infra.pressing import pressing_of
from infra.views.group import Reading
from projections.complaints import Complaints
from projections.country_sums import CountrySums
from projections.figures import By, Figure, RollupFilter, Span
from projections.holdings import Holdings
from projections.pressing import Whose
from projections.rollups import Rollups

router = APIRouter(include_in_schema=False)
_BACK = timedelta(weeks=4)
FEW = 10  # stays: below, a share says little
_TONES = {Urgency.OVERDUE: "red", Urgency.SOON: "amber"}


@dataclass(frozen=True, slots=True)
class Tile:
    """A number with the address of the list behind it; `name` is its text's key."""

    name: str
    count: int
    address: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class StageLine:
    """The figures of a stage of an edition; `address` (with more fields) lists its stays."""

    service: str
    way: str
    stage: str
    norm: str
    timing: Figure
    query: dict[str, Any]

    @property
    def late(self) -> int:
        """How many stays were past the norm."""
        return self.timing.late

    @property
    def few(self) -> bool:
        """Tell whether there are too few stays to compare by."""
        return self.timing.count < FEW

    def address(self, **more: object) -> str:
        """Return the address of the stays, or of those among them that these fields mean."""
        return address_of("/visits", self.query | more)


def address_of(path: str, query: dict[str, Any]) -> str:
    """Return an address with its fields."""
    return f"{path}?{urlencode(query)}" if query else path


@router.get("/manager")
def manager(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
) -> HTMLResponse:
    """Show the figures of one organisation, or of all in reach."""
    whose, weeks = asked(visitor, organisation), _weeks(visitor)
    with visitor.qolhat.views.reading() as reading:
        now = list(_pressing(visitor, reading, whose))
        waiting = list(_waiting(visitor, reading, whose))
        figures = reading.view(Rollups).figures(
            reading.connection, _stays(whose, weeks), (By.EDITION, By.STAGE)
        )
    return visitor.page(
        "manager.html",
        asked=whose,
        choices=choices(visitor.qolhat, whose.in_reach),
        at=visitor.qolhat.now(),
        warning=visitor.qolhat.settings.warning,
        day=weeks.since,
        now=now,
        waiting=waiting,
        stages=_stage_lines(visitor, figures, whose, weeks),
    )


def _organisation(whose: Asked) -> dict[str, Any]:
    return query_of(organisation=None if whose.one is None else whose.one.code)


def _pressing(visitor: Visitor, reading: Reading, whose: Asked) -> Iterator[Tile]:
    moment = moment_of(visitor.qolhat, whose.organisations)
    pressing = pressing_of(reading, moment)
    meant = Whose(whose.organisations, everywhere=whose.everywhere)
    for which in (Urgency.OVERDUE, Urgency.SOON, Urgency.TODAY):
        count, query = pressing.count(which, meant), {"which": which.value} | _organisation(whose)
        tone = _TONES.get(which, "") if count else ""
        yield Tile(which.value, count, address_of("/due", query), tone)


def _waiting(visitor: Visitor, reading: Reading, whose: Asked) -> Iterator[Tile]:
    connection, among = reading.connection, whose.organisations
    chosen = reach_of_unsettled(visitor).organisations if whose.one is None else among
    unsettled = count_at(visitor.qolhat, chosen)
    yield Tile("unsettled", unsettled, address_of("/unsettled", _organisation(whose)))
    complaints = reading.view(Complaints).count_open(connection, organisations=among)
    yield Tile("complaints", complaints, address_of("/complaints", _organisation(whose)))
    counts = _standing(reading, whose)
    for status in Standing:
        query = {"status": status.value} | _organisation(whose)
        yield Tile(status.value, counts[status.value], address_of("/packets", query))


def _standing(reading: Reading, whose: Asked) -> dict[str, int]:
    statuses, connection = {status.value for status in Standing}, reading.connection
    if whose.everywhere:
        return reading.view(CountrySums).standing(connection, statuses)
    return reading.view(Holdings).standing(connection, statuses, whose.organisations)


# --- stages --------------------------------------------------------------------------------------


def _weeks(visitor: Visitor) -> Period:
    """Return this week and those before it that are shown with it."""
    today = visitor.qolhat.now().astimezone(ZoneInfo(visitor.speech.zone)).date()
    return Period.of_days(Span.WEEK, today - _BACK, today)


def _stays(whose: Asked, weeks: Period) -> RollupFilter:
    return RollupFilter(
        weeks.span,
        organisations=whose.meant,
        kind=VisitKind.STAGE.value,
        since=weeks.since,
        until=weeks.until,
    )


def _stage_lines(
    visitor: Visitor, figures: Iterable[Figure], whose: Asked, weeks: Period
) -> list[StageLine]:
    """Return the figures in the order of services and of their routes."""
    return [
        _stage_line(visitor, figure, edition, weeks.query() | _organisation(whose))
        for edition, of_it in in_order(visitor.qolhat, figures)
        for figure in of_it
    ]


def _stage_line(
    visitor: Visitor, figure: Figure, edition: Edition, fields: dict[str, Any]
) -> StageLine:
    qolhat, speech, stage = visitor.qolhat, visitor.speech, figure.of.stage or ""
    query = {"service": edition.service.key, "edition": edition.id, "stage": stage}
    return StageLine(
        service_name(qolhat, speech, edition.id),
        speech.word("way", edition.way.value),
        stage_name(qolhat, speech, edition.id, stage),
        _norm(visitor, edition.stage(stage)),
        figure,
        query | fields,
    )


def _norm(visitor: Visitor, stage: Stage) -> str:
    norm = stage.norm
    return "" if norm is None else norm_text(visitor.speech, norm.amount, norm.unit.value)
