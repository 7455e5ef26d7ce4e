"""Packing and unpacking with a scanner: no page loads between scans, none is lost or doubled."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from domain.dispatch.bag import Bag
from domain.dispatch.journey import Journey
from domain.numbers import BagCode, PacketNumber, RegistryCode, grouped
from domain.roles import Role
from infra.demonstration import LogIn
from infra.requests import AcceptRequest, Registration, Source
from tests.browser.scanner import LAYOUTS, Layout, Scanner
from tests.browser.serving import Served
from tests.browser.watching import PHONE, Complaints, Pages

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_WATCH_TASKS = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({ type: "longtask", buffered: true });
"""
CENTRE, AUTHORITY = 267, 32
Axe = Callable[[Page], None]


@dataclass
class Hands:
    """People who do something elsewhere while a page is open."""

    served: Served
    done: int = 0
    people: dict[Role, LogIn] = field(default_factory=dict)

    def person(self, role: Role) -> LogIn:
        """Somebody of this role who has a place."""
        at = AUTHORITY if role is Role.OFFICE else CENTRE
        known = self.served.log_ins
        found = (e for e in known if e.role is role and e.organisation == at and e.place)
        return self.people.setdefault(role, next(found))

    def source(self, role: Role) -> Source:
        """Say who does something now."""
        self.done += 1
        who, now = self.person(role), self.served.qolhat.now()
        assert who.place is not None
        return Source(f"d{time.time_ns()}", who.person, who.device, self.done, who.place, now)

    def register(self, count: int) -> list[PacketNumber]:
        """Accept so many papers at a window."""
        return [self._registered() for _ in range(count)]

    def _registered(self) -> PacketNumber:
        source = self.source(Role.INSPECTOR)
        began = source.happened_at - timedelta(minutes=5)
        answer = self.served.qolhat.desk.register(Registration(source, "003-7", began_at=began))
        assert answer.standing is not None
        return answer.standing.number

    def packed(self, packets: list[PacketNumber]) -> tuple[RegistryCode, BagCode]:
        """Pack a sealed bag in a closed registry."""
        dispatch = self.served.qolhat.desk.dispatch
        made = dispatch.begin(self.source(Role.COLLECTING), AUTHORITY)
        assert made.bag is not None
        for number in packets:
            assert dispatch.put(made.bag, number, self.source(Role.COLLECTING)).error is None
        dispatch.seal(made.bag, "S-1", self.source(Role.COLLECTING))
        dispatch.close(made.registry, self.source(Role.COLLECTING))
        return made.registry, made.bag

    def opened(self, packets: list[PacketNumber]) -> BagCode:
        """Pack a bag, carry it to the office and open it there."""
        dispatch = self.served.qolhat.desk.dispatch
        _, bag = self.packed(packets)
        for role in (Role.COURIER, Role.OFFICE):
            dispatch.accept(AcceptRequest(self.source(role), bag, self.person(role).person))
        dispatch.open(bag, self.source(Role.OFFICE))
        return bag

    def journey(self, bag: BagCode) -> Journey:
        """Return what is known of a bag."""
        found = self.served.qolhat.desk.dispatch.journey(bag)
        assert found is not None
        return found

    def log_in(self, page: Page, role: Role) -> None:
        """Log in by name and password."""
        page.goto(f"{self.served.url}/login")
        page.locator("#login").fill(self.person(role).login)
        page.locator("#password").fill(self.person(role).password)
        page.locator("#password").press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture
def hands(served_to_read: Served) -> Hands:
    return Hands(served_to_read)


def said(page: Page, tone: str, number: int | None = None) -> None:
    """Expect the answer to the last scan."""
    expect(page.locator("#answer")).to_have_attribute("data-tone", tone)
    if number is not None:
        expect(page.locator("#answer .packet")).to_have_text(grouped(number))


