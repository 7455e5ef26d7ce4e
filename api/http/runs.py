"""Couriers' runs: how they went, how punctual they are, what another timetable would gain.

Both ends of a route may ask: the branch and the authority [003 service 7 §11, rows 3 and 12].
"""

from __future__ import annotations

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Query

from api.courier_routes import DAYS, route_asked, routes_asked, routes_in_reach
from api.http import schemas
from api.http.calls import Asking, Call, Calling
from api.http.media import resource
from api.http.problems import OF_A_COMMAND, documented
from api.http.telling import Teller
from domain.rights import Right
from domain.runs import (
    Period,
    Punctuality,
    Replayed,
    Route,
    WaitingFigures,
    Waits,
    parse_times,
    with_another,
)
from domain.zones import local_day
from infra.courier_runs import RunLine
from infra.run_figures import RunFigures, run_figures
from infra.timetables import TimesChange, change_times, changes_of

router = resource("runs")
_COUNTRY_ZONE = "Asia/Almaty"
_LOOKS_AT_TIMETABLES = (Right.SEE_PACKETS, Right.ADMINISTER)
RoutesQuery = Annotated[
    int | None,
    Query(ge=1, le=9999, description="A branch, or an authority with all its routes."),
]
BranchQuery = Annotated[int, Query(ge=1, le=9999, description="The centre's branch.")]
SinceQuery = Annotated[date | None, Query(description="The first day; four weeks at first.")]
UntilQuery = Annotated[date | None, Query(description="The last day; today at first.")]


class Side(StrEnum):
    """Whose packets are replayed."""

    BRANCH = "branch"
    AUTHORITY = "authority"


@router.get("/runs", summary="The runs of a day")
def runs(
    call: Asking,
    branch: RoutesQuery = None,
    day: Annotated[date | None, Query(description="A local day; today at first.")] = None,
) -> schemas.RunList:
    """Planned, departed, arrived or missed; how many bags and packets went there and back."""
    routes = routes_asked(call, Right.SEE_PACKETS, branch)
    chosen = day or _today(call)
    period = Period(chosen, chosen)
    courier_runs = call.qolhat.courier_runs
    lines = [
        line for each in routes for line in courier_runs.lines(each, period.first, period.last)
    ]
    return schemas.RunList(day=chosen, items=[_run_out(call.tell, line) for line in lines])


@router.get("/runs/punctuality", summary="Figures of runs")
def run_punctuality(
    call: Asking, branch: RoutesQuery = None, since: SinceQuery = None, until: UntilQuery = None
) -> schemas.RunFiguresOut:
    """Punctuality by route and courier, and where the packets' waiting went."""
    call.require(Right.SEE_FIGURES)
    routes = routes_asked(call, Right.SEE_FIGURES, branch)
    period = _period(call, since, until)
    found = run_figures(call.qolhat.courier_runs, routes, period, call.qolhat.now())
    return _figures_out(call.tell, found, period)


@router.get("/runs/what-if", summary="What another timetable would gain", responses=documented(404))
def run_what_if(
    call: Asking,
    branch: BranchQuery,
    side: Annotated[Side, Query(description="Whose packets.")] = Side.BRANCH,
    since: SinceQuery = None,
    until: UntilQuery = None,
    times: Annotated[
        list[str] | None, Query(max_length=20, description="`HH:MM`; today's and one more.")
    ] = None,
) -> schemas.ReplayOut:
    """Replay recorded arrivals against other times: no forecast, the same rule for both."""
    route = route_asked(call, branch, Right.SEE_FIGURES)
    period, courier_runs = _period(call, since, until), call.qolhat.courier_runs
    today = courier_runs.times(route, courier_runs.today(route))
    asked = with_another(today) if times is None else parse_times(times)
    sender = route.branch if side is Side.BRANCH else route.authority
    found = courier_runs.replayed(route, sender, period.first, period.last, asked)
    return _replay_out(call.tell, route, sender, period, asked, found)


# --- timetables ----------------------------------------------------------------------------------


@router.get("/timetables", summary="Timetables of the runs", responses=documented(404))
def timetables(
    call: Asking, branch: Annotated[int | None, Query(ge=1, le=9999)] = None
) -> schemas.TimetableList:
    """What holds today on each route in reach, and what was set from which day on."""
    call.require(*_LOOKS_AT_TIMETABLES)
    if branch is None:
        routes = routes_in_reach(call, *_LOOKS_AT_TIMETABLES)
    else:
        routes = [route_asked(call, branch, *_LOOKS_AT_TIMETABLES)]
    return schemas.TimetableList(items=[_timetable_out(call, route) for route in routes])


