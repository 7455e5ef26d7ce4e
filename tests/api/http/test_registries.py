"""Registries over HTTP [003 service 7 §11, row 2]: begun, filled, sealed, closed, read as data."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from domain.numbers import registry_code
from domain.roles import Role
from tests.api.http.carrying import Carrying
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY

UNKNOWN = str(registry_code(CENTRE, 9_000))


@pytest.fixture
def carrying(counter: Counter) -> Carrying:
    return Carrying(counter)


def test_a_registry_is_filled_closed_and_read_as_data(carrying: Carrying) -> None:
    first, second = carrying.counter.register(10), carrying.counter.register(12)
    registry, bag = carrying.begin()
    carrying.put(31, bag, first)
    other = carrying.sent(32, f"/registries/{registry}/bags", Role.COLLECTING)["bag"]
    carrying.put(33, other, second)
    for minute, (each, seal) in enumerate([(bag, "S-1"), (other, "Қ-2/7")], 34):
        carrying.step(minute, each, "seal", Role.COLLECTING, seal=seal)
    carrying.sent(36, f"/registries/{registry}/close", Role.COLLECTING)
    told = carrying.counter.get(f"/registries/{registry}", Role.OFFICE)
    assert (told["number"], told["state"], told["packets"]) == (registry, "closed", 2)
    assert (told["sender"]["code"], told["to"]["code"]) == (CENTRE, AUTHORITY)
    assert told["closed_by"] == carrying.counter.people[Role.COLLECTING]
    assert [(each["number"], each["seal"]) for each in told["bags"]] == [
        (bag, "S-1"), (other, "Қ-2/7")
    ]  # fmt: skip
    assert [each["packets"] for each in told["bags"]] == [
        [{"number": first, "grouped": "1026 7000 0001 23", "service": "003-7"}],
        [{"number": second, "grouped": told["bags"][1]["packets"][0]["grouped"],
          "service": "003-7"}],
    ]  # fmt: skip


def test_the_same_as_a_table_a_line_a_packet(carrying: Carrying) -> None:
    number = carrying.counter.register()
    registry, bag = carrying.packed(number)
    path = f"{V1}/registries/{registry}"
    wanted = carrying.counter.ask("GET", path, params={"format": "csv"})
    accepted = carrying.counter.ask("GET", path, headers={"Accept": "text/csv"})
    assert wanted.headers["content-type"] == "text/csv; charset=utf-8"
    assert wanted.content == accepted.content
    (line,) = csv.DictReader(StringIO(wanted.text))
    assert line == {
        "registry": registry, "from": str(CENTRE), "to": str(AUTHORITY), "bag": bag,
        "seal": "S-1", "packet": number, "service": "003-7",
    }  # fmt: skip


def test_sent_again_it_is_the_same_registry(carrying: Carrying) -> None:
    first = carrying.begin(ref="the-registry")
    assert carrying.begin(ref="the-registry") == first
    assert carrying.begin() != first


def test_open_registries_stand_before_closed_ones(carrying: Carrying) -> None:
    closed, _ = carrying.packed(carrying.counter.register())
    open_one, _ = carrying.begin(40)
    of_all = carrying.counter.get("/registries")["items"]
    assert [(each["number"], each["state"]) for each in of_all] == [
        (open_one, "open"), (closed, "closed")
    ]  # fmt: skip
    assert [(each["bags"], each["packets"]) for each in of_all] == [(1, 0), (1, 1)]
    (only,) = carrying.counter.get("/registries", state="closed", organisation=CENTRE)["items"]
    assert only["number"] == closed
    assert len(carrying.counter.get("/registries", limit=1)["items"]) == 1


def test_an_auditor_sees_the_registries_of_all(carrying: Carrying) -> None:
    registry, _ = carrying.begin()
    carrying.counter.appoint(Role.AUDITOR, OTHER_AUTHORITY)
    (only,) = carrying.counter.get("/registries", Role.AUDITOR)["items"]
    assert only["number"] == registry


def test_what_is_closed_stays_as_it_is(carrying: Carrying) -> None:
    registry, bag = carrying.packed(carrying.counter.register())
    path = f"/registries/{registry}"
    for what, code in (("bags", "registry-closed"), ("close", "registry-closed")):
        answer = carrying.send(40, f"{path}/{what}", Role.COLLECTING)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    late = carrying.put(41, bag, carrying.counter.register(20))
    (refused,) = late["answers"]
    assert (refused["status"], refused["problem"]["code"]) == ("refused", "bag-sealed")


def test_a_registry_with_an_open_bag_is_not_closed(carrying: Carrying) -> None:
    registry, bag = carrying.begin()
    carrying.put(31, bag, carrying.counter.register())
    answer = carrying.send(40, f"/registries/{registry}/close", Role.COLLECTING)
    assert (answer.status_code, answer.json()["code"]) == (409, "bags-unsealed")


@pytest.mark.parametrize(
    ("role", "to", "status", "code"),
    [
        (Role.COLLECTING, CENTRE, 422, "no-such-destination"),
        (Role.COLLECTING, 9_999, 422, "unknown-organisation"),
        (Role.COLLECTING, 0, 422, "invalid-request"),
        (Role.COURIER, AUTHORITY, 403, "no-right"),
        (Role.HEAD, CENTRE, 403, "no-right"),
    ],
)
def test_registries_that_are_refused(
    shared: Counter, role: Role, to: int, status: int, code: str
) -> None:
    answer = Carrying(shared).send(30, "/registries", role, to=to)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_only_the_sender_packs(carrying: Carrying) -> None:
    registry, _ = carrying.begin()
    for what in ("bags", "close"):
        answer = carrying.send(40, f"/registries/{registry}/{what}", Role.OFFICE)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")


def test_a_registry_that_nobody_ever_made(shared: Counter) -> None:
    carrying = Carrying(shared)
    answers = [
        carrying.send(30, f"/registries/{UNKNOWN}/bags", Role.COLLECTING),
        carrying.send(30, f"/registries/{UNKNOWN}/close", Role.COLLECTING),
        shared.ask("GET", f"{V1}/registries/{UNKNOWN}"),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-registry")
    wrong = shared.ask("GET", f"{V1}/registries/10267000000123")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "other-kind")


def test_strangers_do_not_see_it(carrying: Carrying) -> None:
    registry, _ = carrying.begin()
    carrying.a_stranger()
    answer = carrying.counter.ask("GET", f"{V1}/registries/{registry}", Role.OFFICE)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")
    assert carrying.counter.get("/registries", Role.OFFICE)["items"] == []
