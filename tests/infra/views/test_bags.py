"""Bags and registries as the desks see them, on every store."""

from __future__ import annotations

import pytest

from domain.dispatch.journey import BagState
from domain.numbers import BagCode, PacketNumber
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.views.rebuild import verify
from projections.bags import Bags
from projections.holdings import Holdings, Surety
from projections.visits import VisitFilter, Visits
from tests.infra.views.carriage import Carriage
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place


@pytest.fixture
def carriage(office: Office) -> Carriage:
    return Carriage(office)


def numbers(rows: list[object]) -> list[int]:
    return [row.number for row in rows]  # type: ignore[attr-defined]


def test_a_bag_is_shown_from_its_packing_to_its_reconciliation(carriage: Carriage) -> None:
    packets = carriage.registered(3)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    row = carriage.bag(bag)
    assert (row.registry, row.origin, row.destination) == (registry, CENTRE, AUTHORITY)
    assert (row.state, row.packed, row.verified, row.inferred) == ("open", 3, 0, 0)
    assert (row.holder, row.organisation) == (PEOPLE[Role.COLLECTING], CENTRE)
    carriage.take_out(bag, packets[2])
    carriage.seal(bag, registry)
    carriage.hand_over(bag, Role.COURIER)
    row = carriage.bag(bag)
    assert (row.state, row.seal, row.packed) == ("taken", "S-1", 2)
    assert (row.holder, row.courier) == (PEOPLE[Role.COURIER], PEOPLE[Role.COURIER])
    carriage.hand_over(bag, Role.OFFICE)
    carriage.open(bag)
    row = carriage.bag(bag)
    assert (row.state, row.verified, row.inferred, row.missing) == ("opened", 0, 2, 0)
    carriage.verify(bag, packets[0])
    assert (carriage.bag(bag).verified, carriage.bag(bag).inferred) == (1, 1)
    carriage.verify(bag, packets[2])
    carriage.reconcile(bag)
    row = carriage.bag(bag)
    assert (row.state, row.missing, row.extra) == ("reconciled", 1, 1)
    assert row.taken_at is not None
    assert row.arrived_at is not None
    assert row.since == row.arrived_at
    assert carriage.ask(Bags, "of", BagCode(bag + 1)) is None


def test_what_is_in_a_bag_is_listed_with_what_came_out_of_it(carriage: Carriage) -> None:
    first, second, third, extra = carriage.registered(4)
    registry, bag = carriage.begin()
    carriage.put(bag, second, first, third)
    carriage.take_out(bag, third)
    carriage.deliver(bag, registry)
    carriage.verify(bag, first, condition="damaged")
    carriage.verify(bag, extra)
    rows = carriage.ask(Bags, "contents", bag)
    assert [(r.packet, r.put_at is None, r.verified_at is None, r.condition) for r in rows] == [
        (second, False, True, None),
        (first, False, False, "damaged"),
        (extra, True, False, None),
    ]
    assert [row.bag for row in carriage.ask(Bags, "of_packet", first)] == [bag]
    assert carriage.ask(Bags, "of_packet", third) == []
    assert carriage.ask(Bags, "contents_of_many", [bag]) == {bag: sorted([first, second])}


def test_registries_list_the_open_ones_first_and_count_what_is_packed_by_now(
    carriage: Carriage,
) -> None:
    packets = carriage.registered(3)
    sent, bag = carriage.begin()
    carriage.put(bag, packets[0])
    second_bag = carriage.add_bag(sent)
    carriage.put(second_bag, packets[1])
    carriage.seal(bag)
    carriage.seal(second_bag, sent)
    open_one, other_bag = carriage.begin()
    carriage.put(other_bag, packets[2])
    rows = carriage.ask(Bags, "registries_of", [CENTRE])
    assert [(r.number, r.bags, r.packets, r.closed_at is None) for r in rows] == [
        (open_one, 1, 1, True),
        (sent, 2, 2, False),
    ]
    assert rows[1].closed_by == PEOPLE[Role.COLLECTING]
    assert carriage.ask(Bags, "registry", sent) == rows[1]
    assert numbers(carriage.ask(Bags, "of_registry", sent)) == [bag, second_bag]
    assert carriage.ask(Bags, "registries_of", [AUTHORITY]) == []
    later = carriage.ask(Bags, "registries_of", [CENTRE], since=carriage.office.at(10_000))
    assert numbers(later) == [open_one]


