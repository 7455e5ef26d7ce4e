"""`qolhat read`: every code in pictures and documents, without a store and without a server."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.display import Sheet, table
from api.cli.failure import FAILED, MisuseError, check_readable, problem
from api.cli.language import language, say, term
from api.cli.reasons import reason_of
from api.cli.shell import AsJson, Shell
from api.pictures import annotated, code_text, page_told
from domain.errors import QolhatError
from infra.bootstrap import picture_reading
from infra.reading import PageRead, Reading
from infra.settings import load_settings
from scanner.bad_pictures import BadPictureError

_KEYBOARD = Path("-")
_Codes = list[tuple[str, PageRead]]
_Wrong = list[tuple[str, dict[str, Any]]]


class UnreadablePictureError(QolhatError):
    """A file that cannot be opened; `reason` says why."""

    code = "unreadable-picture"


@dataclass(slots=True)
class _Seen:
    """What was read so far, and what could not be."""

    as_json: bool
    codes: _Codes = field(default_factory=list)
    wrong: _Wrong = field(default_factory=list)

    def page(self, file: str, page: PageRead) -> None:
        """Tell programs at once; people get a table at the end."""
        self._tell({"file": file} | page_told(page))
        if not self.as_json:
            self.codes.append((file, replace(page, image=None)))

    def error(self, file: str, error: QolhatError) -> None:
        told = problem(error)
        self._tell({"file": file, "error": {name: told[name] for name in _OF_AN_ERROR}})
        self.wrong.append((file, told))

    def _tell(self, told: dict[str, Any]) -> None:
        if self.as_json:
            Shell(as_json=True).tell(told, "")


_OF_AN_ERROR = ("code", "title", "detail")


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read", help=say("help.command.read"))(read)


def read(
    paths: Annotated[list[Path], typer.Argument(help=say("help.pictures"), allow_dash=True)],
    into: Annotated[
        Path | None, typer.Option("--annotated", help=say("help.annotated"), metavar="DIR")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read every code in pictures, documents and folders of them."""
    shell, seen = Shell(as_json), _Seen(as_json)
    for path in paths:
        if path != _KEYBOARD and not path.is_dir():
            check_readable(path)
    drawing = None if into is None else _Drawing(_folder(into))
    reading = picture_reading(load_settings())
    try:
        files = list(_files(paths))
        with shell.progress(say("progress.reading")) as advance:
            for done, file in enumerate(files):
                _read(file, reading, seen, drawing)
                advance(done + 1, len(files))
    finally:
        reading.close()
    if not as_json:
        shell.show(None, [_codes_table(seen.codes), *_wrong_table(seen.wrong)])
    if seen.wrong:
        raise typer.Exit(FAILED)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Go into folders, but not into what is hidden there."""
    for path in paths:
        if path == _KEYBOARD or not path.is_dir():
            yield path
        else:
            yield from sorted(
                each for each in path.rglob("*")
                if each.is_file() and not _is_hidden(each.relative_to(path))
            )  # fmt: skip


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _read(file: Path, reading: Reading, seen: _Seen, drawing: _Drawing | None) -> None:
    """Read one file, page by page; what goes wrong is told, and the next one is read."""
    try:
        data = bytes_of(file, reading.limits.bytes)
        for page in reading.pages(data, pictured=drawing is not None):
            if drawing is not None:
                drawing.draw(file, page)
            seen.page(str(file), page)
    except (BadPictureError, UnreadablePictureError) as error:
        seen.error(str(file), error)


def bytes_of(file: Path, most: int) -> bytes:
    """Take no more of a file than tells that it is too large. Raises UnreadablePictureError."""
    try:
        if file == _KEYBOARD:
            return sys.stdin.buffer.read(most + 1)
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise UnreadablePictureError(reason=reason_of(error)) from error


# --- what people see ------------------------------------------------------------------------------


def _codes_table(codes: _Codes) -> Sheet:
    made = table("title.codes", "file", "page", "kind", "code", "symbology", "confidence")
    for file, page in codes:
        for code in page.codes:
            made.add_row(
                file,
                f"{page.page}/{page.pages}",
                term("code", code.kind),
                code_text(code),
                code.symbology,
                f"{code.confidence:.1%}",
            )
    return made


def _wrong_table(wrong: _Wrong) -> list[Sheet]:
    if not wrong:
        return []
    made = table("title.unread", "file", "remarks")
    for file, told in wrong:
        made.add_row(file, f"{told['title']}. {told['detail']}")
    return [made]


# --- annotated pictures ---------------------------------------------------------------------------


def _folder(into: Path) -> Path:
    """Make the folder for annotated pictures. Raises MisuseError."""
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MisuseError("unwritable", file=into, reason=reason_of(error)) from error
    return into


@dataclass(slots=True)
class _Drawing:
    """Writes annotated pages, none over another: `stack.pdf.3.jpg`."""

    into: Path

    def draw(self, file: Path, page: PageRead) -> None:
        """Write a page. Raises OSError."""
        name = "stdin" if file == _KEYBOARD else file.name
        drawn = annotated(page, language())
        for number in range(10_000):
            again = f".{number}" if number else ""
            try:
                with (self.into / f"{name}.{page.page}{again}.jpg").open("xb") as made:
                    made.write(drawn)
            except FileExistsError:
                continue
            return
        raise FileExistsError(errno.EEXIST, "", str(self.into))
