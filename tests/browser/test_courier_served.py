"""The courier's page and the real server: what was done without a network is what has happened."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from domain.dispatch.journey import BagState
from domain.numbers import BagCode, PacketNumber, grouped, parse
from domain.roles import Role
from infra.requests import Source
from tests.browser.serving import Served
from tests.browser.station_steps import CUT, code, scan
from tests.browser.test_courier import waiting
from tests.browser.test_figures import log_in, person
from tests.browser.watching import PHONE, Complaints, Pages

PACKETS = [code() for _ in range(2)]


def packed(served: Served) -> BagCode:
    """The collecting department packs two packets for the authority, and seals the bag."""
    packer, office = person(served, Role.COLLECTING), person(served, Role.OFFICE)
    dispatch, now = served.qolhat.desk.dispatch, served.qolhat.now

    def source() -> Source:
        assert packer.place is not None
        return Source(str(uuid4()), packer.person, packer.device, 0, packer.place, now())

    begun = dispatch.begin(source(), office.organisation)
    assert begun.bag is not None
    for packet in PACKETS:
        dispatch.put(begun.bag, PacketNumber(parse(packet).value), source())
    dispatch.seal(begun.bag, "S-1", source())
    dispatch.close(begun.registry, source())
    served.qolhat.runner.wait_for(served.qolhat.log.rows.last_position(), 60)
    return begun.bag


@pytest.fixture
def bag(served: Served) -> BagCode:
    return packed(served)


@pytest.fixture
def phone(new_page: Pages, served: Served, bag: BagCode) -> Page:
    """A courier's phone that has opened the page once."""
    page = new_page(**PHONE)
    log_in(page, served, person(served, Role.COURIER))
    page.goto(f"{served.url}/courier")
    expect(page.locator("body")).to_have_attribute("data-offline", "ready")
    expect(page.locator(f"#bag-{bag}")).to_have_text(grouped(bag))
    return page


def test_a_bag_is_carried_without_a_network(
    phone: Page,
    served: Served,
    bag: BagCode,
    complaints: Complaints,
    axe: Callable[[Page], None],
) -> None:
    """Taken by the courier, handed to the office; the server verifies the code of the proof."""
    complaints.allow(CUT)
    courier, clerk = person(served, Role.COURIER), person(served, Role.OFFICE)
    phone.locator(f"#inside-{bag}").click()
    for packet in PACKETS:
        expect(phone.locator("#bags")).to_contain_text(grouped(int(packet)))
    phone.context.set_offline(True)
    for mode, badge in (("take", courier.badge), ("hand", clerk.badge)):
        phone.locator(f"#{mode}-{bag}").click()
        phone.locator(f"#seal-{bag}").fill("S-1")
        phone.locator("#scan").focus()
        scan(phone, str(badge))
        expect(phone.locator("#basket")).to_be_hidden()
    waiting(phone, 3)
    proof = phone.locator("#proof .code").inner_text()[-14:]
    phone.context.set_offline(False)
    waiting(phone, 0)
    journey = served.qolhat.desk.dispatch.journey(bag)
    assert journey is not None
    assert (journey.state, journey.holder) == (BagState.HANDED_OVER, clerk.person)
    first, last = journey.hand_overs
    assert (first.receiver, last.giver, last.receiver) == (
        courier.person,
        courier.person,
        clerk.person,
    )
    assert proof.replace("-", "") == last.proof
    expect(phone.locator("#history li")).to_have_count(3)
    assert phone.locator("#history li[data-tone=green]").count() == 3
    expect(phone.locator("#findings")).to_be_hidden()
    axe(phone)
