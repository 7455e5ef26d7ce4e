"""Working time of one organisation: its hours, its time zone, the days it works.

Implements the hours of [002 §9; 003 annex 1, service 7 annex 3; 004 §9] and the counting of norms
[003 annexes 3, 4, 7; 002 §7], among them "the day of acceptance and the day of issue not counted".

An instant is kept as a `timedelta` since 1970: whole microseconds, therefore exact, and cheaper to
compare and subtract than an `int` is to make from a `datetime`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import RefusedError
from domain.hours import Interval, WeeklyHours
from domain.norms import ClosedEnd, Due, Norm, NormUnit, NotCounted
from domain.workdays import FIRST_YEAR, LAST_YEAR, OutsideCalendarError, Workdays

Span = tuple[timedelta, timedelta]
_Days = dict[int, tuple[tuple[timedelta, ...], tuple[timedelta, ...]]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_NOTHING = timedelta(0)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_FIRST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH
_END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH
_MONDAY = 0


class UnknownZoneError(RefusedError):
    """A time zone that the tz database does not name."""

    code = "unknown-zone"


@dataclass(frozen=True, slots=True)
class Timetable:
    """Local times of a courier's runs, in order; every working day has the same."""

    runs: tuple[time, ...]

    def __post_init__(self) -> None:
        """Raise ValueError unless the times are naive and rise."""
        if not self.runs or any(run.tzinfo is not None for run in self.runs):
            raise ValueError("a timetable names at least one run, in local time")
        if list(self.runs) != sorted(set(self.runs)):
            raise ValueError("the runs of a timetable rise")


