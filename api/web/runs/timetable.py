"""The timetable of each route: what holds, what held, and another from a day on.

Holidays need no timetable of their own: on a day on which an end does not work, no run leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.courier_routes import route_asked
from api.web.runs.asking import (
    Told,
    all_routes,
    menu,
    read_times,
    said,
    told,
    why_none,
    write_times,
)
from api.web.visitor import Visitor, allowed
from domain.errors import RefusedError
from domain.rights import Right
from domain.runs import (
    MOST_RUNS,
    BadTimetableError,
    PastTimetableError,
    Route,
    RunTimes,
    TimesFrom,
)
from infra.timetables import TimesChange, change_times, changes_of

router = APIRouter()
AHEAD = 14  # days of which the page says whether runs leave
_A_DAY = timedelta(days=1)
Administering = Annotated[Visitor, Depends(allowed(Right.ADMINISTER))]
Branch = Annotated[int, Path(ge=1, le=9999)]


@dataclass(frozen=True, slots=True)
class Line:
    """A route with the times of today's runs, and with what begins later."""

    told: Told
    times: tuple[time, ...]
    later: tuple[TimesFrom, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form; what is wrong with it, at its field."""

    times: str
    starts: str
    times_problem: str = ""
    starts_problem: str = ""


@router.get("/runs/timetable")
def timetables(visitor: Administering) -> HTMLResponse:
    """List the routes in reach with their times."""
    routes = all_routes(visitor, Right.ADMINISTER)
    lines = [_line(visitor, each) for each in routes]
    page = "runs/timetables.html"
    return visitor.page(page, lines=lines, menu=menu(visitor, "timetable"))


@router.get("/runs/timetable/{branch}")
def timetable(
    visitor: Administering, branch: Branch, done: Annotated[str, Query(max_length=10)] = ""
) -> HTMLResponse:
    """Show the timetable of a route, its history, and the form that changes it."""
    shown = told(visitor, route_asked(visitor, branch, Right.ADMINISTER))
    line = _line(visitor, shown)
    tomorrow = visitor.qolhat.courier_runs.today(shown.route) + _A_DAY
    return _page(visitor, line, Typed(write_times(line.times), tomorrow.isoformat()), done=done)


@router.post("/runs/timetable/{branch}")
def set_timetable(
    visitor: Administering,
    branch: Branch,
    times: Annotated[str, Form(max_length=200)] = "",
    starts: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Set other times from a day on."""
    shown = told(visitor, route_asked(visitor, branch, Right.ADMINISTER))
    typed = Typed(times, starts)
    try:
        begins = date.fromisoformat(starts.strip())
    except ValueError:
        wrong = visitor.speech.say("runs.timetable.bad-day")
        return _refused(visitor, shown, Typed(times, starts, "", wrong))
    try:
        changed = _set(visitor, shown.route, read_times(times), begins)
    except BadTimetableError as error:
        return _refused(visitor, shown, Typed(times, starts, said(visitor, error)))
    except PastTimetableError as error:
        return _refused(visitor, shown, Typed(typed.times, starts, "", said(visitor, error)))
    done = "changed" if changed else "same"
    return RedirectResponse(f"/runs/timetable/{branch}?done={done}", 303)


def _set(visitor: Visitor, route: Route, times: Sequence[str], starts: date) -> bool:
    qolhat = visitor.qolhat
    change = TimesChange(route, times, starts, visitor.person)
    return change_times(qolhat.log, qolhat.staff, change, qolhat.now()).answer


def _line(visitor: Visitor, shown: Told) -> Line:
    qolhat, route = visitor.qolhat, shown.route
    today = qolhat.courier_runs.today(route)
    changes = qolhat.timetables.refresh().changes(route.branch, route.authority)
    later = tuple(each for each in changes if each.starts > today)
    return Line(shown, qolhat.courier_runs.times(route, today), later)


def _refused(visitor: Visitor, shown: Told, typed: Typed) -> HTMLResponse:
    return _page(visitor, _line(visitor, shown), typed, status=422)


def _page(
    visitor: Visitor, line: Line, typed: Typed, *, done: str = "", status: int = 200
) -> HTMLResponse:
    history = changes_of(visitor.qolhat.log, line.told.route)
    return visitor.page(
        "runs/timetable.html",
        status=status,
        line=line,
        typed=typed,
        menu=menu(visitor, "timetable"),
        done=done if done in ("changed", "same") else "",
        most=MOST_RUNS,
        ahead=AHEAD,
        idle=_idle(visitor, line.told),
        history=[(date.fromisoformat(each.starts), each) for each in history],
        names=_names(visitor, history),
    )


def _idle(visitor: Visitor, shown: Told) -> list[tuple[date, list[tuple[str, str]]]]:
    """Return the days ahead on which no run leaves, and why; none past the calendars' end."""
    today, found = visitor.qolhat.courier_runs.today(shown.route), []
    for passed in range(AHEAD):
        day = today + passed * _A_DAY
        try:
            why = why_none(visitor, shown, day)
        except RefusedError as error:
            why = [("", said(visitor, error))]
        if why:
            found.append((day, why))
    return found


def _names(visitor: Visitor, history: Sequence[RunTimes.TimesSet]) -> dict[int, str]:
    return visitor.qolhat.personnel.names({each.by for each in history})
