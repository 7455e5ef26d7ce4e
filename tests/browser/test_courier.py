"""The courier's page without a network: a whole run is recorded on the device, then synchronised."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from domain.numbers import grouped
from tests.browser.courier_harness import (
    BAGS,
    CLERK,
    CLERKS_PLACE,
    ME,
    PACKETS,
    RUN,
    STRANGER,
    FakeServer,
    check_chain,
    fake_courier,
)
from tests.browser.station_steps import CUT, heard, listen, scan
from tests.browser.watching import PHONE, Complaints, Pages

FAILED = "Failed to load resource"


@pytest.fixture
def server(new_page: Pages) -> Iterator[FakeServer]:
    with fake_courier() as started:
        yield started
        new_page.close()


@pytest.fixture
def phone(new_page: Pages, server: FakeServer) -> Page:
    """A courier's phone that has opened the page once."""
    page = new_page(**PHONE)
    listen(page)
    return open_page(page, server)


def open_page(page: Page, server: FakeServer) -> Page:
    page.goto(f"{server.url}/courier")
    expect(page.locator("#courier")).to_have_attribute("data-ready", "1")
    expect(page.locator("#me")).to_contain_text("Үлгі Тасушы")
    expect(page.locator("body")).to_have_attribute("data-offline", "ready")
    return page


def waiting(page: Page, number: int) -> None:
    expect(page.locator("#queue")).to_contain_text(f"Кезекте: {number}")


def tone(page: Page, expected: str) -> None:
    expect(page.locator("#result")).to_have_attribute("data-tone", expected)


def take(page: Page, *bags: str) -> None:
    """Take bags: one after the other, then one's own badge."""
    page.locator("#take").click()
    expect(page.locator("#basket")).to_be_visible()
    for bag in bags:
        scan(page, bag)
        expect(page.locator(f"#seal-{bag}")).to_be_visible()
    scan(page, ME)
    expect(page.locator("#proof")).to_be_visible()


def test_a_whole_run_without_a_network(
    phone: Page, server: FakeServer, complaints: Complaints
) -> None:
    """Two bags are taken, carried and handed over; the phone is closed; then it is synchronised."""
    complaints.allow(CUT)
    context: BrowserContext = phone.context
    context.set_offline(True)
    expect(phone.locator("#queue")).to_contain_text("Желі жоқ")
    take(phone, *BAGS[:2])
    expect(phone.locator("#proof .code")).to_have_count(2)
    phone.locator(f"#depart-{RUN}").click()
    expect(phone.locator("#result .verdict")).to_have_text("Шығу жазылды")
    waiting(phone, 3)
    phone.close()

    phone = context.new_page()
    open_page(phone, server)
    waiting(phone, 3)
    phone.locator(f"#arrive-{RUN}").click()
    scan(phone, PACKETS[0])
    expect(phone.locator("#result")).to_contain_text(grouped(int(PACKETS[0])))
    tone(phone, "green")
    phone.locator("#hand").click()
    scan(phone, *BAGS[:2])
    phone.locator(f"#seal-{BAGS[1]}").fill("S-1")
    phone.locator("#scan").focus()
    scan(phone, CLERK)
    expect(phone.locator("#proof")).to_contain_text("Үлгі Кеңсе")
    codes = phone.locator("#proof .code").all_inner_texts()
    waiting(phone, 9)
    assert server.posts == []

    context.set_offline(False)
    waiting(phone, 0)
    check_chain(server.entries)
    kinds = [entry["kind"] for entry in server.entries]
    assert kinds == ["accept"] * 2 + ["depart", "arrive", "scan"] + ["offer"] * 2 + ["accept"] * 2
    handed = server.entries[-2:]
    assert [each["code"] for each in handed] == list(BAGS[:2])
    assert {each["facts"]["receiver"] for each in handed} == {CLERK}
    assert {each["facts"]["giver"] for each in handed} == {ME}
    assert handed[1]["facts"]["seal"] == "S-1"
    assert {each["place"] for each in handed} == {CLERKS_PLACE}
    for said, entry in zip(codes, handed, strict=True):
        digits = entry["hash"]
        assert said.endswith(f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}")
    assert len({entry["boot"] for entry in server.entries}) == 2
    assert {entry["person"] for entry in server.entries} == {7}


def test_an_unknown_badge_is_recorded_too(phone: Page, server: FakeServer) -> None:
    phone.locator("#hand").click()
    scan(phone, BAGS[0])
    expect(phone.locator(f"#seal-{BAGS[0]}")).to_be_visible()
    scan(phone, ME)
    expect(phone.locator("#result .verdict")).to_contain_text("өз бейджіңіз")
    scan(phone, STRANGER)
    expect(phone.locator("#proof")).to_contain_text("белгісіз")
    tone(phone, "amber")
    server.until(phone, lambda fake: len(fake.of("accept")) == 1)
    assert server.of("accept")[0]["facts"]["receiver"] == STRANGER
    assert server.of("accept")[0]["place"] == ""
    assert heard(phone)[-1] == "amber"
