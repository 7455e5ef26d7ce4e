"""`qolhat read`: pictures, documents and folders in; codes, a table and drawn pictures out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from domain.numbers import grouped
from scanner.reader import read_codes
from tests.api.cli.console import Terminal
from tests.api.cli.program import Program
from tests.scanner.samples import NUMBER, label, pdf, saved


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stack of two pages, a photo beneath, one that is cut off, and what is no picture."""
    made = tmp_path / "scans"
    (made / "later").mkdir(parents=True)
    (made / "a-stack.pdf").write_bytes(pdf(label(), Image.new("L", (300, 200), 255)))
    (made / "b-cut.png").write_bytes(saved(label())[:700])
    (made / "later" / "photo.jpg").write_bytes(saved(label(), "JPEG"))
    (made / ".hidden.jpg").write_bytes(b"of the system")
    return made


def objects(out: str) -> list[dict[str, Any]]:
    """One JSON object a line."""
    return [json.loads(line) for line in out.splitlines()]


def test_programs_get_an_object_a_page(qolhat: Terminal, folder: Path) -> None:
    said = qolhat("read", "--json", folder / "a-stack.pdf")
    first, second = objects(said.out)
    assert said.code == 0
    assert (first["page"], first["pages"], second["page"]) == (1, 2, 2)
    assert first["width"] > first["height"] > 100
    (code,) = first["codes"]
    assert (code["text"], code["symbology"], code["kind"]) == (str(NUMBER), "Code128", "packet")
    assert [len(corner) for corner in code["corners"]] == [2, 2, 2, 2]
    assert 0.9 < code["confidence"] <= 1
    assert second["codes"] == []


def test_a_folder_is_read_in_order_and_what_could_not_be_is_told(
    qolhat: Terminal, folder: Path
) -> None:
    said = qolhat("read", "--json", folder)
    told = objects(said.out)
    assert said.code == 1
    assert [Path(each["file"]).name for each in told] == [
        "a-stack.pdf", "a-stack.pdf", "b-cut.png", "b-cut.png", "photo.jpg"
    ]  # fmt: skip
    assert told[3]["error"]["code"] == "truncated-picture"
    assert set(told[3]["error"]) == {"code", "title", "detail"}
    assert told[4]["codes"][0]["text"] == str(NUMBER)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_people_get_a_table(qolhat: Terminal, folder: Path, language: str) -> None:
    said = qolhat.speak(language)("read", folder)
    assert said.text.count(grouped(NUMBER)) == 3
    assert {"kk": "пакет", "ru": "пакет", "en": "packet"}[language] in said.text
    assert {"kk": "үзілген", "ru": "оборван", "en": "cut off"}[language] in said.text


def test_a_picture_may_come_from_another_program(qolhat: Terminal) -> None:
    said = qolhat("read", "--json", "-", typed=saved(label(), "WEBP"))
    (told,) = objects(said.out)
    assert (told["file"], told["codes"][0]["text"]) == ("-", str(NUMBER))
    assert objects(qolhat("read", "-", "--json").out)[0]["error"]["code"] == "empty-picture"


def test_no_store_is_opened_or_made(qolhat: Terminal, folder: Path, tmp_path: Path) -> None:
    assert qolhat("read", folder / "later").code == 0
    assert not (tmp_path / "data").exists()


def test_the_codes_found_are_drawn_on_the_pictures(
    qolhat: Terminal, folder: Path, tmp_path: Path
) -> None:
    drawn = tmp_path / "new" / "drawn"
    for _ in range(2):  # the first ones are not written over
        assert qolhat("read", folder / "a-stack.pdf", "--annotated", drawn).code == 0
    names = sorted(each.name for each in drawn.iterdir())
    assert names == [f"a-stack.pdf.{page}.jpg" for page in ("1.1", "1", "2.1", "2")]
    picture = (drawn / "a-stack.pdf.1.jpg").read_bytes()
    assert [code.text for code in read_codes(picture)] == [str(NUMBER)]
    with Image.open(io.BytesIO(picture)) as image:
        red, green, _ = (np.asarray(each, int) for each in image.convert("RGB").split())
    assert np.count_nonzero(green > red + 60) > 1000


def test_a_name_that_is_not_there_is_refused_before_anything_is_read(
    qolhat: Terminal, folder: Path
) -> None:
    said = qolhat("read", folder, folder / "missing.png")
    assert (said.code, said.out) == (2, "")
    assert "missing.png" in said.err
    assert qolhat("read").code == 2


def test_a_folder_that_cannot_be_made_is_refused(qolhat: Terminal, folder: Path) -> None:
    said = qolhat("read", folder, "--annotated", folder / "b-cut.png")
    assert (said.code, said.out) == (2, "")


def test_a_file_that_may_not_be_read_does_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    (folder / "aa.jpg").symlink_to("/proc/self/mem")
    said = Program(tmp_path / "data").run("read", "--json", folder)
    told = objects(said.out)
    assert said.code == 1
    assert [each["error"]["code"] for each in told if "error" in each] == [
        "unreadable-picture", "truncated-picture"
    ]  # fmt: skip


def test_the_limits_are_those_of_the_settings(
    qolhat: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QOLHAT_PICTURE_PAGES", "1")
    (told,) = objects(qolhat("read", "--json", folder / "a-stack.pdf").out)
    assert told["error"]["code"] == "too-many-pages"
    assert told["error"]["detail"].startswith("The document may have 1 pages")
