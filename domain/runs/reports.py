"""What couriers say of a run themselves: departed, arrived [003 service 7 §11, rows 3 and 12].

Their devices may be without a network for hours, and two may carry the same run. So everything is
recorded whatever the order; what it means is worked out by sorting (`domain.runs.trips`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from domain.commands import Stamp
from domain.numbers import PlaceCode
from domain.runs.planned import RunKey
from domain.stamped import StampedStream
from domain.streams import Happening, Topics, named_stream


class Run(StampedStream):
    """What was said of one run, by its key."""

    class Event(Happening):
        """What every event of a run says; `run` is the text form of its key."""

        ref: str
        place: PlaceCode
        person: int
        device: int
        counter: int
        happened_at: datetime
        run: str

    class Departed(Event):
        """The courier left with this run."""

        TOPIC = "run.dep"

    class Arrived(Event):
        """The courier came to the end of this run."""

        TOPIC = "run.arr"

    TOPIC = "run"

    @staticmethod
    def stream(key: RunKey) -> UUID:
        """Return the stream of this run."""
        return named_stream("run", str(key))

    def begin(self) -> None:
        """Start with nothing said."""
        self.reports: dict[str, Run.Event] = {}

    def take(self, event: Any) -> None:
        """Keep what was said, by its ref."""
        self.reports[event.ref] = event

    def depart(self, key: RunKey, stamp: Stamp, recorded_at: datetime) -> bool:
        """Record that the courier left; False if it is known already."""
        return self._record(Run.Departed, key, stamp, recorded_at)

    def arrive(self, key: RunKey, stamp: Stamp, recorded_at: datetime) -> bool:
        """Record that the courier came; False if it is known already."""
        return self._record(Run.Arrived, key, stamp, recorded_at)

    def _record(
        self, event_class: type[Event], key: RunKey, stamp: Stamp, recorded_at: datetime
    ) -> bool:
        if stamp.ref in self.reports:
            return False
        self.record(event_class, stamp, recorded_at, run=str(key))
        return True


class Report(NamedTuple):
    """What one courier said once, as far as it tells when a run left or came; in order of time.

    `departed`: that it left; else that it came. `happened_at` is UTC.
    """

    happened_at: datetime
    device: int
    counter: int
    ref: str
    person: int
    departed: bool

    @classmethod
    def of(cls, event: Run.Event) -> Self:
        """Return what an event says."""
        left = isinstance(event, Run.Departed)
        return cls(
            event.happened_at, event.device, event.counter, event.ref, event.person, departed=left
        )


EVENTS = Topics.of(Run)
