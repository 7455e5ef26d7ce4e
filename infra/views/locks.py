"""Who waits for whom where several processes keep the views of one PostgreSQL schema.

SQLite lets one transaction write at a time and needs none of this. Every lock ends with its
transaction, and is taken in this order: `alone` or `among_others`, the partitions' rows, `meeting`,
`summing`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

# With the schema each is one lock.
_MAKING, _MEETING, _RENEWING, _BUILDING = 0x716F6C01, 0x716F6C02, 0x716F6C03, 0x716F6C04
_SUMMING = 0x716F6C05


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


def summing(connection: sa.Connection) -> None:
    """Let one writer at a time add to the sums, which are everybody's; last, as all wait for it."""
    _lock(connection, "pg_advisory_xact_lock", _SUMMING)


@contextmanager
def renewing(engine: sa.Engine) -> Iterator[None]:
    """Let one process at a time find out whether views are to be computed anew, and do it."""
    with _lasting(engine, _RENEWING):
        yield


@contextmanager
def building(engine: sa.Engine) -> Iterator[None]:
    """Let one process at a time build views beside the live ones: they would have one name."""
    with _lasting(engine, _BUILDING):
        yield


@contextmanager
def _lasting(engine: sa.Engine, which: int) -> Iterator[None]:
    """Hold a lock for hours, perhaps: in no transaction, for as long as the connection lasts."""
    if not _is_shared(engine):
        yield
        return
    with engine.connect() as connection:
        lasting = connection.execution_options(isolation_level="AUTOCOMMIT")
        _lock(lasting, "pg_advisory_lock", which)
        try:
            yield
        finally:
            with contextlib.suppress(sa.exc.DBAPIError):  # without a connection there is no lock
                _lock(lasting, "pg_advisory_unlock", which)


def _lock(connection: sa.Connection, function: str, which: int, schema: str | None = None) -> None:
    if _is_shared(connection):
        of = sa.func.current_schema() if schema is None else sa.literal(schema)
        connection.execute(sa.select(getattr(sa.func, function)(which, sa.func.hashtext(of))))


def _is_shared(connection: sa.Connection | sa.Engine) -> bool:
    return connection.dialect.name == "postgresql"
