"""What another timetable would gain: recorded arrivals replayed against it.

By default the timetable asked about is today's with a third run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator

from api.courier_routes import MOST_ROUTES, route_asked
from api.web.asked import DayQuery, OrganisationQuery, choices
from api.web.manager import FEW
from api.web.runs.asking import (
    Days,
    Told,
    all_routes,
    days_asked,
    menu,
    read_times,
    said,
    told,
    write_times,
)
from api.web.visitor import Visitor, allowed
from domain.errors import RefusedError
from domain.rights import Right
from domain.runs import Replayed, Waits, parse_times, with_another

router = APIRouter()
_NOTHING = timedelta(0)


class Side(StrEnum):
    """Whose packets are asked about."""

    BRANCH = "branch"
    AUTHORITY = "authority"


_SideQuery = Annotated[
    Side, BeforeValidator(lambda given: given or Side.BRANCH), Query()
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """The times asked about as they were typed; without `times`, `problem` says what is wrong."""

    typed: str
    times: tuple[time, ...]
    problem: str = ""

    @property
    def written(self) -> str:
        """The times as they are understood."""
        return write_times(self.times)


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of the waiting under both timetables; `recorded` where it is known."""

    name: str
    before: timedelta
    after: timedelta
    recorded: timedelta | None = None

    @property
    def gain(self) -> timedelta:
        """How much shorter it would be."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer, and its measures; `way` says whether the mean would be less, more or the same."""

    found: Replayed
    measures: tuple[Compared, ...]

    @property
    def way(self) -> str:
        """Whether packets would wait less, more or as long, on average."""
        if self.found.gain == _NOTHING:
            return "same"
        return "less" if self.found.gain > _NOTHING else "more"

    @property
    def few(self) -> bool:
        """Tell whether there are too few packets to decide by."""
        return self.found.count < FEW


@router.get("/runs/what-if")
def what_if(
    visitor: Annotated[Visitor, Depends(allowed(Right.SEE_FIGURES))],
    branch: OrganisationQuery = None,
    side: _SideQuery = Side.BRANCH,
    since: DayQuery = None,
    until: DayQuery = None,
    times: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """Answer what packets would have waited by other times."""
    routes = all_routes(visitor, Right.SEE_FIGURES)
    chosen = _chosen(visitor, routes, branch)
    days, asked, now = days_asked(visitor, since, until), None, ""
    if chosen is not None:
        runs = visitor.qolhat.courier_runs
        today = runs.times(chosen.route, runs.today(chosen.route))
        asked, now = _times(visitor, times, today), write_times(today)
    return visitor.page(
        "runs/what-if.html",
        menu=menu(visitor, "what-if"),
        choices=choices(visitor.qolhat, [each.route.branch for each in routes]),
        chosen=chosen,
        side=side,
        days=days,
        times=asked,
        now=now,
        answer=_answer(visitor, chosen, side, days, asked),
        few=FEW,
    )


def _chosen(visitor: Visitor, routes: Sequence[Told], branch: int | None) -> Told | None:
    """Return the route asked for, else the visitor's own, else the first; of hundreds none."""
    if branch is not None:
        return told(visitor, route_asked(visitor, branch, Right.SEE_FIGURES))
    own = [each for each in routes if visitor.organisation in each.route.ends]
    some = own or (routes if len(routes) <= MOST_ROUTES else ())
    return some[0] if some else None


def _times(visitor: Visitor, typed: str, today: Sequence[time]) -> Times:
    if not typed.strip():
        another = with_another(today)
        return Times(write_times(another), another)
    try:
        return Times(typed, parse_times(read_times(typed)))
    except RefusedError as error:
        return Times(typed, (), said(visitor, error))


def _answer(
    visitor: Visitor, chosen: Told | None, side: Side, days: Days, asked: Times | None
) -> WhatIf | None:
    if chosen is None or asked is None or not asked.times or days.period is None:
        return None
    route, period = chosen.route, days.period
    sender = route.branch if side is Side.BRANCH else route.authority
    runs = visitor.qolhat.courier_runs
    found = runs.replayed(route, sender, period.first, period.last, asked.times)
    return WhatIf(found, _measures(found.before, found.after, found.recorded))


def _measures(before: Waits, after: Waits, recorded: timedelta) -> tuple[Compared, ...]:
    return (
        Compared("mean", before.mean, after.mean, recorded),
        Compared("ninetieth", before.ninetieth, after.ninetieth),
        Compared("total", before.total, after.total),
    )
