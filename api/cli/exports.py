"""Commands that give data to other programs, and compare the packets' ways with their routes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.display import Line, table
from api.cli.failure import MisuseError
from api.cli.keep import check_target
from api.cli.language import language, say, term
from api.cli.shell import AsJson, Limit, Organisation, Shell, opened, short_name
from api.exported import asked, exporter
from domain.conformance import BROKEN_OFF
from infra.bootstrap import Qolhat
from infra.exports import (
    Conformance,
    Exporter,
    Figures,
    Format,
    TableName,
    Wanted,
    conformance_of,
    part_of,
    table_of,
    write_file,
)

Service = Annotated[str, typer.Option(help=say("help.service"))]
Since = Annotated[str, typer.Option(metavar="DAY", help=say("help.first-day"))]
Until = Annotated[str, typer.Option(metavar="DAY", help=say("help.last-day"))]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("export", help=say("help.command.export"))(export)
    app.command("conformance", help=say("help.command.conformance"))(conformance)


def export(
    form: Annotated[Format, typer.Option("--format", help=say("help.export-format"))],
    out: Annotated[Path, typer.Option(help=say("help.export-out"))],
    which: Annotated[
        TableName | None, typer.Option("--table", help=say("help.export-table"))
    ] = None,
    since: Since = "",
    until: Until = "",
    organisation: Organisation = None,
    service: Service = "",
    replace: Annotated[bool, typer.Option("--replace", help=say("help.replace"))] = False,
    as_json: AsJson = False,
) -> None:
    """Write packets with all that was recorded of them into a file, for other programs."""
    chosen = table_of(form, which)
    check_new(out, replace=replace)
    shell = Shell(as_json)
    with opened() as qolhat:
        wanted = _wanted(qolhat, since, until, organisation, service)
        with shell.progress(say("export.running", file=out.name)) as progress:
            made = exporter(qolhat, wanted, language(), progress)
            size = write_file(out, made.pieces(form, chosen))
    shell.show(*_done(made, out, form, size))


def check_new(file: Path, *, replace: bool) -> None:
    """Refuse a name under which nothing can be written, or where something lies that is not to go.

    Raises MisuseError.
    """
    if file.exists() and not file.is_dir() and not replace:
        raise MisuseError("file-exists", file=file)
    check_target(file)
    check_target(part_of(file))


def _done(made: Exporter, file: Path, form: Format, size: int) -> tuple[Any, list[Line]]:
    about, unreadable = made.about, made.source.unreadable
    data = {
        "file": str(file),
        "format": form.value,
        "bytes": size,
        "store": about.store,
        "epoch": about.epoch,
        "position": about.position,
        "unreadable": unreadable,
    }
    lines: list[Line] = [say("export.done", file=file, position=about.position, bytes=size)]
    if unreadable:
        lines.append(say("export.unreadable", count=unreadable))
    return data, lines


def _wanted(
    qolhat: Qolhat, since: str, until: str, organisation: int | None, service: str
) -> Wanted:
    """Say what is meant. Raises MisuseError, UnknownOrganisationError, and what `asked` raises."""
    if organisation is not None:
        qolhat.directory.organisation(organisation)
    organisations = None if organisation is None else (organisation,)
    return asked(qolhat, day_of(since), day_of(until), organisations, service or None)


def day_of(typed: str) -> date | None:
    """Read a day given on the command line; None for nothing. Raises MisuseError."""
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise MisuseError("no-day", text=typed) from error


# --- conformance -------------------------------------------------------------------------------


def conformance(
    since: Since = "",
    until: Until = "",
    organisation: Organisation = None,
    service: Service = "",
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Tell how well packets went by the routes of their editions, and what was amiss most."""
    shell = Shell(as_json)
    with opened() as qolhat:
        wanted = _wanted(qolhat, since, until, organisation, service)
        with shell.progress(say("conformance.running")) as progress:
            source = exporter(qolhat, wanted, language(), progress).source
            found = conformance_of(source)
        shell.show(_data(found), _tables(qolhat, found, limit))


def _data(found: Conformance) -> dict[str, Any]:
    return {
        "position": found.position,
        "whole": found.whole,
        "groups": [
            {"service": service, "organisation": organisation, "figures": figures}
            for (service, organisation), figures in sorted(found.groups.items())
        ],
        "misfits": [
            {"kind": kind.value, "edition": edition, "step": step, "count": count}
            for (kind, edition, step), count in found.misfits.most_common()
        ],
        "left_out": found.left_out,
    }


def _tables(qolhat: Qolhat, found: Conformance, limit: int) -> list[Line]:
    groups = table(
        "title.conformance", "service", "organisation", "packets", "fitting", "misfits", "fitness"
    )
    for (service, organisation), figures in sorted(found.groups.items()):
        groups.add_row(service, short_name(qolhat, organisation), *_figures(figures))
    groups.add_row(say("conformance.all"), "–", *_figures(found.whole))
    misfits = table("title.misfits", "misfit", "edition", "step", "count")
    for (kind, edition, step), count in found.misfits.most_common(limit):
        misfits.add_row(
            term("misfit", kind.value), edition, _step(qolhat, edition, step), str(count)
        )
    told = say("conformance.position", position=found.position, left_out=found.left_out)
    return [groups, misfits, told]


def _figures(figures: Figures) -> tuple[str, ...]:
    share = f"{figures.fitting / figures.packets:.1%}" if figures.packets else "–"
    return (
        str(figures.packets),
        f"{figures.fitting} ({share})",
        str(figures.cost),
        f"{figures.fitness:.3f}" if figures.packets else "–",
    )


def _step(qolhat: Qolhat, edition: str, step: str) -> str:
    """Name a step: its stage, and how it ended; or a stay outside of every stage."""
    key, _, ended = step.partition(":")
    stages = qolhat.regulations.edition(edition)
    if key not in stages.index_of:
        return term("visit", key)
    name = stages.stage(key).names.in_language(language())
    if not ended:
        return name
    how = say("conformance.broken-off") if ended == BROKEN_OFF else term("act", ended)
    return f"{name}: {how}"
