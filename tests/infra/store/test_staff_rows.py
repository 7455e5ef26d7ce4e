"""The index by which people, devices and places are found, in new stores and in those of before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from domain.roles import Role
from infra.bootstrap import EVENTS_FILE, bootstrap
from infra.settings import Settings, StoreKind
from infra.store.rows import ABOUT_STAFF, OUTGROWN_INDEXES, STAFF_INDEX
from tests.office import Office, SettableClock
from tests.stories import CENTRE, PEOPLE, place

Ask = Callable[[str], list[Any]]
EARLIER = (  # what the outgrown indexes were made for
    "substr(topic, 1, 4) IN ('prs.', 'dev.')",
    "substr(topic, 1, 4) IN ('prs.', 'dev.', 'plc.')",
)


@pytest.fixture
def ask(settings: Settings) -> Ask:
    """Ask the database itself."""

    def of_sqlite(statement: str) -> list[Any]:
        with closing(sqlite3.connect(settings.data_dir / EVENTS_FILE)) as connection:
            return connection.execute(statement).fetchall()

    def of_postgres(statement: str) -> list[Any]:
        dsn = settings.postgres_dsn.get_secret_value()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("SET enable_seqscan = off")  # a small table would be read whole
            connection.execute("SET enable_bitmapscan = off")
            connection.execute(f"SET search_path = {settings.postgres_schema}".encode())
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    return of_sqlite if settings.store is StoreKind.SQLITE else of_postgres


@dataclass(frozen=True, slots=True)
class Names:
    """What the store calls things."""

    table: str
    position: str

    @property
    def index(self) -> str:
        """The index of today."""
        return STAFF_INDEX.format(table=self.table)

    @property
    def outgrown(self) -> list[str]:
        """The indexes of before."""
        return [name.format(table=self.table) for name in OUTGROWN_INDEXES]


@pytest.fixture
def names(settings: Settings) -> Names:
    """What this store calls things."""
    if settings.store is StoreKind.SQLITE:
        return Names("stored_events", "position")
    return Names("stored_events", "position")


@pytest.fixture
def indexes(settings: Settings, ask: Ask) -> Callable[[], set[str]]:
    """Name the indexes of the store."""
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'index'"
        if settings.store is StoreKind.SQLITE
        else "SELECT indexname FROM pg_indexes"
    )
    return lambda: {name for (name,) in ask(listed)}


def plan(settings: Settings, ask: Ask, names: Names) -> str:
    """How the database finds what was recorded about people, devices and places."""
    query = (
        f"SELECT topic FROM {names.table} WHERE {ABOUT_STAFF} AND {names.position} > 3"
        f" ORDER BY {names.position}"
    )
    explain = "EXPLAIN QUERY PLAN " if settings.store is StoreKind.SQLITE else "EXPLAIN "
    return " ".join(str(row) for row in ask(explain + query))


def test_people_are_found_by_an_index(
    settings: Settings, ask: Ask, names: Names, clock: SettableClock
) -> None:
    with bootstrap(settings, now=clock) as qolhat:
        Office(qolhat, clock)
    assert names.index in plan(settings, ask, names)


@pytest.mark.parametrize("settings", [StoreKind.SQLITE], indirect=True, ids=str)
def test_a_store_of_before_places_were_opened_and_runs_planned_is_taken_over(
    settings: Settings,
    ask: Ask,
    names: Names,
    indexes: Callable[[], set[str]],
    clock: SettableClock,
) -> None:
    with bootstrap(settings, now=clock) as qolhat:
        Office(qolhat, clock).register()
    ask(f"DROP INDEX {names.index}")
    for outgrown, earlier in zip(names.outgrown, EARLIER, strict=True):
        ask(f"CREATE INDEX {outgrown} ON {names.table} ({names.position}) WHERE {earlier}")
    assert indexes().issuperset(names.outgrown)
    for _ in range(2):
        with bootstrap(settings, now=clock) as qolhat:
            assert names.index in indexes()
            assert indexes().isdisjoint(names.outgrown)
            register = qolhat.staff.refresh()
            assert register.places_of(PEOPLE[Role.HEAD], clock.at) == (place(Role.HEAD),)
            qolhat.personnel.open_place(CENTRE, Role.INSPECTOR)
    with bootstrap(settings, now=clock) as qolhat:
        windows = [p.number for p in qolhat.directory.places_of(CENTRE) if p.role is Role.INSPECTOR]
        assert windows == [1, 2, 3, 4, 5]
    assert names.index in plan(settings, ask, names)
