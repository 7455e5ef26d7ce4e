"""Both tables as a workbook (XLSX): headings in the reader's language, dates as dates.

A cell of a workbook knows no zone: times are the country's, and every heading says so. A sheet ends
at 1,048,576 rows; what is more goes on in the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from domain.zones import zone
from infra.exports.about import About
from infra.exports.pieces import ENOUGH
from infra.exports.source import Source
from infra.exports.tables import TABLES, Kind, Table
from infra.exports.wanted import COUNTRY_ZONE

MOST_ROWS = 1_048_576
_EXACT = 10**15  # numbers from here on lose digits in a cell
_DATE_FORMAT = "yyyy-mm-dd hh:mm:ss"
_WIDTHS = {Kind.INSTANT: 20, Kind.NUMBER: 17, Kind.TEXT: 18, Kind.SECONDS: 14, Kind.YES_NO: 9}
Word = Callable[[str], str]


def write_workbook(
    source: Source, about: About, word: Word, most_rows: int = MOST_ROWS
) -> Iterator[bytes]:
    """Yield the file in pieces; it is made in files that go away by themselves.

    `word` says `sheet.NAME` and `column.NAME` in the reader's language.
    """
    import xlsxwriter  # noqa: PLC0415  for those who want a workbook

    with TemporaryDirectory() as folder, TemporaryFile() as file:
        options = {"constant_memory": True, "tmpdir": folder, "remove_timezone": True}
        with xlsxwriter.Workbook(file, options) as book:
            _Sheets(book, source, word, most_rows).write(about)
        file.seek(0)
        while piece := file.read(ENOUGH):
            yield piece


class _Sheets:
    """Fills a workbook row by row."""

    def __init__(self, book: Any, source: Source, word: Word, most_rows: int) -> None:
        self._book, self._source = book, source
        self._word, self._most_rows = word, most_rows
        self._heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._whole = book.add_format({"num_format": "0"})
        self._date = book.add_format({"num_format": _DATE_FORMAT})
        self._zone = zone(COUNTRY_ZONE)

    def write(self, about: About) -> None:
        self._book.set_properties(
            {"title": "Qolhat", "comments": " ".join(f"{k}={v}" for k, v in about.facts().items())}
        )
        self._source.expect_passes(len(TABLES))
        sheet = self._book.add_worksheet(self._word("sheet.about"))
        sheet.set_column(0, 1, 40)
        told = about.facts() | {"time_zone": COUNTRY_ZONE}
        for row, (key, value) in enumerate(told.items()):
            sheet.write_string(row, 0, self._word(f"about.{key}"), self._heading)
            sheet.write_string(row, 1, value)
        for table in TABLES.values():
            self._table(table)

    def _table(self, table: Table) -> None:
        sheet = self._sheet(table, 1)
        for number, values in enumerate(table.rows(self._source)):
            part, row = divmod(number, self._most_rows - 1)
            if part and not row:
                sheet = self._sheet(table, part + 1)
            for column, value in enumerate(values):
                self._cell(sheet, row + 1, column, value)

    def _sheet(self, table: Table, part: int) -> Any:
        name = self._word(f"sheet.{table.name.value}")
        sheet = self._book.add_worksheet(name if part == 1 else f"{name} {part}")
        sheet.freeze_panes(1, 1)
        for column, (key, kind) in enumerate(table.columns):
            sheet.set_column(column, column, _WIDTHS[kind])
            heading = self._word(f"column.{key}")
            said = f"{heading} ({COUNTRY_ZONE})" if kind is Kind.INSTANT else heading
            sheet.write_string(0, column, said, self._heading)
        return sheet

    def _cell(self, sheet: Any, row: int, column: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value.astimezone(self._zone), self._date)
        elif isinstance(value, int) and abs(value) < _EXACT:
            sheet.write_number(row, column, value, self._whole)
        elif isinstance(value, float) and abs(value) < _EXACT:
            sheet.write_number(row, column, value)
        else:
            sheet.write_string(row, column, str(value))
