"""`qolhat watch` and `qolhat pages`: a scanner's folder is filed, and what was filed is shown."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import watchfiles

import api.cli.watch
import infra.bootstrap
from domain.numbers import grouped
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.inbox import DONE, UNSETTLED, InboxRules
from infra.settings import Settings
from scanner.reader import read_codes
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.scanned import ReadHere, saved, sheet
from tests.stories import PEOPLE

CLERK = PEOPLE[Role.OFFICE]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scanner's folder; it is watched without patience, pictures are read in this process."""
    made = tmp_path / "scans"
    made.mkdir()

    def hasty(separators: bool, delete: bool) -> InboxRules:
        return InboxRules(separators, delete, 0.0, 0.0, retry_seconds=0.0)

    monkeypatch.setattr(api.cli.watch, "InboxRules", hasty)
    monkeypatch.setattr(infra.bootstrap, "picture_reading", lambda _: ReadHere())
    return made


def drop(folder: Path, name: str, *sheets: Any) -> None:
    """Let the scanner drop a file."""
    (folder / name).write_bytes(saved("TIFF" if len(sheets) > 1 else "PNG", *sheets))


def test_what_is_there_is_filed_and_told_a_line_a_file(
    qolhat: Terminal, day: Day, folder: Path
) -> None:
    drop(folder, "a.tiff", sheet(day.carried), sheet())
    drop(folder, "b.png", sheet())
    (folder / "c.pdf").write_bytes(b"nothing")
    told = qolhat("watch", folder, "--once", "--person", CLERK)
    assert told.code == 1
    lines = told.out.splitlines()
    assert lines[0].endswith(f"a.tiff  {grouped(day.carried)}, pages: 2")
    assert "page 1 waits for a decision: no code that can be read" in lines[1]
    assert "c.pdf  cannot be read, moved to “unsettled”" in lines[2]
    why = (folder / UNSETTLED / "c.pdf.txt").read_text("utf-8")
    assert why.startswith("c.pdf: ")
    assert sorted(f.name for f in (folder / DONE).rglob("*.*")) == ["a.tiff", "b.png"]
    drop(folder, "again.tiff", sheet(day.carried), sheet())
    assert "(known already)" in qolhat("watch", folder, "--once", "--person", CLERK).text


def test_programs_are_told_an_object_a_line(qolhat: Terminal, day: Day, folder: Path) -> None:
    drop(folder, "a.png", sheet(day.carried))
    drop(folder, "b.png", sheet(day.carried + 1))
    told = qolhat("watch", folder, "--once", "--person", CLERK, "--json")
    first, second = (json.loads(line) for line in told.out.splitlines())
    assert (told.code, first["file"]) == (3, str(folder / "a.png"))
    assert [page["packet"] for page in first["pages"]] == [day.carried]
    assert [page["doubt"] for page in second["pages"]] == ["bad-code"]
    (folder / "c.png").write_bytes(b"nothing")
    told = qolhat("watch", folder, "--once", "--person", CLERK, "--json")
    assert (told.code, told.data["error"]["code"], told.data["left"]) == (1, "not-a-picture", False)


def test_every_reader_is_told_in_their_language(qolhat: Terminal, day: Day, folder: Path) -> None:
    drop(folder, "a.tiff", sheet(day.carried), sheet(day.carried, day.issued))
    options = "--once", "--person", CLERK, "--delete"
    qolhat("watch", folder, *options)

    def again(language: str) -> str:
        drop(folder, "a.tiff", sheet(day.carried), sheet(day.carried, day.issued))
        (folder / "x").write_bytes(b"?")
        return qolhat.speak(language)("watch", folder, *options).text

    told = {again(language) for language in ("kk", "ru", "en")}
    assert len(told) == 3
    in_every_language(qolhat, "watch", folder / "not-there", *options)
    in_every_language(qolhat, "watch", folder, "--once")


def test_who_holds_no_place_or_names_no_folder_is_refused(
    qolhat: Terminal, day: Day, folder: Path
) -> None:
    assert qolhat("watch", folder / "missing", "--once", "--person", CLERK).code == 2
    assert qolhat("watch", folder, "--once").code == 1
    assert qolhat("watch", folder, "--once", "--person", 4711).code in (1, 2)
    assert not (folder / DONE).exists()


def test_pages_are_listed_and_written_by_somebody_who_is_known(
    qolhat: Terminal, day: Day, folder: Path, tmp_path: Path
) -> None:
    drop(folder, "a.tiff", sheet(day.carried), sheet())
    qolhat("watch", folder, "--once", "--person", CLERK)
    listed = qolhat("pages", day.carried, "--json").data
    assert [(page["seq"], page["person"]) for page in listed] == [(1, CLERK), (2, CLERK)]
    assert qolhat("pages", day.carried, "--out", tmp_path / "out").code == 1
    told = qolhat("pages", day.carried, "--out", tmp_path / "out", "--person", CLERK)
    written = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in written] == [
        f"{day.carried}-001.jpg", f"{day.carried}-002.jpg",
    ]  # fmt: skip
    assert all(str(file) in told.text for file in written)
    assert [each.text for each in read_codes(written[0].read_bytes())] == [str(day.carried)]
    with opened(day) as store:
        looks = store.access.looks(subject=str(day.carried))
    assert [(look.person, look.what) for look in looks] == [(CLERK, "pages")]
    for said in in_every_language(qolhat, "pages", day.issued).values():
        assert said.code == 0


def opened(day: Day) -> Qolhat:
    """Open the store that the commands work on."""
    return bootstrap(Settings(data_dir=day.folder))


@pytest.mark.parametrize("blind", [False, True])
def test_a_folder_is_watched_until_somebody_stops_it(
    qolhat: Terminal, day: Day, folder: Path, monkeypatch: pytest.MonkeyPatch, *, blind: bool
) -> None:
    """Where the system cannot watch (too many folders are watched), the clock does."""
    watched, looks = watchfiles.watch, 0

    def look(*where: Any, **how: Any) -> Iterator[Any]:
        nonlocal looks
        if blind:
            raise OSError(28, "no space left on device")
        for changes in watched(*where, **how):
            looks += 1
            if (folder / "stop").exists():
                raise KeyboardInterrupt
            yield changes

    def pause(seconds: float) -> None:
        if (folder / "stop").exists():
            raise KeyboardInterrupt
        time.sleep(min(seconds, 0.05))

    monkeypatch.setattr(watchfiles, "watch", look)
    monkeypatch.setattr(api.cli.watch, "sleep", pause)

    def scan() -> None:
        drop(folder, "a.png", sheet(day.carried))
        while not list((folder / DONE).rglob("a.png")):
            time.sleep(0.05)
        (folder / "stop").mkdir()

    scanning = threading.Thread(target=scan)
    scanning.start()
    told = qolhat("watch", folder, "--person", CLERK)
    scanning.join()
    assert told.code == 130
    assert f"Watching {folder}" in told.text
    assert f"{grouped(day.carried)}, pages: 1" in told.text
    assert blind or looks


def test_a_folder_that_is_away_for_a_while_is_watched_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def sweep(self) -> Iterator[Any]:
            raise FileNotFoundError(2, "away")

    monkeypatch.setattr(api.cli.watch, "_looks", lambda _: iter([None, None]))
    monkeypatch.setattr(api.cli.watch, "sleep", lambda _: None)
    inbox: Any = Away()
    dropped = list(api.cli.watch._for_ever(inbox, folder))
    assert [(each.file, each.left) for each in dropped] == [(folder, True)]