def test_a_registry_is_packed_with_the_scanner_alone(page: Page, hands: Hands, axe: Axe) -> None:
    packets = hands.register(4)
    hands.log_in(page, Role.COLLECTING)
    page.goto(f"{hands.served.url}/dispatch")
    page.locator("form[action='/dispatch'] button").click()
    page.wait_for_url("**/registries/*")
    expect(page.locator("#code")).to_be_focused()
    page.evaluate("window.same = true")
    running = page.locator(".running strong:visible")
    for count, (number, layout) in enumerate(zip(packets, (*LAYOUTS, "us"), strict=True), 1):
        Scanner(page, layout).scan(number)
        said(page, "green", number)
        expect(running).to_have_text(str(count))
    scanner = Scanner(page)
    scanner.scan(packets[0])
    said(page, "amber", packets[0])
    page.keyboard.press("F2")
    scanner.scan(packets[3])
    expect(running).to_have_text("3")
    assert page.evaluate("window.same"), "a page was loaded between scans"
    axe(page)

    first = page.locator("#packing").get_attribute("data-bag")
    page.locator("form[action$='/bags'] button").click()
    expect(page.locator(".bags li")).to_have_count(2)
    expect(running).to_have_text("0")
    scanner = Scanner(page)
    scanner.scan(packets[0])
    said(page, "red")  # it lies in the other bag
    expect(page.locator("#reds li")).to_contain_text(grouped(packets[0]))  # until it is read
    scanner.scan(packets[3])
    said(page, "green", packets[3])
    scanner.scan(str(first))
    said(page, "green", int(str(first)))
    expect(running).to_have_text("3")

    for _ in range(2):
        page.locator("input[name=seal]:visible").focus()
        Scanner(page).scan("PL-7781")
        expect(page.locator("input[name=seal]:visible")).to_have_value("PL-7781")
        page.locator("form[action$='/seal']:visible button").click()
        expect(page.locator(".box.green")).to_be_visible()
    page.locator("form[action$='/close'] button").click()
    expect(page.locator("a[href$='.pdf']").first).to_be_visible()
    axe(page)
    bag = hands.journey(BagCode(int(str(first))))
    assert (list(bag.contents), bag.seal) == (packets[:3], "PL-7781")


def test_twenty_packets_are_reconciled_with_twenty_scans_and_a_button(
    page: Page, hands: Hands, axe: Axe
) -> None:
    """The trial of docs/pages.md: at two seconds a packet that is less than a minute."""
    packets = hands.register(20)
    bag = hands.opened(packets)
    hands.log_in(page, Role.OFFICE)
    page.goto(f"{hands.served.url}/bags/{bag}/unpack")
    expect(page.locator("#unseen-packets li")).to_have_count(20)
    page.evaluate("window.same = true")
    scanner = Scanner(page)
    for number in packets[:19]:
        scanner.scan(number)  # nobody waits for the answer
    expect(page.locator("#unseen-packets li")).to_have_count(1)
    assert page.evaluate("window.same"), "a page was loaded between scans"
    axe(page)
    scanner.scan(packets[19])
    expect(page.locator("#counter")).to_have_class(re.compile("complete"))
    page.locator("form[action$='/reconcile'] button").click()
    page.wait_for_url("**?said=reconciled")
    assert hands.journey(bag).complete


def test_scans_wait_for_the_network_and_are_recorded_once(
    page: Page, hands: Hands, complaints: Complaints
) -> None:
    complaints.allow("ERR_INTERNET_DISCONNECTED")
    packets = hands.register(3)
    bag = hands.opened(packets)
    hands.log_in(page, Role.OFFICE)
    page.goto(f"{hands.served.url}/bags/{bag}/unpack")
    scanner = Scanner(page)
    page.context.set_offline(True)
    for number in packets[:2]:
        scanner.scan(number)
    expect(page.locator("#queue")).to_contain_text("2")
    assert hands.journey(bag).verified == {}
    page.context.set_offline(False)
    expect(page.locator("#queue")).to_be_hidden()
    expect(page.locator("#seen-packets li")).to_have_count(2)
    page.context.set_offline(True)
    scanner.scan(packets[2])
    expect(page.locator("#queue")).to_be_visible()
    other = page.context.new_page()
    page.close()
    other.context.set_offline(False)
    other.goto(f"{hands.served.url}/bags/{bag}/unpack")  # what was left behind is sent from here
    expect(other.locator("#seen-packets li")).to_have_count(3)
    events = hands.served.qolhat.log.events_of(Bag.stream(bag))
    assert [e.packet for e in events if isinstance(e, Bag.Verified)] == packets


