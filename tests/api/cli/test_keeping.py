"""The administrator keeps the system: backups, views made anew, logs of other devices, the show."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from domain.numbers import badge_code, grouped
from domain.roles import Role
from infra.bootstrap import bootstrap
from infra.replay import COLUMNS
from infra.settings import Settings
from tests.api.cli.conftest import Day
from tests.api.cli.console import LANGUAGES, Terminal, written
from tests.office import APPLICANT, SettableClock
from tests.stories import CENTRE, PEOPLE, place

HEADER = ",".join(COLUMNS)


def rows_of(folder: Path) -> list[Any]:
    """Everything recorded in a store."""
    with bootstrap(Settings(data_dir=folder), now=SettableClock()) as opened:
        return list(opened.log.rows.rows_after(0, 100_000))


# --- backup and restore -------------------------------------------------------------------------


def test_a_backup_is_restored_elsewhere_and_nothing_is_missing(
    qolhat: Terminal, day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, archive = rows_of(day.folder), tmp_path / "qolhat.tar.gz"
    made = qolhat("backup", archive)
    assert made.code == 0
    assert f"Backup: {archive}, events: {len(before)}, bytes: {archive.stat().st_size}" in made.text
    assert "The vault's key is inside: keep the archive secret." in made.text
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "elsewhere"))
    back = qolhat("restore", archive, "--json").data
    assert (back["events"], back["with_key"]) == (len(before), True)
    assert rows_of(tmp_path / "elsewhere") == before
    found = qolhat("where", "--iin", APPLICANT["iin"], "--json").data
    assert {each["number"] for each in found} == {day.carried, day.issued, day.refused}
    assert qolhat("verify").code == 0


def test_a_backup_without_the_key_says_that_the_key_must_be_kept_elsewhere(
    qolhat: Terminal, day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "qolhat.tar.gz"
    made = qolhat("backup", archive, "--without-key")
    assert "The vault's key is not inside: keep it elsewhere." in made.text
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "elsewhere"))
    assert qolhat("restore", archive).code == 0
    locked = qolhat("where", day.carried, "--json")
    assert (locked.code, locked.problem["code"]) == (1, "wrong-vault-key")


def test_a_backup_may_replace_an_older_one(qolhat: Terminal, day: Day, tmp_path: Path) -> None:
    archive = tmp_path / "qolhat.tar.gz"
    first = qolhat("backup", archive, "--json").data
    qolhat("scan", day.carried, "--person", PEOPLE[Role.OFFICE])
    assert qolhat("backup", archive, "--json").data["events"] == first["events"] + 1


def test_a_restore_never_overwrites_a_store(qolhat: Terminal, day: Day, tmp_path: Path) -> None:
    archive = tmp_path / "qolhat.tar.gz"
    qolhat("backup", archive)
    before = rows_of(day.folder)
    told = qolhat("restore", archive)
    assert told.code == 1
    assert f"Folder {day.folder} holds a store, which is not overwritten." in told.text
    assert qolhat("restore", archive, "--json").problem["code"] == "folder-not-empty"
    assert rows_of(day.folder) == before


def test_there_must_be_a_store_to_back_up(qolhat: Terminal, tmp_path: Path) -> None:
    told = qolhat("backup", tmp_path / "qolhat.tar.gz")
    assert (told.code, "There is no store in folder" in told.text) == (1, True)
    assert not (tmp_path / "qolhat.tar.gz").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00 cut off"])
def test_a_file_that_is_no_backup_is_refused_and_leaves_nothing_behind(
    qolhat: Terminal, tmp_path: Path, content: bytes
) -> None:
    archive = tmp_path / "qolhat.tar.gz"
    archive.write_bytes(content)
    told = qolhat("restore", archive)
    assert told.code == 1
    assert f"File {archive} cannot be restored" in told.text
    assert "Take another backup." in told.text
    assert list((tmp_path / "data").iterdir()) == []


def test_an_archive_that_was_cut_off_is_refused(
    qolhat: Terminal, day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "qolhat.tar.gz"
    qolhat("backup", archive)
    archive.write_bytes(archive.read_bytes()[:-4000])
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "elsewhere"))
    assert qolhat("restore", archive, "--json").problem["code"] == "bad-backup"
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("command", ["backup", "restore", "replay"])
def test_a_file_name_that_cannot_be_used_is_refused_before_anything_is_done(
    qolhat: Terminal, day: Day, tmp_path: Path, command: str
) -> None:
    for name, reason in (("no-folder/file", "there is no such file or folder"),
                         ("data", "it is a folder, not a file")):  # fmt: skip
        told = qolhat(command, tmp_path / name)
        assert (told.code, reason in told.text) == (2, True), told.text
        assert qolhat(command, tmp_path / name, "--json").problem["code"] == "usage"


# --- views --------------------------------------------------------------------------------------


def spoil_the_views(folder: Path) -> None:
    """Somebody wrote into the views' file."""
    with bootstrap(Settings(data_dir=folder), now=SettableClock()) as opened:
        opened.runner.catch_up()
        with opened.views.writing.begin() as connection:
            name = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'holding%'"
            ).scalar_one()
            connection.exec_driver_sql(f"UPDATE {name} SET person = 4711")


