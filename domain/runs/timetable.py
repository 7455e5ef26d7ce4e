"""The timetables of the runs: of one branch and one authority, from a day on.

A timetable holds until a later one begins and is never taken back: what a day of the past had, it
keeps. Where nobody set one, the settings' timetable holds [003 service 7 §11: two runs a day].
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from operator import attrgetter
from typing import Any
from uuid import UUID

from domain.calendar import Timetable
from domain.errors import RefusedError
from domain.numbers import MAX_BLOCK
from domain.streams import Happening, Stream, Topics, numbered_stream

MOST_RUNS = 6
_TAG = 0x746D7301  # "tms", 1
_APART, _DAY = 3 * 60, 24 * 60  # minutes
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_starts = attrgetter("starts")


class BadTimetableError(RefusedError):
    """Times that are no timetable: one to six, written `HH:MM`, each later than the last."""

    code = "bad-timetable"


class PastTimetableError(RefusedError):
    """A timetable that would begin on a day of the past; what was planned then stays."""

    code = "past-timetable"


class RunTimes(Stream):
    """The timetables of one branch and one authority."""

    class Event(Happening):
        """What every event of a timetable says: `by` did it at `since` (UTC)."""

        branch: int
        authority: int
        by: int
        since: datetime

    class TimesSet(Event):
        """From the local day `starts` (`YYYY-MM-DD`) on, runs leave at these local times."""

        TOPIC = "tms.set"
        times: tuple[str, ...]
        starts: str

    TOPIC = "tms"

    @staticmethod
    def stream(branch: int, authority: int) -> UUID:
        """Return the stream of this pair of organisations."""
        return numbered_stream(_TAG, branch * (MAX_BLOCK + 1) + authority)

    def begin(self) -> None:
        """Start with nothing set."""
        self.times: dict[str, tuple[str, ...]] = {}

    def take(self, event: Any) -> None:
        """Remember the times by their first day."""
        self.times[event.starts] = event.times

    def change(
        self,
        branch: int,
        authority: int,
        times: Sequence[str],
        starts: date,
        today: date,
        recorded_at: datetime,
        by: int,
    ) -> bool:
        """Set the times from a day on; False if that day begins with these times already.

        `today` is the branch's local date. Raises BadTimetableError, PastTimetableError.
        """
        parse_times(times)
        if starts < today:
            raise PastTimetableError(starts=starts.isoformat(), today=today.isoformat())
        first_day = starts.isoformat()
        if self.times.get(first_day) == tuple(times):
            return False
        self.trigger_event(
            RunTimes.TimesSet,
            timestamp=recorded_at,
            branch=branch,
            authority=authority,
            by=by,
            since=recorded_at,
            times=tuple(times),
            starts=first_day,
        )
        return True


def parse_times(times: Sequence[str]) -> tuple[time, ...]:
    """Read the times of a timetable. Raises BadTimetableError."""
    rising = list(times) == sorted(set(times))  # two digits each: they rise as texts do
    written = all(_TIME.fullmatch(text) for text in times)
    if not (1 <= len(times) <= MOST_RUNS and written and rising):
        raise BadTimetableError(times=", ".join(times), most=MOST_RUNS)
    return tuple(time.fromisoformat(text) for text in times)


def with_another(times: Sequence[time]) -> tuple[time, ...]:
    """Return the times of a day with one more run amid the longest time without one.

    A run that is alone is followed by the other after three hours, or comes three hours after it
    where the day is too short for that. As many runs as there may be stay as they are.
    """
    if len(times) >= MOST_RUNS:
        return tuple(times)
    minutes = [60 * each.hour + each.minute for each in times]
    if len(minutes) == 1:
        alone = minutes[0]
        another = alone + _APART if alone + _APART < _DAY else alone - _APART
    else:
        longest = max(range(1, len(minutes)), key=lambda i: minutes[i] - minutes[i - 1])
        another = (minutes[longest - 1] + minutes[longest]) // 2
    return tuple(time(*divmod(each, 60)) for each in sorted({*minutes, another}))


@dataclass(frozen=True, slots=True)
class TimesFrom:
    """The local times of the runs from a local day on."""

    starts: date
    times: tuple[time, ...]


class Timetables:
    """All timetables, as the events say; kept in memory, cheap to ask."""

    def __init__(self, default: Timetable, events: Iterable[Any] = ()) -> None:
        """`default` holds where nothing was set. Raises ValueError if it counts seconds."""
        if any(run.second or run.microsecond for run in default.runs):
            raise ValueError("a run leaves at a whole minute")
        self._default = default.runs
        self._changes: dict[tuple[int, int], tuple[TimesFrom, ...]] = {}
        for event in events:
            self.take(event)

    def take(self, event: Any) -> None:
        """Take one event in, in the order of recording; others than RunTimes' are passed over."""
        if not isinstance(event, RunTimes.TimesSet):
            return
        # Not checked again: a stricter rule of tomorrow must not make history unreadable.
        times = tuple(time.fromisoformat(text) for text in event.times)
        change = TimesFrom(date.fromisoformat(event.starts), times)
        pair = event.branch, event.authority
        others = (each for each in self.changes(*pair) if each.starts != change.starts)
        # Put there at once: another thread may be asking.
        self._changes[pair] = tuple(sorted((*others, change), key=_starts))

    def changes(self, branch: int, authority: int) -> tuple[TimesFrom, ...]:
        """Return what was set for a pair, by first day; nothing where the default holds."""
        return self._changes.get((branch, authority), ())

    def times(self, branch: int, authority: int, day: date) -> tuple[time, ...]:
        """Return the local times of a day's runs: of the last timetable begun by then."""
        changes = self.changes(branch, authority)
        begun = bisect_right(changes, day, key=_starts)
        return changes[begun - 1].times if begun else self._default


EVENTS = Topics.of(RunTimes)
