"""The survey in the browser: on a phone, by keyboard, in every language, for everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from domain.numbers import packet_number
from domain.survey import ServedAs
from tests.browser.serving import Served
from tests.browser.watching import PHONE, Complaints, Pages

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CENTRE, AUTHORITY = 267, 32


def code_of(served: Served, serial: int) -> str:
    """The survey code on the receipt of a packet."""
    codes = served.qolhat.surveys.codes
    found = codes.code_of(packet_number(CENTRE, serial), ServedAs(CENTRE, AUTHORITY, "003-7"))
    assert found is not None
    return found


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_applicant_answers_once_on_a_phone(
    new_page: Pages,
    served_to_read: Served,
    axe: Callable[[Page], None],
    complaints: Complaints,
    language: str,
) -> None:
    complaints.allow("409")
    page = new_page(**PHONE)
    page.goto(f"{served_to_read.url}/language/{language}")
    code = code_of(served_to_read, 7_000_000 + len(language) + ord(language[0]))
    for box in (".box.green", ".box.red"):  # the second answer is refused, politely
        page.goto(f"{served_to_read.url}/survey?code={code}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        axe(page)
        assert page.evaluate(_OVERFLOW) <= 0
        page.locator('input[name=courtesy][value="content"]').check()
        page.locator("main form button").press("Enter")
        expect(page.locator(box)).to_be_visible()
        axe(page)


def test_by_keyboard_alone_with_a_code_that_is_typed(
    page: Page, served_to_read: Served, complaints: Complaints
) -> None:
    complaints.allow("422")
    page.goto(f"{served_to_read.url}/survey")
    page.locator("#code").focus()
    page.keyboard.type("7kqf 2m9x 0000")
    page.locator('input[name=process][value="partly"]').focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    expect(page.locator('input[name=process][value="partly"]')).to_be_checked()
    page.locator("#code").fill(code_of(served_to_read, 7_500_000).lower().replace("-", ""))
    page.locator("#code").press("Enter")
    expect(page.locator(".box.green")).to_be_visible()
