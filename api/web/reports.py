"""The reports that departments owe: weekly, monthly, quarterly [004]; as a page, PDF or workbook.

Each can be had as it was known on a past day: the same whenever it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse

from api.reported import Group, Written, file_name, period_text, text_of, wanted_report, written
from api.reported_files import MEDIA_TYPES, FileForm, file_of
from api.web.asked import Asked, DayQuery, OrganisationQuery, asked, choices, query_of
from api.web.figures.charts import Chart, Part, busiest, charts_of, trend_chart, waterfall_chart
from api.web.rendering import Speech
from api.web.visitor import Visitor, allowed
from domain.reporting import PeriodKind, ReportPeriod
from domain.rights import Right
from domain.zones import local_day
from infra.reports import Report, ReportWanted, report_of

router = APIRouter(include_in_schema=False)
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))]
_A_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which report the fields of the page mean: a period by its code, or by a day in it."""

    visitor: Visitor
    whose: Asked
    wanted: ReportWanted

    @property
    def organisation(self) -> int | None:
        """The one that was chosen."""
        return self.whose.one.code if self.whose.one else None

    def address(self, period: ReportPeriod, form: FileForm | None = None) -> str:
        """Return the address of the same report of a period, as a page or as a file."""
        query = query_of(
            period=period.code,
            organisation=self.organisation,
            known=self.wanted.known,
            form=form.value if form else None,
        )
        return f"/reports{'/file' if form else ''}?{urlencode(query)}"

    def made(self) -> tuple[Report, Written]:
        """Make the report, and write it in the reader's language."""
        qolhat = self.visitor.qolhat
        found = report_of(qolhat, self.wanted)
        return found, written(qolhat, self.visitor.speech, found, self.organisation)


def chosen(
    visitor: Seeing,
    organisation: OrganisationQuery = None,
    period: Annotated[str, Query(max_length=10)] = "",
    kind: PeriodKind = PeriodKind.WEEK,
    day: DayQuery = None,
    known: DayQuery = None,
) -> _Chosen:
    """Read the fields. Raises NoReportPeriodError, NotYoursError, UnknownOrganisationError."""
    whose, qolhat = asked(visitor, organisation), visitor.qolhat
    of = ReportPeriod.of(period) if period else None
    of = of or ReportPeriod.containing(kind, day or _last_week(visitor))
    wanted = wanted_report(qolhat, of, organisation, whose.meant, known)
    return _Chosen(visitor, whose, wanted)


Choosing = Annotated[_Chosen, Depends(chosen)]


def _last_week(visitor: Visitor) -> date:
    return local_day(visitor.qolhat.now(), visitor.speech.zone) - _A_WEEK


@router.get("/reports")
def reports(wanted: Choosing) -> HTMLResponse:
    """Show a report; the last whole week if nothing is chosen."""
    visitor, period = wanted.visitor, wanted.wanted.period
    found, said = wanted.made()
    charts = _charts(visitor.speech, found, said)
    return visitor.page(
        "figures/report.html",
        asked=wanted.whose,
        choices=choices(visitor.qolhat, wanted.whose.in_reach),
        kinds=tuple(PeriodKind),
        period=period,
        period_text=period_text(visitor.speech, period),
        known=wanted.wanted.known,
        report=said,
        charts=charts,
        charts_in={"trend": ["trend"], "time": [key for key in charts if key != "trend"]},
        before=wanted.address(period.before),
        after=wanted.address(period.after),
        files=[(form.value, wanted.address(period, form)) for form in FileForm],
        cell=lambda column, value: text_of(visitor.speech, column, value),
    )


def _charts(speech: Speech, found: Report, said: Written) -> dict[str, Chart]:
    """Return the charts: the trend, and of every service where its time goes."""
    charts = {"trend": trend_chart(speech, found.trend)}
    ways = busiest(said.section("time").groups, _packets)
    for number, group in enumerate(ways):
        rows = [(row.values[0], row.values[2]) for row in group.rows]
        lengths = [length if isinstance(length, timedelta) else None for _, length in rows]
        slowest = max((each for each in lengths if each), default=None)
        parts = [
            Part(str(name), length, slowest is not None and length == slowest)
            for (name, _), length in zip(rows, lengths, strict=True)
        ]
        charts[f"way-{number}"] = waterfall_chart(speech, group.title, parts)
    return charts_of(charts)


def _packets(group: Group) -> int:
    return sum(row.values[1] for row in group.rows if isinstance(row.values[1], int))


@router.get("/reports/file")
def report_file(wanted: Choosing, form: FileForm) -> Response:
    """Give a report as a file."""
    name = file_name(wanted.wanted, wanted.organisation, form.value)
    return Response(
        file_of(wanted.made()[1], form),
        media_type=MEDIA_TYPES[form],
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