def test_the_office_sees_what_comes_to_it_until_it_is_reconciled(carriage: Carriage) -> None:
    packets = carriage.registered(3)
    bags = []
    for packet in packets:
        registry, bag = carriage.begin()
        carriage.put(bag, packet)
        carriage.seal(bag, registry)
        bags.append(bag)
    coming, there, done = bags
    assert carriage.ask(Bags, "incoming", [AUTHORITY]) == []
    assert numbers(carriage.ask(Bags, "outgoing", [CENTRE])) == bags
    for bag in bags:
        carriage.hand_over(bag, Role.COURIER)
    for bag in (there, done):
        carriage.hand_over(bag, Role.OFFICE)
    carriage.open(done)
    carriage.reconcile(done)
    assert numbers(carriage.ask(Bags, "incoming", [AUTHORITY])) == [coming, there]
    assert carriage.ask(Bags, "incoming", [OTHER_AUTHORITY]) == []
    assert numbers(carriage.ask(Bags, "outgoing", [CENTRE], states={BagState.TAKEN})) == [coming]
    assert numbers(carriage.ask(Bags, "held", person=PEOPLE[Role.COURIER])) == [coming]
    assert numbers(carriage.ask(Bags, "held", place=place(Role.OFFICE))) == [there]
    assert numbers(carriage.ask(Bags, "held", organisations=[AUTHORITY])) == [there]
    assert carriage.ask(Bags, "counts", [CENTRE]) == {
        "taken": 1,
        "handed-over": 1,
        "reconciled": 1,
    }
    office = carriage.office
    every = carriage.ask(Bags, "taken", office.at(0), office.at(10_000))
    assert numbers(every) == bags
    assert every == carriage.ask(Bags, "taken", office.at(0), every[-1].taken_at) + every[-1:]
    by_somebody_else = carriage.ask(Bags, "taken", office.at(0), office.at(10_000), courier=99)
    assert by_somebody_else == []


def test_what_is_verified_and_what_is_inferred_are_counted_apart(carriage: Carriage) -> None:
    scanned, unscanned = packets = carriage.registered(2)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.deliver(bag, registry)
    desk = place(Role.OFFICE)
    assert carriage.ask(Holdings, "sureties", AUTHORITY) == {desk: Surety(0, 2)}
    carriage.verify(bag, scanned)
    assert carriage.ask(Holdings, "sureties", AUTHORITY) == {desk: Surety(1, 1)}
    assert carriage.ask(Holdings, "sureties_by_status") == {"on-the-way": Surety(1, 1)}
    assert dict(carriage.ask(Holdings, "counts", AUTHORITY)) == {desk: 2}
    assert carriage.ask(Holdings, "of", unscanned).bag == bag
    assert carriage.ask(Holdings, "of", scanned).bag is None
    stays = carriage.ask(Visits, "of", unscanned)
    assert [(v.stage, v.verified) for v in stays][-2:] == [("carry", False), ("incoming", False)]
    inferred = VisitFilter(number=PacketNumber(unscanned), verified=False)
    assert carriage.ask(Visits, "count", inferred) == 2


def test_what_is_told_of_late_is_put_where_it_belongs(carriage: Carriage, qolhat: Qolhat) -> None:
    packet = carriage.registered(1)[0]
    registry, bag = carriage.begin()
    carriage.put(bag, packet)
    carriage.seal(bag, registry)
    minute = carriage.minute
    carriage.hand_over(bag, Role.OFFICE, minute=minute + 60)
    assert carriage.bag(bag).courier is None
    carriage.hand_over(bag, Role.COURIER, minute=minute + 10, recorded=minute + 300)
    row = carriage.bag(bag)
    assert (row.state, row.courier) == ("handed-over", PEOPLE[Role.COURIER])
    assert row.taken_at == carriage.office.at(minute + 10)
    assert verify(qolhat.log, qolhat.views).differences == ()
