"""Runs between an invented pair of organisations in Almaty, in real working hours."""

from __future__ import annotations

from datetime import date, datetime, time
from itertools import count

from domain.calendar import Calendar
from domain.commands import Stamp
from domain.roles import Role
from domain.runs import PlannedRun, Route, RunKey, planned_run
from tests.domain.test_calendar import ALMATY, ALMATY_BRANCH, AUTHORITY, CENTRE, at, calendar
from tests.stories import place

BRANCH, SIX_DAY_BRANCH, OFFICE = 267, 268, 32
HOURS = {BRANCH: CENTRE, SIX_DAY_BRANCH: ALMATY_BRANCH, OFFICE: AUTHORITY}
ELEVEN, SIXTEEN = time(11), time(16)
TWO_A_DAY = (ELEVEN, SIXTEEN)
COURIER, OTHER_COURIER = 3, 7


def calendar_at(organisation: int) -> Calendar:
    """The working hours of one of the three."""
    return calendar(HOURS[organisation])


ROUTE = Route(BRANCH, OFFICE, calendar_at, ALMATY)


def two_a_day(_: date) -> tuple[time, ...]:
    """The timetable of every day."""
    return TWO_A_DAY


def runs(first: str, last: str | None = None, route: Route = ROUTE) -> list[PlannedRun]:
    """The runs of some days, two a day."""
    return route.runs(date.fromisoformat(first), date.fromisoformat(last or first), two_a_day)


def run(day: str, clock: time = ELEVEN) -> PlannedRun:
    """One run."""
    return planned_run(RunKey(BRANCH, OFFICE, date.fromisoformat(day), clock), ALMATY)


def named(found: PlannedRun | None) -> str:
    """Day and time of a run, as people say it."""
    return "none" if found is None else f"{found.key.day} {found.key.at:%H:%M}"


_told = count(1)


def stamp(text: str, person: int = COURIER, ref: str | None = None, device: int = 1) -> Stamp:
    """A courier says something at a local time."""
    told = next(_told)
    happened: datetime = at(text)
    return Stamp(ref or f"r{told}", place(Role.COURIER), person, device, told, happened)
