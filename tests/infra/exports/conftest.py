"""A small day of the demonstration, and an office with corrections: what exports are tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.bootstrap import Qolhat
from infra.demonstration import Plan
from infra.exports import Exporter, Format, TableName, Wanted
from tests.infra.demonstration.simulated import Simulated, simulated

EVERYTHING = Wanted()
Made = Callable[..., bytes]


def heading(key: str) -> str:
    """Say a heading as its key."""
    return key


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The day is simulated once: all of this folder in one process, but for real servers."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "postgres_dsn" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("exports"))


def export_of(
    qolhat: Qolhat,
    form: Format,
    wanted: Wanted = EVERYTHING,
    table: TableName = TableName.EVENTS,
) -> bytes:
    """Make a whole file."""
    return b"".join(Exporter(qolhat, wanted, heading).pieces(form, table))


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """A day of sixty packets, with its troubles."""
    with simulated(tmp_path_factory.mktemp("day"), Plan(days=1, packets=60, seed=5)) as done:
        yield done
