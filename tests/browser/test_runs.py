"""The pages of runs in the browser: nobody is kept out, a phone shows all, a timetable is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from domain.roles import Role
from infra.demonstration import LogIn
from tests.browser.serving import Served
from tests.browser.watching import PATIENCE, PHONE, Complaints, Pages

CENTRE = 267
TIMETABLE = f"/runs/timetable/{CENTRE}"
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def person(served: Served, role: Role) -> LogIn:
    """The last of a role: the country's manager."""
    return [each for each in served.log_ins if each.role is role][-1]


def log_in(page: Page, served: Served, role: Role) -> None:
    """Log in by name and password."""
    who = person(served, role)
    page.goto(f"{served.url}/login")
    page.locator("#login").fill(who.login)
    page.locator("#password").fill(who.password)
    page.locator("#password").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def carried(served: Served) -> tuple[int, date]:
    """A branch and a day of the demonstration on which a bag went from there."""
    qolhat, runs = served.qolhat, served.qolhat.courier_runs
    qolhat.runner.wait_for(qolhat.log.rows.last_position(), PATIENCE / 1000)
    for route in runs.routes_of(None):
        today = runs.today(route)
        for line in runs.lines(route, today - timedelta(days=14), today):
            if line.bags_out and line.trip.arrived_at is not None:
                return route.branch, line.trip.run.key.day
    pytest.fail("no bag arrived in the demonstration")


def pages_of(served: Served) -> Iterator[tuple[Role, list[str]]]:
    """The pages, on a day that the demonstration told of."""
    branch, day = carried(served)
    yield (
        Role.MANAGER,
        [
            "/runs",
            f"/runs?day={day}&organisation={branch}",
            "/runs/figures",
            f"/runs/figures?organisation={branch}&since=2026-02-02&until=2026-02-01",
            f"/runs/what-if?branch={branch}&since={day}&times=9:00",
            "/runs/what-if?times=25:00",
        ],
    )
    yield Role.ADMINISTRATOR, ["/runs/timetable", TIMETABLE]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_keep_nobody_out(
    new_page: Pages, served_to_read: Served, axe: Callable[[Page], None], language: str
) -> None:
    for role, paths in pages_of(served_to_read):
        page = new_page()
        page.goto(f"{served_to_read.url}/language/{language}")
        log_in(page, served_to_read, role)
        for path in paths:
            page.goto(f"{served_to_read.url}{path}")
            expect(page.locator("h1")).to_be_visible()
            expect(page.locator("html")).to_have_attribute("lang", language)
            axe(page)
            assert page.evaluate(_OVERFLOW) <= 0, path


def test_a_phone_shows_everything_without_scrolling_aside(
    new_page: Pages, served_to_read: Served
) -> None:
    for role, paths in pages_of(served_to_read):
        page = new_page(**PHONE)
        log_in(page, served_to_read, role)
        for path in paths:
            page.goto(f"{served_to_read.url}{path}")
            expect(page.locator("h1")).to_be_visible()
            assert page.evaluate(_OVERFLOW) <= 0, path


def test_a_timetable_is_typed_put_right_and_set(
    page: Page, served: Served, complaints: Complaints, axe: Callable[[Page], None]
) -> None:
    complaints.allow("422")  # the times that do not rise
    log_in(page, served, Role.ADMINISTRATOR)
    page.goto(f"{served.url}{TIMETABLE}")
    page.locator("#times").fill("16:00, 11:00")
    page.locator("#times").press("Enter")
    expect(page.locator("#times")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#times")).to_have_value("16:00, 11:00")
    axe(page)
    page.locator("#times").fill("11:00 13:30 16:00")
    page.locator("#times").press("Enter")
    expect(page.locator(".box.green")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    axe(page)
