"""Who waits for whom where several processes keep the views of one PostgreSQL schema.

SQLite lets one transaction write at a time and needs none of this. Every lock ends with its
transaction, and is taken in this order: `alone` or `among_others`, the partitions' rows, `meeting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

_MAKING, _MEETING, _RENEWING = 0x716F6C01, 0x716F6C02, 0x716F6C03  # with the schema: one lock each


def making(connection: sa.Connection, schema: str | None = None) -> None:
    """Let one process at a time make what is missing: PostgreSQL fails where two do at once."""
    _lock(connection, "pg_advisory_xact_lock", _MAKING, schema)


def alone(connection: sa.Connection) -> None:
    """Wait until nobody moves the views, and let nobody begin to."""
    if _is_shared(connection):
        connection.execute(sa.text("LOCK TABLE view_positions IN EXCLUSIVE MODE"))


def among_others(connection: sa.Connection) -> None:
    """Wait while somebody has the views for himself; others may write other rows meanwhile."""
    if _is_shared(connection):
        connection.execute(sa.text("LOCK TABLE view_positions IN ROW SHARE MODE"))


def no_readers(connection: sa.Connection) -> None:
    """Wait until nobody reads: whoever reads has asked first which tables are the live ones."""
    if _is_shared(connection):
        connection.execute(sa.text("LOCK TABLE view_generations IN ACCESS EXCLUSIVE MODE"))


def meeting(connection: sa.Connection, *, exclusive: bool) -> None:
    """Let what was written before and what is read after this be all there is, across streams.

    Of two batches that hang on each other one waits for the other's commit, if either is exclusive.
    """
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    _lock(connection, function, _MEETING)


@contextmanager
def renewing(engine: sa.Engine) -> Iterator[None]:
    """Let one process at a time compute views anew; for hours, perhaps, so in no transaction."""
    with engine.connect() as connection:
        if not _is_shared(connection):
            yield
            return
        lasting = connection.execution_options(isolation_level="AUTOCOMMIT")
        _lock(lasting, "pg_advisory_lock", _RENEWING)
        try:
            yield
        finally:
            _lock(lasting, "pg_advisory_unlock", _RENEWING)


def _lock(connection: sa.Connection, function: str, which: int, schema: str | None = None) -> None:
    if _is_shared(connection):
        of = sa.func.current_schema() if schema is None else sa.literal(schema)
        connection.execute(sa.select(sa.func.__getattr__(function)(which, sa.func.hashtext(of))))


def _is_shared(connection: sa.Connection) -> bool:
    return connection.dialect.name == "postgresql"
