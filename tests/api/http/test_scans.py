"""Scans: nothing is lost, whatever a device sends."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from domain.numbers import CodeKind, PacketNumber, badge_code, compose, packet_number, place_code
from domain.packet import Packet
from domain.roles import Role
from tests.api.http.counter import V1, Counter
from tests.stories import CENTRE, place

STRANGER = str(packet_number(CENTRE, 999))
BAD_CODES = {
    "damaged": ("10267000000124", "check-digits"),
    "foreign": ("90000000000060", "foreign"),  # right check digits, a kind that is not ours
    "too short": ("1026700000012", "too-short"),
    "too long": ("102670000001234", "too-long"),
    "letters": ("1026700000O123", "not-digits"),
    "empty": ("", "empty"),
}


@pytest.mark.parametrize("name", BAD_CODES)
def test_a_bad_code_is_kept_and_waits(shared: Counter, name: str) -> None:
    code, fault = BAD_CODES[name]
    answer = shared.scan(10, code, Role.OFFICE)
    assert answer["status"] == "unsettled"
    assert answer["doubt"]["code"] == "bad-code"
    assert answer["fault"]["code"] == fault
    assert answer["fault"]["text"]
    assert answer["packet"] is None
    assert answer["ref"] in [
        each["scan"] for each in shared.get("/unsettled", Role.OFFICE)["items"]
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (badge_code(CENTRE, 1), "badge"),
        (place(Role.OFFICE), "place"),
        (compose(CodeKind.BAG, CENTRE, 1), "bag"),
    ],
)
def test_another_code_is_no_packet(shared: Counter, code: int, kind: str) -> None:
    answer = shared.scan(10, str(code), Role.OFFICE)
    assert answer["status"] == "unsettled"
    assert (answer["doubt"]["code"], answer["fault"]["code"]) == ("other-kind", kind)


def test_what_is_no_text_is_kept_as_text(counter: Counter) -> None:
    number = counter.register()
    odd: list[dict[str, Any]] = [
        {"code": int(number), "counter": "many"},
        {"code": {"a": [1]}, "counter": -3},
        {"code": None, "counter": 2.5},
        {"code": "SURROGATE", "counter": True},
        {"code": "x" * 100_000, "counter": 10**30},
        {"code": number, "place": None},
        {"code": number, "more": "than is asked"},
    ]
    bodies = [counter.scanned(20, number, Role.COLLECTING) | each for each in odd]
    sent = json.dumps(bodies).replace("SURROGATE", "\\ud800")  # half of a character
    headers = {"Content-Type": "application/json"}
    answer = counter.ask("POST", f"{V1}/scans", Role.COLLECTING, content=sent, headers=headers)
    assert answer.status_code == 200
    assert [each["status"] for each in answer.json()["answers"]] == [
        "accepted", "unsettled", "unsettled", "unsettled", "unsettled", "unsettled", "accepted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "doubt"),
    [
        ({"happened_at": "2026-11-16T09:20:00"}, "no-zone"),
        ({"happened_at": ""}, "no-zone"),
        ({"happened_at": None}, "no-zone"),
        ({"happened_at": "кеше"}, "no-zone"),
        ({"happened_at": 1_794_800_000}, "no-zone"),
        ({"happened_at": "0001-01-01T00:00:00+05:00"}, "no-zone"),
        ({"happened_at": "2027-11-16T09:20:00+05:00"}, "in-the-future"),
        ({"happened_at": "1970-01-01T00:00:01+00:00"}, "implausible-time"),
        ({"place": "жоқ"}, "unknown-place"),
        ({"place": str(place_code(9000, Role.OFFICE, 1))}, "unknown-place"),
        ({"place": str(place(Role.OFFICE))}, "not-their-place"),
    ],
)
def test_a_doubtful_scan_waits_and_moves_nothing(
    shared: Counter, sent: dict[str, Any], doubt: str
) -> None:
    number = shared.register()
    body = shared.scanned(20, number, Role.COLLECTING) | sent
    (answer,) = shared.post("/scans", body, Role.COLLECTING).json()["answers"]
    assert answer["status"] == "unsettled"
    assert answer["doubt"]["code"] == doubt
    assert answer["doubt"]["text"] != doubt
    assert answer["packet"]["place"]["code"] == str(place(Role.INSPECTOR))
    assert [r["doubt"]["code"] for r in shared.get("/unsettled", number=number)["items"]] == [doubt]


def test_a_scan_before_registration_is_absorbed_by_it(counter: Counter) -> None:
    answer = counter.scan(20, STRANGER, Role.COLLECTING)
    assert (answer["status"], answer["doubt"]["code"]) == ("unsettled", "not-registered")
    assert counter.get(f"/packets/{STRANGER}")["status"]["code"] == "unregistered"
    counter.register(10, number=STRANGER, recorded=30)
    assert counter.get("/unsettled")["items"] == []
    assert counter.get(f"/packets/{STRANGER}")["stage"]["key"] == "collect"


def test_a_scan_that_happened_before_the_registration_deviates(counter: Counter) -> None:
    number = counter.register(10)
    answer = counter.scan(5, number, Role.COLLECTING, recorded=20)
    assert answer["status"] == "deviation"
    assert [each["code"] for each in answer["deviations"]] == ["before-registration"]


def test_half_a_batch_fails_alone(counter: Counter) -> None:
    number = counter.register()
    good = [counter.scanned(20 + n, number, Role.COLLECTING) for n in range(3)]
    bad: list[Any] = [
        {key: value for key, value in good[0].items() if key != "ref"},
        good[0] | {"ref": "with a space"},
        good[0] | {"ref": "x" * 65},
        "no object",
        None,
    ]
    answer = counter.post("/scans", [*good, *bad], Role.COLLECTING)
    assert answer.status_code == 200
    answers = answer.json()["answers"]
    assert [each["status"] for each in answers] == ["accepted"] * 3 + ["refused"] * 5
    for refused in answers[3:]:
        assert refused["problem"]["code"] == "bad-ref"
        assert refused["problem"]["type"] == "/problems/bad-ref"
        assert refused["problem"]["detail"]
        assert refused["ref"] == ""
    assert len(counter.get(f"/packets/{number}/history")["entries"]) == 4


def test_the_same_scan_twice_is_one_event(counter: Counter) -> None:
    number = counter.register()
    body = counter.scanned(20, number, Role.COLLECTING)
    first = counter.post("/scans", body, Role.COLLECTING).json()
    again = counter.post("/scans", [body, body], Role.COLLECTING).json()
    assert first["answers"][0]["status"] == "accepted"
    assert [each["status"] for each in again["answers"]] == ["duplicate"] * 2
    assert again["answers"][0]["packet"] == first["answers"][0]["packet"]
    assert len(counter.get(f"/packets/{number}/history")["entries"]) == 2


def test_at_most_five_hundred_at_once(counter: Counter) -> None:
    number = counter.register()
    bodies = [counter.scanned(20, number, Role.COLLECTING) for _ in range(501)]
    answer = counter.post("/scans", bodies, Role.COLLECTING)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many")
    assert "500" in answer.json()["detail"]
    answer = counter.post("/scans", bodies[:500], Role.COLLECTING)
    assert len(answer.json()["answers"]) == 500


def test_no_scans_have_no_answers(counter: Counter) -> None:
    assert counter.post("/scans", []).json() == {"answers": [], "position": 0}


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ("database or disk is full", 507, "storage-full"),
        ("attempt to write a readonly database", 503, "storage-read-only"),
        ("database is locked", 503, "storage-busy"),
    ],
)
def test_nothing_stored_is_nothing_acknowledged(
    counter: Counter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    message: str,
    status: int,
    code: str,
) -> None:
    number = counter.register()
    body = counter.scanned(20, number, Role.COLLECTING)

    def broken(*_: object, **__: object) -> None:
        raise OperationalError(message)

    with monkeypatch.context() as broken_disk:
        broken_disk.setattr(counter.qolhat.log.rows, "insert_events", broken)
        answer = counter.post("/scans", [body], Role.COLLECTING)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert message not in answer.text
    assert message in caplog.text
    again = counter.post("/scans", [body], Role.COLLECTING).json()["answers"]
    assert again[0]["status"] == "accepted"


def test_part_of_a_batch_that_cannot_be_stored(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = counter.register(), counter.register()
    bodies = [counter.scanned(20, number, Role.COLLECTING) for number in (one, other)]
    store = counter.qolhat.log.rows.insert_events
    stream = Packet.stream(PacketNumber(int(other)))

    def picky(events: Any, **how: Any) -> Any:
        if any(event.originator_id == stream for event in events):
            raise OperationalError("disk I/O error")
        return store(events, **how)

    monkeypatch.setattr(counter.qolhat.log.rows, "insert_events", picky)
    answer = counter.post("/scans", bodies, Role.COLLECTING)
    assert answer.status_code == 200
    stored, failed = answer.json()["answers"]
    assert (stored["status"], failed["status"]) == ("accepted", "refused")
    assert failed["problem"]["code"] == "storage-failed"
    assert failed["problem"]["status"] == 503


def test_eight_threads_scan_at_once_and_all_is_stored_once(counter: Counter) -> None:
    numbers = [counter.register() for _ in range(8)]
    together = threading.Barrier(8)
    url = f"{V1}/scans"
    token = {"Authorization": f"Bearer {counter.tokens[Role.COLLECTING]}"}
    sent = [
        [counter.scanned(20 + n, number, Role.COLLECTING) for n in range(10)] for number in numbers
    ]

    def scan(bodies: list[dict[str, Any]]) -> list[str]:
        together.wait()
        return [
            answer["status"]
            for body in bodies
            for _ in range(2)
            for answer in counter.client.post(url, json=body, headers=token).json()["answers"]
        ]

    before = counter.qolhat.log.rows.last_position()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(scan, sent))
    assert all(statuses == ["accepted", "duplicate"] * 10 for statuses in found)
    assert counter.qolhat.log.rows.last_position() == before + 80
    counter.position = before + 80
    for number in numbers:
        assert len(counter.get(f"/packets/{number}/history")["entries"]) == 11


@pytest.mark.parametrize("body", ["text", 12, None, True])
def test_what_is_neither_a_scan_nor_a_list_is_invalid(shared: Counter, body: Any) -> None:
    answer = shared.post("/scans", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
