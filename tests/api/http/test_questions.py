"""Questions: places, stays, terms, the directory and the regulations."""

from __future__ import annotations

from typing import Any

import pytest

from domain.numbers import badge_code, packet_number, place_code
from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, CENTRE, place

DAY = {"since": "2026-11-16T00:00:00+05:00", "until": "2026-11-17T00:00:00+05:00"}


def test_what_a_place_holds(counter: Counter) -> None:
    numbers = [counter.register(minute) for minute in (10, 12)]
    for minute, number in zip((20, 21), numbers, strict=True):
        counter.scan(minute, number, Role.COLLECTING)
    found = counter.get(f"/places/{place(Role.COLLECTING)}/holdings")
    assert found["place"]["role"]["code"] == "collecting"
    assert [each["number"] for each in found["packets"]] == numbers
    assert counter.get(f"/places/{place(Role.INSPECTOR)}/holdings")["packets"] == []


@pytest.mark.parametrize(
    ("code", "status", "problem"),
    [
        (str(place_code(9000, Role.OFFICE, 1)), 404, "unknown-place"),
        ("31", 422, "bad-code"),
        (str(badge_code(CENTRE, 1)), 422, "other-kind"),
    ],
)
def test_a_place_that_is_none(shared: Counter, code: str, status: int, problem: str) -> None:
    answer = shared.ask("GET", f"{V1}/places/{code}/holdings")
    assert (answer.status_code, answer.json()["code"]) == (status, problem)


@pytest.fixture(scope="module")
def strayed(busy: Counter) -> Counter:
    """One packet: late at the window, then carried away and back."""
    number = busy.register(40, began_at=busy.at(0))
    busy.scan(50, number, Role.COLLECTING)
    busy.scan(60, number, Role.COURIER)
    busy.scan(70, number, Role.COLLECTING)
    return busy


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 5),
        ({"organisation": CENTRE}, 5),
        ({"service": "003-7"}, 5),
        ({"service": "003-6"}, 0),
        ({"stage": "accept"}, 1),
        ({"late": False}, 1),
        ({"late": True}, 1),
        ({"deviating": True}, 1),
        (DAY, 5),
        ({"until": DAY["since"]}, 0),
        ({"limit": 2}, 2),
        ({"limit": 2, "offset": 4}, 1),
    ],
)
def test_stays_by_filter(strayed: Counter, asked: dict[str, Any], count: int) -> None:
    assert len(strayed.get("/visits", **asked)["items"]) == count


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({"limit": 1001}, "limit", "too-big"),
        ({"limit": "many"}, "limit", "wrong-type"),
        ({"offset": -1}, "offset", "too-small"),
        ({"since": "2026-11-16"}, "since", "bad-instant"),
        ({"organisation": 10**30}, "organisation", "too-big"),
        ({"after": -1}, "after", "too-small"),
        ({"late": "perhaps"}, "late", "wrong-type"),
        ({"stage": "x y"}, "stage", "bad-form"),
    ],
)
def test_wrong_filters_are_named(
    shared: Counter, asked: dict[str, Any], field: str, code: str
) -> None:
    answer = shared.ask("GET", f"{V1}/visits", params=asked)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["where"], error["field"], error["code"]) == ("query", field, code)
    assert "{" not in error["detail"]


def test_timings_come_in_the_order_of_the_route(counter: Counter) -> None:
    number = counter.register()
    counter.up_to_the_head(number)
    counter.home_again(number)
    items = counter.get("/timings", organisation=CENTRE)["items"]
    order = [(each["kind"]["code"], each["stage"]["key"]) for each in items]
    assert order == [
        ("stage", "accept"), ("handover", "collect"), ("stage", "collect"), ("stage", "carry"),
        ("handover", "carry-back"), ("stage", "carry-back"), ("stage", "result"),
        ("stage", "issue"),
    ] or order == [
        ("stage", "accept"), ("handover", "collect"), ("stage", "collect"), ("stage", "carry"),
        ("stage", "carry-back"), ("stage", "result"), ("stage", "issue"),
    ]  # fmt: skip
    accept = items[0]
    assert (accept["count"], accept["judged"], accept["within"]) == (1, 1, 1)
    assert accept["median_seconds"] == accept["percentile_90_seconds"] == 300
    assert accept["share_within"] == 1
    assert accept["edition"] == {"id": "s7c-2012", "repealed": True}
    assert counter.get("/timings", service="003-1")["items"] == []


