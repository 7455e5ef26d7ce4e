"""What did not come out of bags as it went in: open items and what settled them, on every store."""

from __future__ import annotations

import pytest

from domain.acts import ActKind
from domain.dispatch.discrepancies import DiscrepancyKind, SettledAs
from domain.numbers import BagCode, PacketNumber, packet_number
from domain.roles import Role
from infra.bootstrap import Qolhat
from infra.views.rebuild import verify
from projections.discrepancies import Discrepancies, DiscrepancyRow
from tests.infra.views.carriage import Carriage
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE


@pytest.fixture
def carriage(office: Office) -> Carriage:
    return Carriage(office)


def items(carriage: Carriage, bag: BagCode) -> list[DiscrepancyRow]:
    found: list[DiscrepancyRow] = carriage.ask(Discrepancies, "of_bag", bag)
    return found


def one(carriage: Carriage, bag: BagCode) -> DiscrepancyRow:
    (item,) = items(carriage, bag)
    return item


def with_one_missing(carriage: Carriage) -> tuple[BagCode, PacketNumber]:
    """A bag of two packets, of which one did not come out."""
    came, missing = packets = carriage.registered(2)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.deliver(bag, registry)
    carriage.verify(bag, came)
    carriage.reconcile(bag)
    return bag, missing


def test_a_bag_in_order_has_no_items(carriage: Carriage, qolhat: Qolhat) -> None:
    packets = carriage.registered(2)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.deliver(bag, registry)
    carriage.verify(bag, packets[0])
    assert items(carriage, bag) == []  # not reconciled: nothing is missing yet
    carriage.verify(bag, packets[1])
    carriage.reconcile(bag)
    assert items(carriage, bag) == []
    assert carriage.ask(Discrepancies, "count_open") == 0
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_a_missing_packet_is_its_senders_to_settle(carriage: Carriage) -> None:
    bag, missing = with_one_missing(carriage)
    item = one(carriage, bag)
    assert (item.kind, item.packet, item.owner) == ("missing", missing, CENTRE)
    assert (item.origin, item.destination) == (CENTRE, AUTHORITY)
    assert (item.opened_at, item.found_by) == (
        carriage.bag(bag).reconciled_at,
        PEOPLE[Role.OFFICE],
    )
    assert item.settled_as is None
    ask = carriage.ask
    assert ask(Discrepancies, "of_packet", missing) == [item]
    assert ask(Discrepancies, "open") == [item]
    assert ask(Discrepancies, "open", organisations=[AUTHORITY]) == [item]
    assert ask(Discrepancies, "open", owners=[AUTHORITY]) == []
    assert ask(Discrepancies, "open", organisations=[OTHER_AUTHORITY]) == []
    assert ask(Discrepancies, "open", owners=[CENTRE], kind="missing") == [item]
    assert ask(Discrepancies, "open", kind="extra") == []
    assert ask(Discrepancies, "count_open", organisations=[CENTRE]) == 1
    assert ask(Discrepancies, "open_by_kind", organisations=[CENTRE]) == {"missing": 1}


def test_a_scan_of_the_missing_packet_somewhere_settles_its_item(carriage: Carriage) -> None:
    bag, missing = with_one_missing(carriage)
    assert one(carriage, bag).settled_as is None
    minute = carriage.minute + 30
    carriage.office.scan(minute, missing, Role.COLLECTING)
    item = one(carriage, bag)
    assert (item.settled_as, item.settled_at) == ("found", carriage.office.at(minute))
    assert item.settled_by == PEOPLE[Role.COLLECTING]
    assert carriage.ask(Discrepancies, "count_open") == 0
    ask = carriage.ask
    at = carriage.office.at
    assert ask(Discrepancies, "settled", at(minute), organisations=[CENTRE]) == [item]
    assert ask(Discrepancies, "settled", at(minute + 1)) == []


