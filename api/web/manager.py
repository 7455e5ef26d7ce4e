"""The manager's first page: what is overdue, due today, about to be late; how the stages do.

Every number opens the list behind it, which is the same query and has exactly that many rows. The
reach is the person's: an organisation, a region, the country; one organisation may be chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.asked import (
    DAYS,
    Asked,
    OrganisationQuery,
    asked,
    choices,
    figures_since,
    midnight,
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
from infra.views.group import Reading
from projections.complaints import Complaints
from projections.due import DueView
from projections.holdings import Holdings
from projections.pressing import Pressing, Whose
from projections.visits import Timing, VisitFilter, Visits

router = APIRouter(include_in_schema=False)
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
    timing: Timing
    query: dict[str, Any]

    @property
    def late(self) -> int:
        """How many stays were past the norm."""
        return self.timing.judged - self.timing.within

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
    whose, day = asked(visitor, organisation), figures_since(visitor, None)
    with visitor.qolhat.views.reading() as reading:
        now = list(_pressing(visitor, reading, whose))
        waiting = list(_waiting(visitor, reading, whose))
        timings = reading.view(Visits).timings(reading.connection, _stays(visitor, whose, day))
    return visitor.page(
        "manager.html",
        asked=whose,
        choices=choices(visitor.qolhat, whose.in_reach),
        at=visitor.qolhat.now(),
        warning=visitor.qolhat.settings.warning,
        days=DAYS,
        day=day,
        now=now,
        waiting=waiting,
        stages=_stage_lines(visitor, timings, whose, day),
    )


def _organisation(whose: Asked) -> dict[str, Any]:
    return query_of(organisation=None if whose.one is None else whose.one.code)


def _pressing(visitor: Visitor, reading: Reading, whose: Asked) -> Iterator[Tile]:
    moment = moment_of(visitor.qolhat, whose.organisations)
    pressing = Pressing(reading.view(DueView), reading.connection, moment)
    meant = Whose(whose.organisations)
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
    counts = reading.view(Holdings).standing(connection, set(Standing), among)
    for status in Standing:
        query = {"status": status.value} | _organisation(whose)
        yield Tile(status.value, counts[status.value], address_of("/packets", query))


# --- stages --------------------------------------------------------------------------------------


def _stays(visitor: Visitor, whose: Asked, day: date) -> VisitFilter:
    return VisitFilter(
        since=midnight(day, visitor.speech.zone),
        organisations=whose.organisations,
        kind=VisitKind.STAGE.value,
        timed=True,
    )


def _stage_lines(
    visitor: Visitor, timings: Iterable[Timing], whose: Asked, day: date
) -> list[StageLine]:
    """Return the figures in the order of services and of their routes."""
    found = []
    for timing in timings:
        if timing.edition is not None:
            edition = visitor.qolhat.regulations.edition(timing.edition)
            order = (edition.service.key, edition.id, edition.index_of[timing.stage])
            found.append((order, _stage_line(visitor, timing, edition, whose, day)))
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


def _stage_line(
    visitor: Visitor, timing: Timing, edition: Edition, whose: Asked, day: date
) -> StageLine:
    qolhat, speech = visitor.qolhat, visitor.speech
    query = {
        "service": edition.service.key,
        "edition": edition.id,
        "stage": timing.stage,
        "since": day.isoformat(),
    }
    return StageLine(
        service_name(qolhat, speech, edition.id),
        speech.word("way", edition.way.value),
        stage_name(qolhat, speech, edition.id, timing.stage),
        _norm(visitor, edition.stage(timing.stage)),
        timing,
        query | _organisation(whose),
    )


def _norm(visitor: Visitor, stage: Stage) -> str:
    norm = stage.norm
    return "" if norm is None else norm_text(visitor.speech, norm.amount, norm.unit.value)
