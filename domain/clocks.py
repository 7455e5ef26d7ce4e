"""The clocks of a packet: when each norm runs out, and how long each stay took [003 annexes 3-7].

The hours that count are those of the organisation in which the packet lies; the total deadline goes
by the side that the edition names. Which days are worked may become known later: figures carry no
due date into events, views compute them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from domain.calendar import Calendar, Timetable, calendar_of
from domain.directory import Directory
from domain.norms import Due, Norm, NormUnit
from domain.numbers import place_organisation
from domain.pauses import Stood, due_with_pauses, spans_within, stood, working_time
from domain.progress import Progress, Visit, VisitKind
from domain.regulations.edition import Edition, Stage
from domain.urgency import DEFAULT_WARNING, warn_from
from domain.workdays import OutsideCalendarError, Workdays

_STAGE = VisitKind.STAGE.value
_NOTHING = timedelta(0)


class Measured(NamedTuple):
    """How a stay compares with its norm.

    `working` is working time from entering to leaving, `counted` the part that the norm is about:
    where the applicant is waited for, it begins when they come (None: nobody wrote when), and what
    a pause lasted is left out. `due` is None where there is no norm, or its clock stands. `late` is
    None where there is no norm, the stay is still open, or the applicant's coming was not recorded.
    `over` is the working time past the due instant (negative: what was left of it), pauses left
    out. `stood` is the working time of the pauses, of a stay that has ended.
    """

    working: timedelta | None = None
    counted: timedelta | None = None
    due: Due | None = None
    late: bool | None = None
    over: timedelta | None = None
    stood: timedelta = _NOTHING


class Clocks:
    """Computes with the calendars of the directory's organisations."""

    def __init__(
        self,
        directory: Directory,
        workdays: Workdays,
        runs: Timetable | None = None,
        warning: timedelta = DEFAULT_WARNING,
    ) -> None:
        self._directory = directory
        self._workdays = workdays
        self._runs = runs
        self._warning = warning
        self._calendars: dict[int, Calendar] = {}

    @property
    def version(self) -> str:
        """The label of worked days, runs, the warning and every office's hours; figures follow."""
        offices = [(each.code, each.zone, each.hours) for each in self._directory.organisations]
        return f"{self._workdays.version} {self._runs!r} {self._warning!r} {offices!r}"

    @property
    def runs(self) -> Timetable | None:
        """When couriers leave, by which norms of the next run go."""
        return self._runs

    @property
    def workdays(self) -> Workdays:
        """Which days are worked, by which these clocks go."""
        return self._workdays

    def by(self, workdays: Workdays) -> Clocks:
        """Return the same clocks going by other worked days."""
        return Clocks(self._directory, workdays, self._runs, self._warning)

    def calendar(self, organisation: int) -> Calendar:
        """Return an organisation's calendar. Raises UnknownOrganisationError."""
        calendar = self._calendars.get(organisation)
        if calendar is None:
            found = self._directory.organisation(organisation)
            calendar = calendar_of(found.hours, found.zone, self._workdays)
            self._calendars[organisation] = calendar
        return calendar

    def measure(self, visit: Visit, stage: Stage | None) -> Measured:
        """Compare a stay with the norm of its stage (None: a stay outside the route)."""
        calendar = self.calendar(place_organisation(visit.place))
        times = self.stood(visit, stage) if visit.pauses else ()
        due = self.stage_due(visit, stage, times)
        left = visit.left_at
        if left is None:
            return Measured(due=due)
        try:
            working = calendar.working_time(visit.entered_at, left)
            counted = _counted(calendar, visit, left, working, times)
            still = _stood(calendar, times, visit.entered_at, left)
            if due is None:
                return Measured(working, counted, stood=still)
            over = _over(calendar, due.at, left, times)
            return Measured(working, counted, due, left > due.at, over, still)
        except OutsideCalendarError:
            return Measured(due=due)

    def stood(
        self, visit: Visit, stage: Stage | None, until: datetime | None = None
    ) -> tuple[Stood, ...]:
        """Tell when the clock of a stay stood, on grounds of its stage.

        `until` ends what stands still. Raises UnknownOrganisationError.
        """
        return () if stage is None else stood(visit.pauses, stage.pauses, self.calendar, until)

    def stage_due(
        self, visit: Visit, stage: Stage | None, times: tuple[Stood, ...] = ()
    ) -> Due | None:
        """Return when the norm of a stay runs out, its clock having stood at these times.

        None where there is no norm, its clock stands still or has not begun to run.
        """
        if stage is None or stage.norm is None or visit.kind != _STAGE:
            return None
        if visit.clock_from is None:
            return None
        calendar = self.calendar(place_organisation(visit.place))
        return self._due(calendar, visit.clock_from, stage.norm.norm, times)

    def total_due(self, progress: Progress, edition: Edition) -> Due | None:
        """Return when the whole service must be rendered: what stops a stage stops it as well.

        None where the sources do not say, or while the clock stands.
        """
        total = edition.total
        if total.norm is None or progress.accepted_at is None:
            return None
        calendar = self.calendar(progress.parties.on(total.calendar))
        times: tuple[Stood, ...] = ()
        if progress.pauses:
            rendered = progress.rendered_at
            before = (p for p in progress.pauses if rendered is None or p.since < rendered)
            times = stood(before, edition.pauses, self.calendar)
        return self._due(calendar, progress.accepted_at, total.norm.norm, times)

    def kept_until(self, progress: Progress, edition: Edition) -> Due | None:
        """Return until when an uncollected result is kept for the applicant [002 §15]."""
        if edition.uncollected is None or progress.rendered_at is None:
            return None
        calendar = self.calendar(progress.accepting)
        return self._due(calendar, progress.rendered_at, edition.uncollected.keep.norm)

    def warn_at(self, due: Due, begun: datetime, organisation: int) -> datetime:
        """Return from when on a term, begun at `begun`, is about to run out (`domain.urgency`).

        `organisation` is the one whose hours count. Raises UnknownOrganisationError.
        """
        return warn_from(self.calendar(organisation), begun, due.at, self._warning)

    def _due(
        self, calendar: Calendar, start: datetime, norm: Norm, times: tuple[Stood, ...] = ()
    ) -> Due | None:
        if norm.unit is NormUnit.NEXT_RUN and self._runs is None:
            return None
        try:
            if times:
                return due_with_pauses(calendar, start, norm, times, self._runs)
            return calendar.due(start, norm, self._runs)
        except OutsideCalendarError:
            return None


def _counted(
    calendar: Calendar,
    visit: Visit,
    left: datetime,
    working: timedelta,
    times: tuple[Stood, ...],
) -> timedelta | None:
    since = visit.clock_from
    if since is None:
        return None
    counted = working if since == visit.entered_at else calendar.working_time(since, left)
    return counted - _stood(calendar, times, since, left)


def _over(calendar: Calendar, due: datetime, left: datetime, times: tuple[Stood, ...]) -> timedelta:
    since, until = min(due, left), max(due, left)
    between = calendar.working_time(since, until) - _stood(calendar, times, since, until)
    return between if left > due else _NOTHING - between


def _stood(
    calendar: Calendar, times: tuple[Stood, ...], since: datetime, until: datetime
) -> timedelta:
    return working_time(calendar, spans_within(times, since, until)) if times else _NOTHING
