"""What the application and the views ask of an event store, whichever database it is on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

# The index by which people, devices, places and timetables are found; the same words in every query
# on it. An index is made for one expression: another family of topics needs another name, and the
# former name belongs to the outgrown ones, which a store that has them drops when it is opened.
ABOUT_STAFF = "substr(topic, 1, 4) IN ('prs.', 'dev.', 'plc.', 'tms.')"
STAFF_INDEX = "{table}_prs_dev_plc_tms"
OUTGROWN_INDEXES = ("{table}_staff", "{table}_prs_dev_plc")
EventRow = tuple[int, UUID, int, str, Any]  # position, stream, version, topic, state (JSON)
StreamRow = tuple[int, str, Any]  # version, topic, state
LAST_VERSION = 2**31 - 1
FIRST_STREAM, LAST_STREAM = UUID(int=0), UUID(int=2**128 - 1)


class RowRecorder(ABC):
    """Stores events, and reads them as plain rows: no object is made to be thrown away at once."""

    @abstractmethod
    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Store the events in one transaction; return their positions."""

    def rows_of(self, stream: UUID) -> list[StreamRow]:
        """Return a stream's events, in order. Raises StorageError."""
        return self.rows_of_many((stream,))[stream]

    @abstractmethod
    def rows_of_many(self, streams: Collection[UUID]) -> dict[UUID, list[StreamRow]]:
        """Return each stream's events, in order; an empty list for none. Raises StorageError."""

    @abstractmethod
    def rows_after(self, position: int, limit: int) -> list[EventRow]:
        """Return the events recorded after a position, in order; none is ever missed.

        Raises StorageError.
        """

    @abstractmethod
    def rows_by_stream(
        self, after: tuple[UUID, int], last: UUID, until: int, limit: int
    ) -> list[EventRow]:
        """Return events stream by stream, each stream's in order, recorded up to a position.

        `after` is the stream and the version of the event before them; `last` the last stream that
        is meant. To read whole streams from one on, say `LAST_VERSION` of the stream before it.
        Raises StorageError.
        """

    @abstractmethod
    def streams_at(self, positions: Sequence[int]) -> list[UUID]:
        """Return the streams of the events at these positions, in order of the streams.

        Raises StorageError.
        """

    @abstractmethod
    def staff_rows_after(self, position: int) -> list[EventRow]:
        """Return what was recorded after a position about people, devices, places and timetables.

        In order. Raises StorageError.
        """

    @abstractmethod
    def last_position(self) -> int:
        """Return the newest event's position, 0 if there is none. Raises StorageError."""

    # --- as the library asks ------------------------------------------------------------------

    def max_notification_id(self) -> int:
        """The same, under the library's name."""
        return self.last_position()

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """Return a stream's events, as the library asks for them."""
        assert isinstance(originator_id, UUID)  # noqa: S101  our streams are UUIDs
        rows = [
            StoredEvent(originator_id, version, topic, state.encode())
            for version, topic, state in self.rows_of(originator_id)
            if (gt is None or version > gt) and (lte is None or version <= lte)
        ]
        return (rows[::-1] if desc else rows)[:limit]

    @abstractmethod
    def close(self) -> None:
        """Let go of the connections."""
