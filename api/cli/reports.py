"""The command that writes the report of a week, a month or a quarter [004]."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from api.cli.exports import check_new, day_of
from api.cli.language import language, say
from api.cli.shell import AsJson, Organisation, Shell, opened
from domain.reporting import ReportPeriod
from domain.workdays import Language
from infra.bootstrap import Qolhat
from infra.exports import write_file

if TYPE_CHECKING:
    from infra.reports import Report


class ReportFormat(StrEnum):
    """As what a report is written."""

    PDF = "pdf"
    XLSX = "xlsx"
    JSON = "json"


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", help=say("help.command.report"))(report)


def report(
    period: Annotated[str, typer.Option(help=say("help.report-period"))],
    form: Annotated[ReportFormat, typer.Option("--format", help=say("help.report-format"))],
    out: Annotated[Path, typer.Option(help=say("help.export-out"))],
    organisation: Organisation = None,
    known: Annotated[
        str, typer.Option("--as-known-on", metavar="DAY", help=say("help.as-known-on"))
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help=say("help.replace"))] = False,
    as_json: AsJson = False,
) -> None:
    """Write a report of services rendered and of how timely they were."""
    from infra.reports import report_of  # noqa: PLC0415  other commands need not wait for it

    of, day = ReportPeriod.of(period), day_of(known)
    check_new(out, replace=replace)
    shell = Shell(as_json)
    with opened() as qolhat:
        from api.reported import wanted_report  # noqa: PLC0415

        mine = None if organisation is None else (organisation,)
        wanted = wanted_report(qolhat, of, organisation, mine, day)
        qolhat.runner.catch_up()
        with shell.progress(say("report.running", period=of.code)) as progress:
            made = report_of(qolhat, wanted, progress)
        size = write_file(out, [_content(qolhat, made, organisation, form)])
    data = {"file": str(out), "period": of.code, "known": made.known, "settled": made.settled}
    shell.show(data | {"bytes": size}, say("report.done", file=out, bytes=size))


def _content(qolhat: Qolhat, report: Report, organisation: int | None, form: ReportFormat) -> bytes:
    """Write a report in the reader's language; JSON is what the API answers."""
    from api.http.reports import report_out  # noqa: PLC0415  only for who writes reports
    from api.http.telling import Teller  # noqa: PLC0415
    from api.reported import written  # noqa: PLC0415
    from api.reported_files import FileForm, file_of  # noqa: PLC0415
    from api.web.rendering import Speech  # noqa: PLC0415

    if form is ReportFormat.JSON:
        told = report_out(Teller(qolhat, language()), report, organisation)
        return told.model_dump_json(indent=1).encode()
    speech = Speech(cast("Language", language()), report.wanted.zone)
    return file_of(written(qolhat, speech, report, organisation), FileForm(form.value))
