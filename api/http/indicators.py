"""The indicators of quality and timeliness over HTTP [002 annex 4]."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from api.http import schemas
from api.http.calls import Asking
from api.http.fields import KeyField
from api.http.media import resource
from api.http.telling import Teller
from domain.rights import Right
from domain.workdays import FIRST_YEAR, LAST_YEAR
from infra.indicators import Current, IndicatorLine, Wanted, indicators_of

router = resource("figures")
_COUNTRY_ZONE = "Asia/Almaty"


@router.get("/indicators", summary="Indicators of quality and timeliness")
def indicators(
    call: Asking,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    service: KeyField | None = None,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)] = None,
) -> schemas.IndicatorsOut:
    """Normative value, current value and target, by year and quarter; this year at first.

    An organisation's are about what it accepted and what it decided.
    """
    within = call.within(Right.SEE_FIGURES, organisation)
    qolhat = call.qolhat
    chosen = year or qolhat.now().astimezone(ZoneInfo(_COUNTRY_ZONE)).year
    found = indicators_of(qolhat, Wanted(chosen, within, service))
    return schemas.IndicatorsOut(
        year=chosen,
        organisation=call.tell.maybe_organisation(organisation),
        service=service,
        operator=qolhat.settings.operator,
        document=qolhat.indicators.document_in(call.tell.language),
        indicators=[_line_out(call.tell, each) for each in found],
    )


def _line_out(tell: Teller, line: IndicatorLine) -> schemas.IndicatorOut:
    aim = line.aim
    return schemas.IndicatorOut(
        indicator=tell.word("indicator", line.indicator.value),
        source=line.source,
        normative=None if aim is None else aim.normative,
        target=None if aim is None else aim.target,
        current=_current_out(line.year),
        quarters=[_current_out(each) for each in line.quarters],
    )


def _current_out(found: Current | None) -> schemas.CurrentOut | None:
    if found is None:
        return None
    interval = None
    if found.interval is not None:
        interval = schemas.IntervalOut(low=found.interval.low, high=found.interval.high)
    return schemas.CurrentOut(
        share=found.share, count=found.count, interval=interval, small=found.small
    )