def test_views_equal_the_ones_made_anew(qolhat: Terminal, day: Day) -> None:
    qolhat("where", day.carried)
    for command in ("verify", "rebuild", "verify"):
        told = qolhat(command)
        assert told.code == 0
        assert "The views equal the ones made anew" in told.text
        compared = qolhat(command, "--json").data
        assert compared["differences"] == []
        assert any(count for count in compared["rows"].values())


def test_views_that_somebody_changed_are_noticed_and_mended(qolhat: Terminal, day: Day) -> None:
    spoil_the_views(day.folder)
    told = qolhat("verify")
    assert told.code == 1
    assert "Mend them with qolhat rebuild" in told.text
    assert "4711" in told.text
    assert qolhat("verify", "--json").data["differences"][0]["only_live"] > 0
    assert qolhat("rebuild").code == 0
    assert qolhat("verify").code == 0
    assert qolhat("where", day.carried, "--json").data[0]["person"] == PEOPLE[Role.COURIER]


# --- logs of other devices ----------------------------------------------------------------------


def line(qolhat: Terminal, ref: str, code: object, minute: float, role: Role, **odd: object) -> str:
    """A line as a device writes it."""
    fields = {
        "scan_id": ref,
        "code": code,
        "place": place(role),
        "person": PEOPLE[role],
        "device": 9,
        "counter": int(minute),
        "happened_at": qolhat.at(minute),
    }
    qolhat.at(600)
    return ",".join(str(value) for value in (fields | odd).values())


def every_kind_of_line(qolhat: Terminal, day: Day) -> list[str]:
    """Accepted, repeated, unsettled, deviating, cut off, without an id, a person in letters."""
    good = line(qolhat, "a", day.carried, 310, Role.OFFICE)
    return [
        good,
        good,
        line(qolhat, "b", badge_code(CENTRE, 1), 311, Role.OFFICE),
        line(qolhat, "c", day.carried, 312, Role.HEAD),
        line(qolhat, "d", day.carried, 313, Role.HEAD)[:30],
        line(qolhat, "", day.carried, 314, Role.HEAD),
        line(qolhat, "e", day.carried, 315, Role.HEAD, person="бірінші"),
    ]


