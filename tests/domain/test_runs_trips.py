"""What couriers say of their runs, and what became of these: late, missed, punctual."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commands import Stamp
from domain.numbers import place_organisation
from domain.runs import (
    Punctuality,
    Report,
    Run,
    RunState,
    RunTrip,
    punctuality,
    punctuality_by_courier,
    punctuality_by_route,
    run_of,
    run_state,
    trip_of,
)
from tests.domain.runs_helper import (
    BRANCH,
    COURIER,
    OFFICE,
    OTHER_COURIER,
    SIXTEEN,
    run,
    runs,
    stamp,
)
from tests.domain.test_calendar import at

DAY = "2026-11-23"
RUN = run(DAY)
EVENING = at("2026-11-23 20:00")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def recorded(*reports: tuple[str, Stamp]) -> list[Run.Event]:
    """What was recorded of the run, in the order of recording."""
    stream = Run.blank(Run.stream(RUN.key))
    for what, stamped in reports:
        record = stream.depart if what == "left" else stream.arrive
        assert record(RUN.key, stamped, EVENING)
    return [event for event in stream.collect_events() if isinstance(event, Run.Event)]


def said(*reports: tuple[str, Stamp]) -> list[Report]:
    """What couriers said of the run, as far as trips are made of it."""
    return [Report.of(event) for event in recorded(*reports)]


def clock(text: str) -> str:
    """A time of the day of the run."""
    return f"{DAY} {text}"


def trip(left: str | None = None, came: str | None = None, *couriers: int) -> RunTrip:
    """The run as it went."""
    moments = [None if text is None else at(clock(text)) for text in (left, came)]
    return RunTrip(RUN, couriers or (COURIER,), *moments)


# --- what couriers say ---------------------------------------------------------------------------


def test_a_report_keeps_who_where_when_and_of_which_run() -> None:
    stamped = stamp(clock("11:05"))
    (event,) = recorded(("left", stamped))
    assert isinstance(event, Run.Departed)
    assert event.run == "267-32-20261123-1100"
    assert (event.ref, event.person, event.device) == (stamped.ref, COURIER, 1)
    assert (event.counter, event.happened_at) == (stamped.counter, at(clock("11:05")))
    assert place_organisation(event.place) == BRANCH
    assert event.timestamp == EVENING


def test_the_same_report_sent_twice_is_recorded_once() -> None:
    stream, stamped = Run.blank(Run.stream(RUN.key)), stamp(clock("11:05"))
    assert stream.depart(RUN.key, stamped, EVENING)
    assert not stream.depart(RUN.key, stamped, EVENING)
    again = Run.project(Run.stream(RUN.key), stream.collect_events())
    assert not again.depart(RUN.key, stamped, EVENING)
    assert again.collect_events() == []


def test_an_arrival_is_never_refused_for_coming_before_the_departure() -> None:
    trip = trip_of(RUN, said(("came", stamp(clock("11:40"))), ("left", stamp(clock("11:05")))))
    assert (trip.departed_at, trip.arrived_at) == (at(clock("11:05")), at(clock("11:40")))
    assert (trip.delay, trip.travel) == (5 * MINUTE, 35 * MINUTE)


def test_two_runs_of_a_day_are_two_streams() -> None:
    assert Run.stream(RUN.key) != Run.stream(run(DAY, SIXTEEN).key)


# --- what became of a run ------------------------------------------------------------------------


def test_of_a_run_nobody_spoke_of_nothing_is_known() -> None:
    assert trip_of(RUN, []) == RunTrip(RUN)
    assert RunTrip(RUN).delay is None
    assert RunTrip(RUN).travel is None


def test_the_way_back_does_not_move_the_arrival() -> None:
    trip = trip_of(
        RUN,
        said(
            ("left", stamp(clock("11:00"))),
            ("came", stamp(clock("11:30"))),
            ("left", stamp(clock("11:50"))),
            ("came", stamp(clock("12:20"))),
        ),
    )
    assert (trip.departed_at, trip.arrived_at) == (at(clock("11:00")), at(clock("11:30")))


def test_a_way_of_no_time_is_an_arrival_too() -> None:
    moments = [("left", "11:05"), ("came", "11:05"), ("came", "12:10")]
    trip = trip_of(RUN, said(*((what, stamp(clock(text))) for what, text in moments)))
    assert trip.travel == timedelta(0)


def test_two_couriers_with_two_devices_carry_one_run() -> None:
    reports = said(
        ("left", stamp(clock("11:20"), OTHER_COURIER, device=2)),
        ("left", stamp(clock("11:02"))),
        ("came", stamp(clock("11:50"), OTHER_COURIER, device=2)),
    )
    both = trip_of(RUN, reports)
    assert both.couriers == (COURIER, OTHER_COURIER)  # in the order of their leaving
    assert (both.delay, both.travel) == (2 * MINUTE, 48 * MINUTE)
    second = trip_of(RUN, reports, OTHER_COURIER)
    assert second.couriers == (OTHER_COURIER,)
    assert (second.delay, second.travel) == (20 * MINUTE, 30 * MINUTE)


def test_clocks_that_disagree_give_no_travel_but_the_run_did_arrive() -> None:
    trip = trip_of(RUN, said(("left", stamp(clock("13:00"))), ("came", stamp(clock("11:40")))))
    assert trip.arrived_at == at(clock("11:40"))
    assert trip.travel is None
    assert run_state(trip, EVENING) is RunState.ARRIVED


@given(st.data())
def test_the_order_of_delivery_changes_nothing(data: Any) -> None:
    report = st.tuples(
        st.sampled_from(["left", "came"]), st.integers(0, 59), st.sampled_from([3, 7])
    )
    told = data.draw(st.lists(report, max_size=7))
    reports = said(*((what, stamp(clock(f"11:{minute:02}"), who)) for what, minute, who in told))
    delivered = data.draw(st.permutations(reports)) + reports[:2]  # two of them twice
    assert trip_of(RUN, delivered) == trip_of(RUN, reports)


@pytest.mark.parametrize(
    ("left", "came", "now", "state"),
    [
        (None, None, "10:59", RunState.PLANNED),
        (None, None, "12:00", RunState.PLANNED),  # an hour late may still come
        (None, None, "12:01", RunState.MISSED),
        ("12:30", None, "12:31", RunState.DEPARTED),  # late, but not missed
        ("11:00", "11:30", "12:31", RunState.ARRIVED),
        (None, "11:30", "12:31", RunState.ARRIVED),
    ],
)
def test_a_run_is_planned_then_departed_arrived_or_missed(
    left: str | None, came: str | None, now: str, state: RunState
) -> None:
    assert run_state(trip(left, came), at(clock(now))) is state


def test_how_late_is_missed_is_the_callers_choice() -> None:
    now = at(clock("11:31"))
    assert run_state(trip(), now, 30 * MINUTE) is RunState.MISSED
    assert punctuality([trip()], now, 30 * MINUTE).missed == 1
    assert punctuality([trip()], now).missed == 0


# --- punctuality ---------------------------------------------------------------------------------


def test_ten_minutes_are_on_time_eleven_are_late() -> None:
    trips = [trip("10:45"), trip("11:00"), trip("11:10"), trip("11:11")]
    found = punctuality(trips, EVENING)
    assert (found.on_time, found.late, found.missed) == (3, 1, 0)
    assert found.median_delay == 5 * MINUTE
    assert found.median_travel is None


def test_missed_runs_count_and_those_to_come_do_not() -> None:
    tomorrow = RunTrip(run("2026-11-24"))
    found = punctuality([trip("11:05", "11:35"), RunTrip(RUN), tomorrow], EVENING)
    assert found == Punctuality(1, 0, 1, 0, 5 * MINUTE, 30 * MINUTE)


def test_a_run_that_only_arrived_is_neither_on_time_nor_missed() -> None:
    assert punctuality([trip(None, "11:30")], EVENING) == Punctuality(0, 0, 0, 1, None, None)


def test_without_trips_there_is_nothing_to_say() -> None:
    assert punctuality([], EVENING) == Punctuality(0, 0, 0, 0, None, None)
    assert punctuality_by_courier([], EVENING) == {}


def test_each_courier_answers_for_their_own_runs() -> None:
    trips = [
        trip("11:05", "11:35", COURIER),
        trip("11:40", "12:00", OTHER_COURIER),
        trip("11:20", "11:50", COURIER, OTHER_COURIER),
        RunTrip(run(DAY, SIXTEEN)),  # nobody's
    ]
    found = punctuality_by_courier(trips, EVENING)
    assert set(found) == {COURIER, OTHER_COURIER}
    assert (found[COURIER].on_time, found[COURIER].late) == (1, 1)
    assert (found[OTHER_COURIER].on_time, found[OTHER_COURIER].late) == (0, 2)
    assert found[COURIER].median_travel == 30 * MINUTE
    assert found[OTHER_COURIER].median_travel == 25 * MINUTE


def test_a_route_answers_for_the_runs_that_nobody_carried() -> None:
    late_courier = trip("12:20", "12:50")
    sick = RunTrip(run(DAY, SIXTEEN))
    found = punctuality_by_route([late_courier, sick], EVENING)
    assert found == {(BRANCH, OFFICE): Punctuality(0, 1, 1, 0, 80 * MINUTE, 30 * MINUTE)}


def test_a_late_courier_still_carries_the_run_that_was_planned() -> None:
    taken = at(clock("12:20"))
    assert run_of(taken, runs(DAY)) == RUN


TRIPS = st.builds(
    lambda planned, delay, travel: RunTrip(
        planned,
        (COURIER,),
        None if delay is None else planned.planned_at + timedelta(minutes=delay),
        None if travel is None else planned.planned_at + timedelta(minutes=travel),
    ),
    st.sampled_from(runs("2026-11-23", "2026-11-27")),
    st.none() | st.integers(-30, 300),
    st.none() | st.integers(0, 600),
)


@given(st.lists(TRIPS), st.integers(-24, 24 * 7))
def test_every_run_is_counted_once_or_is_still_to_leave(trips: list[RunTrip], hours: int) -> None:
    now = at(clock("11:00")) + hours * HOUR
    found = punctuality(trips, now)
    to_leave = sum(run_state(each, now) is RunState.PLANNED for each in trips)
    counted = found.on_time + found.late + found.missed + found.unknown
    assert counted + to_leave == len(trips)
    assert (found.median_delay is None) == (found.on_time + found.late == 0)
    assert found.median_travel is None or found.median_travel >= timedelta(0)
