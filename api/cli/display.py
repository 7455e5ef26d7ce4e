"""How answers look: tables on a wide terminal, lists on a narrow one, nothing that can do harm.

Texts from outside (codes as scanned, ids, file names, names of people) are shown as they are: they
are never read as rich's markup, and their control characters are made visible instead of obeyed.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from time import sleep
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from api.cli.language import say

WIDE = 160  # columns where the output is no terminal: a file, a pipe, a log
_FRAME = 3  # columns: the padding of a cell and its line
_MUCH_FLATTER = 0.8  # a table is easier to overlook than a list, unless it is as high
_UNBROKEN = frozenset(
    {"token", "packet", "code", "scan", "login", "password", "pin", "badge"}
)  # to be copied
_BETWEEN_BELLS = 0.15  # seconds
_HEADING = Style(bold=True)
_NOTHING = frozenset({"", "–"})
_REPLACEMENT = "\ufffd"
_VISIBLE: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), _REPLACEMENT),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), _REPLACEMENT),  # bidi
    **dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT),  # bytes that were no UTF-8
}


_NOT_RAW = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """Make control characters visible: a scanned code must not command the terminal."""
    return text.translate(_VISIBLE)


def json_text(data: Any, indent: int | None = None) -> str:
    """Write JSON that a terminal can show: letters as they are, control characters escaped."""
    written = json.dumps(data, ensure_ascii=False, indent=indent)
    return _NOT_RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


class Sheet:
    """A table; where the terminal is too narrow for whole words, a list of its rows."""

    def __init__(self, title: str, columns: Sequence[tuple[str, str]]) -> None:
        """Take the title and, of every column, its key and its heading."""
        self.title = title
        self.columns = columns
        self.rows: list[list[Text]] = []

    def add_row(self, *cells: str | Text) -> None:
        """Add a row; plain texts are taken literally."""
        self.rows.append([_literal(cell) for cell in cells])

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        if not self.rows:
            yield Text(f"{self.title}: " if self.title else "").append(say("table.empty"))
            return
        widths = self._widths(options.max_width)
        if widths and self._height(console, widths) <= _MUCH_FLATTER * self._height_of_list():
            yield self._table(widths)
        else:
            yield from self._list()

    def _widths(self, available: int) -> list[int]:
        """Share the width among the columns, no word broken; nothing if there is too little."""
        shares, wishes = [], []
        for position, (key, heading) in enumerate(self.columns):
            texts = [heading, *(row[position].plain for row in self.rows)]
            whole = max(cell_len(text) for text in texts)
            word = max((cell_len(word) for text in texts for word in text.split()), default=1)
            shares.append(whole if key in _UNBROKEN else word)
            wishes.append(whole)
        spare = available - sum(shares) - len(shares) * _FRAME - 1
        while spare > 0 and shares != wishes:
            for position, wish in enumerate(wishes):
                if spare > 0 and shares[position] < wish:
                    shares[position] += 1
                    spare -= 1
        return shares if spare >= 0 else []

    def _height(self, console: Console, widths: Sequence[int]) -> int:
        return sum(
            max(len(cell.wrap(console, width)) for cell, width in zip(row, widths, strict=True))
            for row in self.rows
        )

    def _height_of_list(self) -> int:
        filled = sum(cell.plain not in _NOTHING for row in self.rows for cell in row)
        return filled + len(self.rows)

    def _table(self, widths: Sequence[int]) -> Table:
        made = Table(title=self.title or None, title_justify="left", header_style=_HEADING)
        for (_, heading), width in zip(self.columns, widths, strict=True):
            made.add_column(heading, width=width)
        for row in self.rows:
            made.add_row(*row)
        return made

    def _list(self) -> Iterator[RenderableType]:
        if self.title:
            yield Text(self.title, style="italic")
        for row in self.rows:
            block = Table.grid(padding=(0, 1))
            block.add_column(style=_HEADING)
            block.add_column(overflow="fold")
            for (_, heading), cell in zip(self.columns, row, strict=True):
                if cell.plain not in _NOTHING:
                    block.add_row(heading, cell)
            yield block
            yield Text()


Line = Sheet | Text | str


def table(title: str, *columns: str) -> Sheet:
    """Return an empty table with headings in the reader's language."""
    headings = [(column, say(f"column.{column}")) for column in columns]
    return Sheet(say(title) if title else "", headings)


def _literal(cell: str | Text) -> Text:
    return cell if isinstance(cell, Text) else Text(harmless(cell))


def console(*, stderr: bool = False) -> Console:
    """Return a console that takes texts literally, as wide as the reader's terminal."""
    stream = sys.stderr if stderr else sys.stdout
    as_told = stream.isatty() or "COLUMNS" in os.environ
    width = None if as_told else WIDE
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def show_lines(lines: Iterable[Line]) -> None:
    """Print lines for people."""
    out = console()
    for line in lines:
        out.print(_literal(line) if isinstance(line, str) else line)


def bell(times: int = 1) -> None:
    """Ring, where somebody can hear it: they look at the paper, not at the screen."""
    out = console()
    for each in range(times if out.is_terminal else 0):
        if each:
            sleep(_BETWEEN_BELLS)  # a terminal makes one sound of those that come at once
        out.bell()