def test_a_page_made_before_the_last_scan_was_answered_is_asked_for_again(
    page: Page, hands: Hands
) -> None:
    bag = hands.opened(packets := hands.register(1))
    hands.log_in(page, Role.OFFICE)
    address = f"{hands.served.url}/bags/{bag}/unpack"
    page.goto(address)
    other = page.context.new_page()

    def answer_meanwhile(route: Route) -> None:
        made_before = route.fetch()
        Scanner(page).scan(packets[0])
        expect(page.locator("#seen-packets li")).to_have_count(1)
        route.fulfill(response=made_before)

    other.route(address, answer_meanwhile, times=1)
    other.goto(address)
    expect(other.locator("#seen-packets li")).to_have_count(1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_badge_and_seal_are_scanned_on_the_givers_screen(
    page: Page, hands: Hands, layout: Layout
) -> None:
    _, bag = hands.packed(hands.register(1))
    hands.log_in(page, Role.COLLECTING)
    page.goto(f"{hands.served.url}/bags/{bag}")
    page.locator("#give-badge").focus()
    scanner = Scanner(page, layout)
    scanner.scan(hands.person(Role.COURIER).badge)
    expect(page.locator("#give-seal")).to_be_focused()
    scanner.scan("SEAL-1")
    page.wait_for_url("**?said=*")
    (hand_over,) = hands.journey(bag).hand_overs
    assert hand_over.by_badge
    assert (hand_over.receiver, hand_over.seal) == (hands.person(Role.COURIER).person, "SEAL-1")


def test_five_hundred_packets_do_not_freeze_the_page(page: Page, hands: Hands) -> None:
    packets = hands.register(500)
    bag = hands.opened(packets)
    hands.log_in(page, Role.OFFICE)
    page.goto(f"{hands.served.url}/bags/{bag}/unpack")
    expect(page.locator("#unseen-packets li")).to_have_count(500)
    page.evaluate(_WATCH_TASKS)
    scanner = Scanner(page)
    for number in packets[:5] + packets[-5:]:
        scanner.scan(number)
    expect(page.locator("#seen-packets li")).to_have_count(10)
    assert page.evaluate("window.longest") < 200  # ms


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_keep_nobody_out(
    new_page: Pages, hands: Hands, axe: Axe, complaints: Complaints, language: str
) -> None:
    complaints.allow("404")
    packets = hands.register(2)
    bag = hands.opened(packets)
    dispatch = hands.served.qolhat.desk.dispatch
    dispatch.verify(bag, packets[:1], hands.source(Role.OFFICE), "damaged")
    done = dispatch.reconcile(bag, hands.source(Role.OFFICE))
    assert hands.served.qolhat.runner.wait_for(done.position)
    desk, phone = new_page(), new_page(**PHONE)
    for page in (desk, phone):
        page.goto(f"{hands.served.url}/language/{language}")
        hands.log_in(page, Role.OFFICE)
    for path in (
        "/dispatch",
        f"/bags/{bag}",
        f"/bags/{bag}/unpack",
        f"/registries/{hands.journey(bag).registry}",
        "/discrepancies",
        f"/discrepancies/{bag}/missing/{packets[1]}",
        "/proof?code=0000-0000-0000",
    ):
        for page in (desk, phone):
            page.goto(f"{hands.served.url}{path}")
            axe(page)
            assert page.evaluate(_OVERFLOW) <= 0, path
