"""Places that an administrator opens and closes, beside the standard ones of `directory.place`.

A place's code says whose it is, its role and its number, and is printed on its card: it is never
given to another place, and a closed place may be opened again, but only as what it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.directory import BadPlaceError, Place
from domain.errors import RefusedError
from domain.numbers import PlaceCode, place_number, place_organisation, place_role
from domain.roles import Sector
from domain.streams import Happening, Stream, Topics, numbered_stream

_TAG = 0x706C6301  # "plc", 1


class PlaceClosedError(RefusedError):
    """Nobody can be given a place that was closed."""

    code = "place-closed"


class HeldPlace(Stream):
    """A place whose opening or closing was recorded, by its code."""

    class Event(Happening):
        """What every event of a place says: `by` did it, it holds from `since` on (UTC)."""

        place: PlaceCode
        by: int
        since: datetime

    class Opened(Event):
        """Papers can lie at this place; an executor's may be in a sector."""

        TOPIC = "plc.new"
        sector: str | None = None

    class Closed(Event):
        """Nobody is given this place any more; what lies there and what was, stays."""

        TOPIC = "plc.end"

    TOPIC = "plc"

    @staticmethod
    def stream(place: PlaceCode) -> UUID:
        """Return the stream of this place."""
        return numbered_stream(_TAG, place)

    def begin(self) -> None:
        """Start as a place of which nothing was said: a standard one, or none."""
        self.said = False
        self.closed = False
        self.opened: HeldPlace.Opened | None = None

    def take(self, event: Any) -> None:
        """Remember whether it is open, and as what."""
        self.said = True
        self.closed = isinstance(event, HeldPlace.Closed)
        if isinstance(event, HeldPlace.Opened):
            self.opened = event

    def open_as(self, place: Place, recorded_at: datetime, by: int) -> None:
        """Open it, unless it is open. Raises BadPlaceError if it was of another sector."""
        if self.opened is not None and opened_place(self.opened) != place:
            raise BadPlaceError(place=place.code, fault="taken")
        if self.closed or not self.said:
            sector = place.sector.value if place.sector else None
            self._record(HeldPlace.Opened, place.code, recorded_at, by, sector=sector)

    def close(self, place: PlaceCode, recorded_at: datetime, by: int) -> None:
        """Close it, unless it is closed."""
        if not self.closed:
            self._record(HeldPlace.Closed, place, recorded_at, by)

    def _record(
        self,
        event_class: type[Event],
        place: PlaceCode,
        recorded_at: datetime,
        by: int,
        **facts: Any,
    ) -> None:
        self.trigger_event(
            event_class, timestamp=recorded_at, place=place, by=by, since=recorded_at, **facts
        )


def opened_place(event: HeldPlace.Opened) -> Place:
    """Return the place that was opened."""
    code = event.place
    sector = Sector(event.sector) if event.sector else None
    return Place(code, place_organisation(code), place_role(code), place_number(code), sector)


EVENTS = Topics.of(HeldPlace)
