"""Alive, ready, and the figures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.http import system
from domain.roles import Role
from infra.errors import StorageError
from infra.views.group import SetAside
from tests.api.http.counter import PERSONAL, V1, Counter


def _figures(counter: Counter) -> dict[tuple[str, tuple[str, ...]], float]:
    text = counter.ask("GET", "/metrics", None).text
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_alive_and_ready_without_a_token(counter: Counter) -> None:
    assert counter.ask("GET", "/healthz", None).json() == {"status": "alive"}
    counter.register()
    counter.get("/due")
    ready = counter.ask("GET", "/readyz", None)
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    assert ready.json()["checks"]["store"] is True
    assert ready.json()["checks"]["views"] == {"ok": True, "lag": 0, "following": True}


def test_an_event_set_aside_is_shown_and_not_fatal(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = [SetAside("log", 7, "pkt.scan", "stream", "KeyError: inside")]
    monkeypatch.setattr(counter.qolhat.views, "set_aside", lambda: aside)
    ready = counter.ask("GET", "/readyz", None)
    assert ready.status_code == 200
    assert ready.json()["status"] == "degraded"
    assert ready.json()["checks"]["set_aside"] == {
        "count": 1,
        "events": [{"position": 7, "topic": "pkt.scan"}],
    }
    assert "inside" not in ready.text
    assert _figures(counter)["qolhat_views_set_aside", ()] == 1


def test_views_far_behind_are_not_ready(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter.qolhat.runner, "lag", lambda: system.MOST_LAG + 1)
    ready = counter.ask("GET", "/readyz", None)
    assert (ready.status_code, ready.json()["code"]) == (503, "not-ready")
    assert ready.json()["checks"]["views"]["ok"] is False


def test_a_store_that_does_not_answer_is_not_ready(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> int:
        raise StorageError(detail="inside")

    monkeypatch.setattr(counter.qolhat.runner, "lag", broken)
    ready = counter.ask("GET", "/readyz", None)
    assert (ready.status_code, ready.json()["code"]) == (503, "not-ready")
    assert ready.json()["checks"]["store"] is False
    assert "inside" not in ready.text
    assert counter.ask("GET", "/healthz", None).status_code == 200
    assert counter.ask("GET", "/metrics", None).status_code == 200


def test_the_figures_count_and_name_nobody(counter: Counter) -> None:
    number = counter.register()
    body = counter.scanned(20, number, Role.COLLECTING)
    counter.post("/scans", [body, body | {"ref": ""}], Role.COLLECTING)
    counter.scan(21, "x", Role.COLLECTING)
    counter.get(f"/packets/{number}")
    counter.ask("GET", f"{V1}/packets/{number}/nothing")
    counter.ask("GET", "/nowhere")
    counter.client.request("BREW", "/nowhere")
    figures = _figures(counter)
    assert figures["qolhat_scans_total", ("accepted",)] == 1
    assert figures["qolhat_scans_total", ("refused",)] == 1
    assert figures["qolhat_scans_total", ("unsettled",)] == 1
    packets = "/api/v1/packets/{number}"
    assert figures["qolhat_http_requests_total", (packets, "200", "GET")] == 1
    assert figures["qolhat_http_requests_total", ("/api/v1/scans", "200", "POST")] == 2
    assert figures["qolhat_http_requests_total", ("404", "GET", "unmatched")] == 2
    assert figures["qolhat_http_requests_total", ("404", "other", "unmatched")] == 1
    assert figures["qolhat_http_request_seconds_count", ("/api/v1/packets/{number}", "GET")] == 1
    assert figures["qolhat_unsettled_waiting", ()] == 1
    assert figures["qolhat_views_lag_events", ()] == 0
    assert figures["qolhat_commands_total", ()] >= figures["qolhat_commits_total", ()] > 0
    text = counter.ask("GET", "/metrics", None).text
    assert number not in text
    assert not re.search(r'="[^"]*\d{4}', text)  # no label holds a code
    assert not any(part in text for part in PERSONAL)


def test_two_applications_have_figures_of_their_own(counter: Counter, shared: Counter) -> None:
    counter.ask("GET", "/healthz", None)
    figures = _figures(counter)
    assert figures["qolhat_http_requests_total", ("/healthz", "200", "GET")] == 1
