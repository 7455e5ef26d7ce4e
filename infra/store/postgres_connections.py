"""Connections of the event store to PostgreSQL: bounded, and made anew after they were lost.

Readers share a pool; whoever decides and stores has a connection of its own. A server that is away
is waited for, some seconds in all: after that every call fails at its first attempt until the
server is back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from infra.errors import StorageBusyError, StorageUnreachableError
from infra.store.postgres_arrays import teach_arrays

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]
PATIENCE_SECONDS = 8.0
WAIT_FOR_A_CONNECTION_SECONDS = 30.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 0.5
_FIRST_WAIT_SECONDS, _NEXT_WAITS_SECONDS = 0.1, 1.0  # who waits long keeps its turn
_IDLE_SECONDS = 600.0
_PREPARE_AT_ONCE = 0
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # whoever waits is told by an error
# Of connections: the server ended it (by hand, in a crash, as a standby), is not ready, is full.
_LOST_STATES = frozenset({"57P01", "57P02", "57P03", "57P05", "53300"})
# A commit that was acknowledged is on the disk, whatever the server's default; a snapshot is of its
# own statement; who waits for the lock of a writer that hangs is told so.
_SET_UP = (
    "SELECT set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('lock_timeout', '30s', false),"
    " CASE current_setting('synchronous_commit') WHEN 'off'"
    " THEN set_config('synchronous_commit', 'on', false) END"
)


def is_lost(error: psycopg.Error) -> bool:
    """Tell whether it was the connection that failed, not the statement."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate in _LOST_STATES or error.sqlstate.startswith("08")


def _prepare(connection: psycopg.Connection[Any]) -> None:
    connection.prepare_threshold = _PREPARE_AT_ONCE
    teach_arrays(connection)
    connection.execute(_SET_UP)


class Outage:
    """Since when the server is away; all calls of a store share what is left of their patience."""

    def __init__(self) -> None:
        self._since: float | None = None

    def is_over(self) -> None:
        """The server has answered."""
        self._since = None

    def wait_or_raise(self, attempt: int, error: Exception) -> None:
        """Wait before another attempt. Raises StorageUnreachableError when it lasts too long."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - self._since > PATIENCE_SECONDS:
            raise StorageUnreachableError(detail=str(error)) from error
        time.sleep(min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS))


class Connections:
    """The connections of one store; safe to use from any number of threads."""

    def __init__(self, address: str, most: int) -> None:
        self._address = address
        self.outage = Outage()
        self._refused_at = self._drained_at = 0.0
        self._draining = threading.Lock()
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            address,
            kwargs={"autocommit": True},
            configure=_prepare,
            min_size=0,
            max_size=most - 1,  # one decides and stores
            max_idle=_IDLE_SECONDS,
            reconnect_timeout=0,  # who waits asks again, the pool itself would for ever less often
            reconnect_failed=self._note_refusal,
            open=True,
            name="qolhat-events",
        )

    def _note_refusal(self, _: object) -> None:
        self._refused_at = time.monotonic()

    def read(self, query: bytes, values: tuple[Any, ...]) -> list[Any]:
        """Return the rows of a query that changes nothing: if the connection is lost, of another.

        Raises StorageUnreachableError, StorageBusyError, psycopg.Error.
        """
        return self.retried(lambda: self._read_once(query, values))

    def _read_once(self, query: bytes, values: tuple[Any, ...]) -> list[Any]:
        connection, taken_at = self._pooled(), time.monotonic()
        try:
            return fetch(connection, query, values)
        except psycopg.Error as error:
            if is_lost(error):
                connection.close()
                self._drain(taken_at)
            raise
        finally:
            self._pool.putconn(connection)

    def _drain(self, taken_at: float) -> None:
        """Throw the pool's idle connections away: they are lost too, unless made since then."""
        with self._draining:
            if taken_at > self._drained_at:
                self._drained_at = time.monotonic()
                self._pool.drain()

    def _pooled(self) -> Connection:
        """Take a connection out of the pool; wait for one if all are taken."""
        asked, patience = time.monotonic(), _FIRST_WAIT_SECONDS
        while True:
            try:
                return self._pool.getconn(timeout=patience)
            except PoolTimeout as error:
                patience = _NEXT_WAITS_SECONDS
                if self._refused_at >= asked:
                    raise psycopg.OperationalError("the server does not answer") from error
                if time.monotonic() - asked > WAIT_FOR_A_CONNECTION_SECONDS:
                    raise StorageBusyError(detail=str(error)) from error

    def retried(self, work: Callable[[], T]) -> T:
        """Do what may be done twice, again and again while the connection is lost over it.

        Raises StorageUnreachableError.
        """
        attempt = 0
        while True:
            try:
                done = work()
            except psycopg.Error as error:
                if not is_lost(error):
                    raise
                self.outage.wait_or_raise(attempt, error)
                attempt += 1
            else:
                self.outage.is_over()
                return done

    def connect(self) -> Connection:
        """Open a connection beside the pool. Raises psycopg.OperationalError."""
        connection = psycopg.connect(self._address, autocommit=True)
        _prepare(connection)
        return connection

    def close(self) -> None:
        """Let go of the pool's connections."""
        self._pool.close()


def fetch(connection: Connection, query: bytes, values: tuple[Any, ...]) -> list[Any]:
    """Return a prepared query's rows, sent in binary."""
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(query, values, prepare=True).fetchall()