@router.post(
    "/timetables", summary="Set a timetable", responses=OF_A_COMMAND | documented(404)
)  # fmt: skip
def set_timetable(call: Calling, body: schemas.TimetableIn) -> schemas.TimetableAnswered:
    """Set the times of a route from a day on; what past days had, they keep."""
    route, qolhat = route_asked(call, body.branch, Right.ADMINISTER), call.qolhat
    change = TimesChange(route, body.times, body.starts, call.person)
    done = change_times(qolhat.log, qolhat.staff, change, qolhat.now())
    call.recorded()
    return schemas.TimetableAnswered(
        changed=done.answer, timetable=_timetable_out(call, route), position=done.position
    )


# --- telling -------------------------------------------------------------------------------------


def _today(call: Call) -> date:
    return local_day(call.qolhat.now(), _COUNTRY_ZONE)


def _period(call: Call, since: date | None, until: date | None) -> Period:
    last = until or _today(call)
    return Period.of_days(last, DAYS) if since is None else Period(since, last)


def route_out(tell: Teller, branch: int, authority: int) -> schemas.RunRoute:
    """Name both ends of a route."""
    return schemas.RunRoute(
        branch=tell.organisation(branch), authority=tell.organisation(authority)
    )


def _run_out(tell: Teller, line: RunLine) -> schemas.RunOut:
    trip, key = line.trip, line.trip.run.key
    return schemas.RunOut(
        key=str(key),
        route=route_out(tell, key.branch, key.authority),
        planned_at=trip.run.planned_at,
        state=tell.word("run", line.state.value),
        departed_at=trip.departed_at,
        arrived_at=trip.arrived_at,
        delay_seconds=_seconds(trip.delay),
        travel_seconds=_seconds(trip.travel),
        couriers=list(trip.couriers),
        bags_out=line.bags_out,
        packets_out=line.packets_out,
        bags_back=line.bags_back,
        packets_back=line.packets_back,
    )


def _figures_out(tell: Teller, found: RunFigures, period: Period) -> schemas.RunFiguresOut:
    return schemas.RunFiguresOut(
        since=period.first,
        until=period.last,
        routes=[
            schemas.RoutePunctuality(
                route=route_out(tell, *pair), punctuality=punctuality_out(each)
            )
            for pair, each in sorted(found.by_route.items())
        ],
        couriers=[
            schemas.CourierPunctuality(person=person, punctuality=punctuality_out(each))
            for person, each in sorted(found.by_courier.items())
        ],
        waiting=[
            _waiting_out(tell, None, found.waiting),
            *(_waiting_out(tell, *pair) for pair in sorted(found.by_sender.items())),
        ],
    )


def punctuality_out(found: Punctuality) -> schemas.PunctualityOut:
    """Tell how punctual some runs were."""
    return schemas.PunctualityOut(
        on_time=found.on_time,
        late=found.late,
        missed=found.missed,
        unknown=found.unknown,
        median_delay_seconds=_seconds(found.median_delay),
        median_travel_seconds=_seconds(found.median_travel),
    )


def _waiting_out(tell: Teller, sender: int | None, found: WaitingFigures) -> schemas.WaitingOut:
    return schemas.WaitingOut(
        sender=tell.maybe_organisation(sender),
        count=found.count,
        parts=[
            schemas.PartOut(
                part=each.part.value,
                mean_seconds=each.mean.total_seconds(),
                median_seconds=each.median.total_seconds(),
                percentile_90_seconds=each.ninetieth.total_seconds(),
                share=each.share,
            )
            for each in found.parts
        ],
    )


def _replay_out(
    tell: Teller,
    route: Route,
    sender: int,
    period: Period,
    times: tuple[time, ...],
    found: Replayed,
) -> schemas.ReplayOut:
    return schemas.ReplayOut(
        route=route_out(tell, route.branch, route.authority),
        sender=tell.organisation(sender),
        since=period.first,
        until=period.last,
        times=_written(times),
        count=found.count,
        left_out=found.left_out,
        before=_waits_out(found.before),
        after=_waits_out(found.after),
        gain_seconds=found.gain.total_seconds(),
        recorded_mean_seconds=found.recorded.total_seconds(),
        travel_mean_seconds=found.travel.total_seconds(),
    )


def _waits_out(found: Waits) -> schemas.WaitsOut:
    return schemas.WaitsOut(
        mean_seconds=found.mean.total_seconds(),
        total_seconds=found.total.total_seconds(),
        percentile_90_seconds=found.ninetieth.total_seconds(),
    )


def _timetable_out(call: Call, route: Route) -> schemas.TimetableOut:
    courier_runs = call.qolhat.courier_runs
    today = courier_runs.today(route)
    return schemas.TimetableOut(
        route=route_out(call.tell, route.branch, route.authority),
        today=today,
        times=_written(courier_runs.times(route, today)),
        changes=[
            schemas.TimesFromOut(
                starts=date.fromisoformat(each.starts),
                times=list(each.times),
                by=each.by,
                set_at=each.since,
            )
            for each in changes_of(call.qolhat.log, route)
        ],
    )


def _written(times: tuple[time, ...]) -> list[str]:
    return [f"{each:%H:%M}" for each in times]


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
