"""Commands that print: labels, tags, cards, sheets and the test strip, in four formats."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, cast

import typer

from api.cli.failure import MisuseError, UnwritableFileError, check_writable
from api.cli.language import language, say
from api.cli.reasons import reason_of
from api.cli.shell import AsJson, Numbers, Shell, opened, packet_numbers
from api.printing import (
    Print,
    Printer,
    card_print,
    cards_print,
    print_of,
    sheet_print,
    strip_print,
)
from domain.cards import Card
from domain.numbers import parse
from domain.workdays import Language
from scanner.labels import COMMON_DPI, LEAST_DPI, MOST_DPI, SHEET_COLUMNS, SHEET_ROWS, Format

_OUTPUT = Path("-")
Out = Annotated[Path | None, typer.Option("--out", help=say("help.label-out"), allow_dash=True)]
As = Annotated[Format | None, typer.Option("--format", help=say("help.label-format"))]
Dpi = Annotated[int, typer.Option(help=say("help.dpi"), min=LEAST_DPI, max=MOST_DPI)]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("label", help=say("help.command.label"))(label)
    app.command("labels", help=say("help.command.labels"))(labels)
    app.command("cards", help=say("help.command.cards"))(cards)
    app.command("test-strip", help=say("help.command.test-strip"))(strip)


def label(
    code: Annotated[str, typer.Argument(help=say("help.label-code"))],
    out: Out = None,
    form: As = None,
    dpi: Dpi = COMMON_DPI,
    as_json: AsJson = False,
) -> None:
    """Print what carries a code; a packet that is not registered yet gets its number alone."""
    printer = _printer(form, out, dpi)
    if code in set(Card):
        _write(card_print(Card(code), _language()), printer, out, as_json=as_json)
        return
    known = parse(code)
    with opened() as qolhat:
        made = print_of(qolhat, known, _language())
    _write(made, printer, out, as_json=as_json)


def labels(
    numbers: Numbers,
    start: Annotated[
        int, typer.Option(help=say("help.label-start"), min=1, max=SHEET_COLUMNS * SHEET_ROWS)
    ] = 1,
    out: Out = None,
    form: As = None,
    dpi: Dpi = COMMON_DPI,
    as_json: AsJson = False,
) -> None:
    """Print packets' labels on A4 sheets of 24; a sheet that was begun can be used up."""
    printer = _printer(form, out, dpi)
    packets = packet_numbers(numbers)
    with opened() as qolhat:
        made = sheet_print(qolhat, packets, start, _language())
    _write(made, printer, out, as_json=as_json)


def cards(out: Out = None, form: As = None, dpi: Dpi = COMMON_DPI, as_json: AsJson = False) -> None:
    """Print the action cards: ten on a sheet; as ZPL each alone."""
    printer = _printer(form, out, dpi)
    _write(cards_print(printer.form, _language()), printer, out, as_json=as_json)


def strip(out: Out = None, form: As = None, dpi: Dpi = COMMON_DPI, as_json: AsJson = False) -> None:
    """Print codes from narrow to wide: a page of A4, or labels of 58 x 40 mm."""
    printer = _printer(form, out, dpi)
    _write(strip_print(printer, _language()), printer, out, as_json=as_json)


def _language() -> Language:
    return cast("Language", language())


def _printer(form: Format | None, out: Path | None, dpi: int) -> Printer:
    """Return for what to draw: as is said, else by the file's ending. Raises MisuseError."""
    if form is not None:
        return Printer(form, dpi)
    if out is None or out == _OUTPUT:
        return Printer(Format.PDF, dpi)
    ending = out.suffix.lower().removeprefix(".")
    if ending not in set(Format):
        endings = ", ".join(f".{each.value}" for each in Format)
        raise MisuseError("label-ending", file=out, endings=endings)
    return Printer(Format(ending), dpi)


def _write(made: Print, printer: Printer, out: Path | None, *, as_json: bool) -> None:
    """Draw, and write to a file or to the output; then say where."""
    if out is not None and out != _OUTPUT:
        check_writable(out)
    printed = made.drawn(printer, _language())
    if out == _OUTPUT:
        sys.stdout.buffer.write(printed.content)
        sys.stdout.flush()
        return
    file = out or Path(printed.name)
    _write_file(file, printed.content)
    told = {"file": file, "format": printer.form, "dpi": printer.dpi}
    Shell(as_json).show(told, say("label.done", file=file))


def _write_file(file: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises UnwritableFileError."""
    draft = file.with_name(f".{os.getpid()}.{file.name}")
    try:
        draft.write_bytes(content)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UnwritableFileError(file=file, reason=reason_of(error)) from error
