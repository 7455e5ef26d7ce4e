"""What the application and the views ask of an event store, whichever database it is on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any
from uuid import UUID

EventRow = tuple[int, UUID, int, str, Any]  # position, stream, version, topic, state (JSON)


class RowRecorder(ABC):
    """Reads of stored events as plain rows: no object is made that is thrown away at once."""

    @abstractmethod
    def rows_of(self, stream: UUID) -> list[tuple[int, str, Any]]:
        """Return version, topic and state of a stream's events, in order."""

    @abstractmethod
    def rows_after(self, position: int, limit: int) -> list[EventRow]:
        """Return the events recorded after a position, in order; none is ever missed."""

    @abstractmethod
    def last_position(self) -> int:
        """Return the newest event's position, 0 if there is none."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connections."""
