"""The lock files: whole, hashed, and silent about the machine they were made on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# `runtime` goes into the image, `test` into every venv, `bench` on top of it.
EXTRAS = {"runtime": (), "test": ("test",), "bench": ("test", "bench")}
PINNED = re.compile(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==([^ ]+)( ; [^\\]+)? \\$")


def _lines(name: str) -> list[str]:
    return (ROOT / "requirements" / f"{name}.lock").read_text().splitlines()


def _pins(name: str) -> set[str]:
    matches = map(PINNED.match, _lines(name))
    return {f"{match[1]}=={match[2]}{match[3] or ''}" for match in matches if match}


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_names_packages_and_hashes_and_nothing_else(name: str) -> None:
    for line in _lines(name):
        assert re.match(r"    --hash=sha256:[0-9a-f]{64}( \\)?$|\s*#", line) or PINNED.match(line)
        assert "://" not in line
        assert not re.search(r"(^|[ =])/", line), "a path of some machine"


@pytest.mark.parametrize(("name", "extras"), EXTRAS.items())
def test_a_lock_has_what_pyproject_asks_for(name: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    locked = [Requirement(pin) for pin in _pins(name)]
    unmet = [text for text in asked if not _met(Requirement(text), locked)]
    assert not unmet, "run `make lock`"


def _met(wanted: Requirement, locked: list[Requirement]) -> bool:
    name = canonicalize_name(wanted.name)
    versions = [str(pin.specifier).removeprefix("==") for pin in locked if pin.name == name]
    return bool(versions) and all(wanted.specifier.contains(version) for version in versions)


@pytest.mark.parametrize(("small", "large"), [("runtime", "test"), ("test", "bench")])
def test_the_locks_agree(small: str, large: str) -> None:
    """One venv takes both."""
    assert _pins(small) <= _pins(large)
