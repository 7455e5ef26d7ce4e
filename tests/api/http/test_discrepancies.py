"""What differed, over HTTP: found at unpacking, traced to who had it last, settled."""

from __future__ import annotations

from typing import Any

import pytest

from domain.roles import Role
from tests.api.http.carrying import Carrying
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, CENTRE, place


@pytest.fixture
def carrying(counter: Counter) -> Carrying:
    return Carrying(counter)


def items(carrying: Carrying, role: Role = Role.COLLECTING, **which: Any) -> Any:
    """What is listed."""
    return carrying.counter.get("/discrepancies", role, **which)["items"]


def settle(carrying: Carrying, minute: float, bag: str, kind: str, **more: Any) -> Any:
    """Somebody (the collecting department) decides about an item."""
    role = more.pop("role", Role.COLLECTING)
    body = carrying.counter.stamp(minute, role, **more)
    del body["place"]
    return carrying.counter.post(f"/discrepancies/{bag}/{kind}/settle", body, role)


def test_of_a_missing_packet_it_is_told_who_had_it_last_and_who_may_have(
    carrying: Carrying,
) -> None:
    found, lost = carrying.counter.register(10), carrying.counter.register(12)
    bag = carrying.unpacked(found, missing=lost)
    (item,) = items(carrying)
    assert (item["kind"]["code"], item["packet"], item["bag"]) == ("missing", lost, bag)
    assert item["owner"]["code"] == CENTRE
    assert item["found_by"] == carrying.counter.people[Role.OFFICE]
    assert (item["settled_as"], item["age_seconds"]) == (None, 1.0)
    trace, people = item["trace"], carrying.counter.people
    assert trace["last"]["person"] == people[Role.COLLECTING]
    assert trace["last"]["place"]["code"] == str(place(Role.COLLECTING))
    assert trace["since"] == "2026-11-16T04:31:00Z"
    assert trace["until"] is None
    assert [each["person"] for each in trace["steps"]] == [
        people[Role.COURIER], people[Role.OFFICE], people[Role.OFFICE]
    ]  # fmt: skip
    assert trace["people"] == [
        people[each] for each in (Role.COLLECTING, Role.COURIER, Role.OFFICE)
    ]
    assert [each["code"] for each in trace["places"]] == [
        str(place(each)) for each in (Role.COLLECTING, Role.COURIER, Role.OFFICE)
    ]
    assert trace["bags"] == [bag]


def test_found_later_it_is_settled_by_itself_and_the_interval_ends(carrying: Carrying) -> None:
    lost = carrying.counter.register(12)
    bag = carrying.unpacked(carrying.counter.register(10), missing=lost)
    carrying.counter.scan(180, lost, Role.COURIER)
    assert items(carrying) == []
    (item,) = items(carrying, state="settled")
    assert (item["settled_as"]["code"], item["bag"]) == ("found", bag)
    assert item["settled_by"] == carrying.counter.people[Role.COURIER]
    assert item["trace"]["until"] == "2026-11-16T07:00:00Z"
    assert item["age_seconds"] is None
    assert items(carrying, state="settled", since=carrying.counter.at(181)) == []


def test_somebody_decides_with_reasons_that_stay_in_the_vault(carrying: Carrying) -> None:
    lost = carrying.counter.register(12)
    bag = carrying.unpacked(carrying.counter.register(10), missing=lost)
    without = settle(carrying, 130, bag, "missing", packet=lost, settled_as="declared-lost")
    assert (without.status_code, without.json()["code"]) == (422, "reason-needed")
    said = {"packet": lost, "settled_as": "declared-lost", "text": "Үлгібаева айтқандай, өртенген"}
    told = settle(carrying, 131, bag, "missing", **said).json()
    assert told["status"] == "accepted"
    assert told["discrepancy"]["settled_as"]["code"] == "declared-lost"
    assert told["discrepancy"]["text_kept"] is True
    again = settle(carrying, 132, bag, "missing", **said)
    assert (again.status_code, again.json()["code"]) == (404, "unknown-discrepancy")
    kept = carrying.counter.qolhat.vault.held_of(f"bag:{bag}")
    assert [record["text"] for record in kept.values()] == [said["text"]]


def test_a_seal_is_explained(carrying: Carrying) -> None:
    _, bag = carrying.packed(carrying.counter.register())
    carrying.step(61, bag, "accept", Role.COURIER, seal="S-9")
    (item,) = items(carrying, organisation=CENTRE)
    assert (item["kind"]["code"], item["packet"], item["trace"]) == ("wrong-seal", None, None)
    told = settle(carrying, 70, bag, "wrong-seal", settled_as="explained", text="қате оқылған")
    assert told.json()["discrepancy"]["settled_as"]["text"] == "түсіндірілді"
    assert items(carrying) == []


@pytest.mark.parametrize(
    ("role", "kind", "more", "status", "code"),
    [
        (Role.COURIER, "missing", {}, 403, "no-right"),
        (Role.COLLECTING, "extra", {}, 404, "unknown-discrepancy"),
        (Role.COLLECTING, "stolen", {}, 422, "invalid-request"),
        (Role.COLLECTING, "missing", {"packet": "12"}, 422, "bad-code"),
        (Role.COLLECTING, "missing", {"settled_as": "forgotten"}, 422, "invalid-request"),
    ],
)
def test_decisions_that_are_refused(
    shared: Counter, role: Role, kind: str, more: dict[str, str], status: int, code: str
) -> None:
    carrying = Carrying(shared)
    lost = shared.register(12)
    bag = carrying.unpacked(shared.register(10), missing=lost)
    said = {"packet": lost, "settled_as": "found"} | more
    answer = settle(carrying, 130, bag, kind, role=role, **said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_strangers_neither_see_nor_settle_it(carrying: Carrying) -> None:
    lost = carrying.counter.register(12)
    bag = carrying.unpacked(carrying.counter.register(10), missing=lost)
    carrying.a_stranger()
    assert items(carrying, Role.OFFICE) == []
    answer = settle(
        carrying, 130, bag, "missing", role=Role.OFFICE, packet=lost, settled_as="found"
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")
    foreign = carrying.counter.ask(
        "GET", f"{V1}/discrepancies", Role.OFFICE, params={"organisation": AUTHORITY}
    )
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not-yours")
