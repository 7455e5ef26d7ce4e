"""Somebody exports for other programs, and looks how well packets went by their routes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import infra.exports.formats
from domain.roles import Role
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE


@pytest.mark.parametrize("form", ["ocel", "xes", "epcis", "csv", "parquet", "xlsx"])
def test_a_file_of_each_format_is_written(
    qolhat: Terminal, day: Day, tmp_path: Path, form: str
) -> None:
    out = tmp_path / f"export.{form}"
    done = qolhat("export", "--format", form, "--out", out, "--json")
    assert done.code == 0
    assert done.data["bytes"] == out.stat().st_size > 0
    assert (done.data["file"], done.data["unreadable"]) == (str(out), 0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", out.name]


def test_it_is_told_in_every_language_what_was_written(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    out = tmp_path / "export.csv"
    told = in_every_language(qolhat, "export", "--format", "csv", "--out", out, "--replace")
    assert {said.code for said in told.values()} == {0}
    assert f"Written: {out}, events up to position" in told["en"].text


def test_a_table_and_what_is_meant_are_chosen(qolhat: Terminal, day: Day, tmp_path: Path) -> None:
    def numbers(*words: object) -> set[int]:
        out = tmp_path / "stays.csv"
        command = ("export", "--format", "csv", "--table", "visits", "--out", out, "--replace")
        assert qolhat(*command, *words).code == 0
        with out.open(encoding="utf-8-sig", newline="") as file:
            return {int(row["number"]) for row in csv.DictReader(file)}

    everything = {day.carried, day.issued, day.refused}
    assert numbers() == everything
    assert numbers("--service", "002") == {day.refused}
    assert numbers("-o", CENTRE) == numbers("-o", AUTHORITY) == everything
    assert numbers("-o", OTHER_AUTHORITY) == set()
    assert numbers("--since", "2026-11-16", "--until", "2026-11-16") == everything
    assert numbers("--since", "2026-11-17") == set()


# --- what cannot be done -----------------------------------------------------------------------


def test_what_cannot_be_meant_is_said_in_every_language(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    (tmp_path / "there.csv").write_text("mine")
    out = ("--out", tmp_path / "new.csv")
    for words in (
        ("--format", "xls", *out),
        ("--format", "ocel", "--table", "events", *out),
        ("--format", "csv", "--out", tmp_path / "there.csv"),
        ("--format", "csv", "--out", tmp_path),
        ("--format", "csv", "--out", tmp_path / "nowhere" / "new.csv"),
        ("--format", "csv", "--out", day.folder / "events.db", "--replace"),
        ("--format", "csv", "--since", "yesterday", *out),
        ("--format", "csv", "--since", "2026-11-17", "--until", "2026-11-16", *out),
        ("--format", "csv", "--service", "004", *out),
        ("--format", "csv", "-o", "9999", *out),
        ("--format", "csv"),
        out,
    ):
        told = in_every_language(qolhat, "export", *words)
        assert {said.code for said in told.values()} <= {1, 2}, words
        assert {said.out for said in told.values()} == {""}
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "there.csv"]


def test_a_file_that_is_there_is_replaced_when_that_is_said(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    out = tmp_path / "there.xes"
    out.write_text("mine")
    assert qolhat("export", "--format", "xes", "--out", out, "--replace").code == 0
    assert out.read_text().startswith("<?xml")


def test_an_export_that_is_interrupted_leaves_what_was_there(
    qolhat: Terminal, day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "there.csv"
    out.write_text("mine")

    def interrupted(*_: object) -> object:
        yield b"half"
        raise KeyboardInterrupt  # a signal might be ignored: in the background it is

    monkeypatch.setattr(infra.exports.formats, "write_csv", interrupted)
    assert qolhat("export", "--format", "csv", "--out", out, "--replace").code == 130
    assert out.read_text() == "mine"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "there.csv"]


# --- conformance -------------------------------------------------------------------------------


def test_conformance_is_told_of_each_service_and_authority(qolhat: Terminal, day: Day) -> None:
    found = qolhat("conformance", "--json").data
    assert found["whole"]["packets"] == 3
    assert {(each["service"], each["organisation"]) for each in found["groups"]} == {
        ("003-7", AUTHORITY),
        ("002", AUTHORITY),
    }
    assert sum(each["figures"]["fitting"] for each in found["groups"]) == found["whole"]["fitting"]
    told = in_every_language(qolhat, "conformance")
    assert "3 (100.0%)" in told["en"].text


def test_what_was_amiss_is_named_with_its_stage(qolhat: Terminal, day: Day) -> None:
    """The courier brings the packet to the head, past the office."""
    head, executor = PEOPLE[Role.HEAD], PEOPLE[Role.EXECUTOR]
    qolhat("scan", day.carried, "--person", head)
    qolhat("act", "resolution", day.carried, "--executor", executor, "--person", head)
    (misfit,) = qolhat("conformance", "--json").data["misfits"]
    assert (misfit["kind"], misfit["step"], misfit["count"]) == ("inserted", "resolution", 1)
    told = in_every_language(qolhat, "conformance")
    assert "extra" in told["en"].text
    assert "Resolution naming the executor" in told["en"].text
