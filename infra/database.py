"""Databases of the vault and the views: SQLite files or PostgreSQL, through SQLAlchemy Core."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from infra.errors import StorageBusyError, StorageError, storage_error

BUSY_TIMEOUT_MILLISECONDS = 30_000
POOL = 10
_WAIT_FOR_A_CONNECTION_SECONDS = 30
_KEEPALIVES = {  # what the address says itself is left as it is
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",  # milliseconds until what was sent must have arrived
}


def sqlite_engine(path: Path, *, durable: bool) -> sa.Engine:
    """Open a SQLite file in write-ahead mode.

    `durable` syncs every commit (the vault); without it a commit survives the process being killed
    but perhaps not the power failing, which is enough for what can be rebuilt (the views).
    """
    engine = sa.create_engine(
        f"sqlite:///{path}",
        connect_args={"check_same_thread": False},
        pool_use_lifo=True,  # few connections fill their caches
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, before the first read
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MILLISECONDS}",
            "journal_mode=WAL",
            f"synchronous={'FULL' if durable else 'NORMAL'}",
            "secure_delete=ON" if durable else "cache_size=-32768",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


class _WaitingPool(sa.QueuePool):
    """A bounded pool: who waits for a connection for too long is told so."""

    def _do_get(self) -> sa.pool.ConnectionPoolEntry:
        try:
            return super()._do_get()
        except sa.exc.TimeoutError as error:
            raise StorageBusyError(detail=str(error)) from error


def postgres_engine(dsn: str, *, schema: str | None = None, pool: int = POOL) -> sa.Engine:
    """Open a PostgreSQL database by a libpq connection string or URL, in a schema of it.

    It has at most `pool` connections; whoever needs one more waits, and gets a StorageBusyError
    when that takes too long.
    """
    import psycopg  # noqa: PLC0415  the embedded edition works without PostgreSQL

    address = postgres_address(dsn, schema=schema)
    return sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(address),
        poolclass=_WaitingPool,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=_WAIT_FOR_A_CONNECTION_SECONDS,
        pool_pre_ping=True,
        pool_use_lifo=True,
    )


def postgres_address(dsn: str, *, schema: str | None = None) -> str:
    """Return the address with all its parts, of connections that notice a server that is gone.

    With a schema, names are looked up in it alone.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: PLC0415  as above

    parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    if schema:
        quoted = '"' + schema.replace('"', '""') + '"'
        escaped = "".join(f"\\{sign}" if sign in " \\\t" else sign for sign in quoted)
        given = parts.get("options") or os.environ.get("PGOPTIONS", "")
        parts["options"] = f"{given} -c search_path={escaped}".strip()
    return make_conninfo(**(_KEEPALIVES | parts))


def advisory_key(*names: str) -> int:
    """Return the key of an advisory lock of PostgreSQL's that only who has these names asks for."""
    digest = hashlib.blake2b("\0".join(("qolhat", *names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def make_tables(engine: sa.Engine, metadata: sa.MetaData) -> None:
    """Make what is missing in an embedded store; on PostgreSQL `qolhat migrate` has made it."""
    if engine.dialect.name == "sqlite":
        metadata.create_all(engine)


def database_error(error: sa.exc.DBAPIError) -> StorageError:
    """Name a database failure by what the operator can do about it."""
    return storage_error(error.orig or error)
