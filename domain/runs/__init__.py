"""The courier's runs: two a day between a centre's branch and its authority [003 service 7 §11].

Rows 3 and 12 of §11 say "two runs a day" and no more. When a run leaves is said by a timetable that
an administrator sets; whether it left is said by the couriers. Nothing here is a norm: the sources
have none for the courier.
"""

from domain.runs.period import MOST_DAYS, BadPeriodError, Period
from domain.runs.planned import (
    EARLY,
    BadRunKeyError,
    PlannedRun,
    Route,
    RunKey,
    RunsByDay,
    planned_run,
    planned_runs,
    run_of,
)
from domain.runs.replay import Departure, Replayed, Waits, replay
from domain.runs.reports import Report, Run
from domain.runs.shares import Part, PartFigures, WaitingFigures, waiting_figures
from domain.runs.timetable import (
    MOST_RUNS,
    BadTimetableError,
    PastTimetableError,
    RunTimes,
    TimesFrom,
    Timetables,
    parse_times,
    with_another,
)
from domain.runs.trips import (
    MISSED_AFTER,
    ON_TIME,
    Punctuality,
    RunState,
    RunTrip,
    punctuality,
    punctuality_by_courier,
    punctuality_by_route,
    run_state,
    trip_of,
)
from domain.runs.waiting import Waiting, split_waiting
from domain.streams import Topics

EVENTS = Topics.of(RunTimes) | Topics.of(Run)

__all__ = [
    "EARLY",
    "EVENTS",
    "MISSED_AFTER",
    "MOST_DAYS",
    "MOST_RUNS",
    "ON_TIME",
    "BadPeriodError",
    "BadRunKeyError",
    "BadTimetableError",
    "Departure",
    "Part",
    "PartFigures",
    "PastTimetableError",
    "Period",
    "PlannedRun",
    "Punctuality",
    "Replayed",
    "Report",
    "Route",
    "Run",
    "RunKey",
    "RunState",
    "RunTimes",
    "RunTrip",
    "RunsByDay",
    "TimesFrom",
    "Timetables",
    "Waiting",
    "WaitingFigures",
    "Waits",
    "parse_times",
    "planned_run",
    "planned_runs",
    "punctuality",
    "punctuality_by_courier",
    "punctuality_by_route",
    "replay",
    "run_of",
    "run_state",
    "split_waiting",
    "trip_of",
    "waiting_figures",
    "with_another",
]
