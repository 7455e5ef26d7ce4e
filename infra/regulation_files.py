"""Reads the regulations and the worked days from their files."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from domain.errors import QolhatError
from domain.regulations.book import Regulations
from domain.regulations.edition import Edition
from domain.regulations.read import FaultyRegulationError, read_edition
from domain.workdays import Workdays, parse_workdays

_INSTALLED = "domain.regulations"
_WORKDAYS_PACKAGE, _WORKDAYS_FILE = "domain.calendars", "kz.toml"


class RegulationFolderError(QolhatError):
    """A folder or file named in the settings that cannot be read."""

    code = "unreadable-file"


def load_regulations(extra: Path | None = None, operator: str = "") -> Regulations:
    """Read the installed editions, and those of another folder after them.

    Raises FaultyRegulationError with the file, the field and the reason.
    """
    folders: list[Traversable] = [files(_INSTALLED)]
    if extra is not None:
        folders.append(extra)
    editions = [found for folder in folders for found in read_folder(folder)]
    return Regulations(editions, operator)


def read_folder(folder: Traversable) -> Iterator[tuple[str, Edition]]:
    """Read every edition of a folder, in order of file names. Raises FaultyRegulationError."""
    try:
        found = sorted(folder.iterdir(), key=lambda file: file.name)
    except OSError as error:
        raise RegulationFolderError(file=str(folder), reason=error.strerror) from error
    for file in found:
        if file.name.endswith(".toml"):
            yield file.name, read_file(file)


def read_file(file: Traversable) -> Edition:
    """Read one edition. Raises FaultyRegulationError."""
    try:
        return read_edition(file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError as error:
        raise FaultyRegulationError(file.name, "-", "not UTF-8") from error
    except OSError as error:
        raise FaultyRegulationError(file.name, "-", error.strerror or "unreadable") from error


def load_workdays(path: Path | None = None) -> Workdays:
    """Read which days are worked: the library's holidays and the dated override file.

    Raises BadWorkdaysError with the file, the field and the reason.
    """
    file: Traversable = path or files(_WORKDAYS_PACKAGE).joinpath(_WORKDAYS_FILE)
    try:
        return parse_workdays(file.read_text(encoding="utf-8"), source=file.name)
    except OSError as error:
        raise RegulationFolderError(file=str(file), reason=error.strerror) from error
