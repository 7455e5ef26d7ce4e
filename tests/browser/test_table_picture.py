"""Packets on a table are photographed in the browser, and confirmed without a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from domain.numbers import PacketNumber, packet_number
from domain.roles import Role
from tests.browser.serving import Served
from tests.browser.test_dispatch import CENTRE, Axe, Hands
from tests.browser.watching import PHONE, Pages
from tests.photographs import table

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def hands(served_to_read: Served) -> Hands:
    return Hands(served_to_read)


def photographed(page: Page, file: Path) -> None:
    """Choose a picture and send it."""
    page.locator("#picture").set_input_files(file)
    page.locator("form[enctype] button").click()
    expect(page.locator("svg.drawn")).to_be_visible()


def test_a_table_is_photographed_and_confirmed(
    new_page: Pages, hands: Hands, axe: Axe, tmp_path: Path
) -> None:
    """In every language, on a phone too; what is there, missing and extra is told apart."""
    packets = hands.register(6)
    bag = hands.opened(packets[:5])
    unknown = PacketNumber(packet_number(CENTRE, 8_999_999))
    file = tmp_path / "table.jpg"
    file.write_bytes(table([*packets[:3], packets[5], unknown], columns=2))
    page, phone = new_page(), new_page(**PHONE)
    for each in (page, phone):
        hands.log_in(each, Role.OFFICE)
    for language in ("kk", "ru", "en"):
        page.goto(f"{hands.served.url}/language/{language}?next=/bags/{bag}/picture")
        axe(page)
        photographed(page, file)
        axe(page)
        expect(page.locator("polygon.there")).to_have_count(3)
        expect(page.locator("polygon.extra")).to_have_count(1)
        expect(page.locator("polygon.unknown")).to_have_count(1)
        expect(page.locator("#missing-title + ol li")).to_have_count(2)
    phone.goto(f"{hands.served.url}/bags/{bag}/unpack")
    phone.locator(f"a[href='/bags/{bag}/picture']").click()
    photographed(phone, file)
    assert phone.evaluate(_OVERFLOW) <= 0
    axe(phone)
    phone.locator("#confirm-title ~ button").click()
    expect(phone.locator("#recorded-title + ul .green-text")).to_have_count(3)
    expect(phone.locator("polygon.checked")).to_have_count(3)
    axe(phone)
    assert list(hands.journey(bag).verified) == packets[:3]
