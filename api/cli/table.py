"""`qolhat table`: a picture of packets on a table, compared with a bag; nothing is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.display import Line, Sheet, table
from api.cli.failure import MisuseError, check_readable
from api.cli.language import language, say, term
from api.cli.pictures import bytes_of
from api.cli.reasons import reason_of
from api.cli.shell import AsJson, Shell, number_text, opened
from api.dispatched import bag_journey, read_bag
from api.table_drawing import MISSING, SIGNS, drawn_table
from api.table_picture import TablePicture, read_table, told_table
from domain.dispatch.table_picture import Purpose, Sighting, usual_purpose


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("table", help=say("help.command.table"))(compare)


def compare(
    bag: Annotated[str, typer.Argument(help=say("help.bag"))],
    picture: Annotated[Path, typer.Argument(help=say("help.table-picture"), allow_dash=True)],
    purpose: Annotated[Purpose | None, typer.Option(help=say("help.purpose"))] = None,
    drawn: Annotated[
        Path | None, typer.Option("--annotated", help=say("help.drawn"), metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell which packets of a bag are in a picture, which are missing, what else is there."""
    number = read_bag(bag)
    if str(picture) != "-":
        check_readable(picture)
    with opened() as qolhat:
        journey = bag_journey(qolhat, number)
        wanted = purpose or usual_purpose(journey)
        data = bytes_of(picture, qolhat.reading.limits.bytes)
        found = read_table(qolhat, journey, wanted, data, pictured=drawn is not None)
    if drawn is not None:
        _write(drawn, drawn_table(found, language()))
    Shell(as_json).show(told_table(found), _lines(found))


def _write(file: Path, picture: bytes) -> None:
    """Write the picture with its marks. Raises MisuseError."""
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise MisuseError("unwritable", file=file, reason=reason_of(error)) from error


def _lines(found: TablePicture) -> list[Line]:
    made: Sheet = table("title.table", "nth", "packet", "pictured", "bag")
    for nth, each in enumerate(found.comparison.seen, start=1):
        made.add_row(str(nth), number_text(each.number), _what(each), number_text(each.bag))
    for number in found.comparison.missing:
        made.add_row("", number_text(number), f"{MISSING} {term('arrival', 'missing')}", "–")
    lines: list[Line] = [made]
    lines += [say("table.other-tag", bag=number_text(tag)) for tag in found.tags]
    if found.unsure:
        lines.append(say("table.unsure", count=len(found.unsure)))
    return [*lines, say("table.nothing-recorded")]


def _what(each: Sighting) -> str:
    return f"{SIGNS[each.what]} {term('pictured', each.what.value)}"
