"""Problems: their languages, and that nothing of the inside shows."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http import packets
from domain.roles import Role
from tests.api.http.counter import APPLICANT, PERSONAL, V1, Counter, check_problem

SECRET = "Үлгібаева 850312401235"


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        (None, "kk", "Мұндай мекенжай жоқ"),
        ("kk-KZ", "kk", "Мұндай мекенжай жоқ"),
        ("ru-RU,ru;q=0.9", "ru", "Нет такого адреса"),
        ("en", "en", "Not found"),
        ("de, en;q=0.4, ru;q=0.7", "ru", "Нет такого адреса"),
        ("de", "kk", "Мұндай мекенжай жоқ"),
        ("ru;q=0, *", "kk", "Мұндай мекенжай жоқ"),
        ("\x7f;;q=,=,", "kk", "Мұндай мекенжай жоқ"),
    ],
)
def test_the_readers_language(
    shared: Counter, accepted: str | None, language: str, title: str
) -> None:
    headers = {} if accepted is None else {"Accept-Language": accepted}
    answer = shared.ask("GET", f"{V1}/nowhere", headers=headers)
    assert answer.status_code == 404
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]
    assert answer.json()["title"] == title


def test_words_in_answers_are_in_the_readers_language(shared: Counter) -> None:
    number = shared.register()
    for language, role, stage in (
        ("ru", "инспектор ЦОН", "Сбор пакетов, составление реестра"),
        ("en", "inspector", "Packets gathered, registry made"),
    ):
        answer = shared.ask(
            "GET",
            f"{V1}/packets/{number}",
            headers={"Accept-Language": language},
            params={"after": shared.position},
        )
        assert answer.headers["content-language"] == language
        assert answer.json()["place"]["role"]["text"] == role
        assert answer.json()["stage"]["name"] == stage


def test_what_has_no_words_has_no_language(shared: Counter) -> None:
    for path in ("/healthz", "/metrics", f"{V1}/openapi.json"):
        assert "content-language" not in shared.ask("GET", path, None).headers


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_fault_is_said_in_words(shared: Counter, language: str) -> None:
    headers = {"Accept-Language": language}
    answer = shared.ask("GET", f"{V1}/packets/123", headers=headers)
    assert answer.json()["code"] == "bad-code"
    assert "too-short" not in answer.json()["detail"]
    assert "14" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/docs", 404, "not-found"),
        ("GET", "/redoc", 404, "not-found"),
        ("GET", f"{V1}/packets/", 404, "not-found"),
        ("DELETE", f"{V1}/packets", 405, "method-not-allowed"),
        ("PUT", f"{V1}/visits", 405, "method-not-allowed"),
    ],
)
def test_wrong_addresses_and_methods(
    shared: Counter, method: str, path: str, status: int, code: str
) -> None:
    answer = shared.ask(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 405:
        assert answer.headers["allow"] in {"POST", "GET"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"ref": "x", ', "malformed-json"),
        (b"{'ref': 1}", "malformed-json"),
        (b"\xff\xfe\x00", "bad-request"),
        (b"[" * 100_000, "bad-request"),
        (b"9" * 5000, "bad-request"),
    ],
)
def test_bodies_that_are_no_json(shared: Counter, content: bytes, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = shared.ask("POST", f"{V1}/scans", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_bodies_of_another_type(shared: Counter, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = shared.ask("POST", f"{V1}/scans", content=b'{"ref": "x"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_a_body_that_is_missing(shared: Counter) -> None:
    answer = shared.ask("POST", f"{V1}/scans")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_a_body_that_is_too_large(shared: Counter) -> None:
    headers = {"Content-Type": "application/json"}
    answer = shared.ask("POST", f"{V1}/scans", content=b" " * 5_000_000, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_the_unexpected_is_logged_without_what_was_sent(
    shared: Counter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(packets, "history_of", broken)
    careful = TestClient(shared.client.app, raise_server_exceptions=True)
    answer = careful.get(
        f"{V1}/packets/10267000000123/history",
        headers={"Authorization": f"Bearer {shared.tokens[Role.HEAD]}"},
    )
    assert answer.status_code == 500
    assert check_problem(answer)["code"] == "internal"
    assert answer.headers["content-language"] == "kk"
    for part in ("ValueError", "history_of", SECRET):
        assert part not in answer.text
    assert "unexpected ValueError" in caplog.text
    assert "packets.py" in caplog.text
    assert SECRET not in caplog.text


def test_an_unexpected_error_of_one_scan_is_its_own(
    shared: Counter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    number = shared.register()

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("domain.packet.Packet.scan", broken)
    answer = shared.scan(20, number, Role.COLLECTING)
    assert answer["status"] == "refused"
    assert answer["problem"]["code"] == "internal"
    assert SECRET not in str(answer) + caplog.text
    assert "unexpected ValueError" in caplog.text


def test_invalid_fields_quote_nothing_that_was_sent(
    shared: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    body = shared.registration() | {"applicant": APPLICANT | {"given_name": 5, "phone": []}}
    answer = shared.post("/packets", body)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "applicant.given_name",
        "applicant.phone",
    }
    assert not any(part in answer.text + caplog.text for part in PERSONAL)


def test_half_a_character_in_a_name_is_an_error_of_its_field(shared: Counter) -> None:
    sent = b'{"ref": "x", "place": "30267100000109", "service": "\\ud800"}'
    headers = {"Content-Type": "application/json"}
    answer = shared.ask("POST", f"{V1}/packets", content=sent, headers=headers)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"service"}
    sent = b'{"\\ud800": 1}'
    assert shared.ask("POST", f"{V1}/packets", content=sent, headers=headers).status_code == 422
