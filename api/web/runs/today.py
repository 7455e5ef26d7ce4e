"""The runs of a day: planned, departed, arrived, missed; what went with them there and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.web.asked import DayQuery, OrganisationQuery
from api.web.runs.asking import Told, menu, said, shown_routes, why_none
from api.web.visitor import Visitor, allowed
from domain.errors import RefusedError
from domain.rights import Right
from domain.runs import ON_TIME, Period, RunState
from domain.zones import local_day
from infra.courier_runs import RunLine

router = APIRouter()
_A_DAY, _A_MINUTE = timedelta(days=1), timedelta(minutes=1)
_TONES = {
    RunState.PLANNED: ("soft", "○"),
    RunState.DEPARTED: ("amber-text", "▶"),
    RunState.ARRIVED: ("green-text", "●"),
    RunState.MISSED: ("red-text", "■"),
}


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run of the day; `tone` and `shape` say its state beside the word."""

    line: RunLine
    tone: str
    shape: str
    delay: str

    @property
    def late(self) -> bool:
        """Tell whether it left later than a punctual one."""
        delay = self.line.trip.delay
        return delay is not None and delay > ON_TIME


@dataclass(frozen=True, slots=True)
class DayOfRoute:
    """The runs of a route on the day; where there are none, why."""

    told: Told
    runs: tuple[ShownRun, ...]
    closed: list[tuple[str, str]]


@router.get("/runs")
def runs(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))],
    organisation: OrganisationQuery = None,
    day: DayQuery = None,
) -> HTMLResponse:
    """Show the runs of today, or of another day."""
    shown = shown_routes(visitor, Right.SEE_PACKETS, organisation)
    now = visitor.qolhat.now()
    today = local_day(now, visitor.speech.zone)
    chosen, problem, days = day or today, "", list[DayOfRoute]()
    try:
        Period(chosen, chosen)
        days = [_day_of(visitor, each, chosen) for each in shown.routes]
    except RefusedError as error:
        problem = said(visitor, error)
    return visitor.page(
        "runs/today.html",
        shown=shown,
        menu=menu(visitor, "today"),
        day=chosen,
        is_today=chosen == today,
        before=None if problem else chosen - _A_DAY,
        after=None if problem else chosen + _A_DAY,
        days=days,
        problem=problem,
        names=_names(visitor, days),
        at=now,
    )


def _day_of(visitor: Visitor, told: Told, day: date) -> DayOfRoute:
    lines = visitor.qolhat.courier_runs.lines(told.route, day, day)
    found = tuple(_run(visitor, line) for line in lines)
    return DayOfRoute(told, found, [] if found else why_none(visitor, told, day))


def _run(visitor: Visitor, line: RunLine) -> ShownRun:
    return ShownRun(line, *_TONES[line.state], _delay(visitor, line.trip.delay))


def _delay(visitor: Visitor, delay: timedelta | None) -> str:
    """Say how a departure compares with its time, in minutes as clocks show them."""
    if delay is None:
        return ""
    minutes = delay // _A_MINUTE
    if not minutes:
        return visitor.speech.say("runs.punctual")
    key = "runs.late-by" if minutes > 0 else "runs.early-by"
    return visitor.speech.say(key, span=visitor.speech.span(minutes * _A_MINUTE))


def _names(visitor: Visitor, days: Iterable[DayOfRoute]) -> dict[int, str]:
    people = {
        person for day in days for run in day.runs for person in run.line.trip.couriers
    }  # fmt: skip
    return visitor.qolhat.personnel.names(people)
