"""Bags over HTTP [003 service 7 §11, rows 2-4 and 11-13]: packed, handed over, opened, unpacked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.numbers import bag_code, packet_number
from domain.roles import Role
from projections.bags import Bags
from tests.api.http.carrying import Carrying
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, place

UNKNOWN = str(bag_code(CENTRE, 9_000))
NEVER_REGISTERED = str(packet_number(CENTRE, 8_000))
DRAWN = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
def carrying(counter: Counter) -> Carrying:
    return Carrying(counter)


def known(carrying: Carrying, bag: str, role: Role = Role.OFFICE) -> Any:
    """All that is known of a bag."""
    return carrying.counter.get(f"/bags/{bag}", role)


def found(told: Any) -> dict[str, str]:
    """How surely each packet of a bag is known to have arrived."""
    return {each["number"]: each["found"]["code"] for each in told["packets"]}


# --- packing -------------------------------------------------------------------------------------


def test_packets_are_put_in_and_each_is_answered(carrying: Carrying) -> None:
    first, second = carrying.counter.register(10), carrying.counter.register(12)
    _, bag = carrying.begin()
    told = carrying.put(31, bag, first, second, first, "torn", ref="all")
    assert [each["status"] for each in told["answers"]] == [
        "accepted", "accepted", "accepted", "unsettled"
    ]  # fmt: skip
    assert [each["ref"] for each in told["answers"]] == [
        f"all.{first}", f"all.{second}", f"all.{first}", "all.3"
    ]  # fmt: skip
    assert told["answers"][3]["number"] is None
    assert told["answers"][3]["scan"]["fault"]["code"] == "not-digits"
    assert told["bag"]["counts"] == {
        "packed": 2, "verified": 0, "inferred": 0, "missing": 0, "extra": 0
    }  # fmt: skip
    again = carrying.put(31, bag, first, second, first, "torn", ref="all")
    assert {each["status"] for each in again["answers"]} == {"duplicate"}
    (waiting,) = carrying.counter.get("/unsettled")["items"]
    assert waiting["scan"] == "all.3"


def test_a_packet_that_goes_elsewhere_is_refused_and_was_seen(carrying: Carrying) -> None:
    number = carrying.counter.register(10, authority=OTHER_AUTHORITY)
    _, bag = carrying.begin()
    told = carrying.put(31, bag, number)
    (refused,) = told["answers"]
    assert (refused["status"], refused["problem"]["code"]) == ("refused", "other-destination")
    assert told["position"] == carrying.counter.qolhat.log.rows.last_position()
    seen = carrying.counter.get(f"/packets/{number}")
    assert seen["place"]["code"] == str(place(Role.COLLECTING))


def test_a_packet_is_in_one_bag_only_until_it_is_taken_out(carrying: Carrying) -> None:
    number = carrying.counter.register()
    registry, bag = carrying.begin()
    other = carrying.sent(31, f"/registries/{registry}/bags", Role.COLLECTING)["bag"]
    carrying.put(32, bag, number)
    (refused,) = carrying.put(33, other, number)["answers"]
    assert refused["problem"]["code"] == "in-another-bag"
    taken = carrying.step(34, bag, "taken-out", Role.COLLECTING, codes=[number])
    assert (taken["answers"][0]["status"], taken["bag"]["counts"]["packed"]) == ("accepted", 0)
    (none,) = carrying.step(35, bag, "taken-out", Role.COLLECTING, codes=[number])["answers"]
    assert none["problem"]["code"] == "not-in-bag"
    assert carrying.put(36, other, number)["bag"]["counts"]["packed"] == 1


@pytest.mark.parametrize(
    ("seal", "status", "code"), [("", 422, "seal-missing"), ("a b", 422, "seal-missing"),
                                 ("S" * 33, 422, "invalid-request")]
)  # fmt: skip
def test_a_bag_is_sealed_with_a_number(shared: Counter, seal: str, status: int, code: str) -> None:
    carrying = Carrying(shared)
    _, bag = carrying.begin()
    carrying.put(31, bag, shared.register())
    answer = carrying.send(32, f"/bags/{bag}/seal", Role.COLLECTING, seal=seal)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_empty_bag_is_not_sealed(carrying: Carrying) -> None:
    _, bag = carrying.begin()
    answer = carrying.send(32, f"/bags/{bag}/seal", Role.COLLECTING, seal="S-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "bag-empty")


def test_no_more_than_five_hundred_at_once(shared: Counter) -> None:
    carrying = Carrying(shared)
    _, bag = carrying.begin()
    codes = [NEVER_REGISTERED] * 501
    for step in ("packets", "taken-out", "verified"):
        answer = carrying.send(31, f"/bags/{bag}/{step}", Role.COLLECTING, codes=codes)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-many")


def test_a_whole_registry_at_once(carrying: Carrying) -> None:
    numbers = [carrying.counter.register(10 + i / 100) for i in range(20)]
    _, bag = carrying.begin()
    told = carrying.put(31, bag, *numbers)
    assert [each["number"] for each in told["answers"]] == numbers
    assert told["bag"]["counts"]["packed"] == 20


# --- hand-overs ----------------------------------------------------------------------------------


def test_custody_moves_when_the_receiver_accepts(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    people = carrying.counter.people
    courier = str(carrying.badge(Role.COURIER))
    offered = carrying.step(60, bag, "offer", Role.COLLECTING, receiver=courier)
    assert (offered["bag"]["state"]["code"], offered["proof"]) == ("sealed", None)
    giver = str(carrying.badge(Role.COLLECTING))
    taken = carrying.step(61, bag, "accept", Role.COURIER, giver=giver, seal="S-1")
    assert taken["bag"]["state"] == {"code": "taken", "text": "тасушыда"}
    assert (taken["bag"]["holder"], taken["deviations"]) == (people[Role.COURIER], [])
    (hand_over,) = known(carrying, bag)["hand_overs"]
    assert (hand_over["giver"], hand_over["receiver"]) == (
        people[Role.COLLECTING], people[Role.COURIER]
    )  # fmt: skip
    assert hand_over["proof"] == taken["proof"]
    assert len(taken["proof"].replace("-", "")) == 12
    assert hand_over["happened_at"] == "2026-11-16T05:01:00Z"
    assert hand_over["recorded_at"] == "2026-11-16T05:01:01Z"


def test_the_receiver_is_known_by_the_badge(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    carrying.step(61, bag, "accept", Role.COURIER)
    office = {"receiver": str(carrying.badge(Role.OFFICE)), "place": str(place(Role.OFFICE))}
    told = carrying.step(90, bag, "accept", Role.COURIER, **office, signature=DRAWN)
    assert told["bag"]["state"]["code"] == "handed-over"
    hand_over = known(carrying, bag)["hand_overs"][-1]
    assert hand_over["giver"] == carrying.counter.people[Role.COURIER]
    assert hand_over["receiver"] == carrying.counter.people[Role.OFFICE]
    assert (hand_over["by_badge"], hand_over["signed"]) == (True, True)
    vault = carrying.counter.qolhat.vault.held_of(f"bag:{bag}")
    assert [record["png"] for record in vault.values()] == [DRAWN]


def test_without_a_place_the_bag_is_where_the_receiver_works(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    badge = str(carrying.badge(Role.COURIER))
    body = carrying.counter.stamp(61, Role.COLLECTING, receiver=badge)
    del body["place"]
    told = carrying.counter.post(f"/bags/{bag}/accept", body, Role.COLLECTING).json()
    assert told["bag"]["place"]["code"] == str(place(Role.COURIER))
    assert told["bag"]["state"]["code"] == "taken"


def test_told_again_by_another_device_it_is_the_same_hand_over(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    first = carrying.step(61, bag, "accept", Role.COURIER, ref="once")
    again = carrying.step(61, bag, "accept", Role.COURIER, ref="once")
    assert [first["status"], again["status"]] == ["accepted", "duplicate"]
    badge = str(carrying.badge(Role.COURIER))
    here = str(place(Role.COURIER))
    other = carrying.step(61.5, bag, "accept", Role.COLLECTING, receiver=badge, place=here)
    (hand_over,) = known(carrying, bag)["hand_overs"]
    assert hand_over["confirmed"] == 1
    assert other["proof"] == hand_over["proof"] == first["proof"]


def test_out_of_turn_it_is_recorded_with_what_was_odd(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    told = carrying.step(61, bag, "accept", Role.COURIER, seal="S-9")
    assert told["status"] == "deviation"
    assert told["deviations"] == [{"code": "other-seal", "text": "пломба басқа"}]
    broken = carrying.step(62, bag, "broken-seal", Role.COURIER, text="Үлгібаеваның қолымен")
    assert [each["code"] for each in broken["deviations"]] == ["seal-broken"]
    (item,) = known(carrying, bag)["discrepancies"]
    assert (item["kind"]["code"], item["packet"]) == ("wrong-seal", None)


def test_a_bag_brought_to_the_wrong_authority_is_taken_over_there(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    carrying.step(61, bag, "accept", Role.COURIER)
    there = carrying.a_stranger()
    before = carrying.counter.ask("GET", f"{V1}/bags/{bag}", Role.OFFICE)
    assert (before.status_code, before.json()["code"]) == (403, "not-yours")
    told = carrying.step(90, bag, "accept", Role.OFFICE, **there)
    assert told["bag"]["state"]["code"] == "misdelivered"
    assert [each["code"] for each in told["deviations"]] == ["wrong-organisation"]
    assert known(carrying, bag)["holder"] == carrying.counter.people[Role.OFFICE]


def test_nobody_takes_a_bag_for_others_from_afar(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    office = str(carrying.badge(Role.OFFICE))
    here = {"receiver": office, "place": str(place(Role.OFFICE))}
    there = carrying.a_stranger()
    answer = carrying.send(61, f"/bags/{bag}/accept", Role.OFFICE, **here)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")
    for step in ("offer", "open", "reconcile", "broken-seal"):
        answer = carrying.send(61, f"/bags/{bag}/{step}", Role.OFFICE, **there)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"receiver": "12"}, 422, "bad-code"),
        ({"receiver": "10267000000123"}, 422, "other-kind"),
        ({"signature": "data:text/html;base64,PHA+"}, 422, "invalid-request"),
        ({"seal": "Үлгі Мысалов"}, 422, "invalid-request"),
        ({"place": "30900000000176"}, 422, "invalid-request"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    shared: Counter, more: dict[str, str], status: int, code: str
) -> None:
    carrying = Carrying(shared)
    _, bag = carrying.packed(shared.register())
    answer = carrying.send(61, f"/bags/{bag}/accept", Role.COURIER, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_hand_over_is_found_again_by_the_code_of_its_proof(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    told = carrying.step(61, bag, "accept", Role.COURIER, ref="taken")
    known(carrying, bag)  # the views show it
    with carrying.counter.qolhat.views.reading() as reading:
        found = reading.view(Bags).proven(reading.connection, told["proof"].replace("-", ""))
    assert [(str(number), ref) for number, ref in found] == [(bag, "taken")]


# --- arrival -------------------------------------------------------------------------------------


def test_verified_inferred_missing_and_extra_are_told_apart(carrying: Carrying) -> None:
    first, second, third, extra = (carrying.counter.register(10 + i) for i in range(4))
    bag = carrying.carried(first, second, third)
    assert set(found(known(carrying, bag)).values()) == {"packed"}
    opened = carrying.step(110, bag, "open", Role.OFFICE)
    assert opened["bag"]["counts"] == {
        "packed": 3, "verified": 0, "inferred": 3, "missing": 0, "extra": 0
    }  # fmt: skip
    assert set(found(known(carrying, bag)).values()) == {"inferred"}
    assert carrying.counter.get(f"/packets/{first}")["verified"] is False
    told = carrying.step(111, bag, "verified", Role.OFFICE, codes=[first, extra, "torn"])
    assert [each["status"] for each in told["answers"]] == ["accepted", "deviation", "unsettled"]
    assert [each["found"] and each["found"]["code"] for each in told["answers"]] == [
        "verified", "extra", None
    ]  # fmt: skip
    (again,) = carrying.step(112, bag, "verified", Role.OFFICE, codes=[first])["answers"]
    assert again["status"] == "duplicate"
    carrying.step(113, bag, "verified", Role.OFFICE, codes=[second], how="photo")
    assert carrying.counter.get(f"/packets/{first}")["verified"] is True
    told = carrying.step(120, bag, "reconcile", Role.OFFICE)
    assert told["bag"]["counts"] == {
        "packed": 3, "verified": 2, "inferred": 0, "missing": 1, "extra": 1
    }  # fmt: skip
    whole = known(carrying, bag)
    assert found(whole) == {
        first: "verified", second: "verified", third: "missing", extra: "extra"
    }  # fmt: skip
    assert [each["how"] for each in whole["packets"]] == ["scan", "photo", None, "scan"]
    assert (whole["state"]["code"], whole["complete"]) == ("reconciled", False)
    assert {each["kind"]["code"] for each in whole["discrepancies"]} == {"missing", "extra"}


def test_a_bag_that_came_out_as_it_went_in_is_complete(carrying: Carrying) -> None:
    number = carrying.counter.register()
    bag = carrying.carried(number)
    carrying.step(110, bag, "open", Role.OFFICE)
    carrying.step(111, bag, "verified", Role.OFFICE, codes=[number])
    carrying.step(112, bag, "reconcile", Role.OFFICE)
    whole = known(carrying, bag)
    assert (whole["complete"], whole["discrepancies"]) == (True, [])
    assert whole["reconciled_by"] == carrying.counter.people[Role.OFFICE]


def test_damage_is_told_when_a_packet_is_unpacked(carrying: Carrying) -> None:
    number = carrying.counter.register()
    bag = carrying.carried(number)
    carrying.step(110, bag, "open", Role.OFFICE)
    carrying.step(111, bag, "verified", Role.OFFICE, codes=[number], condition="damaged")
    (packet,) = known(carrying, bag)["packets"]
    assert packet["conditions"] == [{"code": "damaged", "text": "бүлінген"}]
    wrong = carrying.send(
        112, f"/bags/{bag}/verified", Role.OFFICE, codes=[number], condition="wet"
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-request")


def test_opened_without_a_hand_over_it_is_concluded(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    carrying.step(61, bag, "accept", Role.COURIER)
    told = carrying.step(100, bag, "open", Role.OFFICE)
    assert [each["code"] for each in told["deviations"]] == ["not-handed-over"]
    assert [each["inferred"] for each in known(carrying, bag)["hand_overs"]] == [False, True]


def test_whatever_the_order_of_sending_the_bag_stands_alike(carrying: Carrying) -> None:
    number = carrying.counter.register()
    _, bag = carrying.packed(number)
    carrying.step(111, bag, "verified", Role.OFFICE, codes=[number])
    carrying.step(110, bag, "open", Role.OFFICE, recorded=200)
    carrying.step(100, bag, "accept", Role.OFFICE, recorded=201)
    carrying.step(61, bag, "accept", Role.COURIER, recorded=202)
    whole = known(carrying, bag)
    assert whole["state"]["code"] == "opened"
    assert [each["state"]["code"] for each in whole["hand_overs"]] == ["taken", "handed-over"]
    assert whole["deviations"] == []
    times = [datetime.fromisoformat(each["recorded_at"]) for each in whole["hand_overs"]]
    assert times[0] > times[1]


# --- lists and refusals --------------------------------------------------------------------------


def test_bags_are_listed_by_their_way(carrying: Carrying) -> None:
    number = carrying.counter.register()
    bag = carrying.carried(number)
    _, second = carrying.begin(130)

    def listed(role: Role, **which: Any) -> list[tuple[str, str]]:
        told = carrying.counter.get("/bags", role, **which)["items"]
        return [(each["number"], each["state"]["code"]) for each in told]

    assert listed(Role.OFFICE, way="incoming") == [(bag, "handed-over")]
    assert listed(Role.OFFICE) == [(bag, "handed-over")]
    assert listed(Role.COLLECTING, way="outgoing") == [(bag, "handed-over"), (second, "open")]
    assert listed(Role.COLLECTING, organisation=CENTRE) == [(second, "open")]
    carrying.step(140, bag, "open", Role.OFFICE)
    carrying.counter.appoint(Role.AUDITOR, AUTHORITY)
    (row,) = carrying.counter.get("/bags", Role.AUDITOR, way="incoming")["items"]
    whole = known(carrying, bag)
    assert row == {name: whole[name] for name in row}
    foreign = carrying.counter.ask("GET", f"{V1}/bags?organisation={CENTRE}", Role.OFFICE)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not-yours")


@pytest.mark.parametrize(
    ("step", "more"),
    [
        ("packets", {"codes": [NEVER_REGISTERED]}),
        ("taken-out", {"codes": [NEVER_REGISTERED]}),
        ("seal", {"seal": "S-1"}),
        ("offer", {}),
        ("accept", {}),
        ("broken-seal", {}),
        ("open", {}),
        ("verified", {"codes": [NEVER_REGISTERED]}),
        ("reconcile", {}),
    ],
)
def test_a_bag_that_nobody_ever_began(shared: Counter, step: str, more: dict[str, Any]) -> None:
    answer = Carrying(shared).send(30, f"/bags/{UNKNOWN}/{step}", Role.COLLECTING, **more)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-bag")
    assert shared.ask("GET", f"{V1}/bags/{UNKNOWN}").json()["code"] == "unknown-bag"


def test_who_only_reads_does_nothing_to_a_bag(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    carrying.counter.appoint(Role.AUDITOR, AUTHORITY)
    stamp = {"place": str(place(Role.COLLECTING))}
    for step, more in (("packets", {"codes": ["x"]}), ("seal", {"seal": "S"}), ("open", {})):
        body = carrying.counter.stamp(40, Role.COLLECTING, **stamp, **more)
        answer = carrying.counter.post(f"/bags/{bag}/{step}", body, Role.AUDITOR)
        assert (answer.status_code, answer.json()["code"]) == (403, "no-right")
    inspector = carrying.send(41, f"/bags/{bag}/seal", Role.INSPECTOR, seal="S-1")
    assert (inspector.status_code, inspector.json()["code"]) == (403, "no-right")