class Calendar:
    """Working time of an organisation with these weekly hours, in this zone, on these workdays.

    Instants are aware datetimes of any zone, results are UTC, dates are local ones; a naive
    datetime raises ValueError. Open intervals include their beginning and not their end, so at
    closing time it is closed. Instants outside the UTC years FIRST_YEAR..LAST_YEAR, dates outside
    the same local years, and answers that would lie past them raise OutsideCalendarError.

    A worked weekend day has Monday's hours. Where clocks are turned, an instant is working time
    when its local wall-clock time is. The zone's history is that of the system's tz database, or
    of the package `tzdata` where the system has none. Immutable and safe to share between threads;
    the tables are built on first use. Prefer `calendar_of`, which shares them.
    """

    __slots__ = ("_built", "_days", "_zone", "hours", "workdays", "zone")

    def __init__(self, hours: WeeklyHours, zone: str, workdays: Workdays) -> None:
        """Raise UnknownZoneError if the tz database has no `zone`."""
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UnknownZoneError(zone=zone) from error
        self.hours = hours
        self.zone = zone
        self.workdays = workdays
        self._built: _Table | None = None
        self._days: _Days = {}  # of the table, once working time was asked for

    @property
    def _table(self) -> _Table:
        # Two threads may both build it: the same table twice, no harm done.
        if self._built is None:
            self._built = _build(self.hours, self._zone, self.workdays)
        return self._built

    # Working time

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two instants, exact; 0 if `end` is not after `start`.

        Additive: from a to b and from b to c is from a to c. The cost does not grow with the
        length of the interval.
        """
        # The inside of the loops of reports and projections: written out, without helpers.
        try:
            since = start - _EPOCH
            until = end - _EPOCH
        except TypeError as error:
            raise ValueError("a naive datetime has no place in a calendar") from error
        if until <= since:
            return _NOTHING
        days = self._days
        try:
            edges, marks = days[since.days]
            passed = bisect_right(edges, since)
            before = since - marks[passed] if passed & 1 else marks[passed]
            edges, marks = days[until.days]
            passed = bisect_right(edges, until)
            return (until - marks[passed] if passed & 1 else marks[passed]) - before
        except KeyError:
            return self._not_found(start, end, days)

    def _not_found(self, start: datetime, end: datetime, days: _Days) -> timedelta:
        """Working time, if nothing was built to find it in; else OutsideCalendarError."""
        if days:
            raise OutsideCalendarError(end if _FIRST <= start - _EPOCH < _END else start)
        self._days = self._table.days
        return self.working_time(start, end)

    def add_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest instant (UTC) by which `amount` of working time has passed since `start`.

        So an amount that fills a day ends at closing, not at the next opening, and 0 is `start`
        itself. `working_time(start, add_working_time(start, amount)) == amount`. A negative amount
        raises ValueError.
        """
        if amount < _NOTHING:
            raise ValueError("working time is not counted backwards")
        since = _since(start)
        if not amount:
            return _EPOCH + since
        table = self._table
        target = table.worked_before(since) + amount
        index = bisect_left(table.done, target)
        if index == len(table.done):
            raise OutsideCalendarError
        return _EPOCH + (table.closes[index] - (table.done[index] - target))

    def is_open(self, at: datetime) -> bool:
        """Tell whether `at` is working time."""
        since = _since(at)
        return bool(bisect_right(self._table.days[since.days][0], since) & 1)

    def next_open(self, at: datetime) -> datetime:
        """`at` itself if it is working time, else the next opening or end of a break. UTC."""
        if self.is_open(at):
            return at.astimezone(UTC)
        index = bisect_right(self._table.opens, at - _EPOCH)
        if index == len(self._table.opens):
            raise OutsideCalendarError
        return _EPOCH + self._table.opens[index]

    def open_intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of working time between two instants, cut to them, in order. UTC."""
        since, until = _since(start), _since(end)
        if until <= since:
            return iter(())
        opens, closes = self._table.opens, self._table.closes
        first, last = bisect_right(closes, since), bisect_left(opens, until)
        return (
            (_EPOCH + max(opened, since), _EPOCH + min(closed, until))
            for opened, closed in zip(opens[first:last], closes[first:last], strict=True)
        )

    # Days

    def local_date(self, at: datetime) -> date:
        """The date on the organisation's wall at this instant."""
        return self._local(at).date()

    def is_working_day(self, day: date) -> bool:
        """Tell whether the organisation opens on this date at all."""
        return self._span(day) is not None

    def next_working_day(self, day: date, count: int = 1) -> date:
        """The `count`-th working day after `day` (which itself is never counted).

        A count below 1 raises ValueError.
        """
        if count < 1:
            raise ValueError("working days are counted from 1")
        _check(day)
        worked = self._table.worked_days
        index = bisect_right(worked, day) + count - 1
        if index >= len(worked):
            raise OutsideCalendarError
        return worked[index]

    def opening(self, day: date) -> datetime | None:
        """The instant (UTC) at which the organisation opens on this date; None on a day off."""
        span = self._span(day)
        return None if span is None else _EPOCH + span[0]

    def closing(self, day: date) -> datetime | None:
        """The instant (UTC) at which the organisation closes for the day; None on a day off."""
        span = self._span(day)
        return None if span is None else _EPOCH + span[1]

    def midnight(self, day: date) -> datetime:
        """The instant (UTC) at which this local date begins."""
        return self._wall(day, time())

    def is_provisional(self, at: datetime) -> bool:
        """Tell whether the instant's local year is past the last whose transfers are known."""
        return self.local_date(at).year > self.workdays.known_until

    # Norms

    def due(self, start: datetime, norm: Norm, runs: Timetable | None = None) -> Due:
        """The instant at which `norm`, begun at `start`, runs out.

        - Minutes and hours are working time: `add_working_time`.
        - Working days: the same local wall-clock time that many working days later, cut to that
          day's opening hours. Begun outside opening hours (in a break as well) it counts from the
          next opening. With the day of acceptance not counted: the closing of the n-th working day
          after the local date of `start`.
        - Calendar days and months: the same local wall-clock time that many days or months later
          (a month's end at the latest), days off included. With the day of acceptance not counted:
          the end of that day, that is closing, or on a day off the local midnight that ends it.
          Where the edition says ClosedEnd.NEXT_WORKING_DAY and the last day is a day off: the
          closing of the next working day.
        - With the day of issue not counted, a term in days or months ends one day of its kind
          (working, calendar) later.
        - Once a day, within the day: the closing of the day of `start`, if it is a working day not
          yet closed, else of the next working day.
        - Next run: the first run strictly after `start`, on a working day of this calendar. Raises
          ValueError without `runs`.

        The answer is provisional when its local year is past `workdays.known_until`.
        """
        at = self._due_at(start, norm, runs)
        near = at.year >= self.workdays.known_until  # or the local year is not past it either
        return Due(at, near and self.is_provisional(at))

    def _due_at(self, start: datetime, norm: Norm, runs: Timetable | None) -> datetime:
        match norm.unit:
            case NormUnit.MINUTE:
                return self.add_working_time(start, timedelta(minutes=norm.amount))
            case NormUnit.HOUR:
                return self.add_working_time(start, timedelta(hours=norm.amount))
            case NormUnit.WORKING_DAY:
                return self._after_working_days(start, norm)
            case NormUnit.CALENDAR_DAY | NormUnit.CALENDAR_MONTH:
                return self._after_calendar_days(start, norm)
            case NormUnit.ONCE_A_DAY | NormUnit.WITHIN_THE_DAY:
                return self._end_of_day(start)
            case NormUnit.NEXT_RUN:
                return self._next_run(start, runs)
        assert_never(norm.unit)

    def _after_working_days(self, start: datetime, norm: Norm) -> datetime:
        count = norm.amount + (NotCounted.ISSUE in norm.not_counted)
        if NotCounted.ACCEPTANCE in norm.not_counted:
            return self._close(self.next_working_day(self.local_date(start), count))
        begun = self._local(self.next_open(start))
        last = self.next_working_day(begun.date(), count)
        opened, closed = self._table.span[last]
        return _EPOCH + min(max(self._wall(last, begun.time()) - _EPOCH, opened), closed)

    def _after_calendar_days(self, start: datetime, norm: Norm) -> datetime:
        begun = self._local(start)
        last = _last_calendar_day(begun.date(), norm)
        worked = self.is_working_day(last)
        if not worked and norm.closed_end is ClosedEnd.NEXT_WORKING_DAY:
            return self._close(self.next_working_day(last))
        if NotCounted.ACCEPTANCE not in norm.not_counted:
            return self._wall(last, begun.time())
        return self._close(last) if worked else self._wall(last + _DAY, time())

    def _end_of_day(self, start: datetime) -> datetime:
        day = self.local_date(start)
        closed = self.closing(day)
        if closed is not None and start < closed:
            return closed
        return self._close(self.next_working_day(day))

    def _next_run(self, start: datetime, runs: Timetable | None) -> datetime:
        if runs is None:
            raise ValueError("a norm by the next run needs the courier's timetable")
        day = self.local_date(start)
        if self.is_working_day(day):
            for run in runs.runs:
                at = self._wall(day, run)
                if at > start:
                    return at
        return self._wall(self.next_working_day(day), runs.runs[0])

    # The wall clock

    def offsets(self) -> Iterator[tuple[datetime, datetime, timedelta]]:
        """The stretches of the zone's history with one offset from UTC: begin, end (UTC), offset.

        In order, without a gap, over all years kept.
        """
        return (
            (_EPOCH + begins, _EPOCH + ends, offset)
            for begins, ends, offset in _offsets(self._zone)
        )

    def _local(self, at: datetime) -> datetime:
        # Through UTC: `astimezone` alone would take a naive datetime for the machine's own time.
        return (_EPOCH + _since(at)).astimezone(self._zone)

    def _wall(self, day: date, clock: time) -> datetime:
        """The instant of a local time; of one that occurs twice, the first."""
        return datetime.combine(day, clock.replace(fold=0), self._zone).astimezone(UTC)

    def _span(self, day: date) -> Span | None:
        _check(day)
        return self._table.span.get(day)

    def _close(self, working_day: date) -> datetime:
        return _EPOCH + self._table.span[working_day][1]


