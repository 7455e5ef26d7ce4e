"""Somebody writes the reports that are owed, and the same ones again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.stories import AUTHORITY, OTHER_AUTHORITY


def test_a_report_of_each_kind_and_format_is_written(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    for period in ("2026-W47", "2026-11", "2026-Q4"):
        for form, begins in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("json", b"{")):
            out = tmp_path / f"{period}.{form}"
            done = qolhat("report", "--period", period, "--format", form, "--out", out, "--json")
            assert done.code == 0
            assert done.data["bytes"] == out.stat().st_size > 0
            assert out.read_bytes().startswith(begins)


def written(qolhat: Terminal, folder: Path, *words: object) -> dict[str, object]:
    out = folder / "report.json"
    command = ("report", "--period", "2026-11", "--format", "json", "--out", out, "--replace")
    assert qolhat(*command, *words).code == 0
    found: dict[str, object] = json.loads(out.read_text())
    return found


def test_a_report_is_of_an_organisation_and_of_a_day(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    services = written(qolhat, tmp_path, "-o", AUTHORITY)["services"]
    assert isinstance(services, list)
    assert {each["service"]["key"]: each["received"] for each in services} == {
        "002": 1,
        "003-7": 2,
    }
    assert written(qolhat, tmp_path, "-o", OTHER_AUTHORITY)["services"] == []
    assert written(qolhat, tmp_path, "--as-known-on", "2026-11-15")["services"] == []
    today = written(qolhat, tmp_path, "--as-known-on", "2026-11-16", "-o", AUTHORITY)
    assert today["services"] == services


def test_what_was_written_is_told_in_every_language(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    out = tmp_path / "report.pdf"
    command = ("report", "--period", "2026-11", "--format", "pdf", "--out", out, "--replace")
    told = in_every_language(qolhat, *command)
    assert {said.code for said in told.values()} == {0}
    assert f"Written: {out}" in told["en"].text


@pytest.mark.parametrize(
    "words",
    [
        ("--period", "2026-13"),
        ("--period", "2026-11", "--as-known-on", "yesterday"),
        ("--period", "2026-11", "-o", "9999"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_written(
    qolhat: Terminal, day: Day, tmp_path: Path, words: tuple[str, ...]
) -> None:
    out = tmp_path / "report.pdf"
    told = in_every_language(qolhat, "report", *words, "--format", "pdf", "--out", out)
    assert {said.code for said in told.values()} <= {1, 2}
    assert not out.exists()
