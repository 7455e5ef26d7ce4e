"""Stores the rows of a new generation as fast as the database takes them; indexes come after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.compiler import IdentifierPreparer

from projections.tables import Loading, insert

_QUOTE = IdentifierPreparer(postgresql.dialect()).quote  # type: ignore[no-untyped-call]
_SORTING = "SET LOCAL maintenance_work_mem = '256MB'"
_ADDING_UP = "SET LOCAL work_mem = '256MB'"


def store(connection: sa.Connection, loading: Loading) -> None:
    """Write gathered rows into their tables, which have none of them."""
    for table, rows in loading.rows.items():
        if connection.dialect.name == "postgresql":
            _copy(connection, table, rows)
        else:
            insert(connection, table, rows)


def _copy(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    import psycopg  # noqa: PLC0415  the embedded edition works without PostgreSQL

    statement, names = _copying(table)
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            write = copy.write_row
            for row in rows:
                write([row[name] for name in names])
    except psycopg.OperationalError as error:  # as SQLAlchemy tells of it
        raise sa.exc.OperationalError(statement, None, error) from error


@lru_cache(maxsize=128)
def _copying(table: sa.Table) -> tuple[str, list[str]]:
    names = [column.name for column in table.columns]
    return f"COPY {table.name} ({', '.join(_quoted(names))}) FROM STDIN", names


def _quoted(names: Iterable[str]) -> list[str]:
    return [_QUOTE(name) for name in names]


def strip(connection: sa.Connection, table: sa.Table) -> None:
    """Take the indexes of an empty table away, for `finish` to make when it is full."""
    for index in table.indexes:
        index.drop(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"ALTER TABLE {table.name} DROP CONSTRAINT {table.name}_pkey"))


def finish(connection: sa.Connection, table: sa.Table) -> None:
    """Make the indexes of a table that `strip` has taken away, and let the planner look at it."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(_SORTING))
        keys = ", ".join(_quoted([column.name for column in table.primary_key]))
        connection.execute(sa.text(f"ALTER TABLE {table.name} ADD PRIMARY KEY ({keys})"))
    for index in table.indexes:
        index.create(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"ANALYZE {table.name}"))


def roomy(connection: sa.Connection) -> None:
    """Let a whole table be added up in memory, in this transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(_ADDING_UP))
