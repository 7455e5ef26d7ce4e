"""Acts: who may do what, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from domain.acts import ActKind
from domain.numbers import badge_code, packet_number, place_code
from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.stories import CENTRE

UNKNOWN = str(packet_number(CENTRE, 77))


@pytest.mark.parametrize(
    ("role", "kind", "more", "status", "code"),
    [
        (Role.COURIER, "signed", {}, 403, "wrong-role"),
        (Role.EXECUTOR, "resolution", {}, 403, "wrong-role"),
        (Role.EXECUTOR, "drafted", {"outcome": "refused"}, 422, "reasons-missing"),
        (Role.EXECUTOR, "drafted", {"outcome": None}, 422, "outcome-missing"),
        (Role.HEAD, "resolution", {"executor": None}, 422, "executor-missing"),
        (Role.HEAD, "resolution", {"executor": 4711}, 422, "unknown-person"),
        (Role.OFFICE, "incoming", {"incoming_number": "№" * 33}, 422, "bad-incoming-number"),
        (
            Role.EXECUTOR,
            "drafted",
            {"outcome": "refused", "grounds": ["no-such"]},
            422,
            "unknown-ground",
        ),
        (
            Role.HEAD,
            "signed",
            {"place": str(place_code(9000, Role.HEAD, 1))},
            422,
            "unknown-place",
        ),
    ],
)
def test_what_is_refused(
    shared: Counter, role: Role, kind: str, more: dict[str, Any], status: int, code: str
) -> None:
    number = shared.register()
    answer = shared.act(20, number, kind, role, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(shared.get(f"/packets/{number}/history")["entries"]) == 1


def test_an_unknown_packet_is_refused(shared: Counter) -> None:
    answer = shared.act(20, UNKNOWN, "signed", Role.HEAD)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-packet")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("123", "bad-code"),
        ("10267000000124", "bad-code"),
        ("abc", "bad-code"),
        (str(badge_code(CENTRE, 1)), "other-kind"),
    ],
)
def test_a_wrong_number_in_the_address(shared: Counter, number: str, code: str) -> None:
    answer = shared.act(20, number, "signed", Role.HEAD)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    for path in (f"/packets/{number}", f"/packets/{number}/history"):
        answer = shared.ask("GET", f"{V1}{path}")
        assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("kind", ["registered", "blessed", None, 5])
def test_a_kind_that_is_no_act(shared: Counter, kind: Any) -> None:
    answer = shared.act(20, UNKNOWN, kind, Role.HEAD)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("kind", "not-allowed")
    assert "relabelled" in error["detail"]


def test_one_refused_packet_of_many_fails_alone(shared: Counter) -> None:
    known = shared.register()
    numbers = [UNKNOWN, known, "not a number", str(badge_code(CENTRE, 1)), known]
    body = shared.stamp(20, Role.HEAD, kind="signed", numbers=numbers)
    answer = shared.post("/acts", body, Role.HEAD)
    assert answer.status_code == 200
    answers = answer.json()["answers"]
    assert [each["status"] for each in answers] == [
        "refused", "deviation", "refused", "refused", "deviation",
    ]  # fmt: skip
    assert [(each["problem"] or {}).get("code") for each in answers] == [
        "unknown-packet", None, "bad-code", "other-kind", None,
    ]  # fmt: skip
    assert len(shared.get(f"/packets/{known}/history")["entries"]) == 2


def test_a_wrong_role_refuses_the_whole_request(shared: Counter) -> None:
    body = shared.stamp(20, Role.COURIER, kind="signed", numbers=[UNKNOWN])
    answer = shared.post("/acts", body, Role.COURIER)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-role")


def test_too_many_packets_and_none(shared: Counter) -> None:
    body = shared.stamp(20, Role.HEAD, kind="signed", numbers=[UNKNOWN] * 501)
    answer = shared.post("/acts", body, Role.HEAD)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many")
    answer = shared.post("/acts", body | {"numbers": []}, Role.HEAD)
    assert answer.json()["errors"][0]["code"] == "too-short"


def test_reasons_go_into_the_vault(shared: Counter) -> None:
    number = shared.register()
    reason = "Құжатында басқа адамның аты жазылған"
    answer = shared.acted(20, number, "drafted", Role.EXECUTOR, outcome="refused", text=reason)
    assert reason not in str(answer)
    entry = shared.get(f"/packets/{number}/history")["entries"][-1]
    assert entry["text_kept"] is True
    assert entry["details"] == {"outcome": "refused"}
    assert shared.qolhat.vault.get(f"{number}/drafted/{entry['ref']}") == {"text": reason}


def test_every_act_has_its_way_in(shared: Counter) -> None:
    may = {
        Role.OFFICE: ("incoming", "sent-back", "withdrawn"),
        Role.HEAD: ("resolution", "returned", "signed"),
        Role.EXECUTOR: ("right", "drafted"),
        Role.INSPECTOR: ("issued", "handed-back", "lost", "found", "relabelled"),
    }
    number = shared.register()
    for role, kinds in may.items():
        for kind in kinds:
            shared.acted(20, number, kind, role)
    done = {kind for kinds in may.values() for kind in kinds}
    of_other_editions = {"paused", "resumed"}  # tests/api/http/test_pausing.py
    assert done == {kind.value for kind in ActKind} - {"registered"} - of_other_editions
