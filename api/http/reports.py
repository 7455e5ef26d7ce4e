"""Reports of a week, a month or a quarter [004]: as JSON, as PDF and as a workbook."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast

from fastapi import Path, Query, Response

from api.http import schemas
from api.http.calls import Asking, Call
from api.http.figures import deviations_out, figure_out, service_out
from api.http.media import resource
from api.http.problems import documented
from api.http.telling import Teller
from api.reported import file_name, wanted_report, written
from api.reported_files import MEDIA_TYPES, FileForm, file_of
from api.web.rendering import Speech
from domain.reporting import ReportPeriod
from domain.rights import Right
from domain.workdays import Language
from infra.reports import Report, ReportWanted, report_of
from projections.turnover import COUNTS, Turnover

router = resource("reports")
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": dict.fromkeys(MEDIA_TYPES.values(), _BYTES)}
}
PeriodPath = Annotated[
    str,
    Path(
        max_length=10,
        description="A week, a month or a quarter.",
        examples=["2026-W41", "2026-10", "2026-Q3"],
    ),
]
OrganisationQuery = Annotated[int | None, Query(ge=1, le=9999)]
KnownQuery = Annotated[
    date | None,
    Query(description="Only what was recorded by the end of that day; now, if none is given."),
]


@router.get("/reports/{period}", summary="A report", responses=documented(404))
def report(
    call: Asking,
    period: PeriodPath,
    organisation: OrganisationQuery = None,
    as_known_on: KnownQuery = None,
) -> schemas.ReportOut:
    """Services rendered and how timely; of a past day the same whenever it is asked for."""
    wanted = _wanted(call, period, organisation, as_known_on)
    return report_out(call.tell, report_of(call.qolhat, wanted), organisation)


@router.get(
    "/reports/{period}/{form}",
    summary="A report as a file",
    response_class=Response,
    responses=_FILE | documented(404),
)
def report_file(
    call: Asking,
    period: PeriodPath,
    form: FileForm,
    organisation: OrganisationQuery = None,
    as_known_on: KnownQuery = None,
) -> Response:
    """The same report in the reader's language."""
    wanted = _wanted(call, period, organisation, as_known_on)
    speech = Speech(cast("Language", call.tell.language), wanted.zone)
    made = written(call.qolhat, speech, report_of(call.qolhat, wanted), organisation)
    name = file_name(wanted, organisation, form.value)
    return Response(
        file_of(made, form),
        media_type=MEDIA_TYPES[form],
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _wanted(
    call: Call, period: str, organisation: int | None, as_known_on: date | None
) -> ReportWanted:
    """Say which report is meant.

    Raises NoRightError, NotYoursError, NoReportPeriodError, UnknownOrganisationError.
    """
    organisations = call.within(Right.SEE_FIGURES, organisation)
    of = ReportPeriod.of(period)
    return wanted_report(call.qolhat, of, organisation, organisations, as_known_on)


def report_out(tell: Teller, report: Report, organisation: int | None) -> schemas.ReportOut:
    """Tell a report."""
    period = report.wanted.period
    return schemas.ReportOut(
        period=schemas.ReportPeriodOut(
            code=period.code, kind=period.kind.value, first=period.first, last=period.last
        ),
        organisation=tell.maybe_organisation(organisation),
        known=report.known,
        settled=report.settled,
        knowledge=report.knowledge,
        services=[_turnover_out(tell, each) for each in report.services],
        stages=[figure_out(tell, each) for each in report.stages],
        deviations=deviations_out(tell, report.deviations),
        trend=[figure_out(tell, each) for each in report.trend],
    )


def _turnover_out(tell: Teller, counts: Turnover) -> schemas.TurnoverOut:
    service = service_out(tell, counts.service) or schemas.ServiceRef(key=counts.service, name="")
    return schemas.TurnoverOut(service=service, **{name: getattr(counts, name) for name in COUNTS})