@lru_cache(maxsize=128)
def calendar_of(hours: WeeklyHours, zone: str, workdays: Workdays) -> Calendar:
    """The calendar of all organisations with these hours in this zone; built once, then shared."""
    return Calendar(hours, zone, workdays)


def _since(at: datetime) -> timedelta:
    """Time since 1970. Raises ValueError if naive, OutsideCalendarError outside the years kept."""
    try:
        since = at - _EPOCH
    except TypeError as error:
        raise ValueError("a naive datetime has no place in a calendar") from error
    if not _FIRST <= since < _END:
        raise OutsideCalendarError(at)
    return since


def _check(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise OutsideCalendarError(day)


def _last_calendar_day(begun: date, norm: Norm) -> date:
    day_of_issue = timedelta(days=NotCounted.ISSUE in norm.not_counted)
    if norm.unit is NormUnit.CALENDAR_DAY:
        return begun + timedelta(days=norm.amount) + day_of_issue
    years, month = divmod(begun.month - 1 + norm.amount, 12)
    year, month = begun.year + years, month + 1
    return date(year, month, min(begun.day, monthrange(year, month)[1])) + day_of_issue


@dataclass(slots=True)
class _Table:
    """All open intervals of FIRST_YEAR..LAST_YEAR, in order.

    `done[i]` is the working time from the beginning to the end of interval i. `days` answers for
    an instant by its UTC day: the edges (openings and closings) of that day and one mark more than
    edges. Past an odd number of edges it is open, and the instant less the mark is the working
    time so far; past an even number it is closed, and the mark itself is the working time so far.
    A day that begins open has the opening that made it so as its first edge.
    """

    opens: list[timedelta] = field(default_factory=list)
    closes: list[timedelta] = field(default_factory=list)
    done: list[timedelta] = field(default_factory=list)
    days: _Days = field(default_factory=dict)
    span: dict[date, Span] = field(default_factory=dict)
    worked_days: list[date] = field(default_factory=list)

    def worked_before(self, since: timedelta) -> timedelta:
        edges, marks = self.days[since.days]
        passed = bisect_right(edges, since)
        return since - marks[passed] if passed & 1 else marks[passed]

    def add(self, day: date, opened: timedelta, closed: timedelta) -> None:
        self.opens.append(opened)
        self.closes.append(closed)
        self.done.append((self.done[-1] if self.done else _NOTHING) + (closed - opened))
        self.span[day] = (self.span[day][0] if day in self.span else opened, closed)


def _build(hours: WeeklyHours, zone: ZoneInfo, workdays: Workdays) -> _Table:
    table = _Table()
    for begins, ends, offset in _offsets(zone):
        _add_stretch(table, _DayHours(hours, workdays), (begins, ends), offset)
    table.worked_days = sorted(table.span)
    _index_days(table)
    return table


class _DayHours:
    """The open intervals of a date, counted from its midnight."""

    def __init__(self, hours: WeeklyHours, workdays: Workdays) -> None:
        self._week = [[_from_midnight(interval) for interval in day] for day in hours.days]
        self._six = hours.six_day_week
        self._workdays = workdays

    def on(self, day: date) -> list[Span]:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            return []  # the edges of the years kept, seen from another zone
        if self._workdays.is_day_off(day, six_day_week=self._six):
            return []
        if self._workdays.is_worked_weekend(day, six_day_week=self._six):
            return self._week[_MONDAY]
        return self._week[day.weekday()]


def _from_midnight(interval: Interval) -> Span:
    midnight = datetime.combine(date.min, time())
    opened, closed = (datetime.combine(date.min, edge) - midnight for edge in interval)
    return opened, closed


def _add_stretch(table: _Table, hours: _DayHours, stretch: Span, offset: timedelta) -> None:
    """Add the intervals of a stretch of time with one offset from UTC, cut to the stretch."""
    begins, ends = stretch
    days = (begins + offset).days
    midnight = timedelta(days=days) - offset
    while midnight < ends:
        day = date.fromordinal(_EPOCH_ORDINAL + days)
        for opens, closes in hours.on(day):
            opened, closed = max(midnight + opens, begins), min(midnight + closes, ends)
            if opened < closed:
                table.add(day, opened, closed)
        days, midnight = days + 1, midnight + _DAY


def _offsets(zone: ZoneInfo) -> Iterator[tuple[timedelta, timedelta, timedelta]]:
    """The stretches of the zone's history that have one offset from UTC: begin, end, offset."""
    begins, now, offset = _FIRST, _FIRST, _offset(zone, _FIRST)
    while now < _END:
        # No zone turns its clocks twice within a week.
        before, now = now, min(now + _WEEK, _END)
        if _offset(zone, now) != offset:
            turned = _turn(zone, before, now)
            yield begins, turned, offset
            begins, offset = turned, _offset(zone, now)
    yield begins, _END, offset


def _turn(zone: ZoneInfo, before: timedelta, after: timedelta) -> timedelta:
    """The second at which the offset, not the same at these two instants, changes."""
    old = _offset(zone, before)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after


def _offset(zone: ZoneInfo, since: timedelta) -> timedelta:
    at = _EPOCH + since
    return at.astimezone(zone).replace(tzinfo=UTC) - at


def _index_days(table: _Table) -> None:
    edges: list[timedelta] = []
    marks = [_NOTHING]
    before = _NOTHING
    for opened, closed, done in zip(table.opens, table.closes, table.done, strict=True):
        edges += (opened, closed)
        marks += (opened - before, done)
        before = done
    last, midnight = 0, _FIRST
    for day in range(_FIRST.days, _END.days):
        first, midnight = last, midnight + _DAY
        while last < len(edges) and edges[last] < midnight:
            last += 1
        begins = first & ~1  # the opening before, if the day begins open
        table.days[day] = (tuple(edges[begins:last]), tuple(marks[begins : last + 1]))
