"""Alters a store behind everybody's back, as whoever has the files or the database can."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg

from infra.bootstrap import Qolhat
from infra.settings import StoreKind


def alter(qolhat: Qolhat, statement: str, *values: Any, file: str = "events.db") -> None:
    """Run a statement (with question marks for values) on the store."""
    settings = qolhat.settings
    if settings.store is StoreKind.SQLITE:
        with closing(sqlite3.connect(settings.data_dir / file)) as connection, connection:
            connection.execute(statement, values)
    else:
        with psycopg.connect(settings.postgres_dsn.get_secret_value()) as server:
            server.execute(statement.replace("?", "%s").encode(), values or None)


def ask(qolhat: Qolhat, query: str, *values: Any, file: str = "events.db") -> list[Any]:
    """Read from the store, as it is."""
    settings = qolhat.settings
    if settings.store is StoreKind.SQLITE:
        with closing(sqlite3.connect(settings.data_dir / file)) as connection:
            return connection.execute(query, values).fetchall()
    with psycopg.connect(settings.postgres_dsn.get_secret_value()) as server:
        return server.execute(query.replace("?", "%s").encode(), values or None).fetchall()
