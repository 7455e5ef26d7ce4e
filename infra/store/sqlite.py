"""The event store on SQLite: one file in write-ahead mode, every commit synced to the disk.

The library's recorder, with its table made smaller (the stream's id as 16 bytes) and its reads
without detours. Notification ids are row ids: rows are never deleted, so they have no gaps that
matter, and a reader that follows them misses nothing, because SQLite has one writer at a time.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any
from uuid import UUID
from weakref import WeakSet

from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    Notification,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore, SQLiteFactory

from infra.errors import storage_error
from infra.store.rows import (
    ABOUT_STAFF,
    OUTGROWN_INDEXES,
    STAFF_INDEX,
    EventRow,
    RowRecorder,
    StreamRow,
)

BUSY_TIMEOUT_SECONDS = 30
_DECIDERS_CACHE, _READERS_CACHE = 32_768, 4_096  # KiB; a server has forty threads that read
_CREATE = """CREATE TABLE IF NOT EXISTS stored_events (
  position INTEGER PRIMARY KEY,
  stream BLOB NOT NULL,
  version INTEGER NOT NULL,
  topic TEXT NOT NULL,
  state TEXT NOT NULL,
  UNIQUE (stream, version)
)"""
_MOST_IN_A_STATEMENT = 256
_AFTER = (
    "SELECT position, stream, version, topic, state FROM stored_events"
    " WHERE position>? ORDER BY position LIMIT ?"
)
_BY_STREAM = (
    "SELECT position, stream, version, topic, state FROM stored_events"
    " WHERE (stream, version) > (?, ?) AND stream <= ? AND position <= ?"
    " ORDER BY stream, version LIMIT ?"
)
_STREAMS_AT = (
    "SELECT stream FROM stored_events WHERE position IN (SELECT value FROM json_each(?))"
    " ORDER BY stream"
)
_TABLE = "stored_events"
_STAFF_INDEX = (
    f"CREATE INDEX IF NOT EXISTS {STAFF_INDEX.format(table=_TABLE)} ON {_TABLE} (position)"
    f" WHERE {ABOUT_STAFF}"
)
_NO_OUTGROWN = [f"DROP INDEX IF EXISTS {name.format(table=_TABLE)}" for name in OUTGROWN_INDEXES]
_STAFF_AFTER = (
    "SELECT position, stream, version, topic, state FROM stored_events"  # noqa: S608
    f" WHERE {ABOUT_STAFF} AND position>? ORDER BY position"
)
_OF_STREAM = "SELECT version, topic, state FROM stored_events WHERE stream=? ORDER BY version"
_LAST = "SELECT position FROM stored_events ORDER BY position DESC LIMIT 1"


class _Connection(sqlite3.Connection):
    """A connection that can be referred to weakly."""


class SQLiteRowRecorder(RowRecorder, SQLiteApplicationRecorder):
    """Events in one SQLite file: one connection decides and writes, in turn; readers have theirs.

    What the deciding connection has read stays in its cache, because nobody else of this process
    writes. A thread's reading connection is closed with its thread.
    """

    def __init__(
        self, datastore: SQLiteDatastore, events_table_name: str = "stored_events"
    ) -> None:
        super().__init__(datastore, events_table_name)
        self.path = datastore.pool.db_name
        self._readers = threading.local()
        self._all: WeakSet[_Connection] = WeakSet()
        self._deciding = threading.Lock()
        self._decider: _Connection | None = None

    def construct_create_table_statements(self) -> list[str]:
        """The one table, with the index that its queries need today."""
        return [_CREATE, _STAFF_INDEX, *_NO_OUTGROWN]

    @property
    def connection(self) -> sqlite3.Connection:
        """The calling thread's connection for reading."""
        connection: _Connection | None = getattr(self._readers, "own", None)
        if connection is None:
            connection = self._readers.own = self._connect(_READERS_CACHE)
        return connection

    @property
    def decider(self) -> sqlite3.Connection:
        """The connection that decides and writes, for whoever holds the lock."""
        if self._decider is None:
            self._decider = self._connect(_DECIDERS_CACHE)
        return self._decider

    def _connect(self, cache: int) -> _Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=2 * _MOST_IN_A_STATEMENT,
            factory=_Connection,
        )
        self._all.add(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{cache}")
        return connection

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> list[int]:
        """Commit the events together; return their notification ids.

        Raises IntegrityError if a version of a stream is taken, OperationalError if the disk is
        full, read-only or locked for too long. After an error nothing of it is stored.
        """
        rows = [
            (event.originator_id.bytes, event.originator_version, event.topic, event.state.decode())
            for event in stored_events
            if isinstance(event.originator_id, UUID)
        ]
        if not rows:
            return []
        with self._deciding:
            try:
                if len(rows) <= _MOST_IN_A_STATEMENT:
                    last = self._insert(rows)  # a statement alone is a transaction
                else:
                    last = self._insert_in_parts(rows)
            except sqlite3.Error as error:
                raise _as_the_library(error) from error
        return list(range(last - len(rows) + 1, last + 1))

    def _insert(self, rows: Sequence[Sequence[Any]]) -> int:
        """Insert rows by one statement; return the last position.

        Every call into SQLite lets other threads run, and the one that leads a commit wait: there
        must be few of them.
        """
        values = [value for row in rows for value in row]
        last = self.decider.execute(_insert_statement(len(rows)), values).lastrowid
        assert last is not None  # noqa: S101  an INSERT
        return last

    def _insert_in_parts(self, rows: Sequence[Sequence[Any]]) -> int:
        last, connection = 0, self.decider
        connection.execute("BEGIN IMMEDIATE")
        try:
            for start in range(0, len(rows), _MOST_IN_A_STATEMENT):
                last = self._insert(rows[start : start + _MOST_IN_A_STATEMENT])
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return last

    def rows_of(self, stream: UUID) -> list[StreamRow]:
        """Return a stream's events, in order. Raises StorageError."""
        return self._read(_OF_STREAM, (stream.bytes,))

    def rows_of_many(self, streams: Collection[UUID]) -> dict[UUID, list[StreamRow]]:
        """Return each stream's events, in order, for a decision. Raises StorageError."""
        found: dict[UUID, list[StreamRow]] = {stream: [] for stream in streams}
        by_bytes = {stream.bytes: rows for stream, rows in found.items()}
        with self._deciding:
            for part in _parts(list(by_bytes)):
                for stream, *row in _fetch(self.decider, _select_statement(len(part)), part):
                    by_bytes[stream].append(tuple(row))
        return found

    def rows_after(self, position: int, limit: int) -> list[EventRow]:
        """Return the events recorded after a position, in order. Raises StorageError."""
        return _rows(self._read(_AFTER, (position, limit)))

    def rows_by_stream(
        self, after: tuple[UUID, int], last: UUID, until: int, limit: int
    ) -> list[EventRow]:
        """Return events stream by stream, recorded up to a position. Raises StorageError."""
        stream, version = after
        return _rows(self._read(_BY_STREAM, (stream.bytes, version, last.bytes, until, limit)))

    def streams_at(self, positions: Sequence[int]) -> list[UUID]:
        """Return the streams of the events at these positions. Raises StorageError."""
        return [UUID(bytes=row[0]) for row in self._read(_STREAMS_AT, (str(list(positions)),))]

    def staff_rows_after(self, position: int) -> list[EventRow]:
        """Return what was recorded after a position about people, devices, places and timetables.

        In order. Raises StorageError.
        """
        return _rows(self._read(_STAFF_AFTER, (position,)))

    def last_position(self) -> int:
        """Return the newest event's position, 0 if there is none. Raises StorageError."""
        found = self._read(_LAST, ())
        return found[0][0] if found else 0

    def _read(self, statement: str, values: Sequence[Any]) -> list[Any]:
        return _fetch(self.connection, statement, values)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """Return recorded events in order, as the library asks for them."""
        conditions, values = ["position >= ?"], [0 if start is None else start]
        if not inclusive_of_start:
            conditions = ["position > ?"]
        if stop is not None:
            conditions.append("position <= ?")
            values.append(stop)
        if topics:
            conditions.append(f"topic IN ({','.join('?' * len(topics))})")
        sql = (
            "SELECT position, stream, version, topic, state FROM stored_events WHERE "  # noqa: S608
            + " AND ".join(conditions)
            + " ORDER BY position LIMIT ?"
        )
        rows = self.connection.execute(sql, (*values, *topics, limit))
        return [
            Notification(UUID(bytes=stream), version, topic, state.encode(), at)
            for at, stream, version, topic, state in rows
        ]

    def close(self) -> None:
        """Close every connection."""
        for connection in tuple(self._all):
            connection.close()
        self._all.clear()
        self._decider = None


def _fetch(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[Any]:
    try:
        return connection.execute(statement, values).fetchall()
    except sqlite3.Error as error:
        raise storage_error(error) from error


def _rows(found: list[Any]) -> list[EventRow]:
    return [
        (at, UUID(bytes=stream), version, topic, state)
        for at, stream, version, topic, state in found
    ]


def _parts(values: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(values), _MOST_IN_A_STATEMENT):
        yield values[start : start + _MOST_IN_A_STATEMENT]


@cache
def _insert_statement(rows: int) -> str:
    places = ",".join(["(?,?,?,?)"] * rows)
    return f"INSERT INTO stored_events (stream, version, topic, state) VALUES {places}"  # noqa: S608


@cache
def _select_statement(streams: int) -> str:
    return (
        "SELECT stream, version, topic, state FROM stored_events"  # noqa: S608
        f" WHERE stream IN ({','.join('?' * streams)}) ORDER BY stream, version"
    )


def _as_the_library(error: sqlite3.Error) -> PersistenceError:
    """Return the library's error in place of the database's."""
    kinds: dict[type[sqlite3.Error], type[PersistenceError]] = {
        sqlite3.IntegrityError: IntegrityError,
        sqlite3.OperationalError: OperationalError,
    }
    return kinds.get(type(error), DatabaseError)(error)


class SQLiteRowFactory(SQLiteFactory):
    """Selected by `PERSISTENCE_MODULE=infra.store.sqlite:SQLiteRowFactory`."""

    application_recorder_class = SQLiteRowRecorder
