"""The manager's page and the lists behind it, the journal of access: in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from domain.roles import Role
from infra.demonstration import LogIn
from tests.browser.serving import Served
from tests.browser.watching import PHONE, Complaints, Pages

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OF_FIGURES = (
    "/manager",
    "/figures?span=month&edition=s7c-2012&stage=incoming",
    "/figures?organisation=267&edition=s7c-2012&stage=incoming",
    "/figures/open",
    "/figures/what-if?edition=s7c-2012&since=2026-01-01",
    "/figures/changed?organisation=267&since=2026-01-01",
    "/figures/couriers",
    "/figures/couriers?organisation=267",
    "/indicators",
    "/indicators?organisation=267&service=002",
    "/audit",
    "/due?which=overdue",
    "/due?which=pressing&mine=1",
    "/due?which=today&organisation=32",
    "/visits?late=1&order=longest",
    "/visits?edition=s7c-2012&stage=incoming",
    "/packets?status=on-the-way",
    "/complaints?organisation=267",
)
OF_THE_JOURNAL = ("/access", "/access?person=1&since=2026-01-01", "/access?number=1")


def person(served: Served, role: Role) -> LogIn:
    """The last of a role: the country's manager, the auditor, a clerk."""
    return [each for each in served.log_ins if each.role is role][-1]


def log_in(page: Page, served: Served, who: LogIn) -> None:
    """Log in by name and password."""
    page.goto(f"{served.url}/login")
    page.locator("#login").fill(who.login)
    page.locator("#password").fill(who.password)
    page.locator("#password").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture
def looked(served_to_read: Served) -> Served:
    """A server whose people have looked at something."""
    clerk, access = person(served_to_read, Role.OFFICE).person, served_to_read.qolhat.access
    access.note(clerk, ["10267000000123", "scan:r1", "person:7"], "packet", 1_000_001)
    access.note(clerk, ["search"], "by-iin", 1_000_001)
    return served_to_read


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_keep_nobody_out(
    new_page: Pages, looked: Served, axe: Callable[[Page], None], language: str,
    complaints: Complaints,
) -> None:  # fmt: skip
    complaints.allow("422")  # what is no packet's number
    for role, paths in ((Role.MANAGER, OF_FIGURES), (Role.AUDITOR, OF_THE_JOURNAL)):
        page = new_page()
        page.goto(f"{looked.url}/language/{language}")
        log_in(page, looked, person(looked, role))
        for path in paths:
            page.goto(f"{looked.url}{path}")
            expect(page.locator("h1")).to_be_visible()
            expect(page.locator("html")).to_have_attribute("lang", language)
            axe(page)
            assert page.evaluate(_OVERFLOW) <= 0, path


def test_a_phone_shows_everything_without_scrolling_aside(
    new_page: Pages, looked: Served, complaints: Complaints
) -> None:
    complaints.allow("422")
    for role, paths in ((Role.MANAGER, OF_FIGURES), (Role.AUDITOR, OF_THE_JOURNAL)):
        page = new_page(**PHONE)
        log_in(page, looked, person(looked, role))
        for path in paths:
            page.goto(f"{looked.url}{path}")
            expect(page.locator("h1")).to_be_visible()
            assert page.evaluate(_OVERFLOW) <= 0, path


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached by Tab")


def test_a_manager_goes_from_a_number_to_a_packet_by_keyboard_alone(
    page: Page, served_to_read: Served
) -> None:
    log_in(page, served_to_read, person(served_to_read, Role.MANAGER))
    expect(page).to_have_url(f"{served_to_read.url}/manager")  # the first page of a manager
    _tab_to(page, "#organisation")
    page.keyboard.press("ArrowDown")
    _tab_to(page, "main form button")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/manager\?organisation=\d+$"))
    page.goto(f"{served_to_read.url}/manager")
    tile = page.locator('a.tile[href^="/packets?status=on-the-way"]')
    said = int(re.sub(r"\D", "", tile.locator("strong").inner_text()))
    _tab_to(page, 'a.tile[href^="/packets?status=on-the-way"]')
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(min(said, 100))
    _tab_to(page, "tbody a.number")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/packets/\d{14}$"))


def test_the_badge_leads_to_what_presses(page: Page, served_to_read: Served) -> None:
    log_in(page, served_to_read, person(served_to_read, Role.MANAGER))
    link = page.get_by_role("link", name=re.compile("Шұғыл"))
    badge = page.locator(".menu .badge")
    said = int(badge.inner_text()) if badge.count() else 0
    link.click()
    expect(page.locator("tbody tr")).to_have_count(min(said, 100))
    expect(link).to_have_attribute("aria-current", "page")