def test_what_runs_out_next(counter: Counter) -> None:
    number = counter.register()
    counter.scan(20, number, Role.COLLECTING)
    other = counter.register(10, service="002")
    items = counter.get("/due")["items"]
    assert [(each["number"], each["clock"]["code"]) for each in items] == [
        (number, "stage"),
        (other, "total"),
    ]
    assert items[0]["stage"]["key"] == "collect"
    assert counter.get("/due", person=counter.people[Role.COURIER])["items"] == []
    assert len(counter.get("/due", organisation=CENTRE, limit=1)["items"]) == 1
    assert len(counter.get("/due", before=items[1]["due_at"])["items"]) == 1


@pytest.mark.parametrize("typed", ["Кербұлақ", "кербулак", "KERBULAK", "Kerbulaq"])
def test_the_directory_however_it_is_typed(shared: Counter, typed: str) -> None:
    items = shared.get("/directory", q=typed, kind="authority")["items"]
    assert items
    assert all("Кербұлақ" in each["district"] + each["name"] for each in items)
    assert {each["kind"]["code"] for each in items} == {"authority"}


def test_one_organisation(shared: Counter) -> None:
    found = shared.get(f"/directory/{CENTRE}")
    assert found["authority"]["code"] == AUTHORITY
    assert found["zone"] == "Asia/Almaty"
    assert isinstance(found["hours"]["given"], bool)
    assert len(found["hours"]["days"]) == 7
    roles = [each["role"]["code"] for each in found["places"]]
    assert roles == ["inspector"] * 3 + ["collecting"] + ["courier"] * 2
    authority = shared.get(f"/directory/{AUTHORITY}")
    assert CENTRE in [client["code"] for client in authority["clients"]]
    assert authority["places"][-1]["sector"]["code"] == "home-care"


def test_findings_stand_with_the_organisation(shared: Counter) -> None:
    finding = shared.qolhat.directory.findings[0]
    found = shared.get(f"/directory/{finding.codes[0]}")
    assert finding.rule.value in [each["rule"]["code"] for each in found["findings"]]
    assert all(each["rule"]["text"] for each in found["findings"])


def test_an_organisation_that_is_not_there(shared: Counter) -> None:
    answer = shared.ask("GET", f"{V1}/directory/9999")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-organisation")


def test_all_regulations(shared: Counter) -> None:
    items = shared.get("/regulations")["items"]
    by_id = {each["id"]: each for each in items}
    assert len(items) == 12
    assert by_id["s7c-2012"]["repealed"] is True
    assert by_id["s7c-2012"]["legal"] == {"first": "2012-12-10", "until": "2014-06-02"}
    assert by_id["s7c-2012"]["adopted"][0]["operator"] == "demonstration"
    assert by_id["uc-2011"]["repealed"] is False


def test_one_regulation_says_everything_and_what_is_not_held(shared: Counter) -> None:
    found = shared.get("/regulations/s7c-2012")
    assert len(found["stages"]) == 14
    assert found["stages"][0]["norm"]["amount"] == 30
    assert found["stages"][2]["norm"] is None
    assert found["stages"][0]["source"] == "003 s7 annex 7, act 1"
    assert found["papers"]["held"] is False
    assert found["papers"]["note"] == "стандарт бойынша, мәтіні қолда жоқ"
    assert found["total"]["note"] is not None
    assert found["uncollected"]["norm"]["unit"]["code"] == "calendar-month"
    held = shared.get("/regulations/uc-2011")
    assert held["papers"]["held"] is True
    assert [each["key"] for each in held["papers"]["items"]] == ["identity", "application-form"]
    assert held["total"]["norm"]["not_counted"] == ["acceptance", "issue"]
    assert held["refusal"]["items"][0]["name"].startswith("Тұтынушы")


def test_a_regulation_that_is_not_there(shared: Counter) -> None:
    answer = shared.ask("GET", f"{V1}/regulations/none")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-edition")


def test_a_packet_that_is_not_there(shared: Counter) -> None:
    number = packet_number(CENTRE, 4711)
    for path in (f"/packets/{number}", f"/packets/{number}/history"):
        answer = shared.ask("GET", f"{V1}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-packet")
