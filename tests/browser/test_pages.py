"""Log-in, station, accepting papers, packets, complaints: nobody is kept out, in any language.

The lists and figures, places and administration have tests of their own beside.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from domain.numbers import PacketNumber
from domain.roles import Role
from projections.holdings import Holdings
from tests.browser.serving import Served
from tests.browser.test_figures import log_in, person
from tests.browser.watching import PHONE, Complaints, Pages

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_NOT_FOUND = "404"
CENTRE = 267


@pytest.fixture(scope="module")
def number(served_to_read: Served) -> PacketNumber:
    """A packet that has gone some way."""
    qolhat = served_to_read.qolhat
    qolhat.runner.wait_for(qolhat.log.rows.last_position(), 60)
    with qolhat.views.reading() as reading:
        held = reading.view(Holdings).at(reading.connection, limit=1000)
    return max(held, key=lambda each: (each.deviations, each.number)).number


def _check(page: Page, axe: Callable[[Page], None], language: str) -> None:
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("html")).to_have_attribute("lang", language)
    axe(page)
    assert page.evaluate(_OVERFLOW) <= 0, page.url


def _open(page: Page, served: Served, path: str) -> Page:
    page.goto(f"{served.url}{path}")
    return page


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("screen", ["office", "phone"])
def test_nobody_is_kept_out(
    new_page: Pages,
    served_to_read: Served,
    number: PacketNumber,
    axe: Callable[[Page], None],
    complaints: Complaints,
    language: str,
    screen: str,
) -> None:
    complaints.allow(_NOT_FOUND)
    page = new_page(**(PHONE if screen == "phone" else {}))
    _open(page, served_to_read, f"/language/{language}?next=/login")
    _check(page, axe, language)
    log_in(page, served_to_read, person(served_to_read, Role.INSPECTOR))
    paths = ("/station", "/register", "/register?service=002", "/account", "/prints")
    for path in (*paths, "/no-such-page"):
        _check(_open(page, served_to_read, path), axe, language)
    auditor = new_page(**(PHONE if screen == "phone" else {}))
    _open(auditor, served_to_read, f"/language/{language}?next=/login")
    log_in(auditor, served_to_read, person(served_to_read, Role.AUDITOR))
    _check(_open(auditor, served_to_read, f"/packets/{number}"), axe, language)


def test_papers_are_accepted_and_a_complaint_is_taken(
    page: Page, served_to_read: Served, axe: Callable[[Page], None], complaints: Complaints
) -> None:
    """Wrong fields are named at their places, and what was typed stays."""
    complaints.allow("422")
    log_in(page, served_to_read, person(served_to_read, Role.INSPECTOR))
    _open(page, served_to_read, "/register?service=002")
    page.fill("#surname", "Терезеқалпақ")
    page.fill("#given_name", "Үлгі")
    page.fill("#iin", "123456789012")
    page.locator("input[name=paper]").first.check()
    page.locator("#surname").press("Enter")
    expect(page.locator("#iin")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#surname")).to_have_value("Терезеқалпақ")
    expect(page.locator("input[name=paper]").first).to_be_checked()
    axe(page)
    page.fill("#iin", "")
    page.locator("#surname").press("Enter")
    page.wait_for_url("**/registered")
    number = page.url.split("/")[-2]
    expect(page.locator(".huge .number")).to_have_count(1)
    axe(page)
    _open(page, served_to_read, f"/packets/{number}/complaints/new")
    axe(page)
    page.fill("#answer_by", "2031-01-15T10:00")
    page.fill("#text", "Өте ұзақ күттім")
    page.get_by_role("button", name="Қабылдау").click()
    expect(page.get_by_text("Өте ұзақ күттім")).to_be_visible()
    axe(page)
    page.fill("#answer", "Кешірім сұраймыз")
    page.get_by_role("button", name="Жауапты жазу").click()
    expect(page.locator(".box.green")).to_be_visible()


def test_the_receipt_prints_by_itself(new_page: Pages, served_to_read: Served) -> None:
    page = new_page(prints=True)
    log_in(page, served_to_read, person(served_to_read, Role.INSPECTOR))
    _open(page, served_to_read, "/register?service=003-7")
    page.fill("#surname", "Көпіржапырақ")
    page.fill("#given_name", "Үлгі")
    with page.expect_response("**/forms/receipt.pdf") as asked:
        page.locator("#surname").press("Enter")
    assert asked.value.status == 200
    assert asked.value.headers["content-type"] == "application/pdf"
