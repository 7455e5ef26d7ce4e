"""Loading the directory from the files that are installed with the product."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from domain.directory import FaultyDirectoryError
from infra.directory_files import (
    ORGANISATIONS,
    WORKS_WITH,
    DirectoryFileMissingError,
    load_directory,
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in (ORGANISATIONS, WORKS_WITH):
        with as_file(files("domain.directory").joinpath(name)) as installed:
            shutil.copy(installed, tmp_path / name)
    return tmp_path


def test_the_installed_directory_loads() -> None:
    directory = load_directory()
    assert len(directory.organisations) == 566
    assert len(directory.links) == 300


def test_another_folder_can_be_read(copy: Path) -> None:
    assert load_directory(copy).organisations == load_directory().organisations


def test_a_file_saved_by_a_spreadsheet_with_its_mark_is_read(copy: Path) -> None:
    path = copy / ORGANISATIONS
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig", newline="\r\n")
    assert load_directory(copy).organisations == load_directory().organisations


@pytest.mark.parametrize("name", [ORGANISATIONS, WORKS_WITH])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(DirectoryFileMissingError) as caught:
        load_directory(copy)
    assert caught.value.facts == {"file": name}


def test_a_fault_is_named_with_file_and_line(copy: Path) -> None:
    path = copy / WORKS_WITH
    path.write_text(path.read_text(encoding="utf-8") + "x,1,district\n", encoding="utf-8")
    with pytest.raises(FaultyDirectoryError) as caught:
        load_directory(copy)
    assert caught.value.facts["file"] == WORKS_WITH
    assert caught.value.facts["line"] == 302


def test_a_file_in_another_encoding_is_refused(copy: Path) -> None:
    (copy / ORGANISATIONS).write_bytes("код".encode("cp1251"))
    with pytest.raises(FaultyDirectoryError) as caught:
        load_directory(copy)
    assert caught.value.facts == {"file": ORGANISATIONS, "fault": "not UTF-8"}
