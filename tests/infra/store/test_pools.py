"""Connections to PostgreSQL are few, and of one kind, whatever the server's defaults are."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from psycopg.conninfo import make_conninfo

from infra import database
from infra.database import postgres_engine
from infra.errors import StorageBusyError
from infra.store import postgres_connections
from infra.store.log import postgres_log
from infra.store.postgres import PostgresRowRecorder
from infra.store.postgres_connections import Connections, fetch
from tests.infra.store.test_group_commit import reserve


def test_many_threads_share_few_connections(postgres_dsn: str) -> None:
    with closing(postgres_log(postgres_dsn, pool=3)) as log:
        log.commands.run(reserve(1))
        found: list[int] = []

        def read() -> None:
            found.extend(log.rows.last_position() for _ in range(20))

        threads = [threading.Thread(target=read) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [1] * 320
        count = b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        assert isinstance(log.rows, PostgresRowRecorder)
        assert log.rows._connections.read(count, ())[0][0] <= 3


def test_who_waits_for_a_connection_for_too_long_is_told_so(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connections, "WAIT_FOR_A_CONNECTION_SECONDS", 0.0)
    monkeypatch.setattr(database, "_WAIT_FOR_A_CONNECTION_SECONDS", 0.01)
    with closing(Connections(postgres_dsn, 2)) as events:
        held = events._pooled()
        with pytest.raises(StorageBusyError):
            events.read(b"SELECT 1", ())
        events._pool.putconn(held)
        assert events.read(b"SELECT 1", ()) == [(1,)]
    engine = postgres_engine(postgres_dsn, pool=1)
    with engine.connect(), pytest.raises(StorageBusyError):
        engine.connect()
    engine.connect().close()
    engine.dispose()


def test_a_commit_is_on_the_disk_whatever_the_servers_default(postgres_dsn: str) -> None:
    careless = "-c synchronous_commit=off -c default_transaction_isolation=serializable"
    with closing(Connections(make_conninfo(postgres_dsn, options=careless), 2)) as connections:
        for connection in (connections.connect(), connections._pooled()):
            for setting, value in (
                ("synchronous_commit", "on"),
                ("default_transaction_isolation", "read committed"),
            ):
                asked = b"SELECT current_setting(%s)"
                assert fetch(connection, asked, (setting,)) == [(value,)]
            connection.close()
