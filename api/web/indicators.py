"""The indicators of quality and timeliness, for a manager: year and quarters [002 annex 4]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator, Field

from api.services import services_by_key
from api.web.asked import OrganisationQuery, asked, choices
from api.web.visitor import Visitor, allowed
from domain.rights import Right
from domain.survey import FEWEST
from domain.workdays import FIRST_YEAR, LAST_YEAR
from infra.indicators import FEW, IndicatorLine, Wanted, indicators_of

router = APIRouter(include_in_schema=False)
_EMPTY = BeforeValidator(lambda given: None if given == "" else given)
YearQuery = Annotated[Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)] | None, _EMPTY, Query()]
ServiceQuery = Annotated[str, Query(max_length=64)]
_MARK = 0.8  # hundredths of the picture's width


@dataclass(frozen=True, slots=True)
class Bar:
    """An indicator's picture, a hundred wide: the bar, the marks of normative value and target."""

    length: float
    marks: tuple[tuple[str, float], ...]


@router.get("/indicators")
def indicators(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
    service: ServiceQuery = "",
    year: YearQuery = None,
) -> HTMLResponse:
    """Show normative value, current value and target of each indicator, and the quarters."""
    qolhat, speech = visitor.qolhat, visitor.speech
    whose = asked(visitor, organisation)
    chosen = year or qolhat.now().astimezone(ZoneInfo(speech.zone)).year
    wanted = Wanted(chosen, whose.meant, service or None)
    services = services_by_key(qolhat.regulations, speech.language)
    return visitor.page(
        "figures/indicators.html",
        asked=whose,
        choices=choices(qolhat, whose.in_reach),
        services=services,
        service=service,
        year=chosen,
        first=FIRST_YEAR,
        last=LAST_YEAR,
        lines=indicators_of(qolhat, wanted),
        bar=_bar,
        fewest=FEWEST,
        few=FEW,
        operator=qolhat.settings.operator,
        document=qolhat.indicators.document_in(speech.language),
    )


def _bar(line: IndicatorLine) -> Bar:
    aim = line.aim
    shares = () if aim is None else (("late", aim.normative), ("waits", aim.target))
    marks = tuple((name, round(100 * share - _MARK * share, 2)) for name, share in shares)
    return Bar(round(100 * line.year.share, 2) if line.year else 0.0, marks)
