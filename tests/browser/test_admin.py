"""The administrator's pages in the browser: in three languages, on a phone, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from domain.roles import Role
from infra.demonstration import LogIn
from tests.browser.serving import Served
from tests.browser.watching import PHONE, Complaints, Pages

AUTHORITY = 32
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def administrator_of(served: Served) -> LogIn:
    """The administrator of the region."""
    return next(each for each in served.log_ins if each.role is Role.ADMINISTRATOR)


def log_in(page: Page, served: Served, login: str, password: str) -> None:
    """Log in by name and password."""
    page.goto(f"{served.url}/login")
    page.locator("#login").fill(login)
    page.locator("#password").fill(password)
    page.locator("#password").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def executor_of(served: Served) -> LogIn:
    """Somebody who works in the authority."""
    return next(
        each
        for each in served.log_ins
        if each.organisation == AUTHORITY and each.role is Role.EXECUTOR
    )


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_keep_nobody_out(
    page: Page, served_to_read: Served, axe: Callable[[Page], None], language: str,
    complaints: Complaints,
) -> None:  # fmt: skip
    complaints.allow("422")  # the form with its faults
    served, person = served_to_read, executor_of(served_to_read)
    page.goto(f"{served.url}/language/{language}")
    regional = administrator_of(served)
    log_in(page, served, regional.login, regional.password)
    station = served.qolhat.sessions.of(regional.person)[0].station
    for path in (
        "/admin/people",
        f"/admin/people?organisation={AUTHORITY}&show=to-do",
        "/admin/people?organisation=халыққа",
        "/admin/people/new",
        f"/admin/people/new?organisation={AUTHORITY}",
        f"/admin/people/{person.person}",
        f"/admin/people/{regional.person}",
        f"/admin/people/{person.person}/dismiss",
        f"/admin/places?organisation={AUTHORITY}",
        f"/admin/places/{person.place}/close",
        "/admin/devices",
        f"/admin/devices/stations/{station}",
    ):
        page.goto(f"{served.url}{path}")
        expect(page.locator("h1")).to_be_visible()
        axe(page)
        assert page.evaluate(_OVERFLOW) <= 0, path
    page.goto(f"{served.url}/admin/people/new?organisation={AUTHORITY}")
    page.locator("#name").fill("12")
    page.locator("main button").last.click()
    expect(page.locator("[role=alert]")).to_be_visible()
    axe(page)


def test_a_phone_shows_everything_without_scrolling_aside(
    new_page: Pages, served_to_read: Served
) -> None:
    page, served, person = new_page(**PHONE), served_to_read, executor_of(served_to_read)
    regional = administrator_of(served)
    log_in(page, served, regional.login, regional.password)
    for path in (
        "/admin/people",
        f"/admin/people/new?organisation={AUTHORITY}",
        f"/admin/people/{person.person}",
        f"/admin/places?organisation={AUTHORITY}",
        "/admin/devices",
    ):
        page.goto(f"{served.url}{path}")
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate(_OVERFLOW) <= 0, path


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached by Tab")


def test_somebody_is_appointed_by_keyboard_alone_and_logs_in(
    page: Page, new_page: Pages, served: Served, axe: Callable[[Page], None]
) -> None:
    regional = administrator_of(served)
    log_in(page, served, regional.login, regional.password)
    page.goto(f"{served.url}/admin/people/new?organisation={AUTHORITY}")
    _tab_to(page, "#name")
    page.keyboard.insert_text("Үлгібаева Сынақгүл")
    _tab_to(page, "input[name=roles][value=executor]")
    page.keyboard.press("Space")
    _tab_to(page, "#place")
    page.keyboard.press("End")
    _tab_to(page, "#login")
    page.keyboard.type("ulgi.synaq")
    _tab_to(page, "main form button")
    page.keyboard.press("Enter")
    expect(page.locator("#password")).to_be_visible()
    expect(page.locator("#pin")).to_be_visible()
    axe(page)
    password = page.locator("#password").inner_text()
    assert password not in page.url
    newcomer = new_page()
    log_in(newcomer, served, "ulgi.synaq", password)
    expect(newcomer).to_have_url(f"{served.url}/account")
    newcomer.goto(f"{served.url}/station")
    expect(newcomer).to_have_url(f"{served.url}/account")
    newcomer.locator("#current").fill(password)
    newcomer.locator("#new").fill("менің-өз-құпиям-7")
    newcomer.locator("#new").press("Enter")
    expect(newcomer.locator(".box.green")).to_be_visible()
    newcomer.goto(f"{served.url}/station")
    expect(newcomer.locator("#scan")).to_be_focused()
    assert newcomer.locator("#station").get_attribute("data-place")
