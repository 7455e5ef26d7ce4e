"""The log-ins of a small office, in a vault's database of either kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from infra.accounts import AccessJournal, Accounts, Sessions, Stations
from infra.accounts.tables import metadata
from infra.settings import Settings
from infra.vault import VaultKeys, new_key
from tests.infra.test_vault import open_engine
from tests.office import SettableClock

# The parameters of every day take a quarter of a second and 64 MiB.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def keys() -> VaultKeys:
    return VaultKeys(new_key())


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    opened = open_engine(settings)
    yield opened
    opened.dispose()


class Opening:
    """Opens the same accounts once more: another process, or this one after a restart."""

    def __init__(self, settings: Settings, now: Callable[[], datetime], keys: VaultKeys) -> None:
        self._settings = settings
        self._now = now
        self._keys = keys
        self._engines: list[sa.Engine] = []

    def __call__(
        self, hasher: PasswordHasher | None = None, keys: VaultKeys | None = None
    ) -> Accounts:
        self._engines.append(open_engine(self._settings))
        return Accounts(self._engines[-1], self._now, keys or self._keys, hasher or QUICK)

    def of_lost_tables(self) -> Accounts:
        """Open the accounts of a database from which somebody has dropped their tables."""
        accounts = self()
        metadata.drop_all(self._engines[-1])
        return accounts

    def close(self) -> None:
        for engine in self._engines:
            engine.dispose()


@pytest.fixture
def opening(settings: Settings, clock: SettableClock, keys: VaultKeys) -> Iterator[Opening]:
    made = Opening(settings, clock, keys)
    yield made
    made.close()


@pytest.fixture
def accounts(opening: Opening) -> Accounts:
    """No accounts yet."""
    opened = opening()
    opened.prepare()
    return opened


@pytest.fixture
def sessions(
    accounts: Accounts, engine: sa.Engine, clock: SettableClock, keys: VaultKeys
) -> Sessions:
    return Sessions(engine, clock, keys)


@pytest.fixture
def stations(accounts: Accounts, engine: sa.Engine, clock: SettableClock) -> Stations:
    return Stations(engine, clock)


@pytest.fixture
def journal(accounts: Accounts, engine: sa.Engine, clock: SettableClock) -> AccessJournal:
    return AccessJournal(engine, clock)
