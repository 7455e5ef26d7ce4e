"""What is open: how much, how old, and which stays are likely to end late."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.asked import OrganisationQuery, asked, choices
from api.web.figures.charts import ages_chart, charts_of
from api.web.named import service_name, stage_name
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.progress import VisitKind
from domain.rights import Right
from infra.audit_figures import late_next
from projections.open_stays import AGES, OpenStays, OpenWork, by_organisation
from projections.visits import Visits

router = APIRouter()


@router.get("/figures/open")
def open_work(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    organisation: OrganisationQuery = None,
) -> HTMLResponse:
    """Show who will be late next, and what is open: by organisation, or by stage of one."""
    qolhat, speech, whose = visitor.qolhat, visitor.speech, asked(visitor, organisation)
    now = qolhat.now()
    with qolhat.views.reading() as reading:
        stays = OpenStays(reading.view(Visits))
        work = stays.work(reading.connection, now, whose.organisations)
        risks = late_next(reading, qolhat.views.knowledge, now, whose.organisations)
    return visitor.page(
        "figures/open.html",
        asked=whose,
        choices=choices(qolhat, whose.in_reach),
        at=now,
        days=[age.days for age in AGES],
        work=work,
        organisations=by_organisation(work),
        charts=charts_of(
            {"ages": ages_chart(speech, [(_name(visitor, each), each) for each in work])}
        ),
        likely=[risk for risk in risks if risk.chance],
        unlikely=[risk for risk in risks if not risk.chance],
        names=qolhat.personnel.names({risk.stay.person for risk in risks}),
        organisation_of=lambda line: qolhat.directory.organisation(line.organisation).name_kk,
        service_of=lambda line: service_name(qolhat, speech, line.edition),
        stage_of=lambda line: stage_name(qolhat, speech, line.edition, line.stage),
        place_of=lambda stay: place_name(visitor, stay.place),
    )


def _name(visitor: Visitor, work: OpenWork) -> str:
    """Name what is open: a stage, or what it is while it is in none."""
    stage = stage_name(visitor.qolhat, visitor.speech, work.edition, work.stage)
    if work.kind == VisitKind.STAGE.value:
        return stage
    kind = visitor.speech.word("visit", work.kind)
    return f"{kind} → {stage}" if stage else kind
