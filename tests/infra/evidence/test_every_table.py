"""Every table of a store is spoken for: by the audit, by the comparison of views, or by name."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.roles import Role
from infra.bootstrap import EVENTS_FILE, VAULT_FILE, Qolhat, bootstrap
from infra.evidence.night import close_days
from infra.settings import Settings
from infra.vault import WrongVaultKeyError
from infra.views.rebuild import verify
from projections.view import View
from tests.infra.evidence.altering import alter
from tests.office import Office, SettableClock

BY_THE_AUDIT = {
    "stored_events",
    "store_identity",
    "evidence_leaves",
    "evidence_heads",
    "evidence_checks",
    "vault_records",
    "vault_pictures",
    "vault_hashes",
    "vault_erasures",
}
AT_THE_START = {"vault_proof"}  # with another one nothing opens at all
# Not covered, as docs/evidence.md says: what changes all day and proves nothing about papers.
BY_NOTHING = {
    "accounts",
    "log_in_guesses",
    "sessions",
    "stations",
    "access_looks",
    "warnings_told",
    "far_branches",
    "far_set_aside",
    "survey_answered",
    "survey_sums",
}


def test_every_table_of_the_store_is_spoken_for(tmp_path: Path) -> None:
    with bootstrap(Settings(data_dir=tmp_path)):
        pass
    found: set[str] = set()
    for name in (EVENTS_FILE, VAULT_FILE):
        with closing(sqlite3.connect(tmp_path / name)) as store:
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
            found |= {row[0] for row in store.execute(query) if row[0][:7] != "sqlite_"}
    assert found == BY_THE_AUDIT | AT_THE_START | BY_NOTHING
    text = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text("utf-8")
    assert all(f"`{name}`" in text for name in found)


def test_the_vaults_own_proof_is_looked_at_when_it_is_opened(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with bootstrap(settings) as qolhat:
        alter(qolhat, "UPDATE vault_proof SET proof = x'00'", file=VAULT_FILE)
    with pytest.raises(WrongVaultKeyError):
        bootstrap(settings)


@pytest.fixture
def tables(qolhat: Qolhat, office: Office, clock: SettableClock) -> list[sa.Table]:
    """The tables of all views in which there is something."""
    for minute in range(10, 14):
        number, _ = office.register(minute)
        office.scan(minute + 20, number, Role.COLLECTING)
    office.scan(41, "torn 10267", Role.COLLECTING, ref="torn")
    office.complain(60, number, 7 * 24 * 60)
    clock.at += timedelta(days=1)
    close_days(qolhat)
    qolhat.runner.catch_up()
    with qolhat.views.reading() as reading:
        views: list[View] = [reading.view(kind) for kind in qolhat.views.kinds]
        found = [table for view in views for table in view.tables.values()]
        full = [each for each in found if _count(reading.connection, each)]
    assert len(full) > 5
    return full


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _differing(qolhat: Qolhat) -> int:
    return len(verify(qolhat.log, qolhat.views).differences)


def test_a_row_gone_from_any_table_of_views_is_told(qolhat: Qolhat, tables: list[sa.Table]) -> None:
    assert _differing(qolhat) == 0
    with qolhat.views.writing.begin() as connection:
        for table in tables:
            keys = list(table.primary_key) or list(table.columns)
            row = connection.execute(sa.select(*keys).limit(1)).one()
            mine = [key == value for key, value in zip(keys, row, strict=True)]
            connection.execute(table.delete().where(*mine))
    assert _differing(qolhat) == len(tables)


def test_a_row_put_into_any_table_of_views_is_told(qolhat: Qolhat, tables: list[sa.Table]) -> None:
    with qolhat.views.writing.begin() as connection:
        for table in tables:
            row = dict(connection.execute(sa.select(table).limit(1)).mappings().one())
            for key in table.primary_key:
                row[key.name] = _other(row[key.name])
            connection.execute(table.insert().values(**row))
    assert _differing(qolhat) == len(tables)


def _other(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return value
    if isinstance(value, int):
        return value + 1_000_003
    return f"{value}x"
