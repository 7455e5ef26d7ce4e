"""The event log: the `eventsourcing` application on SQLite or PostgreSQL that keeps all events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactoryError, Mapper, PersistenceError

from domain.directory import Directory
from domain.held_places import HeldPlace, opened_place
from domain.runs import RunTimes, Timetables
from domain.staff import StaffRegister
from infra.database import POOL, postgres_engine, sqlite_engine
from infra.errors import StorageError, storage_error
from infra.store.group_commit import GroupCommit
from infra.store.identity import identity_of
from infra.store.mapper import CompactMapper, read_event
from infra.store.rows import EventRow, RowRecorder

PAGE = 2000
RECENT_SECONDS = 0.2


class EventLog(Application[UUID]):
    """All events of all streams, in the order in which they were recorded."""

    name = "qolhat"

    def __init__(self, env: dict[str, str], database: Callable[[], sa.Engine]) -> None:
        """Open the store that the library's environment variables name. Raises StorageError.

        `database` opens the same database for what else is kept in it.
        """
        self.database = database
        try:
            super().__init__(env)
            self.rows = cast("RowRecorder", self.recorder)
            self.commands = GroupCommit(self.rows)
        except (PersistenceError, InfrastructureFactoryError, OSError) as error:
            raise storage_error(error) from error

    def construct_mapper(self) -> Mapper[UUID]:
        """Use small JSON."""
        return CompactMapper()

    def pages(self, after: int, until: int | None = None) -> Iterator[list[EventRow]]:
        """Page through the events recorded after a position."""
        while until is None or after < until:
            page = self.rows.rows_after(after, PAGE)
            if until is not None:
                page = [row for row in page if row[0] <= until]
            if not page:
                return
            yield page
            after = page[-1][0]

    def events_of(self, stream: UUID) -> list[Any]:
        """Return a stream's events, as they are stored."""
        return [read_event(stream, *row) for row in self.rows.rows_of(stream)]

    def staff_events(self, after: int) -> tuple[list[Any], int]:
        """Return what happened to people, devices, places and timetables; and the last position."""
        rows = self.rows.staff_rows_after(after)
        events = [read_event(*row[1:]) for row in rows]
        return events, rows[-1][0] if rows else after

    def close(self) -> None:
        """Let go of the connections."""
        if hasattr(self, "rows"):
            self.rows.close()
        super().close()


def sqlite_log(path: Path) -> EventLog:
    """Open the embedded store: one file. Raises StorageError."""
    log = EventLog(
        {
            "PERSISTENCE_MODULE": "infra.store.sqlite:SQLiteRowFactory",
            "SQLITE_DBNAME": str(path),
        },
        partial(sqlite_engine, path, durable=True),
    )
    try:
        identity_of(log)  # made at once, so that every backup has it
    except StorageError:
        log.close()
        raise
    return log


def postgres_log(dsn: str, schema: str = "public", pool: int = POOL) -> EventLog:
    """Open the store in a PostgreSQL database that was migrated. Raises StorageError.

    The events are read and written through at most `pool` connections.
    """
    return EventLog(
        {
            "PERSISTENCE_MODULE": "infra.store.postgres:PostgresRowFactory",
            "POSTGRES_DSN": dsn,
            "POSTGRES_SCHEMA": schema,
            "POSTGRES_POOL": str(pool),
        },
        partial(postgres_engine, dsn, schema=schema, pool=pool),
    )


class StaffBook:
    """The staff register, kept up with the log; safe to use from several threads.

    What the log says of places goes to the directory, which everybody shares, and what it says of
    the couriers' runs to the timetables.
    """

    def __init__(self, log: EventLog, directory: Directory, timetables: Timetables) -> None:
        self._log = log
        self._directory = directory
        self.timetables = timetables
        self._position = 0
        self._taking = threading.Lock()
        self._looked = 0.0
        self.register = StaffRegister()

    def refresh(self) -> StaffRegister:
        """Take in what was recorded meanwhile. Raises StorageError."""
        with self._taking:  # no thread may take an older event in after a newer one
            looked = time.monotonic()
            events, self._position = self._log.staff_events(self._position)
            for event in events:
                self._take(event)
            self._looked = looked
        return self.register

    def _take(self, event: Any) -> None:
        match event:
            case HeldPlace.Opened():
                self._directory.open(opened_place(event))
            case HeldPlace.Closed():
                self._directory.close(event.place)
            case RunTimes.Event():
                self.timetables.take(event)
            case _:
                self.register.take(event)

    def recent(self) -> StaffRegister:
        """Return the register as it was a moment ago at the earliest; for what is done all day."""
        return self.register if self.is_recent else self.refresh()

    @property
    def is_recent(self) -> bool:
        """Tell whether `recent` answers at once, without asking the store."""
        return time.monotonic() - self._looked < RECENT_SECONDS


class TimetableBook:
    """The timetables of the couriers' runs, kept up with the log by the staff book."""

    def __init__(self, staff: StaffBook) -> None:
        self._staff = staff

    def refresh(self) -> Timetables:
        """Take in what was recorded meanwhile. Raises StorageError."""
        self._staff.refresh()
        return self._staff.timetables

    def recent(self) -> Timetables:
        """Return them as they were a moment ago at the earliest; for what is done all day."""
        self._staff.recent()
        return self._staff.timetables
