"""The event store on PostgreSQL: one compact table, and one function that appends to it.

A call of the function is a whole commit: it waits for the turn of its store (a lock that ends with
the transaction), gives the events the next positions and inserts them. Positions have no gaps and
are committed in their order, so a reader that follows them misses nothing. When the connection is
lost over the call, what is stored decides: it is called again, and finds its own events there.

`qolhat migrate` makes table and function (`infra.migrations`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    DatabaseError,
    InfrastructureFactory,
    IntegrityError,
    Notification,
    OperationalError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)
from psycopg.errors import ReadOnlySqlTransaction, UniqueViolation
from psycopg.sql import SQL, Identifier

from infra.database import POOL, postgres_address
from infra.errors import OutcomeUnknownError, StorageUnreachableError, storage_error
from infra.store.postgres_arrays import Integers, Texts, Uuids
from infra.store.postgres_connections import Connection, Connections, fetch, is_lost
from infra.store.rows import ABOUT_STAFF, EventRow, RowRecorder, StreamRow

T = TypeVar("T")
TABLE, APPEND = "stored_events", "qolhat_append"
_COLUMNS = "position, stream, version, topic, state"
_CALL = "SELECT {append}(%s::uuid[], %s::integer[], %s::text[], %s::text[])"
_AFTER = f"SELECT {_COLUMNS} FROM {{table}} WHERE position > %s ORDER BY position LIMIT %s"  # noqa: S608
_STAFF_AFTER = (
    f"SELECT {_COLUMNS} FROM {{table}} WHERE {ABOUT_STAFF} AND position > %s ORDER BY position"  # noqa: S608
)
_BY_STREAM = (
    f"SELECT {_COLUMNS} FROM {{table}} WHERE (stream, version) > (%s, %s)"  # noqa: S608
    " AND stream <= %s AND position <= %s ORDER BY stream, version LIMIT %s"
)
_STREAMS_AT = "SELECT stream FROM {table} WHERE position = ANY(%s) ORDER BY stream"
_OF_STREAM = "SELECT version, topic, state FROM {table} WHERE stream = %s ORDER BY version"
_OF_STREAMS = (
    "SELECT stream, version, topic, state FROM {table} WHERE stream = ANY(%s)"
    " ORDER BY stream, version"
)
_OF_VERSIONS = (
    "SELECT e.position, e.stream, e.version, e.topic, e.state FROM {table} e"
    " JOIN unnest(%s::uuid[], %s::integer[]) AS asked (stream, version) USING (stream, version)"
    " ORDER BY position"
)
# Which plan is right for a decision's two statements does not depend on how many streams it needs.
_PLAN_ONCE = "SET plan_cache_mode = force_generic_plan"
_LAST = "SELECT position FROM {table} ORDER BY position DESC LIMIT 1"


class _Batch:
    """The events of one commit, as the function takes them: an array of each kind."""

    def __init__(self, events: Sequence[StoredEvent]) -> None:
        self._events = [event for event in events if isinstance(event.originator_id, UUID)]
        self.streams = Uuids.of([cast("UUID", event.originator_id) for event in self._events])
        self.versions = Integers.of([event.originator_version for event in self._events])

    def __len__(self) -> int:
        return len(self._events)

    def values(self) -> tuple[Any, ...]:
        """Return the arrays."""
        topics = Texts.of([event.topic.encode() for event in self._events])
        return self.streams, self.versions, topics, Texts.of([e.state for e in self._events])

    def last_position_in(self, stored: Sequence[EventRow]) -> int | None:
        """Return the last position if what is stored is this batch, None if it is another's."""
        ours = [
            (event.originator_id, event.originator_version, event.topic, event.state.decode())
            for event in self._events
        ]
        return stored[-1][0] if [row[1:] for row in stored] == ours else None


