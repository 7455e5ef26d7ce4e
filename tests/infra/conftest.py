"""One suite for every store: the same tests on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from infra.bootstrap import Qolhat, bootstrap
from infra.settings import Settings, StoreKind
from tests.office import Office, SettableClock


@pytest.fixture(params=[StoreKind.SQLITE, StoreKind.POSTGRES], ids=str)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an empty store of each kind."""
    if request.param is StoreKind.SQLITE:
        return Settings(data_dir=tmp_path)
    dsn = request.getfixturevalue("postgres_dsn")
    return Settings(data_dir=tmp_path, store=StoreKind.POSTGRES, postgres_dsn=SecretStr(dsn))


@pytest.fixture
def clock() -> SettableClock:
    """The time of recording, to be set by the test."""
    return SettableClock()


@pytest.fixture
def qolhat(settings: Settings, clock: SettableClock) -> Iterator[Qolhat]:
    """A wired Qolhat on an empty store."""
    with bootstrap(settings, now=clock) as wired:
        yield wired


@pytest.fixture
def office(qolhat: Qolhat, clock: SettableClock) -> Office:
    """A centre and an authority with their people."""
    return Office(qolhat, clock)
