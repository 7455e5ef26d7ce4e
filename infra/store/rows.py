"""What the application and the views ask of an event store, whichever database it is on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

# The index by which people and devices are found; the same words in every query on it.
ABOUT_STAFF = "substr(topic, 1, 4) IN ('prs.', 'dev.')"
EventRow = tuple[int, UUID, int, str, Any]  # position, stream, version, topic, state (JSON)


class RowRecorder(ABC):
    """Stores events, and reads them as plain rows: no object is made to be thrown away at once."""

    @abstractmethod
    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Store the events in one transaction; return their positions."""

    @abstractmethod
    def rows_of(self, stream: UUID) -> list[tuple[int, str, Any]]:
        """Return version, topic and state of a stream's events, in order."""

    @abstractmethod
    def rows_after(self, position: int, limit: int) -> list[EventRow]:
        """Return the events recorded after a position, in order; none is ever missed."""

    @abstractmethod
    def staff_rows_after(self, position: int) -> list[EventRow]:
        """Return the events about people and devices recorded after a position, in order."""

    @abstractmethod
    def last_position(self) -> int:
        """Return the newest event's position, 0 if there is none."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connections."""
