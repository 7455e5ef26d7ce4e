"""Streams whose every event says who did it, where, on which device and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.commands import Stamp
from domain.streams import Happening, Stream


class StampedStream(Stream):
    """A stream that writes a stamp into each of its events."""

    def record(
        self, event_class: type[Happening], stamp: Stamp, recorded_at: datetime, **facts: Any
    ) -> None:
        """Write an event down, with its stamp; `recorded_at` is the server's clock (UTC)."""
        self.trigger_event(
            event_class,
            timestamp=recorded_at,
            ref=stamp.ref,
            place=stamp.place,
            person=stamp.person,
            device=stamp.device,
            counter=stamp.counter,
            happened_at=stamp.happened_at,
            **facts,
        )
