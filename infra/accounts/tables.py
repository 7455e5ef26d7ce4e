"""The tables of log-ins; they stand in the vault's database and are backed up with it.

Log-ins are often names, addresses belong to people: here they are sealed or keyed hashes. Of
passwords, PINs and tokens only hashes are kept. Instants are microseconds since 1970 (UTC).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from infra.database import database_error
from infra.store.mapper import to_micros

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers INTEGER keys only

metadata = sa.MetaData()
ACCOUNTS = sa.Table(
    "accounts",
    metadata,
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("login_hash", sa.LargeBinary, unique=True),
    sa.Column("login_sealed", sa.LargeBinary),
    sa.Column("password_hash", sa.Text),
    sa.Column("pin_hash", sa.Text),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
)
GUESSES = sa.Table(
    "log_in_guesses",
    metadata,
    sa.Column("id", _COUNTED, primary_key=True),
    sa.Column("name_hash", sa.LargeBinary, nullable=False, index=True),
    sa.Column("address_hash", sa.LargeBinary, nullable=False, index=True),
    sa.Column("was_right", sa.Boolean, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
)
SESSIONS = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", _COUNTED, primary_key=True),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("person", sa.BigInteger, nullable=False, index=True),
    sa.Column("station", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
)
STATIONS = sa.Table(
    "stations",
    metadata,
    sa.Column("id", _COUNTED, primary_key=True),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.BigInteger),
    sa.Column("first_seen", sa.BigInteger, nullable=False),
    sa.Column("last_seen", sa.BigInteger, nullable=False),
    sa.Column("turned_away", sa.Boolean, nullable=False),
)
LOOKS = sa.Table(
    "access_looks",
    metadata,
    sa.Column("id", _COUNTED, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("person", sa.BigInteger, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("station", sa.BigInteger, nullable=False),
    sa.Index("access_looks_subject_at", "subject", "at"),
    sa.Index("access_looks_person_at", "person", "at"),
)


class Keeper:
    """What all that keep these tables share: the database and the clock."""

    def __init__(self, engine: sa.Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writing=True)
        self._now = now

    def _micros(self) -> int:
        return to_micros(self._now())

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """Read within one transaction. Raises StorageError."""
        with failing_clearly(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Write within one transaction, whole or not at all. Raises StorageError."""
        with failing_clearly(), self._writer.begin() as connection:
            yield connection


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Name a failure of the database by what the operator can do about it."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise database_error(error) from error
