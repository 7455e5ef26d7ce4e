"""Unsettled scans: who sees what was sent, and who decides."""

from __future__ import annotations

from typing import Any

import pytest

from domain.numbers import place_code
from domain.roles import Role
from tests.api.http.counter import HIRED, V1, Counter
from tests.stories import AUTHORITY, CENTRE, place

TYPED = "1026 7OOO ОOO1 23 Сынақ"


def _settling(counter: Counter, minute: float, role: Role, **more: Any) -> dict[str, Any]:
    body = counter.stamp(minute, role, **more)
    del body["place"]
    return body | more


def test_the_raw_input_is_shown_to_those_who_may_settle(counter: Counter) -> None:
    counter.scan(20, TYPED, Role.COLLECTING, ref="typed", happened_at="кеше", place="терезе")
    detail = counter.get("/unsettled/typed", Role.INSPECTOR)
    assert detail["may_settle"] is True
    assert detail["raw"] == {"code": TYPED, "place": "терезе", "time": "кеше"}
    assert detail["fault"]["code"] == "not-digits"
    hidden = counter.get("/unsettled/typed", Role.COURIER)
    assert hidden["may_settle"] is False
    assert hidden["raw"] is None
    listed = counter.ask(
        "GET", f"{V1}/unsettled", Role.INSPECTOR, params={"after": counter.position}
    )
    assert TYPED not in listed.text
    assert listed.json()["items"][0]["waiting_seconds"] == 0


def test_a_bad_code_is_applied_as_the_packet_it_was(counter: Counter) -> None:
    number = counter.register()
    counter.scan(20, TYPED, Role.COLLECTING, ref="typed")
    path = "/unsettled/typed/settle"
    missing = counter.post(
        path, _settling(counter, 30, Role.INSPECTOR, decision="apply"), Role.INSPECTOR
    )
    assert (missing.status_code, missing.json()["code"]) == (422, "number-missing")
    body = _settling(counter, 31, Role.INSPECTOR, decision="apply", number=number)
    answer = counter.post(path, body, Role.INSPECTOR)
    assert answer.status_code == 200
    assert answer.json()["packet"]["stage"]["key"] == "collect"
    assert counter.get("/unsettled")["items"] == []
    settled = counter.get("/unsettled/typed", Role.INSPECTOR)
    assert settled["fate"]["code"] == "applied"
    assert settled["settled_by"] == counter.people[Role.INSPECTOR]
    assert settled["waiting_seconds"] is None
    again = counter.post(path, body, Role.INSPECTOR)
    assert again.json()["status"] == "duplicate"


def test_a_doubtful_place_is_put_right_without_naming_the_packet(counter: Counter) -> None:
    number = counter.register()
    counter.scan(20, number, Role.COLLECTING, ref="where", place="?")
    path = "/unsettled/where/settle"
    without = _settling(counter, 30, Role.INSPECTOR, decision="apply")
    answer = counter.post(path, without, Role.INSPECTOR)
    assert (answer.status_code, answer.json()["code"]) == (422, "place-missing")
    body = _settling(counter, 31, Role.INSPECTOR, decision="apply", text="Картасы жыртылған")
    body["place"] = str(place(Role.COLLECTING))
    body["scanned_at"] = counter.at(21)
    answer = counter.post(path, body, Role.INSPECTOR)
    assert answer.status_code == 200
    assert answer.json()["packet"]["place"]["role"]["code"] == "collecting"
    entries = counter.get(f"/packets/{number}/history")["entries"]
    scan = next(entry for entry in entries if entry["ref"] == "where")
    assert scan["in_doubt"] is False
    assert scan["doubt"]["code"] == "unknown-place"
    assert scan["settled"] == "apply"
    assert scan["place"] is None
    assert scan["counts_as"]["place"]["code"] == str(place(Role.COLLECTING))
    assert scan["counts_as"]["happened_at"] == "2026-11-16T04:21:00Z"


def test_a_scan_is_dismissed(counter: Counter) -> None:
    counter.scan(20, "x", Role.COLLECTING, ref="noise")
    body = _settling(counter, 30, Role.INSPECTOR, decision="dismiss")
    assert counter.post("/unsettled/noise/settle", body, Role.INSPECTOR).status_code == 200
    assert counter.get("/unsettled/noise")["fate"]["code"] == "dismissed"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"decision": "burn"}, 422, "invalid-request"),
        ({"decision": "apply", "number": "12"}, 422, "invalid-request"),
        (
            {"decision": "apply", "place": str(place_code(9000, Role.OFFICE, 1))},
            422,
            "unknown-place",
        ),
        ({"decision": "apply"}, 404, "unknown-scan"),
    ],
)
def test_decisions_that_are_refused(
    shared: Counter, sent: dict[str, Any], status: int, code: str
) -> None:
    body = _settling(shared, 30, Role.INSPECTOR) | sent
    answer = shared.post("/unsettled/no-such-scan/settle", body, Role.INSPECTOR)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_scan_that_nobody_doubts_is_not_settled_away(counter: Counter) -> None:
    number = counter.register()
    counter.scan(20, number, Role.COLLECTING, ref="counts")
    body = _settling(counter, 30, Role.INSPECTOR, decision="dismiss", number=number)
    answer = counter.post("/unsettled/counts/settle", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-scan")
    assert counter.get(f"/packets/{number}")["place"]["role"]["code"] == "collecting"


def test_a_courier_settles_nothing(shared: Counter) -> None:
    shared.scan(20, "x", Role.COLLECTING, ref="not-for-couriers")
    body = _settling(shared, 30, Role.COURIER, decision="dismiss")
    answer = shared.post("/unsettled/not-for-couriers/settle", body, Role.COURIER)
    assert (answer.status_code, answer.json()["code"]) == (403, "no-right")


def test_a_manager_without_a_place_settles(counter: Counter) -> None:
    counter.appoint(Role.MANAGER, CENTRE)
    counter.scan(20, "x", Role.COLLECTING, ref="noise")
    body = _settling(counter, 30, Role.COLLECTING, decision="dismiss")
    assert counter.post("/unsettled/noise/settle", body, Role.MANAGER).status_code == 200


def test_what_waits_by_organisation_and_packet(counter: Counter) -> None:
    number = counter.register()
    counter.scan(20, "x", Role.COLLECTING)
    counter.scan(20, number, Role.COURIER, place=str(place(Role.HEAD)))
    assert len(counter.get("/unsettled")["items"]) == 2
    assert len(counter.get("/unsettled", limit=1)["items"]) == 1
    (there,) = counter.get("/unsettled", Role.OFFICE, organisation=AUTHORITY)["items"]
    assert there["number"] == number
    here = counter.get("/unsettled", organisation=CENTRE)["items"]
    assert [each["number"] for each in here] == [None, number]
    answer = counter.ask("GET", f"{V1}/unsettled", params={"number": "7"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-code")


def test_an_unsettled_scan_that_is_not_there(shared: Counter) -> None:
    answer = shared.ask("GET", f"{V1}/unsettled/none")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-scan")


def test_a_stand_in_settles_for_the_absent(counter: Counter) -> None:
    substitute = counter.people[Role.COURIER]
    until = counter.clock.at.replace(year=2027)
    counter.qolhat.personnel.name_stand_in(
        substitute, counter.people[Role.COLLECTING], until, since=HIRED
    )
    counter.scan(20, "x", Role.COLLECTING, ref="noise")
    body = _settling(counter, 30, Role.COURIER, decision="dismiss")
    assert counter.post("/unsettled/noise/settle", body, Role.COURIER).status_code == 200
