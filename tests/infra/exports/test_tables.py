"""Events and stays as tables: CSV, Parquet and a workbook say the same, and what the views say."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from pyarrow import parquet as pq

from infra.exports import TABLES, About, Exporter, Format, Source, TableName, Wanted
from infra.exports.tables import Kind
from infra.exports.workbook import write_workbook
from projections.visits import VisitRow, Visits
from tests.infra.demonstration.simulated import Simulated
from tests.infra.exports.conftest import EVERYTHING, export_of, heading

ALMATY = ZoneInfo("Asia/Almaty")


def csv_rows(day: Simulated, table: TableName) -> list[dict[str, str]]:
    text = export_of(day.qolhat, Format.CSV, table=table).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def parquet_table(day: Simulated, table: TableName) -> Any:
    return pq.read_table(io.BytesIO(export_of(day.qolhat, Format.PARQUET, table=table)))


def rows_of(day: Simulated, table: TableName) -> list[dict[str, Any]]:
    """The rows themselves."""
    source = Exporter(day.qolhat, EVERYTHING, heading).source
    names = [name for name, _ in TABLES[table].columns]
    return [dict(zip(names, row, strict=True)) for row in TABLES[table].rows(source)]


def test_a_stay_is_what_the_view_of_stays_says(day: Simulated) -> None:
    with day.qolhat.views.reading() as reading:
        shown = reading.view(Visits).find(reading.connection, limit=1_000_000)
    exported = {(row["number"], row["seq"]): row for row in rows_of(day, TableName.VISITS)}
    assert len(exported) == len(shown) > 400
    for visit in shown:
        row = exported[visit.number, visit.seq]
        assert _as_row(visit) == {key: row[key] for key in _as_row(visit)}


_SPANS = ("working", "counted", "over", "stood")


def _as_row(visit: VisitRow) -> dict[str, Any]:
    plain = {
        name: getattr(visit, name)
        for name in VisitRow.__slots__
        if name not in {*_SPANS, "deviations", "pauses"}
    }
    spans = {
        f"{name}_seconds": span.total_seconds() if isinstance(span, timedelta) else None
        for name in _SPANS
        for span in [getattr(visit, name)]
    }
    return plain | spans | {"deviations": " ".join(visit.deviations)}


def test_every_event_about_paper_is_a_row_in_the_order_of_recording(day: Simulated) -> None:
    topics = {row[0]: row[3] for page in day.qolhat.log.pages(0) for row in page}
    about_paper = {
        position: topic
        for position, topic in topics.items()
        if topic[:3] in {"pkt", "bag", "rgy", "run", "uns", "pag"}
    }
    rows = rows_of(day, TableName.EVENTS)
    assert {row["position"]: row["topic"] for row in rows} == about_paper
    assert [row["position"] for row in rows] == sorted(about_paper)
    assert any(row["deviations"] for row in rows)


@pytest.mark.parametrize("table", TableName)
def test_csv_and_parquet_say_the_same(day: Simulated, table: TableName) -> None:
    read, written = parquet_table(day, table), csv_rows(day, table)
    assert read.column_names == list(written[0]) == [name for name, _ in TABLES[table].columns]
    assert [_as_text(row) for row in read.to_pylist()] == written


def _as_text(row: dict[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else str(value)


def test_csv_begins_with_the_mark_by_which_spreadsheets_know_its_letters(day: Simulated) -> None:
    assert export_of(day.qolhat, Format.CSV).startswith(b"\xef\xbb\xbfposition,stream,")


def test_parquet_says_of_which_store_and_up_to_where_it_is(day: Simulated) -> None:
    read = parquet_table(day, TableName.EVENTS)
    exporter = Exporter(day.qolhat, EVERYTHING, heading)
    said = {key.decode(): value.decode() for key, value in read.schema.metadata.items()}
    assert said["qolhat.position"] == str(day.qolhat.log.rows.last_position())
    assert said["qolhat.store"] == str(exporter.source.identity.store)
    assert str(read.schema.field("happened_at").type) == "timestamp[us, tz=UTC]"


def test_an_empty_export_is_a_table_without_rows(day: Simulated) -> None:
    never = Wanted(since=datetime(2100, 1, 1, tzinfo=UTC))
    for form in (Format.CSV, Format.PARQUET, Format.XLSX):
        assert export_of(day.qolhat, form, never)
    read = pq.read_table(io.BytesIO(export_of(day.qolhat, Format.PARQUET, never)))
    assert (read.num_rows, read.num_columns) == (0, len(TABLES[TableName.EVENTS].columns))


# --- the workbook ------------------------------------------------------------------------------


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_a_workbook_has_a_sheet_of_each_table_and_one_about_itself(day: Simulated) -> None:
    book = opened(export_of(day.qolhat, Format.XLSX))
    assert book.sheetnames == ["sheet.about", "sheet.events", "sheet.visits"]
    about = {row[0].value: row[1].value for row in book["sheet.about"].rows}
    assert about["about.position"] == str(day.qolhat.log.rows.last_position())
    assert about["about.time_zone"] == "Asia/Almaty"
    assert f"position={about['about.position']}" in book.properties.description


@pytest.mark.parametrize("table", TableName)
def test_a_sheet_holds_the_table_with_dates_as_dates(day: Simulated, table: TableName) -> None:
    sheet = opened(export_of(day.qolhat, Format.XLSX))[f"sheet.{table.value}"]
    heads, *found = sheet.iter_rows(values_only=True)
    columns = TABLES[table].columns
    assert [head.partition(" ")[0] for head in heads] == [f"column.{name}" for name, _ in columns]
    for head, (_, kind) in zip(heads, columns, strict=True):
        assert head.endswith("(Asia/Almaty)") == (kind is Kind.INSTANT)
    rows = rows_of(day, table)
    assert len(found) == len(rows)
    for got, row in zip(found, rows, strict=True):
        assert [_comparable(each) for each in got] == [_comparable(each) for each in row.values()]


def _comparable(value: Any) -> Any:
    """What a cell can hold: local time, no empty texts, milliseconds."""
    if isinstance(value, datetime):
        local = value.astimezone(ALMATY).replace(tzinfo=None) if value.tzinfo else value
        return round(local.timestamp(), 2)
    if isinstance(value, float):
        return pytest.approx(value)
    return None if value == "" else value


def test_what_is_more_than_a_sheet_holds_goes_on_in_the_next(day: Simulated) -> None:
    source = _source(day)
    rows = sum(1 for _ in TABLES[TableName.EVENTS].rows(source))
    about = About.of(source, day.qolhat.now())
    book = opened(b"".join(write_workbook(source, about, heading, most_rows=rows // 2)))
    parts = [name for name in book.sheetnames if name.startswith("sheet.events")]
    assert parts == ["sheet.events", "sheet.events 2", "sheet.events 3"]
    assert sum(book[part].max_row - 1 for part in parts) == rows
    assert {book[part]["A1"].value for part in parts} == {"column.position"}
    assert max(book[part].max_row for part in parts) == rows // 2


def _source(day: Simulated) -> Source:
    return Exporter(day.qolhat, EVERYTHING, heading).source
