"""What is open: how much, how old, and which stays are likely to end late."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.asked import Asked, FlagQuery, OrganisationQuery, asked, choices
from api.web.figures.charts import ages_chart, charts_of
from api.web.figures.overview import RANKED
from api.web.named import service_name, stage_name, stay_name
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.rights import Right
from infra.audit_figures import late_next
from infra.views.group import Reading
from projections.open_stays import AGES, OpenStays, OpenWork, of_organisations, of_stages
from projections.open_sums import OpenSums
from projections.visits import Visits

router = APIRouter()


@router.get("/figures/open")
def open_work(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
    everybody: FlagQuery = None,
) -> HTMLResponse:
    """Show open work by stage and by organisation, and who will be late next.

    `everybody`: not only the organisations where the most is late.
    """
    qolhat, speech, whose = visitor.qolhat, visitor.speech, asked(visitor, organisation)
    now = qolhat.now()
    with qolhat.views.reading() as reading:
        work, offices = _open_work(reading, now, whose)
        risks = late_next(reading, qolhat.views.knowledge, now, whose.meant, limit=RANKED)
    most = None if everybody else RANKED
    return visitor.page(
        "figures/open.html",
        asked=whose,
        choices=choices(qolhat, whose.in_reach),
        at=now,
        days=[age.days for age in AGES],
        work=[(edition, list(lines)) for edition, lines in groupby(work, attrgetter("edition"))],
        offices=offices[:most],
        others=len(offices) - len(offices[:most]),
        charts=charts_of(
            {
                "ages": ages_chart(
                    speech,
                    [
                        (stay_name(qolhat, speech, each.edition, each.kind, each.stage), each)
                        for each in work
                    ],
                )
            }
        ),
        risks=risks,
        names=qolhat.personnel.names({risk.stay.person for risk in risks}),
        organisation_of=lambda line: qolhat.directory.organisation(line.organisation).name_kk,
        service_of=lambda line: service_name(qolhat, speech, line.edition),
        way_of=lambda line: speech.word("way", qolhat.regulations.edition(line.edition).way.value),
        stage_of=lambda line: stage_name(qolhat, speech, line.edition, line.stage),
        place_of=lambda stay: place_name(visitor, stay.place),
    )


def _open_work(
    reading: Reading, now: datetime, whose: Asked
) -> tuple[list[OpenWork], list[OpenWork]]:
    """Count what is open by stage, and by organisation if there are several."""
    visits = reading.view(Visits)
    if whose.everywhere:
        return reading.view(OpenSums).work(reading.connection, visits, now)
    work = OpenStays(visits).work(reading.connection, now, whose.organisations)
    return (work, []) if whose.one else (of_stages(work), of_organisations(work))
