"""The event store on PostgreSQL: the library's recorder, with plain rows for reading.

The library locks the table while it inserts, so that ids are committed in their order and a reader
that follows them misses nothing; its `POSTGRES_ENABLE_DB_FUNCTIONS` drops that lock and must stay
off. A connection lost after a commit makes the library insert again and raise IntegrityError: the
caller reloads, sees the event stored and decides anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from eventsourcing.persistence import PersistenceError
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresFactory,
)
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from infra.errors import storage_error
from infra.store.rows import (
    ABOUT_STAFF,
    OUTGROWN_INDEXES,
    STAFF_INDEX,
    EventRow,
    RowRecorder,
    StreamRow,
)


class PostgresRowRecorder(PostgresApplicationRecorder, RowRecorder):
    """Events in one PostgreSQL table."""

    def __init__(
        self, datastore: PostgresDatastore, *, events_table_name: str = "stored_events"
    ) -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        table = Identifier(datastore.schema, events_table_name)
        index = Identifier(STAFF_INDEX.format(table=events_table_name))
        self.sql_create_statements.append(
            SQL(
                "CREATE INDEX IF NOT EXISTS {index} ON {table} (notification_id)"
                f" WHERE {ABOUT_STAFF}"
            ).format(index=index, table=table)
        )
        # First, before any statement locks the table: two servers that start would wait for ever.
        for name in OUTGROWN_INDEXES:
            outgrown = Identifier(datastore.schema, name.format(table=events_table_name))
            self.sql_create_statements.insert(
                0, SQL("DROP INDEX IF EXISTS {index}").format(index=outgrown)
            )

    def _statement(self, text: str) -> Composed:
        table = Identifier(self.datastore.schema, self.events_table_name)
        return SQL(text).format(table=table)

    def _rows(self, text: str, values: tuple[Any, ...]) -> list[Any]:
        with (
            _reading_clearly(),
            self.datastore.get_connection() as connection,
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            return cursor.execute(self._statement(text), values, prepare=True).fetchall()

    def rows_of_many(self, streams: Collection[UUID]) -> dict[UUID, list[StreamRow]]:
        """Return each stream's events, in order. Raises StorageError."""
        found: dict[UUID, list[StreamRow]] = {stream: [] for stream in streams}
        rows = self._rows(
            "SELECT originator_id, originator_version, topic, state FROM {table}"
            " WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version",
            (list(found),),
        )
        for stream, *row in rows:
            found[stream].append(tuple(row))
        return found

    def rows_after(self, position: int, limit: int) -> list[EventRow]:
        """Return the events recorded after a position, in order. Raises StorageError."""
        return self._rows(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {table}"
            " WHERE notification_id>%s ORDER BY notification_id LIMIT %s",
            (position, limit),
        )

    def staff_rows_after(self, position: int) -> list[EventRow]:
        """Return the events about people, devices and places recorded after a position, in order.

        Raises StorageError.
        """
        return self._rows(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {table}"  # noqa: S608
            f" WHERE {ABOUT_STAFF} AND notification_id>%s ORDER BY notification_id",
            (position,),
        )

    def last_position(self) -> int:
        """Return the newest event's position, 0 if there is none. Raises StorageError."""
        with _reading_clearly():
            return self.max_notification_id() or 0

    def close(self) -> None:
        """Let go of the pool's connections."""
        self.datastore.close()


class PostgresRowFactory(PostgresFactory):
    """Selected by `PERSISTENCE_MODULE=infra.store.postgres:PostgresRowFactory`."""

    application_recorder_class = PostgresRowRecorder


@contextmanager
def _reading_clearly() -> Iterator[None]:
    """Tell a failure to read as an error of ours. Raises StorageError."""
    try:
        yield
    except PersistenceError as error:
        raise storage_error(error) from error
