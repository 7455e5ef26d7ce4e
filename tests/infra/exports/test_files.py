"""A file's name stands for the whole of it or for nothing; and nobody's name stands in any."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyarrow import parquet as pq

from infra.errors import StorageError
from infra.exports import Format, TableName, Wanted, part_of, table_of, write_file
from infra.exports.formats import NotATableError
from tests.infra.demonstration.simulated import Simulated
from tests.infra.exports.conftest import export_of

NAMES = ("surname", "given_name", "patronymic", "iin", "address", "phone", "name", "text")


def interrupted(error: BaseException) -> Iterator[bytes]:
    """Half a file."""
    yield b"half"
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), StorageError(), OSError(28, "full")])
def test_half_a_file_gets_no_name_and_does_not_stay(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "export.csv"
    target.write_bytes(b"the one before")
    with pytest.raises((KeyboardInterrupt, StorageError)):
        write_file(target, interrupted(error))
    assert target.read_bytes() == b"the one before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_whole_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "export.csv"
    target.write_bytes(b"the one before")
    assert write_file(target, [b"the ", b"next"]) == 8
    assert target.read_bytes() == b"the next"
    assert not part_of(target).exists()


def test_a_folder_that_is_not_there_is_an_error_of_the_store(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_file(tmp_path / "nowhere" / "export.csv", [b""])


def test_only_formats_of_one_table_have_a_choice() -> None:
    assert table_of(Format.CSV, TableName.VISITS) is TableName.VISITS
    assert table_of(Format.OCEL, None) is TableName.EVENTS
    with pytest.raises(NotATableError):
        table_of(Format.XLSX, TableName.VISITS)


# --- nobody is named ---------------------------------------------------------------------------


def personal(day: Simulated) -> set[str]:
    """What the simulation put into the vault about people, and every text of theirs."""
    contents = [record.content for record in day.records]
    found = {str(content[key]) for content in contents for key in NAMES if content.get(key)}
    return {each for each in found if len(each) > 3}


def text_of_workbook(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = (book.read(name).decode("utf-8", "replace") for name in book.namelist())
        return " ".join(parts)


def text_of_parquet(content: bytes) -> str:
    return str(pq.read_table(io.BytesIO(content)).to_pylist())


READ: dict[Format, Callable[[bytes], str]] = {
    Format.XLSX: text_of_workbook,
    Format.PARQUET: text_of_parquet,
}


@pytest.mark.parametrize("form", Format)
def test_no_export_names_anybody(day: Simulated, form: Format) -> None:
    said = personal(day)
    assert len(said) > 100
    text = READ.get(form, bytes.decode)(export_of(day.qolhat, form))
    assert "10267000000" in text  # it is the text that was exported
    assert [each for each in said if each in text] == []


# --- XES ---------------------------------------------------------------------------------------


def test_a_trace_is_in_order_and_every_stay_begins_before_it_ends(day: Simulated) -> None:
    log = ET.fromstring(export_of(day.qolhat, Format.XES))  # our own file
    name = {"xes": "http://www.xes-standard.org/"}
    traces = log.findall("xes:trace", name)
    assert len(traces) == day.outcome.registered
    for trace in traces:
        told = [
            {each.get("key", ""): each.get("value", "") for each in event}
            for event in trace.findall("xes:event", name)
        ]
        times = [each["time:timestamp"] for each in told]
        assert times == sorted(times)
        begun: set[str] = set()
        for each in told:
            stay = each.get("concept:instance")
            if each["lifecycle:transition"] == "start":
                begun.add(stay or "")
            elif stay is not None:
                assert stay in begun, each
            assert int(each["org:resource"]) >= 0


def test_an_empty_log_is_a_log(day: Simulated) -> None:
    never = Wanted(organisations=())
    log = ET.fromstring(export_of(day.qolhat, Format.XES, never))
    assert not log.findall("{http://www.xes-standard.org/}trace")
