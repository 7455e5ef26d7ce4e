"""What the pages of runs share: the routes asked about, the days, times as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time
from operator import attrgetter

from api.courier_routes import DAYS, TooManyRoutesError, routes_asked, routes_in_reach
from api.http.problems import problem_of
from api.web.asked import choices
from api.web.rendering import Speech
from api.web.visitor import Visitor
from domain.directory import Organisation
from domain.errors import RefusedError
from domain.rights import Right
from domain.runs import Period, Route
from domain.zones import local_day

_BETWEEN_TIMES = re.compile(r"[\s,;]+")
_ADDRESSES = {
    "today": ("/runs", Right.SEE_PACKETS),
    "figures": ("/runs/figures", Right.SEE_FIGURES),
    "what-if": ("/runs/what-if", Right.SEE_FIGURES),
    "timetable": ("/runs/timetable", Right.ADMINISTER),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A route with its ends' names; `speech` writes times by the branch's clock."""

    route: Route
    branch: Organisation
    authority: Organisation
    speech: Speech


@dataclass(frozen=True, slots=True)
class Shown:
    """The routes of the organisation asked for, or of all in reach; `problem` says why none."""

    routes: tuple[Told, ...]
    one: Organisation | None
    choices: list[tuple[str, list[Organisation]]]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Days:
    """The days asked for as they were typed; without `period`, `problem` says what is wrong."""

    first: date
    last: date
    period: Period | None
    problem: str = ""


def menu(visitor: Visitor, current: str) -> list[tuple[str, str, bool]]:
    """Return the pages of runs that the visitor may see: name, address, whether it is this one."""
    return [
        (visitor.speech.say(f"runs.menu.{name}"), address, name == current)
        for name, (address, right) in _ADDRESSES.items()
        if visitor.may(right)
    ]


def told(visitor: Visitor, route: Route) -> Told:
    """Name the ends of a route."""
    directory = visitor.qolhat.directory
    speech = replace(visitor.speech, zone=route.zone)
    branch, authority = map(directory.organisation, (route.branch, route.authority))
    return Told(route, branch, authority, speech)


def shown_routes(visitor: Visitor, right: Right, organisation: int | None) -> Shown:
    """Return the routes asked about; of too many the visitor's own, if there are such.

    Raises NoRightError, NotYoursError, UnknownOrganisationError.
    """
    qolhat = visitor.qolhat
    offered = _ends_in_reach(visitor, right)
    problem = ""
    try:
        routes = routes_asked(visitor, right, organisation)
    except TooManyRoutesError as error:
        organisation = visitor.organisation if visitor.organisation in offered else None
        routes = routes_asked(visitor, right, organisation) if organisation else []
        problem = "" if organisation else said(visitor, error)
    one = None if organisation is None else qolhat.directory.organisation(organisation)
    named = tuple(told(visitor, route) for route in routes)
    return Shown(_in_order(named), one, choices(qolhat, offered), problem)


def _ends_in_reach(visitor: Visitor, right: Right) -> set[int]:
    reach = visitor.reach(right)
    ends = {end for route in routes_in_reach(visitor, right) for end in route.ends}
    return {end for end in ends if reach.covers({end})}


def _in_order(routes: Iterable[Told]) -> tuple[Told, ...]:
    return tuple(sorted(routes, key=attrgetter("branch.region", "branch.name_kk", "branch.code")))


def all_routes(visitor: Visitor, *rights: Right) -> tuple[Told, ...]:
    """Return all routes where the visitor has one of these rights, by region and name."""
    return _in_order(told(visitor, route) for route in routes_in_reach(visitor, *rights))


def days_asked(visitor: Visitor, since: date | None, until: date | None) -> Days:
    """Return the days asked for; the last four weeks if none are given."""
    last = until or local_day(visitor.qolhat.now(), visitor.speech.zone)
    try:
        first = since or Period.of_days(last, DAYS).first
        return Days(first, last, Period(first, last))
    except RefusedError as error:
        return Days(since or last, last, None, said(visitor, error))


def said(visitor: Visitor, error: RefusedError) -> str:
    """Say an error in one sentence or two."""
    detail: str = problem_of(error, visitor.speech.language).detail
    return detail


def read_times(text: str) -> list[str]:
    """Take times apart that somebody wrote: `9.00, 16:30` are 09:00 and 16:30."""
    parts = [part for part in _BETWEEN_TIMES.split(text) if part]
    return [part.replace(".", ":").rjust(len("00:00"), "0") for part in parts]


def write_times(times: Iterable[time]) -> str:
    """Write times as a form takes them."""
    return ", ".join(f"{each:%H:%M}" for each in times)


def why_none(visitor: Visitor, shown: Told, day: date) -> list[tuple[str, str]]:
    """Say for each end of a route that does not work on a day, why; once, if both have one reason.

    Raises OutsideCalendarError.
    """
    ends = {each.code: each for each in (shown.branch, shown.authority)}
    closed = [
        (ends[code].name_kk, _day_off(visitor, shown.route, code, day))
        for code in shown.route.closed(day)
    ]
    reasons = {reason for _, reason in closed}
    return [("", reasons.pop())] if len(closed) > len(reasons) else closed


def _day_off(visitor: Visitor, route: Route, organisation: int, day: date) -> str:
    """Name a holiday; every other day off is one of the week's."""
    calendar, speech = route.calendars(organisation), visitor.speech
    six = calendar.hours.six_day_week
    name = calendar.workdays.holiday_name(day, six_day_week=six, language=speech.language)
    return name or speech.say("runs.day-off")
