"""Of several relays of one store one leads; the others stand by and take over when it is gone.

The lead is a lock that ends with the process: of a file where the store is a folder, of the
database where it is PostgreSQL. It saves the relays from disturbing each other. That no event is
published twice does not hang on it: Kafka shuts out the elder of two producers (see `publishing`).
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock, Timeout

from infra.database import advisory_key
from infra.errors import storage_error

if TYPE_CHECKING:
    from psycopg import Connection

CHECK_SECONDS = 1.0
# The server finds out within half a minute that a leader's machine is gone, not within two hours.
_NOTICE = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    " -c application_name=qolhat-relay"
)
_CONNECT_SECONDS = 10


class Leader(Protocol):
    """The lead of one store's relays."""

    def leads(self) -> bool:
        """Take the lead if nobody has it; tell whether it is ours. Raises StorageError."""

    def step_down(self) -> None:
        """Leave the lead to others."""


class FileLeader:
    """The lead where the store is in a folder."""

    def __init__(self, file: Path) -> None:
        self._lock = FileLock(file, thread_local=False)

    def leads(self) -> bool:
        """Take the lead if nobody has it; tell whether it is ours. Raises StorageError."""
        if not self._lock.is_locked:
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return False
            except OSError as error:
                raise storage_error(error) from error
        return True

    def step_down(self) -> None:
        """Leave the lead to others."""
        self._lock.release(force=True)


class PostgresLeader:
    """The lead where the store is on PostgreSQL: an advisory lock of a connection of its own."""

    def __init__(self, dsn: str, name: str) -> None:
        self._dsn = dsn
        self._key = advisory_key(name)
        self._connection: Connection | None = None
        self._held = False
        self._checked = 0.0

    def leads(self) -> bool:
        """Take the lead if nobody has it; tell whether it is ours. Raises StorageError.

        A lead is lost with the connection, which is looked after once a second.
        """
        if self._held and time.monotonic() - self._checked < CHECK_SECONDS:
            return True
        import psycopg  # noqa: PLC0415  not in the embedded edition

        try:
            self._held = self._look()
        except psycopg.Error as error:
            self._let_go()
            raise storage_error(error) from error
        self._checked = time.monotonic()
        return self._held

    def _look(self) -> bool:
        import psycopg  # noqa: PLC0415  as above

        if self._connection is None:
            self._connection = psycopg.connect(
                self._dsn, autocommit=True, options=_NOTICE, connect_timeout=_CONNECT_SECONDS
            )
        if self._held:
            self._connection.execute("SELECT 1")
            return True
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
        return bool(row and row[0])

    def step_down(self) -> None:
        """Leave the lead to others, at once."""
        if self._connection is not None and self._held:
            # Whose connection merely ends keeps the lock until the server has noticed.
            with contextlib.suppress(Exception):  # it may be broken; the lock ends with it
                self._connection.execute("SELECT pg_advisory_unlock(%s)", (self._key,))
        self._let_go()

    def _let_go(self) -> None:
        connection, self._connection, self._held = self._connection, None, False
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()
