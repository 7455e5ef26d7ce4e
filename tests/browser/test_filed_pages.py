"""Scanned pages in the browser: added to a packet, looked at, given to whom they belong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from domain.numbers import PacketNumber
from domain.roles import Role
from tests.browser.serving import Served
from tests.browser.test_figures import log_in, person
from tests.browser.watching import PHONE, Complaints, Pages
from tests.scanned import saved, sheet

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_CONFLICT = "409"


def _register(page: Page, served: Served) -> PacketNumber:
    page.goto(f"{served.url}/register?service=003-7")
    page.fill("#surname", "Күнбағыскітап")
    page.fill("#given_name", "Үлгі")
    page.locator("#surname").press("Enter")
    page.wait_for_url("**/registered")
    return PacketNumber(int(page.url.split("/")[-2]))


def _upload(page: Page, served: Served, number: PacketNumber, *codes: object) -> None:
    page.goto(f"{served.url}/packets/{number}")
    content = saved("PNG", sheet(*codes, text="Мысал"))
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": content})
    page.locator("form:has(#file) button").click()


@pytest.mark.parametrize(
    ("language", "screen"), [("kk", "office"), ("ru", "phone"), ("en", "phone")]
)
def test_a_page_of_another_packet_is_given_to_it(
    new_page: Pages,
    served_to_read: Served,
    axe: Callable[[Page], None],
    complaints: Complaints,
    language: str,
    screen: str,
) -> None:
    complaints.allow(_CONFLICT)
    page, url = new_page(**(PHONE if screen == "phone" else {})), served_to_read.url

    def check() -> None:
        expect(page.locator("h1")).to_have_count(1)
        axe(page)
        assert page.evaluate(_OVERFLOW) <= 0, page.url

    page.goto(f"{url}/language/{language}?next=/login")
    log_in(page, served_to_read, person(served_to_read, Role.INSPECTOR))
    number, other = _register(page, served_to_read), _register(page, served_to_read)
    _upload(page, served_to_read, number, number)
    expect(page.locator(".box.green")).to_be_visible()
    check()
    page.locator(f'a[href="/packets/{number}/pages"]').click()
    expect(page.locator("img.sheet")).to_have_js_property("complete", value=True)
    check()
    _upload(page, served_to_read, number, other)
    expect(page.locator(".box.red")).to_be_visible()
    check()
    page.goto(f"{url}/unsettled")
    check()
    page.locator('a[href^="/unsettled-pages/"]').last.click()
    expect(page.locator("#number")).to_have_value(str(other))
    expect(page.locator("img.page")).to_have_js_property("complete", value=True)
    check()
    page.locator("button[value=apply]").click()
    page.wait_for_url("**/unsettled?done=page-apply")
    page.goto(f"{url}/packets/{other}/pages")
    expect(page.locator("img.sheet")).to_have_count(1)
