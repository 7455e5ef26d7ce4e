"""Which bags went with which courier when, and what couriers said of their runs; every store."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from domain.commands import Stamp
from domain.roles import Role
from domain.runs import Report, Run, RunKey, RunTimes, planned_run, trip_of
from infra.bootstrap import Qolhat
from infra.store.group_commit import UnitOfWork
from infra.views.rebuild import verify
from projections.trips import LegRow, RouteDays, Taking, Trips
from tests.infra.views.carriage import Carriage
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

SECOND_COURIER = 30
RUN = RunKey(CENTRE, AUTHORITY, date(2026, 11, 16), time(11))
ZONE = "Asia/Almaty"


@pytest.fixture
def carriage(office: Office) -> Carriage:
    return Carriage(office)


def legs(carriage: Carriage, bag: int) -> list[LegRow]:
    found: list[LegRow] = carriage.ask(Trips, "legs_of_bag", bag)
    return found


def test_a_leg_is_from_the_courier_to_the_office(carriage: Carriage) -> None:
    at = carriage.office.at
    registry, bag = carriage.begin()
    carriage.put(bag, *carriage.registered(2))
    assert legs(carriage, bag) == []
    carriage.seal(bag, registry)
    sealed = carriage.bag(bag).sealed_at
    carriage.hand_over(bag, Role.COURIER, minute=100)
    under_way = legs(carriage, bag)[0]
    assert (under_way.ready_at, under_way.taken_at) == (sealed, at(100))
    assert (under_way.handed_at, under_way.handed_to, under_way.ended_as) == (None, None, None)
    carriage.hand_over(bag, Role.OFFICE, minute=130)
    (leg,) = legs(carriage, bag)
    assert (leg.origin, leg.destination) == (CENTRE, AUTHORITY)
    assert (leg.courier, leg.count) == (PEOPLE[Role.COURIER], 2)
    assert (leg.handed_at, leg.handed_to, leg.ended_as) == (at(130), AUTHORITY, "handed-over")
    assert not leg.inferred
    ours, theirs = (AUTHORITY, CENTRE), (CENTRE, OTHER_AUTHORITY)
    assert carriage.ask(Trips, "legs_between", ours, at(100), at(101)) == [leg]
    assert carriage.ask(Trips, "legs_between", ours[::-1], at(101), at(200)) == []
    assert carriage.ask(Trips, "legs_between", theirs, at(0), at(200)) == []
    assert carriage.ask(Trips, "legs_of", [AUTHORITY], at(0), at(200)) == [leg]
    assert carriage.ask(Trips, "legs_of", None, at(0), at(200), courier=99) == []


def test_from_courier_to_courier_is_a_leg_of_each(carriage: Carriage) -> None:
    at = carriage.office.at
    registry, bag = carriage.begin()
    carriage.put(bag, *carriage.registered(1))
    carriage.seal(bag, registry)
    carriage.hand_over(bag, Role.COURIER, minute=100)
    carriage.hand_over(bag, Role.COURIER, minute=110, person=SECOND_COURIER)
    carriage.hand_over(bag, Role.OFFICE, minute=130)
    first, second = legs(carriage, bag)
    assert (first.handed_at, first.ended_as) == (at(110), "taken")
    assert (second.courier, second.ready_at, second.taken_at) == (
        SECOND_COURIER,
        at(110),
        at(110),
    )
    assert second.ended_as == "handed-over"


def test_bags_that_a_courier_takes_within_a_minute_are_taken_once(carriage: Carriage) -> None:
    at = carriage.office.at
    packets = carriage.registered(3)
    bags = []
    for packet in packets:
        registry, bag = carriage.begin()
        carriage.put(bag, packet)
        carriage.seal(bag, registry)
        bags.append(bag)
    for bag, minute in zip(bags, (100.2, 100.7, 101.5), strict=True):
        carriage.hand_over(bag, Role.COURIER, minute=minute)
    carriage.hand_over(bags[1], Role.OFFICE, minute=130)
    carriage.hand_over(bags[2], Role.COLLECTING, minute=140)
    days = [RouteDays(CENTRE, AUTHORITY, at(100), at(102))]
    courier = PEOPLE[Role.COURIER]
    assert carriage.ask(Trips, "takings", days) == {
        (CENTRE, AUTHORITY): [
            Taking(courier, CENTRE, at(100.2), at(130)),
            Taking(courier, CENTRE, at(101.5), None),  # brought back: it came nowhere
        ]
    }
    assert carriage.ask(Trips, "takings", [RouteDays(CENTRE, AUTHORITY, at(102), at(200))]) == {}
    elsewhere = [RouteDays(CENTRE, OTHER_AUTHORITY, at(0), at(200))]
    assert carriage.ask(Trips, "takings", elsewhere) == {}
    assert carriage.ask(Trips, "takings", []) == {}


def test_what_comes_back_waits_from_when_it_came(carriage: Carriage, qolhat: Qolhat) -> None:
    at = carriage.office.at
    registry, bag = carriage.begin()
    carriage.put(bag, *carriage.registered(1))
    carriage.seal(bag, registry)
    carriage.hand_over(bag, Role.COURIER, minute=100)
    carriage.hand_over(bag, Role.COLLECTING, minute=150)
    carriage.hand_over(bag, Role.COURIER, minute=200)
    carriage.open(bag, minute=240)  # the office told of no hand-over
    back, again = legs(carriage, bag)
    assert (back.ended_as, back.handed_to) == ("returned", CENTRE)
    assert (again.ready_at, again.handed_at, again.inferred) == (at(150), at(240), True)
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_an_unsealed_bag_was_ready_when_it_was_last_packed(carriage: Carriage) -> None:
    _, bag = carriage.begin()
    carriage.put(bag, *carriage.registered(2))
    packed = carriage.minute
    carriage.hand_over(bag, Role.COURIER, minute=100)
    assert legs(carriage, bag)[0].ready_at == carriage.office.at(packed)


def said(carriage: Carriage, kind: str, minute: float, person: int, device: int = 1) -> None:
    """A courier says that a run has left or come."""
    source = carriage.source(Role.COURIER, minute)
    happened_at = carriage.office.at(minute)
    where = place(Role.COURIER)
    stamp = Stamp(source.ref, where, person, device, source.counter, happened_at)

    def work(unit: UnitOfWork) -> None:
        run = unit.load(Run, Run.stream(RUN))
        getattr(run, kind)(RUN, stamp, happened_at)

    carriage.office.qolhat.log.commands.run(work, Run.stream(RUN))


def test_a_trip_is_worked_out_from_what_couriers_said(carriage: Carriage, qolhat: Qolhat) -> None:
    courier, other = PEOPLE[Role.COURIER], RunKey(CENTRE, AUTHORITY, date(2026, 11, 16), time(16))
    said(carriage, "arrive", 160, courier)
    said(carriage, "depart", 125, courier)
    said(carriage, "depart", 126, SECOND_COURIER, 2)
    reports = carriage.ask(Trips, "reports", [RUN, other])
    assert reports[other] == []
    assert sorted(reports[RUN]) == sorted(map(Report.of, qolhat.log.events_of(Run.stream(RUN))))
    trip = trip_of(planned_run(RUN, ZONE), reports[RUN])
    assert trip.couriers == (courier, SECOND_COURIER)
    assert (trip.departed_at, trip.arrived_at) == (
        carriage.office.at(125),
        carriage.office.at(160),
    )
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_timetables_follow_the_log(qolhat: Qolhat) -> None:
    day = date(2026, 11, 17)
    assert qolhat.timetables.refresh().times(CENTRE, AUTHORITY, day) == tuple(qolhat.settings.runs)
    now = datetime(2026, 11, 16, 5, tzinfo=UTC)

    def work(unit: UnitOfWork) -> None:
        times = unit.load(RunTimes, RunTimes.stream(CENTRE, AUTHORITY))
        times.change(CENTRE, AUTHORITY, ["10:15", "15:45"], day, day, now, 9)

    qolhat.log.commands.run(work, RunTimes.stream(CENTRE, AUTHORITY))
    changed = qolhat.timetables.refresh()
    assert changed.times(CENTRE, AUTHORITY, day) == (time(10, 15), time(15, 45))
    assert changed.times(CENTRE, OTHER_AUTHORITY, day) == tuple(qolhat.settings.runs)
    assert qolhat.timetables.recent() is changed
