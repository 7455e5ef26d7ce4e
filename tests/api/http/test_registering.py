"""Registering: what an inspector sends, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from domain.numbers import badge_code, packet_number, place_code
from domain.roles import Role
from tests.api.http.counter import APPLICANT, IIN, Counter
from tests.stories import AUTHORITY, CENTRE, place


def test_a_packet_is_registered_and_lives_by_a_repealed_text(shared: Counter) -> None:
    answer = shared.post("/packets", shared.registration())
    assert answer.status_code == 201
    found = answer.json()
    assert found["number"].startswith("10267")
    assert found["grouped"].replace(" ", "") == found["number"]
    assert found["status"] == "accepted"
    assert found["edition"]["id"] == "s7c-2012"
    assert found["edition"]["repealed"] is True
    assert found["edition"]["adopted_by"] == "demonstration"
    assert found["edition"]["service"]["key"] == "003-7"
    assert found["packet"]["stage"] == {"key": "collect", "name": "Пакеттерді жинау, реестр құру"}
    assert found["packet"]["waiting"] is True


def test_a_text_in_force_has_no_mark(shared: Counter) -> None:
    found = shared.post("/packets", shared.registration(service="002")).json()
    assert found["edition"]["id"] == "uc-2011"
    assert found["edition"]["repealed"] is False
    assert found["edition"]["adopted_by"] is None


def test_a_repetition_gives_the_same_packet(shared: Counter) -> None:
    body = shared.registration()
    first, again = shared.post("/packets", body), shared.post("/packets", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["status"] == "duplicate"
    assert again.json()["number"] == first.json()["number"]


def test_a_number_from_the_label_grouped_or_not(shared: Counter) -> None:
    number = str(packet_number(CENTRE, 900_005))
    spaced = f"{number[:4]} {number[4:8]} {number[8:12]} {number[12:]}"
    body = shared.registration(number=spaced)
    answer = shared.post("/packets", body)
    assert (answer.status_code, answer.json()["number"]) == (201, number)
    assert shared.post("/packets", body).status_code == 200
    other = shared.post("/packets", shared.registration(number=number))
    assert (other.status_code, other.json()["code"]) == (409, "already-registered")
    assert spaced in other.json()["detail"]


@pytest.mark.parametrize("iin", ["850312401234", "85031240123", "8503124012355", "85031240123x"])
def test_a_wrong_iin_is_an_error_of_its_field(shared: Counter, iin: str) -> None:
    answer = shared.post("/packets", shared.registration(applicant=APPLICANT | {"iin": iin}))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    (error,) = answer.json()["errors"]
    assert (error["where"], error["field"], error["code"]) == ("body", "applicant.iin", "bad-iin")
    assert error["detail"]
    assert iin not in answer.text


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"happened_at": "2026-11-16T09:10:00"}, "happened_at", "bad-instant"),
        ({"began_at": 1_794_800_000}, "began_at", "bad-instant"),
        ({"number": "10267000000124"}, "number", "bad-code"),
        ({"number": 10267000000123}, "number", "bad-code"),
        ({"number": str(badge_code(CENTRE, 1))}, "number", "other-kind"),
        ({"place": "1"}, "place", "bad-code"),
        ({"place": str(packet_number(CENTRE, 1))}, "place", "other-kind"),
        ({"ref": "a b"}, "ref", "bad-form"),
        ({"ref": ""}, "ref", "bad-form"),
        ({"counter": -1}, "counter", "too-small"),
        ({"counter": 2**60}, "counter", "too-big"),
        ({"counter": "1"}, "counter", "wrong-type"),
        ({"service": "a b"}, "service", "bad-form"),
        ({"aplicant": APPLICANT}, "aplicant", "unknown"),
        ({"applicant": {"given_name": "Үлгі"}}, "applicant.surname", "missing"),
        ({"applicant": APPLICANT | {"surname": "Ү" * 201}}, "applicant.surname", "too-long"),
        ({"applicant": APPLICANT | {"iin": 850312401235}}, "applicant.iin", "wrong-type"),
        ({"papers": [{"count": 1}]}, "papers.0", "no-paper"),
        ({"papers": [{"name": "Өтініш", "count": 0}]}, "papers.0.count", "too-small"),
        ({"papers": [{"name": "Өтініш"}] * 201}, "papers", "too-long"),
        ({"authority": 0}, "authority", "too-small"),
    ],
)
def test_wrong_fields_are_named(
    shared: Counter, sent: dict[str, Any], field: str, code: str
) -> None:
    answer = shared.post("/packets", shared.registration() | sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert "{" not in answer.json()["errors"][0]["detail"]


def test_all_missing_fields_are_named(shared: Counter) -> None:
    answer = shared.post("/packets", {})
    assert {error["field"] for error in answer.json()["errors"]} == {"ref", "place", "service"}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"service": "003-99"}, "unknown-service"),
        ({"place": str(place_code(9000, Role.INSPECTOR, 1))}, "unknown-place"),
        ({"place": str(place(Role.COLLECTING))}, "unknown-service"),
        ({"authority": 9998}, "unknown-organisation"),
    ],
)
def test_what_does_not_exist_is_refused(shared: Counter, sent: dict[str, Any], code: str) -> None:
    answer = shared.post("/packets", shared.registration() | sent)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_only_those_who_accept_papers_register(shared: Counter) -> None:
    answer = shared.post("/packets", shared.registration(), Role.COURIER)
    assert (answer.status_code, answer.json()["code"]) == (403, "no-right")


def test_a_clock_that_is_ahead_is_noted(shared: Counter) -> None:
    answer = shared.post("/packets", shared.registration(500, recorded=10))
    assert answer.status_code == 201
    assert answer.json()["status"] == "deviation"
    assert [each["code"] for each in answer.json()["deviations"]] == ["clock-ahead"]
    (entry,) = shared.get(f"/packets/{answer.json()['number']}/history")["entries"]
    assert entry["claimed_at"] == "2026-11-16T12:20:00Z"
    assert entry["happened_at"] < entry["claimed_at"]


def test_a_time_left_out_is_the_moment_of_arrival(shared: Counter) -> None:
    body = shared.registration()
    del body["happened_at"], body["began_at"]
    number = shared.post("/packets", body).json()["number"]
    (entry,) = shared.get(f"/packets/{number}/history")["entries"]
    assert entry["happened_at"] == entry["recorded_at"]


def test_an_office_registers_for_its_own_authority(shared: Counter) -> None:
    body = shared.registration(place=str(place(Role.OFFICE)))
    found = shared.post("/packets", body, Role.OFFICE).json()
    assert found["edition"]["id"] == "s7a-2012"
    packet = shared.get(f"/packets/{found['number']}", Role.OFFICE)
    assert packet["accepting"]["code"] == packet["deciding"]["code"] == AUTHORITY


def test_the_vault_has_what_no_answer_has(counter: Counter) -> None:
    number = counter.register()
    assert counter.qolhat.vault.find(iin=IIN) == (number,)
    applicant, papers = counter.qolhat.vault.held_of(number).values()
    assert applicant == APPLICANT
    assert papers == {"papers": [{"name": "Өтініш", "count": 1}, {"key": "identity", "count": 2}]}
