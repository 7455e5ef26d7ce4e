"""Exports over HTTP: the file that the command line writes, for those who see figures."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
from httpx import Response
from pyarrow import parquet as pq

import infra.exports.source
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.errors import StorageBusyError
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY


@pytest.fixture
def managed(counter: Counter) -> Counter:
    """A centre with a manager, an auditor, and a packet with its applicant's name."""
    counter.appoint(Role.MANAGER, CENTRE)
    counter.appoint(Role.AUDITOR, OTHER_AUTHORITY)
    counter.register()
    return counter


def export(counter: Counter, form: str, role: Role = Role.AUDITOR, **query: object) -> Response:
    return counter.ask("GET", f"{V1}/exports/{form}", role, params=query)


def rows(answer: Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_format_is_a_file_with_a_name_and_opens(managed: Counter) -> None:
    position = managed.qolhat.log.rows.last_position()
    opening: dict[str, tuple[str, Callable[[bytes], object]]] = {
        "ocel": ("jsonocel", json.loads),
        "epcis": ("jsonld", json.loads),
        "xes": ("xes", ET.fromstring),
        "csv": ("csv", bytes.decode),
        "parquet": ("parquet", lambda content: pq.read_table(io.BytesIO(content))),
        "xlsx": ("xlsx", lambda content: openpyxl.load_workbook(io.BytesIO(content))),
    }
    for form, (ending, opened) in opening.items():
        answer = export(managed, form)
        assert answer.status_code == 200, form
        name = "events" if form in {"csv", "parquet"} else form
        said = answer.headers["content-disposition"]
        assert said == f'attachment; filename="qolhat-{name}-{position}.{ending}"'
        assert opened(answer.content)


def test_a_table_is_chosen(managed: Counter) -> None:
    (registered,) = rows(export(managed, "csv"))
    assert registered["topic"] == "pkt.reg"
    stays = rows(export(managed, "csv", table="visits"))
    assert [stay["stage"] for stay in stays] == ["accept", "collect"]
    refused = export(managed, "ocel", table="visits")
    assert (refused.status_code, refused.json()["code"]) == (422, "not-a-table")


def test_headings_are_in_the_readers_language(managed: Counter) -> None:
    found = set()
    for language in ("kk", "ru", "en"):
        headers = {"accept-language": language}
        answer = managed.ask("GET", f"{V1}/exports/xlsx", Role.AUDITOR, headers=headers)
        found.add(tuple(openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames))
    assert found == {
        ("Файл туралы", "Оқиғалар", "Болулар"),
        ("О файле", "События", "Пребывания"),
        ("About", "Events", "Stays"),
    }


def test_only_what_began_on_these_days_of_this_service(managed: Counter) -> None:
    day = "2026-11-16"
    assert len(rows(export(managed, "csv", since=day, until=day, service="003-7"))) == 1
    assert rows(export(managed, "csv", since="2026-11-17")) == []
    assert rows(export(managed, "csv", until="2026-11-15")) == []
    assert rows(export(managed, "csv", service="002")) == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"since": "2026-11-17", "until": "2026-11-16"}, 422, "days-backwards"),
        ({"service": "004"}, 404, "unknown-service-key"),
        ({"since": "yesterday"}, 422, "invalid-request"),
        ({"organisation": "0"}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_meant_is_a_problem(
    managed: Counter, query: dict[str, Any], status: int, code: str
) -> None:
    answer = export(managed, "csv", **query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_unknown_format_is_a_problem_of_its_field(managed: Counter) -> None:
    answer = export(managed, "xls")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (422, "format", "not-allowed")


def test_a_manager_exports_what_is_the_organisations_business(managed: Counter) -> None:
    assert len(rows(export(managed, "csv", Role.MANAGER))) == 1
    assert len(rows(export(managed, "csv", Role.MANAGER, organisation=CENTRE))) == 1
    beyond = export(managed, "csv", Role.MANAGER, organisation=AUTHORITY)
    assert (beyond.status_code, beyond.json()["code"]) == (403, "not-yours")
    assert rows(export(managed, "csv", organisation=OTHER_AUTHORITY)) == []


def test_who_sees_no_figures_exports_nothing(managed: Counter) -> None:
    refused = export(managed, "csv", Role.INSPECTOR)
    assert (refused.status_code, refused.json()["code"]) == (403, "no-right")


def test_what_fails_at_once_is_a_problem_and_no_file(
    managed: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> Iterator[PacketNumber]:
        raise StorageBusyError

    monkeypatch.setattr(infra.exports.source.Source, "pages", busy)
    answer = export(managed, "epcis")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage-busy")