def log(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """A scan log."""
    file = folder / "scans.csv"
    file.write_bytes("".join(f"{each}\r\n" for each in lines).encode(encoding))
    return file


def test_every_line_of_a_replayed_log_is_told_by_its_number(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    file = log(tmp_path, HEADER, *every_kind_of_line(qolhat, day))
    told = qolhat("replay", file, "--json")
    assert told.code == 1
    assert told.data["lines"] == 7
    assert told.data["counts"] == {
        "accepted": 1, "duplicate": 1, "deviation": 1, "unsettled": 1, "refused": 3
    }  # fmt: skip
    named = {status: [each["line"] for each in lines]
             for status, lines in told.data["named"].items()}  # fmt: skip
    assert named == {"duplicate": [3], "unsettled": [4], "deviation": [5], "refused": [6, 7, 8]}
    again = qolhat("replay", file, "--json").data
    assert again["counts"]["duplicate"] == 4
    assert again["counts"]["accepted"] == 0


def test_people_are_told_in_their_language_which_lines_to_look_at(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    file = log(tmp_path, HEADER, *every_kind_of_line(qolhat, day))
    told = qolhat("replay", file).text
    assert "Lines to look at" in told
    for odd in ("the code of another thing", "stages skipped", "the line is cut off: 3 of 7 fields",
                "field “scan_id” is not usable"):  # fmt: skip
        assert odd in told
    for language in ("kk", "ru"):
        told = qolhat.speak(language)("replay", file).text  # once more: they are repeated now
        for code in ("other-kind", "skipped", "duplicate", "fields"):
            assert code not in told


def test_the_report_names_the_outcome_of_every_line(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    file, report = log(tmp_path, HEADER, *every_kind_of_line(qolhat, day)), tmp_path / "report.csv"
    report.write_text("an older report")
    qolhat("replay", file, "--report", report)
    assert report.read_bytes().startswith("\ufeff".encode())  # spreadsheets want it
    header, *rows = csv.reader(report.read_text("utf-8-sig").splitlines())
    assert header == ["line", "status", "detail"]
    assert [(number, status) for number, status, _ in rows] == [
        ("2", "accepted"), ("3", "duplicate"), ("4", "unsettled"), ("5", "deviation"),
        ("6", "refused"), ("7", "refused"), ("8", "refused"),
    ]  # fmt: skip


def test_a_line_with_a_quote_that_never_closes_is_told_in_words(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    file = log(tmp_path, HEADER, 'a,"' + "x" * 200_000)
    assert "the line cannot be read" in qolhat("replay", file).text
    assert "limit" not in qolhat.speak("kk")("replay", file).text


def test_neither_the_log_nor_the_store_is_overwritten_by_a_slip_of_the_pen(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    file = log(tmp_path, HEADER, line(qolhat, "a", day.carried, 310, Role.OFFICE))
    before, content = rows_of(day.folder), file.read_bytes()
    (tmp_path / "link").symlink_to(file)
    for report in (file, tmp_path / "link", day.folder / "events.db", day.folder / "vault.key"):
        told = qolhat("replay", file, "--report", report)
        assert (told.code, "Give another name." in told.text) == (2, True)
    for name in ("events.db", "vault.db", "vault.key", "views.db", "events.db-wal"):
        told = qolhat("backup", day.folder / "." / name)
        assert (told.code, "a file of the store itself" in told.text) == (2, True)
    assert file.read_bytes() == content
    assert rows_of(day.folder) == before


def test_a_report_that_cannot_be_written_stops_the_replay_before_it_begins(
    qolhat: Terminal, day: Day, tmp_path: Path
) -> None:
    file = log(tmp_path, HEADER, *every_kind_of_line(qolhat, day))
    before = rows_of(day.folder)
    told = qolhat("replay", file, "--report", tmp_path / "nowhere" / "report.csv")
    assert (told.code, "cannot be written" in told.text) == (2, True)
    assert rows_of(day.folder) == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251"])
def test_logs_come_in_the_encodings_of_the_country(
    qolhat: Terminal, day: Day, tmp_path: Path, encoding: str
) -> None:
    torn = line(qolhat, "torn-too", "порван", 311, Role.OFFICE)
    good = line(qolhat, "a", day.carried, 310, Role.OFFICE)
    told = qolhat("replay", log(tmp_path, HEADER, good, torn, encoding=encoding), "--json")
    assert told.code == 3
    assert told.data["counts"]["accepted"] == 1
    assert told.data["named"]["unsettled"][0]["line"] == 3
    assert "torn-too" in {row["scan"] for row in qolhat("unsettled", "--json").data["scans"]}


def test_a_log_without_anything_odd_ends_well(qolhat: Terminal, day: Day, tmp_path: Path) -> None:
    file = log(tmp_path, HEADER, line(qolhat, "a", day.carried, 310, Role.OFFICE))
    told = qolhat("replay", file)
    assert told.code == 0
    assert "Lines to look at" not in told.text
    held = qolhat("where", day.carried, "--json").data[0]
    assert held["place"] == place(Role.OFFICE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b,c\n1,2,3\n",
        "штрихкод;уақыт\n".encode(),
        HEADER.replace("counter", "count").encode(),
        b"\xff\xfe\x00\x00" + bytes(range(128, 256)) * 3 + b"\x98",
    ],
)
def test_a_file_that_is_no_scan_log_is_refused_whole(
    qolhat: Terminal, day: Day, tmp_path: Path, content: bytes
) -> None:
    before, file = rows_of(day.folder), tmp_path / "scans.csv"
    file.write_bytes(content)
    for language in LANGUAGES:
        told = qolhat.speak(language)("replay", file)
        assert (told.code, told.out) == (1, "")
    assert "Check its header and its encoding" in told.text
    assert qolhat("replay", file, "--json").problem["code"] == "bad-scan-log"
    assert rows_of(day.folder) == before


# --- the demonstration --------------------------------------------------------------------------

SMALL = ("demo", "--days", "1", "--packets", "2")


def test_the_same_seed_gives_the_same_events_and_they_are_told(
    qolhat: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = qolhat(*SMALL, "--seed", 7, "--start", "2026-11-17")
    assert told.code == 0
    for part in (
        "registered: 2;",
        "Registries: ",
        "Time in each stage against its norm",
        "Log-ins",
        "courier",
    ):
        assert part in told.text
    monkeypatch.setenv("QOLHAT_DATA_DIR", str(tmp_path / "again"))
    again = qolhat(*SMALL, "--seed", 7, "--start", "2026-11-17", "--json").data
    first, second = rows_of(tmp_path / "data"), rows_of(tmp_path / "again")
    assert first == second
    assert again["events"] == len(first)
    assert again["plan"] == {"days": 1, "packets": 2, "seed": 7, "start": "2026-11-17"}


def test_the_log_ins_are_told_again_when_the_demonstration_is_kept(qolhat: Terminal) -> None:
    log_ins = qolhat(*SMALL, "--json").data["log_ins"]
    again = qolhat(*SMALL, "--if-empty", "--json").data
    assert again == {"kept": True, "log_ins": log_ins}
    told = qolhat(*SMALL, "--if-empty").text
    for part in ("token", "login", "password", "pin"):
        assert log_ins[0][part] in told
    assert grouped(log_ins[0]["badge"]) in told
    token = ("--token", log_ins[0]["token"])
    qolhat.at(60 * 24 * 3650)
    assert qolhat("scan", "1", *token, "--json").data[0]["status"] == "unsettled"


def test_a_demonstration_is_never_mixed_into_what_is_there(qolhat: Terminal, day: Day) -> None:
    before = rows_of(day.folder)
    refused = qolhat(*SMALL)
    assert (refused.code, "begins with an empty one" in refused.text) == (1, True)
    kept = qolhat(*SMALL, "--if-empty")
    assert kept.code == 0
    assert "The store is not empty: no demonstration was written." in kept.text
    assert written(day.carried) in kept.text
    assert qolhat(*SMALL, "--if-empty", "--json").data == {"kept": True, "log_ins": []}
    assert rows_of(day.folder) == before


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--start", "2026-13-01", "is no day"),
        ("--start", "кеше", "is no day"),
        ("--start", "1999-01-01", "The calendar covers the years"),
        ("--days", "0", "Wanted: 1 – …"),
        ("--packets", "many", "Wanted: 1 – …"),
        ("--seed", "x", "a whole number"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words(
    qolhat: Terminal, tmp_path: Path, option: str, value: str, told: str
) -> None:
    said = qolhat(*SMALL, option, value)
    assert said.code in {1, 2}
    assert told in said.text
    assert not (tmp_path / "data" / "events.db").exists() or rows_of(tmp_path / "data") == []
