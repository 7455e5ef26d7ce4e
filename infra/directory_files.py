"""Loads the directory from the two data files that are installed with the domain.

The files are the reviewed form of the sources' lists (see `domain.directory`); a clone or an
installed package holds everything, so nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from domain.directory import (
    Directory,
    FaultyDirectoryError,
    parse_organisations,
    parse_works_with,
)
from domain.errors import QolhatError

ORGANISATIONS = "organisations.csv"
WORKS_WITH = "works_with.csv"
_DATA_PACKAGE = "domain.directory"
_Parsed = TypeVar("_Parsed")


class DirectoryFileMissingError(QolhatError):
    """A data file of the directory is not there: the installation is incomplete."""

    code = "directory-file-missing"


def load_directory(folder: Traversable | None = None) -> Directory:
    """Return the directory, from the installed files unless another folder is given.

    Raises DirectoryFileMissingError; FaultyDirectoryError with the file, line and fault.
    """
    source = folder if folder is not None else files(_DATA_PACKAGE)
    return Directory(
        _parsed(source, ORGANISATIONS, parse_organisations),
        _parsed(source, WORKS_WITH, parse_works_with),
    )


def _parsed(folder: Traversable, name: str, parse: Callable[[str], _Parsed]) -> _Parsed:
    try:
        return parse(folder.joinpath(name).read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise DirectoryFileMissingError(file=name) from error
    except UnicodeDecodeError as error:
        raise FaultyDirectoryError(file=name, fault="not UTF-8") from error
    except FaultyDirectoryError as error:
        raise FaultyDirectoryError(file=name, **error.facts) from error
