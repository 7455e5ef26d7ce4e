"""Of several relays one leads; when it ends or its connection does, another one may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infra.errors import StorageError, StorageReadOnlyError
from infra.kafka import leading
from infra.kafka.leading import FileLeader, Leader, PostgresLeader
from tests.servers.postgres import OwnPostgres

MakeLeader = Callable[[], Leader]


@pytest.fixture(params=["file", "postgres"])
def leader(request: pytest.FixtureRequest, tmp_path: Path) -> MakeLeader:
    """Makes relays' leads, all of the same store."""
    if request.param == "file":
        return lambda: FileLeader(tmp_path / "lead.lock")
    dsn = request.getfixturevalue("postgres_dsn")
    return lambda: PostgresLeader(dsn, "relay")


def test_one_leads_until_it_steps_down(leader: MakeLeader) -> None:
    first, second = leader(), leader()
    assert first.leads()
    assert not second.leads()
    assert first.leads()
    first.step_down()
    assert second.leads()
    assert not first.leads()
    second.step_down()


def test_stepping_down_without_a_lead_harms_nobody(leader: MakeLeader) -> None:
    first, second = leader(), leader()
    assert first.leads()
    second.step_down()
    assert not second.leads()
    assert first.leads()
    first.step_down()
    first.step_down()


def test_other_stores_have_leads_of_their_own(postgres_dsn: str) -> None:
    first, second = PostgresLeader(postgres_dsn, "one"), PostgresLeader(postgres_dsn, "two")
    assert first.leads()
    assert second.leads()
    first.step_down()
    second.step_down()


def test_who_loses_the_connection_loses_the_lead(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leading, "CHECK_SECONDS", 0)
    first, second = PostgresLeader(postgres_dsn, "relay"), PostgresLeader(postgres_dsn, "relay")
    assert first.leads()
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'qolhat-relay' AND datname = current_database()"
        )
    with pytest.raises(StorageError):
        first.leads()
    assert second.leads()
    assert not first.leads()
    first.step_down()
    second.step_down()


def test_a_database_that_is_away_is_told_clearly(killable_postgres: OwnPostgres) -> None:
    dsn = killable_postgres.fresh_database()
    killable_postgres.kill()
    away = PostgresLeader(dsn, "relay")
    with pytest.raises(StorageError):
        away.leads()
    killable_postgres.restart()
    assert away.leads()
    away.step_down()


def test_a_folder_that_is_not_there_is_told_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((StorageError, StorageReadOnlyError)):
        FileLeader(tmp_path / "file" / "lead.lock").leads()
