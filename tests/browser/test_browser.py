"""The tests' own browser: it shows the server's answers, and its complaints are heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route

from api.http.media import PREFIX
from tests.browser import offer
from tests.browser.accessibility import violations
from tests.browser.serving import Served
from tests.browser.watching import Complaints, Pages
from tests.servers.offer import ServerUnavailableError

PAGE = """<!doctype html><html lang="kk"><head><title>Қолхат</title></head>
<body><main><h1>Қолхат</h1>{}</main></body></html>"""
POLICY = "default-src 'self'; script-src 'self'"


def _show(page: Page, body: str, headers: dict[str, str] | None = None) -> None:
    def answer(route: Route, request: Request) -> None:
        if request.resource_type == "document":
            route.fulfill(body=PAGE.format(body), content_type="text/html", headers=headers or {})
        else:
            route.fulfill(status=204)

    page.route("**/*", answer)
    page.goto("http://localhost/")


def test_the_browser_shows_what_the_server_says(
    page: Page, served: Served, complaints: Complaints
) -> None:
    complaints.allow("favicon.ico")  # an answer that is no page names no icon
    answer = page.goto(f"{served.url}/readyz")
    assert answer is not None
    assert answer.ok
    assert served.log_ins


def test_a_server_of_many_tests_serves_the_demonstration(
    page: Page, served_to_read: Served, complaints: Complaints
) -> None:
    complaints.allow("favicon.ico")
    answer = page.goto(f"{served_to_read.url}{PREFIX}/openapi.json")
    assert answer is not None
    assert answer.json()["info"]["title"] == "Qolhat"
    assert served_to_read.qolhat.log.rows.last_position() > 100


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        ("<script>console.error('wrong')</script>", {}, "wrong"),
        ("<script>missing()</script>", {}, "missing is not defined"),
        (
            "<script>document.title = 'x'</script>",
            {"content-security-policy": POLICY},
            "Content Security Policy",
        ),
    ],
)
def test_what_the_browser_complains_of_is_heard(
    page: Page, complaints: Complaints, body: str, headers: dict[str, str], said: str
) -> None:
    _show(page, body, headers)
    assert any(said in each for each in complaints.left()), complaints.said
    complaints.allow(said)
    assert not complaints.left()


def test_two_pages_share_nothing(new_page: Pages) -> None:
    stations = new_page(), new_page()
    for station in stations:
        _show(station, "")
    stations[0].evaluate("localStorage.setItem('a', 'b')")
    assert stations[1].evaluate("localStorage.getItem('a')") is None


def test_axe_finds_what_is_wrong_under_a_strict_policy(
    page: Page, axe: Callable[[Page], None]
) -> None:
    _show(page, "<img src='x.png'>", {"content-security-policy": POLICY})
    with pytest.raises(AssertionError, match=r"image-alt \(critical\).*\n.*img"):
        axe(page)
    assert not violations(page, without=["image-alt"])
    _show(page, "<p>Пакет</p>")
    axe(page)


def test_without_a_browser_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(offer.CHROMIUM, raising=False)
    with pytest.raises(ServerUnavailableError, match="Debian: chromium"):
        offer.chromium()
    monkeypatch.setenv(offer.CHROMIUM, "/nowhere/chromium")
    with pytest.raises(ServerUnavailableError, match="/nowhere/chromium"):
        offer.chromium()


def test_another_browser_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv(offer.CHROMIUM, str(other))
    assert offer.chromium() == other
