"""Which store this is, and which life of it: what is published elsewhere names both.

A store has an id for ever and an epoch: microseconds since 1970 of when it was made or, if it was
restored from a backup, of when it last was. A restored store records other events at positions that
were published before: the later epoch tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import sqlalchemy as sa

from infra.database import database_error
from infra.store.mapper import to_micros

if TYPE_CHECKING:
    from infra.store.log import EventLog

metadata = sa.MetaData()
table = sa.Table(
    "store_identity",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("store", sa.Uuid(native_uuid=False), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.CheckConstraint("one = 1", name="store_identity_one"),
)
_MAKING_LOCK = 0x716F6C68  # an advisory lock of PostgreSQL's: one makes it, the others find it


@dataclass(frozen=True, slots=True)
class StoreIdentity:
    """A store, and the epoch (microseconds since 1970, UTC) in which it lives."""

    store: UUID
    epoch: int


def identity_of(log: EventLog) -> StoreIdentity:
    """Return whose events the log holds; it is made where there is none yet. Raises StorageError.

    An identity never changes while a store is open, except by `renew_epoch`.
    """
    with _database(log) as engine:
        with engine.connect() as connection:
            found = read_identity(connection)
        if found is not None:
            return found
        with _writing(engine) as connection:
            return make_identity(connection)


def renew_epoch(log: EventLog) -> StoreIdentity:
    """Let the store begin another life, after a restore; return it. Raises StorageError.

    Whoever publishes the store's events must be started anew.
    """
    with _database(log) as engine, _writing(engine) as connection:
        return renew_identity(connection)


def read_identity(connection: sa.Connection) -> StoreIdentity | None:
    """Return the identity, None where it has not been made yet."""
    if not sa.inspect(connection).has_table(table.name):
        return None
    found = connection.execute(sa.select(table.c.store, table.c.epoch)).first()
    return StoreIdentity(*found) if found else None


def make_identity(connection: sa.Connection) -> StoreIdentity:
    """Return the identity, made with its table where it is missing; several may do so at once.

    Needs a transaction that may write.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING_LOCK)))
    metadata.create_all(connection)
    found = read_identity(connection)
    if found is None:
        found = StoreIdentity(uuid4(), _now())
        connection.execute(table.insert().values(one=1, store=found.store, epoch=found.epoch))
    return found


def renew_identity(connection: sa.Connection) -> StoreIdentity:
    """Let the store begin another life; needs a transaction that may write."""
    before = make_identity(connection)
    after = StoreIdentity(before.store, max(_now(), before.epoch + 1))
    connection.execute(table.update().values(epoch=after.epoch))
    return after


@contextmanager
def _database(log: EventLog) -> Iterator[sa.Engine]:
    engine = log.database()
    try:
        yield engine
    except sa.exc.DBAPIError as error:
        raise database_error(error) from error
    finally:
        engine.dispose()


def _writing(engine: sa.Engine) -> AbstractContextManager[sa.Connection]:
    return engine.execution_options(writing=True).begin()


def _now() -> int:
    return to_micros(datetime.now(UTC))
