"""Couriers for the audit: what they carried and how it came; in whose hands packets were lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.acts import ActKind
from domain.numbers import place_role
from domain.roles import Role
from domain.runs import Period
from infra.courier_figures import CourierFigures, courier_figures
from tests.infra.views.carriage import Carriage
from tests.infra.views.test_discrepancies import with_one_missing
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, PEOPLE

COURIER, PAIR = PEOPLE[Role.COURIER], (CENTRE, AUTHORITY)
MONDAY = date(2026, 11, 16)


@pytest.fixture
def carriage(office: Office) -> Carriage:
    return Carriage(office)


def figures(carriage: Carriage, first: date = MONDAY, last: date = MONDAY) -> CourierFigures:
    qolhat = carriage.office.qolhat
    qolhat.runner.catch_up()
    routes = [qolhat.courier_runs.route_from(CENTRE)]
    return courier_figures(qolhat, routes, Period(first, last))


def test_without_bags_there_is_nothing(carriage: Carriage) -> None:
    found = figures(carriage)
    assert (found.routes, found.couriers, found.losses, found.lost) == ({}, {}, [], 0)


def test_a_bag_in_order_is_carried_and_nothing_is_amiss(carriage: Carriage) -> None:
    packets = carriage.registered(3)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.deliver(bag, registry)
    carriage.verify(bag, *packets)
    carriage.reconcile(bag)
    carriage.office.clock.at = carriage.office.at(540)
    found = figures(carriage)
    for carried in (found.routes[PAIR], found.couriers[COURIER]):
        assert (carried.bags, carried.packets, carried.lost) == (1, 3, 0)
        assert not carried.discrepancies
        assert (carried.share_lost, carried.small) == (0.0, True)
        assert carried.interval is not None
        assert 0.5 < carried.interval.high < 0.6  # three packets say little
    assert found.punctual_routes[PAIR].late + found.punctual_routes[PAIR].on_time == 1
    assert found.punctual_routes[PAIR].missed == 1  # nothing left at four


def test_a_loss_lies_between_the_hand_overs_since_it_was_last_seen(carriage: Carriage) -> None:
    bag, missing = with_one_missing(carriage)
    found = figures(carriage)
    assert (found.lost, found.couriers[COURIER].lost) == (1, 1)
    assert found.routes[PAIR].discrepancies == {"missing": 1}
    (loss,) = found.losses
    assert (loss.item.bag, loss.item.packet) == (bag, missing)
    assert [(each.person, place_role(each.place)) for each in loss.custody] == [
        (PEOPLE[role], role) for role in (Role.COLLECTING, Role.COURIER, Role.OFFICE)
    ]
    assert loss.custody[0].until == loss.custody[1].since < loss.custody[1].until
    assert loss.custody[-1].until == loss.item.opened_at


def test_declared_lost_stays_and_found_again_goes(carriage: Carriage) -> None:
    _, missing = with_one_missing(carriage)
    minute = carriage.minute + 10
    carriage.office.act(minute, ActKind.LOST, Role.OFFICE, missing, text="жоқ")
    assert figures(carriage).losses[0].item.settled_as == "declared-lost"
    carriage.office.act(minute + 5, ActKind.FOUND, Role.OFFICE, missing, text="бар")
    found = figures(carriage)
    assert (found.lost, found.couriers[COURIER].lost) == (0, 0)
    assert found.routes[PAIR].discrepancies == {"missing": 1}  # it had been missing all the same


def test_the_period_is_that_of_the_taking(carriage: Carriage) -> None:
    with_one_missing(carriage)
    later = MONDAY + timedelta(days=1)
    assert figures(carriage, later, later + timedelta(days=3)).lost == 0
    assert figures(carriage, MONDAY - timedelta(days=3), later).lost == 1


def test_an_extra_and_a_damaged_packet_are_told_by_kind(carriage: Carriage) -> None:
    damaged, extra = carriage.registered(2)
    registry, bag = carriage.begin()
    carriage.put(bag, damaged)
    carriage.deliver(bag, registry)
    carriage.verify(bag, damaged, condition="damaged")
    carriage.verify(bag, extra)
    carriage.reconcile(bag)
    assert figures(carriage).couriers[COURIER].discrepancies == {"damaged": 1, "extra": 1}
