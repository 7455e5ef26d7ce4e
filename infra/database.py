"""Databases of the vault and the views: SQLite files or PostgreSQL, through SQLAlchemy Core."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from infra.errors import StorageError, storage_error

BUSY_TIMEOUT_MILLISECONDS = 30_000


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


def postgres_engine(dsn: str, *, schema: str | None = None) -> sa.Engine:
    """Open a PostgreSQL database by a libpq connection string or URL, in a schema of it."""
    import psycopg  # noqa: PLC0415  the embedded edition works without PostgreSQL

    options = f"-c search_path={schema}" if schema else ""
    return sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(dsn, options=options),
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
    )


def database_error(error: sa.exc.DBAPIError) -> StorageError:
    """Name a database failure by what the operator can do about it."""
    return storage_error(error.orig or error)
