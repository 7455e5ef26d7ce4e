"""The formats, and how each is made out of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from domain.errors import RefusedError
from infra.bootstrap import Qolhat
from infra.exports.about import About
from infra.exports.csv_file import write_csv
from infra.exports.epcis import write_epcis
from infra.exports.ocel import write_ocel
from infra.exports.parquet_file import write_parquet
from infra.exports.source import Progress, Source
from infra.exports.tables import TABLES, TableName
from infra.exports.wanted import Wanted
from infra.exports.workbook import Word, write_workbook
from infra.exports.xes import write_xes


class Format(StrEnum):
    """In what a store can be exported."""

    OCEL = "ocel"
    XES = "xes"
    EPCIS = "epcis"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


MEDIA_TYPES: dict[Format, str] = {
    Format.OCEL: "application/json",
    Format.XES: "application/xml",
    Format.EPCIS: "application/ld+json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDINGS: dict[Format, str] = {
    Format.OCEL: "jsonocel",
    Format.XES: "xes",
    Format.EPCIS: "jsonld",
    Format.CSV: "csv",
    Format.PARQUET: "parquet",
    Format.XLSX: "xlsx",
}
# Formats of which a file is one table; a workbook holds both, the others are no tables.
ONE_TABLE = frozenset({Format.CSV, Format.PARQUET})


class NotATableError(RefusedError):
    """A table is named for a format that has no choice of tables."""

    code = "not-a-table"


def table_of(form: Format, named: TableName | None) -> TableName:
    """Return which table is meant; the events, if none is named. Raises NotATableError."""
    if named is not None and form not in ONE_TABLE:
        raise NotATableError(format=form.value)
    return named or TableName.EVENTS


class Exporter:
    """One export of a store: up to which position is settled when it is made.

    Raises StorageError, then and whenever it reads.
    """

    def __init__(
        self, qolhat: Qolhat, wanted: Wanted, word: Word, progress: Progress | None = None
    ) -> None:
        """Take what is meant; `word` says headings in the reader's language."""
        self.source = Source(
            qolhat.log,
            qolhat.regulations,
            qolhat.clocks,
            qolhat.courier_runs,
            wanted,
            progress,
        )
        self.about = About.of(self.source, qolhat.now())
        self._directory = qolhat.directory
        self._word = word

    def pieces(self, form: Format, table: TableName = TableName.EVENTS) -> Iterator[bytes]:
        """Yield the file in pieces. `table` is asked for where a file is one table."""
        return self._ways(table)[form]()

    def _ways(self, table: TableName) -> dict[Format, Callable[[], Iterator[bytes]]]:
        source, about = self.source, self.about
        return {
            Format.OCEL: lambda: write_ocel(source, about),
            Format.XES: lambda: write_xes(source, about),
            Format.EPCIS: lambda: write_epcis(source, about, self._directory),
            Format.CSV: lambda: write_csv(source, about, TABLES[table]),
            Format.PARQUET: lambda: write_parquet(source, about, TABLES[table]),
            Format.XLSX: lambda: write_workbook(source, about, self._word),
        }

    def file_name(self, form: Format, table: TableName = TableName.EVENTS) -> str:
        """Name the file: `qolhat-events-2600.csv`."""
        what = table.value if form in ONE_TABLE else form.value
        return f"qolhat-{what}-{self.about.position}.{ENDINGS[form]}"