def test_declared_lost_and_found_after_that(carriage: Carriage, qolhat: Qolhat) -> None:
    bag, missing = with_one_missing(carriage)
    carriage.office.act(carriage.minute + 10, ActKind.LOST, Role.OFFICE, missing, text="нет")
    assert one(carriage, bag).settled_as == "declared-lost"
    carriage.office.scan(carriage.minute + 60, missing, Role.OFFICE)
    assert one(carriage, bag).settled_as == "found-after-lost"
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_what_comes_with_the_next_run_settles_the_item_of_the_last(
    carriage: Carriage, qolhat: Qolhat
) -> None:
    bag, missing = with_one_missing(carriage)
    registry, next_bag = carriage.begin()
    carriage.put(next_bag, *carriage.registered(1, carriage.minute))
    carriage.deliver(next_bag, registry)
    carriage.verify(next_bag, missing)
    item = one(carriage, bag)
    assert item.settled_as == "arrived-next-run"
    extra = one(carriage, next_bag)
    assert (extra.kind, extra.packet, extra.owner) == ("extra", missing, AUTHORITY)
    of_packet = carriage.ask(Discrepancies, "of_packet", missing)
    assert {row.bag for row in of_packet} == {bag, next_bag}
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_damage_a_second_copy_and_a_wrong_seal_are_items(carriage: Carriage) -> None:
    harmed, doubled = packets = carriage.registered(2)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.seal(bag, registry, "S-1")
    carriage.hand_over(bag, Role.COURIER, seal="S-2")
    carriage.hand_over(bag, Role.OFFICE)
    carriage.open(bag)
    for _ in range(2):
        carriage.verify(bag, harmed, condition="damaged")
    carriage.verify(bag, doubled, condition="twice")
    carriage.reconcile(bag)
    found = {(row.kind, row.packet): row.owner for row in items(carriage, bag)}
    assert found == {
        ("wrong-seal", None): CENTRE,
        ("damaged", harmed): AUTHORITY,
        ("twice", doubled): CENTRE,
    }


def test_a_decision_settles_an_item_with_reasons_in_the_vault(carriage: Carriage) -> None:
    bag, missing = with_one_missing(carriage)
    carriage.desk.settle(
        bag,
        DiscrepancyKind.MISSING,
        missing,
        SettledAs.EXPLAINED,
        carriage.source(Role.COLLECTING),
        "не было",
    )
    item = one(carriage, bag)
    assert (item.settled_as, item.settled_by) == ("explained", PEOPLE[Role.COLLECTING])
    assert item.text_ref is not None


def test_a_registration_that_becomes_known_later_tells_that_a_packet_was_misrouted(
    carriage: Carriage, qolhat: Qolhat
) -> None:
    astray = packet_number(CENTRE, 7_000)  # printed, and handed out before it was registered
    registry, bag = carriage.begin()
    carriage.put(bag, *carriage.registered(1))
    carriage.deliver(bag, registry)
    carriage.verify(bag, astray)
    assert one(carriage, bag).kind == "extra"
    late = carriage.minute + 60
    carriage.office.register(10, number=astray, decided_by=OTHER_AUTHORITY, recorded=late)
    assert one(carriage, bag).kind == "misrouted"
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_a_scan_told_late_may_tell_that_the_bag_was_opened_before(
    carriage: Carriage, qolhat: Qolhat
) -> None:
    came, lost = packets = carriage.registered(2)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.seal(bag, registry)
    carriage.hand_over(bag, Role.COURIER, minute=60)
    carriage.hand_over(bag, Role.OFFICE, minute=70)
    carriage.office.act(80, ActKind.LOST, Role.OFFICE, lost, text="жоқ")
    carriage.open(bag, minute=90)
    carriage.reconcile(bag, minute=100)
    assert {row.packet: row.settled_as for row in items(carriage, bag)} == {came: None, lost: None}
    carriage.verify(bag, came, minute=75, recorded=120)  # and so it was open before it was lost
    assert {row.packet: row.settled_as for row in items(carriage, bag)} == {lost: "declared-lost"}
    assert verify(qolhat.log, qolhat.views).differences == ()
