"""Tables as CSV: UTF-8 with the mark by which spreadsheets know it, instants in UTC."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from infra.exports.about import About
from infra.exports.names import iso
from infra.exports.pieces import gathered
from infra.exports.source import Source
from infra.exports.tables import Table, in_parts

_ROWS = 100
_YES_NO = {True: "true", False: "false"}


def write_csv(source: Source, about: About, table: Table) -> Iterator[bytes]:
    """Yield the file in pieces. A table of values has no room for what it says of itself."""
    del about
    return gathered(_texts(source, table))


def _texts(source: Source, table: Table) -> Iterator[str]:
    yield "\ufeff"
    yield _lines([tuple(name for name, _ in table.columns)])
    for part in in_parts(table.rows(source), _ROWS):
        yield _lines(part)


def _lines(rows: Any) -> str:
    written = StringIO(newline="")
    writer = csv.writer(written)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return written.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return _YES_NO[value]
    return iso(value) if isinstance(value, datetime) else value