class PostgresRowRecorder(RowRecorder, ApplicationRecorder):
    """Events in one PostgreSQL table: one connection decides and writes, in turn; others read."""

    def __init__(self, dsn: str, schema: str, pool: int) -> None:
        self._connections = Connections(postgres_address(dsn), pool)
        schema = schema.replace("%", "%%")  # psycopg looks for placeholders in names, too
        self._names = {"table": Identifier(schema, TABLE), "append": Identifier(schema, APPEND)}
        self._queries: dict[str, bytes] = {}
        self._deciding = threading.Lock()
        self._decider: Connection | None = None

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> list[int]:
        """Commit the events together; return their positions.

        Raises IntegrityError if a version of a stream is taken, OperationalError if the disk is
        full or the server takes nothing, StorageUnreachableError if it does not answer. After an
        error nothing of it is stored, unless it is an OutcomeUnknownError.
        """
        batch = _Batch(stored_events)
        if not batch:
            return []
        with self._deciding, _as_the_library():
            last = self._append(batch)
        return list(range(last - len(batch) + 1, last + 1))

    def _append(self, batch: _Batch) -> int:
        sent = False

        def call() -> int:
            nonlocal sent
            again, connection = sent, self._connection()
            sent = True
            if again:
                return self._call_again(connection, batch)
            return self._call(connection, batch)

        try:
            return self._decided(call)
        except StorageUnreachableError as error:
            if sent:
                raise OutcomeUnknownError(**error.facts) from error
            raise

    def _call(self, connection: Connection, batch: _Batch) -> int:
        last: int = fetch(connection, self._query(_CALL), batch.values())[0][0]
        return last

    def _call_again(self, connection: Connection, batch: _Batch) -> int:
        """Store what may be stored already: the connection was lost over the first call."""
        try:
            return self._call(connection, batch)
        except psycopg.Error as error:
            if is_lost(error):
                raise
            stored = self._last_stored(connection, batch)
            if stored is not None:
                return stored
            if isinstance(error, UniqueViolation):
                raise  # another was faster: the first call, wherever it is, cannot succeed
            raise OutcomeUnknownError(detail=str(error)) from error

    def _last_stored(self, connection: Connection, batch: _Batch) -> int | None:
        """Return the last position if it was this batch that was stored before."""
        asked = (batch.streams, batch.versions)
        return batch.last_position_in(fetch(connection, self._query(_OF_VERSIONS), asked))

    def _connection(self) -> Connection:
        """Return the connection that decides and writes, for whoever holds the lock."""
        if self._decider is None:
            self._decider = self._connections.connect()
            self._decider.execute(_PLAN_ONCE)
        return self._decider

    def _decided(self, work: Callable[[], T]) -> T:
        """Work with the deciding connection; with another one when it is lost."""

        def attempt() -> T:
            try:
                return work()
            except psycopg.Error as error:
                # A server that has become a standby takes nothing: the address may name others.
                if is_lost(error) or isinstance(error, ReadOnlySqlTransaction):
                    self._let_go()
                raise

        return self._connections.retried(attempt)

    def _let_go(self) -> None:
        if self._decider is not None:
            self._decider.close()
            self._decider = None

    # --- reading ------------------------------------------------------------------------------

    def _query(self, text: str) -> bytes:
        """Return the query with the names in it; psycopg remembers what it made of these bytes."""
        query = self._queries.get(text)
        if query is None:
            query = self._queries[text] = SQL(text).format(**self._names).as_bytes()
        return query

    def _read(self, text: str, *values: Any) -> list[Any]:
        with _clearly():
            return self._connections.read(self._query(text), values)

    def rows_of(self, stream: UUID) -> list[StreamRow]:
        """Return a stream's events, in order. Raises StorageError."""
        return self._read(_OF_STREAM, stream)

    def rows_of_many(self, streams: Collection[UUID]) -> dict[UUID, list[StreamRow]]:
        """Return each stream's events, in order, for a decision. Raises StorageError."""
        found: dict[UUID, list[StreamRow]] = {stream: [] for stream in streams}
        query, values = self._query(_OF_STREAMS), (Uuids.of(list(found)),)
        with self._deciding, _clearly():
            rows = self._decided(lambda: fetch(self._connection(), query, values))
        for stream, *row in rows:
            found[stream].append(tuple(row))
        return found

    def rows_after(self, position: int, limit: int) -> list[EventRow]:
        """Return the events recorded after a position, in order. Raises StorageError."""
        return self._read(_AFTER, position, limit)

    def rows_by_stream(
        self, after: tuple[UUID, int], last: UUID, until: int, limit: int
    ) -> list[EventRow]:
        """Return events stream by stream, recorded up to a position. Raises StorageError."""
        return self._read(_BY_STREAM, *after, last, until, limit)

    def streams_at(self, positions: Sequence[int]) -> list[UUID]:
        """Return the streams of the events at these positions. Raises StorageError."""
        return [row[0] for row in self._read(_STREAMS_AT, list(positions))]

    def staff_rows_after(self, position: int) -> list[EventRow]:
        """Return what was recorded after a position about people, devices, places and timetables.

        In order. Raises StorageError.
        """
        return self._read(_STAFF_AFTER, position)

    def last_position(self) -> int:
        """Return the newest event's position, 0 if there is none. Raises StorageError."""
        found = self._read(_LAST)
        return found[0][0] if found else 0

    # --- as the library asks ------------------------------------------------------------------

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
        first = (start or 0) if inclusive_of_start else (start or 0) + 1
        conditions, values = ["position >= %s"], [first]
        if stop is not None:
            conditions.append("position <= %s")
            values.append(stop)
        chosen: list[Any] = [list(topics)] if topics else []
        if topics:
            conditions.append("topic = ANY(%s)")
        query = (
            f"SELECT {_COLUMNS} FROM {{table}} WHERE {' AND '.join(conditions)}"  # noqa: S608
            " ORDER BY position LIMIT %s"
        )
        return [
            Notification(stream, version, topic, state.encode(), at)
            for at, stream, version, topic, state in self._read(query, *values, *chosen, limit)
        ]

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Not offered, as on SQLite: the views follow `rows_after`."""
        raise NotImplementedError

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()
        with self._deciding:
            self._let_go()


class PostgresRowFactory(InfrastructureFactory[TrackingRecorder]):
    """Selected by `PERSISTENCE_MODULE=infra.store.postgres:PostgresRowFactory`.

    It makes what keeps events; the views keep their places themselves.
    """

    def application_recorder(self) -> PostgresRowRecorder:
        """Open the store whose address and schema stand in the environment."""
        most = int(self.env.get("POSTGRES_POOL") or POOL)
        return PostgresRowRecorder(
            self.env.get("POSTGRES_DSN") or "", self.env.get("POSTGRES_SCHEMA") or "public", most
        )

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:  # noqa: ARG002
        """The same: snapshots are not kept."""
        return self.application_recorder()

    def tracking_recorder(self, tracking_recorder_class: type[Any] | None = None) -> Any:
        """Not offered."""
        raise NotImplementedError

    def process_recorder(self) -> ProcessRecorder:
        """Not offered."""
        raise NotImplementedError


@contextmanager
def _clearly() -> Iterator[None]:
    """Tell a failure to read as an error of ours. Raises StorageError."""
    try:
        yield
    except psycopg.Error as error:
        raise storage_error(error) from error


@contextmanager
def _as_the_library() -> Iterator[None]:
    """Raise the library's error in place of the database's."""
    try:
        yield
    except UniqueViolation as error:
        raise IntegrityError(error) from error
    except psycopg.OperationalError as error:
        raise OperationalError(error) from error
    except psycopg.Error as error:
        raise DatabaseError(error) from error
