"""Runs as they went: from what couriers said and from bags that changed hands, on every store."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from domain.commands import Stamp
from domain.errors import UnknownOrganisationError
from domain.numbers import BagCode
from domain.roles import Role
from domain.runs import (
    BadTimetableError,
    PastTimetableError,
    Period,
    Route,
    Run,
    RunKey,
    RunState,
    parse_times,
)
from infra.courier_runs import NoRouteError, RunLine
from infra.run_figures import run_figures
from infra.store.group_commit import UnitOfWork
from infra.timetables import TimesChange, change_times, changes_of
from tests.infra.views.carriage import Carriage
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, MORNING, PEOPLE, place

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MONDAY = date(2026, 11, 16)
ELEVEN, FOUR = time(11), time(16)
FIRST, SECOND = 120.0, 420.0  # minutes of the morning
COURIER, OTHER_COURIER = PEOPLE[Role.COURIER], 93


@pytest.fixture
def carriage(office: Office) -> Carriage:
    """People who pack, carry and unpack."""
    return Carriage(office)


@pytest.fixture
def route(office: Office) -> Route:
    """The way between the centre and its authority."""
    return office.qolhat.courier_runs.route_from(CENTRE)


def lines(office: Office, route: Route, minute: float = 540, day: date = MONDAY) -> list[RunLine]:
    """The runs of a day, as they are seen at a minute; many routes are told of alike."""
    office.clock.at = office.at(minute)
    office.qolhat.runner.catch_up()
    runs = office.qolhat.courier_runs
    found = runs.lines(route, day, day)
    both = runs.trips({route: day, runs.route_from(268): day}, day)
    assert [trip for trip in both if trip.run.key.branch == CENTRE] == [each.trip for each in found]
    return found


def packed(carriage: Carriage, count: int = 1) -> BagCode:
    """A sealed bag with packets."""
    packets = carriage.registered(count, carriage.minute)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.seal(bag, registry)
    return bag


def at(minute: float) -> datetime:
    """The instant of a minute."""
    return MORNING + minute * MINUTE


def say(office: Office, kind: type[Run.Event], minute: float, person: int = COURIER) -> None:
    """The courier says of the first run that it left, or came."""
    key = RunKey(CENTRE, AUTHORITY, MONDAY, ELEVEN)
    office.told += 1
    stamp = Stamp(f"run{office.told}", place(Role.COURIER), person, 1, office.told, at(minute))

    def work(unit: UnitOfWork) -> None:
        run = unit.load(Run, Run.stream(key))
        (run.depart if kind is Run.Departed else run.arrive)(key, stamp, at(minute))

    office.qolhat.log.commands.run(work)


# --- how runs went -------------------------------------------------------------------------------


def test_a_run_of_which_nothing_is_known_is_planned_and_then_missed(
    office: Office, route: Route
) -> None:
    first, second = lines(office, route, FIRST - 1)
    assert [first.state, second.state] == [RunState.PLANNED] * 2
    assert first.trip.run.planned_at == at(FIRST)
    assert [each.state for each in lines(office, route, SECOND)] == [
        RunState.MISSED,
        RunState.PLANNED,
    ]


def test_bags_tell_of_a_run_of_which_the_courier_said_nothing(
    carriage: Carriage, office: Office, route: Route
) -> None:
    bag = packed(carriage, 2)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST - 10)  # early, but for this run
    carriage.hand_over(bag, Role.OFFICE, minute=FIRST + 20)
    first, second = lines(office, route)
    assert first.state is RunState.ARRIVED
    assert first.trip.couriers == (COURIER,)
    assert (first.trip.delay, first.trip.travel) == (-10 * MINUTE, 30 * MINUTE)
    assert (first.bags_out, first.packets_out, first.bags_back) == (1, 2, 0)
    assert second.state is RunState.MISSED


def test_what_the_courier_said_counts_before_what_bags_tell(
    carriage: Carriage, office: Office, route: Route
) -> None:
    bag = packed(carriage)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST - 10)
    say(office, Run.Departed, FIRST + 2)
    say(office, Run.Arrived, FIRST + 25)
    carriage.hand_over(bag, Role.OFFICE, minute=FIRST + 40)
    first, _ = lines(office, route)
    assert (first.trip.delay, first.trip.travel) == (2 * MINUTE, 23 * MINUTE)


def test_two_couriers_of_one_run_are_both_named(
    carriage: Carriage, office: Office, route: Route
) -> None:
    bag = packed(carriage)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST)
    say(office, Run.Departed, FIRST + 1, OTHER_COURIER)
    first, _ = lines(office, route)
    assert set(first.trip.couriers) == {COURIER, OTHER_COURIER}
    assert first.state is RunState.DEPARTED


def test_a_bag_handed_to_another_courier_counts_once_and_has_not_arrived(
    carriage: Carriage, office: Office, route: Route
) -> None:
    bag = packed(carriage, 3)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST + 5, person=OTHER_COURIER)
    first, _ = lines(office, route)
    assert (first.bags_out, first.packets_out) == (1, 3)
    assert first.state is RunState.DEPARTED
    carriage.hand_over(bag, Role.OFFICE, minute=FIRST + 30)
    first, _ = lines(office, route)
    assert first.trip.arrived_at == at(FIRST + 30)
    waits = office.qolhat.courier_runs.waiting(route, MONDAY, MONDAY)
    assert [(sender, each.on_the_way) for sender, each in waits] == [(CENTRE, 30 * MINUTE)] * 3


def test_a_bag_that_is_brought_back_has_not_arrived(
    carriage: Carriage, office: Office, route: Route
) -> None:
    bag = packed(carriage)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST)
    carriage.hand_over(bag, Role.COLLECTING, minute=FIRST + 30)
    first, _ = lines(office, route)
    assert first.state is RunState.DEPARTED
    assert office.qolhat.courier_runs.waiting(route, MONDAY, MONDAY) == []


def test_there_are_no_runs_on_a_day_off(office: Office, route: Route) -> None:
    assert lines(office, route, day=date(2026, 11, 15)) == []
    assert set(route.closed(date(2026, 12, 16))) == {CENTRE, AUTHORITY}
    assert route.closed(MONDAY) == ()


# --- where waiting went --------------------------------------------------------------------------


def test_a_packet_that_missed_its_run_waited_past_it(
    carriage: Carriage, office: Office, route: Route
) -> None:
    packed_at = carriage.minute + 2  # a minute to begin the registry, another to put it in
    bag = packed(carriage)
    carriage.hand_over(bag, Role.COURIER, minute=SECOND)
    carriage.hand_over(bag, Role.OFFICE, minute=SECOND + 30)
    lines(office, route)
    ((_, waiting),) = office.qolhat.courier_runs.waiting(route, MONDAY, MONDAY)
    assert waiting.waited_for_run == (FIRST - packed_at) * MINUTE
    assert waiting.missed_run == 5 * HOUR  # the centre has no lunch break
    figures = run_figures(
        office.qolhat.courier_runs, [route], Period(MONDAY, MONDAY), office.clock.at
    )
    assert figures.waiting.count == 1
    assert figures.by_sender[CENTRE] == figures.waiting
    assert figures.by_courier[COURIER].on_time == 1
    assert figures.by_route[CENTRE, AUTHORITY].missed == 1


def test_days_before_anything_was_told_are_not_missed(
    carriage: Carriage, office: Office, route: Route
) -> None:
    runs, month = office.qolhat.courier_runs, Period.of_days(date(2026, 11, 30), 28)
    lines(office, route)
    assert runs.first_day(route) is None
    assert run_figures(runs, [route], month, office.clock.at).by_route == {}
    say(office, Run.Departed, FIRST)
    lines(office, route)
    assert runs.first_day(route) == MONDAY
    found = run_figures(runs, [route], month, office.clock.at).by_route[CENTRE, AUTHORITY]
    assert (found.on_time, found.missed) == (1, 1)  # and all others are still to leave
    bag = packed(carriage)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST - 3 * 24 * 60)  # by a wrong clock
    lines(office, route)
    assert runs.first_day(route) == date(2026, 11, 13)
    assert run_figures(runs, [route], Period.of_days(date(2026, 11, 12), 28), at(0)).by_route == {}


def test_another_timetable_is_replayed_for_one_sender(
    carriage: Carriage, office: Office, route: Route
) -> None:
    bag = packed(carriage)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST + 10)
    carriage.hand_over(bag, Role.OFFICE, minute=FIRST + 40)
    lines(office, route)
    runs = office.qolhat.courier_runs
    earlier = parse_times(["10:00", "11:00", "16:00"])
    found = runs.replayed(route, CENTRE, MONDAY, MONDAY, earlier)
    assert (found.count, found.gain) == (1, HOUR)
    assert found.recorded == found.before.mean + 10 * MINUTE  # the courier's lateness
    assert runs.replayed(route, AUTHORITY, MONDAY, MONDAY, earlier).count == 0
    assert runs.replayed(route, CENTRE, date(2026, 11, 17), date(2026, 11, 20), earlier).count == 0


# --- routes and timetables -----------------------------------------------------------------------


def test_a_route_begins_at_a_branch_of_a_centre(office: Office) -> None:
    runs = office.qolhat.courier_runs
    assert runs.route_from(CENTRE).ends == {CENTRE, AUTHORITY}
    for organisation in (AUTHORITY, 286):
        with pytest.raises(NoRouteError):
            runs.route_from(organisation)
    with pytest.raises(UnknownOrganisationError):
        runs.route_from(9998)
    assert CENTRE in {each.branch for each in runs.routes_of({AUTHORITY})}
    assert len(runs.routes_of(None)) > len(runs.routes_of({AUTHORITY}))
    assert runs.routes_of(frozenset()) == []


def change(office: Office, route: Route, starts: date, *times: str) -> bool:
    """An administrator sets the times from a day on."""
    qolhat = office.qolhat
    wanted = TimesChange(route, times, starts, 1)
    return change_times(qolhat.log, qolhat.staff, wanted, office.clock.at).answer


def test_a_timetable_holds_from_its_day_on(office: Office, route: Route) -> None:
    tuesday = date(2026, 11, 17)
    assert change(office, route, tuesday, "11:00", "13:30", "16:00")
    assert not change(office, route, tuesday, "11:00", "13:30", "16:00")
    assert change(office, route, tuesday, "12:00")  # a mistake put right
    runs = office.qolhat.courier_runs
    assert runs.times(route, MONDAY) == (ELEVEN, FOUR)
    assert runs.times(route, tuesday) == (time(12),)
    assert [each.times for each in changes_of(office.qolhat.log, route)] == [
        ("12:00",),
        ("11:00", "13:30", "16:00"),
    ]
    other = runs.route_from(268)
    assert runs.times(other, tuesday) == (ELEVEN, FOUR)


def test_no_timetable_begins_in_the_past_nor_with_wrong_times(office: Office, route: Route) -> None:
    with pytest.raises(PastTimetableError):
        change(office, route, date(2026, 11, 15), "11:00")
    with pytest.raises(BadTimetableError):
        change(office, route, MONDAY, "11:00", "11:00")
    assert changes_of(office.qolhat.log, route) == []
