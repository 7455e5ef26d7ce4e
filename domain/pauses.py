"""When a clock stood by an act, and when its norm runs out then (ADR 43).

An edition may give grounds on which a stage's clock is stopped; 002 §15 has none. What is left of a
norm when its clock is stopped is left of it when the clock runs again:

- Minutes, hours and working days move by the working time for which the clock stood, calendar days
  and months by the time itself.
- A term that ends with a day (once a day, within the day, the day of acceptance not counted) moves
  by whole days: those of its kind at whose end the clock stood.
- The next run is the first after the clock ran again.

What stops the clock after the norm has run out moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.calendar import Calendar, Timetable
from domain.norms import ClosedEnd, Due, Norm, NormUnit, NotCounted
from domain.progress import Pause
from domain.regulations.edition import PauseGround
from domain.workdays import OutsideCalendarError

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_OF_CALENDAR = frozenset({NormUnit.CALENDAR_DAY, NormUnit.CALENDAR_MONTH})
_WITH_THE_DAY = frozenset({NormUnit.ONCE_A_DAY, NormUnit.WITHIN_THE_DAY})
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Stood:
    """From when (UTC) to when a clock stood, and on what ground; `until` None: it stands still."""

    since: datetime
    until: datetime | None
    ground: PauseGround
    pause: Pause


def stood(
    pauses: Iterable[Pause],
    grounds: Sequence[PauseGround],
    calendar_of: Callable[[int], Calendar],
    until: datetime | None = None,
) -> tuple[Stood, ...]:
    """Tell when a clock stood by pauses: on these grounds only, as long as each allows at most.

    `calendar_of` gives the calendar of an organisation. `until` ends what stands still, unless its
    longest time ends it before.
    """
    by_key = {each.key: each for each in grounds}
    found = []
    for pause in pauses:
        ground = by_key.get(pause.ground)
        if ground is not None:
            calendar = calendar_of(pause.organisation)
            ends = _earliest(pause.until or until, _limit(calendar, pause, ground))
            found.append(Stood(pause.since, ends, ground, pause))
    return tuple(found)


def _limit(calendar: Calendar, pause: Pause, ground: PauseGround) -> datetime | None:
    if ground.longest is None:
        return None
    try:
        return calendar.due(pause.since, ground.longest.norm).at
    except OutsideCalendarError:
        return None


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((each for each in instants if each is not None), default=None)


def spans_within(
    times: Iterable[Stood], since: datetime, until: datetime | None = None
) -> list[Span]:
    """Return the parts of these times that lie between two instants; all of them must have ended.

    In order, without empty ones.
    """
    cut = (
        (max(each.since, since), each.until if until is None else min(each.until, until))
        for each in times
        if each.until is not None
    )
    return [span for span in cut if span[0] < span[1]]


def running(times: Iterable[Stood], since: datetime, until: datetime) -> Iterator[Span]:
    """Cut out of the time between two instants when the clock stood; yield the rest in order."""
    at = since
    for each in times:
        if at < each.since < until:
            yield at, each.since
        at = max(at, until if each.until is None else each.until)
    if at < until:
        yield at, until


def working_time(calendar: Calendar, spans: Iterable[Span]) -> timedelta:
    """Add up the working time in these spans. Raises OutsideCalendarError."""
    return sum((calendar.working_time(*span) for span in spans), _NOTHING)


def due_with_pauses(
    calendar: Calendar,
    start: datetime,
    norm: Norm,
    times: Iterable[Stood],
    runs: Timetable | None = None,
) -> Due | None:
    """Return when a norm, begun at `start`, runs out though its clock stood; None: it stands still.

    Raises OutsideCalendarError, and ValueError where the norm goes by runs and there are none.
    """
    known = list(times)
    term = _Term(calendar, start, norm, runs)
    for since, until in spans_within(known, start):
        term.take(since, until)
    at = term.ends
    if any(each.until is None and max(each.since, start) < at for each in known):
        return None
    return Due(at, calendar.is_provisional(at))


class _Term:
    """A norm's term while pauses move it, one after the other. `ends`: when it runs out."""

    def __init__(
        self, calendar: Calendar, start: datetime, norm: Norm, runs: Timetable | None
    ) -> None:
        self._calendar, self._norm, self._runs = calendar, norm, runs
        self.ends = self._at = calendar.due(start, norm, runs).at
        if norm.unit in _OF_CALENDAR:  # before its last day is looked at
            plain = replace(norm, not_counted=norm.not_counted - {NotCounted.ACCEPTANCE})
            self._at = calendar.due(start, replace(plain, closed_end=ClosedEnd.STANDS)).at
        self._last = calendar.local_date(self._at)
        begun = calendar.local_date(start)
        self._first = self._last if norm.unit in _WITH_THE_DAY else begun + _DAY
        self._move = self._rule()

    def take(self, since: datetime, until: datetime) -> None:
        """Let the clock stand for a while; a pause that begins too late moves nothing."""
        if since < self.ends:
            self._move(since, until)

    def _rule(self) -> Callable[[datetime, datetime], None]:
        norm = self._norm
        if norm.unit is NormUnit.NEXT_RUN:
            return self._by_the_run
        in_days = norm.unit in _OF_CALENDAR or norm.unit is NormUnit.WORKING_DAY
        if norm.unit in _WITH_THE_DAY or (in_days and NotCounted.ACCEPTANCE in norm.not_counted):
            return self._by_whole_days
        return self._by_time if norm.unit in _OF_CALENDAR else self._by_working_time

    def _by_the_run(self, _: datetime, until: datetime) -> None:
        self.ends = self._calendar.due(until, self._norm, self._runs).at

    def _by_working_time(self, since: datetime, until: datetime) -> None:
        calendar = self._calendar
        self.ends = calendar.add_working_time(self.ends, calendar.working_time(since, until))

    def _by_time(self, since: datetime, until: datetime) -> None:
        # What a day off has moved to the next working day ends there, and moves on from there.
        self._at = (self._at if since < self._at else self.ends) + (until - since)
        self.ends = self._closed_end(self._calendar.local_date(self._at)) or self._at

    def _by_whole_days(self, since: datetime, until: datetime) -> None:
        lost = sum(since < self._end_of(day) <= until for day in self._counted_days(since, until))
        if lost and since >= self._end_of(self._last):
            self._last = self._calendar.local_date(self.ends)
        for _ in range(lost):
            self._last = self._next(self._last)
        if lost:
            self.ends = self._closed_end(self._last) or self._end_of(self._last)

    def _counted_days(self, since: datetime, until: datetime) -> Iterator[date]:
        """Yield the days of the term's kind between two instants, theirs included."""
        calendar = self._calendar
        day, last = max(calendar.local_date(since), self._first), calendar.local_date(until)
        while day <= last:
            if self._norm.unit in _OF_CALENDAR or calendar.is_working_day(day):
                yield day
            day += _DAY

    def _end_of(self, day: date) -> datetime:
        return self._calendar.closing(day) or self._calendar.midnight(day + _DAY)

    def _next(self, day: date) -> date:
        if self._norm.unit in _OF_CALENDAR:
            return day + _DAY
        return self._calendar.next_working_day(day)

    def _closed_end(self, last: date) -> datetime | None:
        """Return when a term ends instead whose last day is a day off, where the edition says."""
        calendar = self._calendar
        if self._norm.closed_end is not ClosedEnd.NEXT_WORKING_DAY or calendar.is_working_day(last):
            return None
        return calendar.closing(calendar.next_working_day(last))
