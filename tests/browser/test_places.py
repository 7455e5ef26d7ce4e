"""Places, search, unsettled scans and the applicant's page in the browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from domain.intake import RawScan
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet
from domain.roles import Role
from infra.demonstration import LogIn
from infra.requests import Registration, Source
from tests.browser.scanner import Scanner
from tests.browser.serving import Served
from tests.browser.watching import PHONE, Complaints, Pages

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CENTRE, AUTHORITY = 267, 32


def person(served: Served, role: Role, organisation: int = AUTHORITY) -> LogIn:
    """Somebody of this role who has a place."""
    return next(
        each
        for each in served.log_ins
        if each.role is role and each.organisation == organisation and each.place is not None
    )


def log_in(page: Page, served: Served, who: LogIn) -> None:
    """Log in by name and password."""
    page.goto(f"{served.url}/login")
    page.locator("#login").fill(who.login)
    page.locator("#password").fill(who.password)
    page.locator("#password").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


class Hands:
    """People who do something elsewhere while a page is open."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.done = 0

    def source(self, who: LogIn) -> Source:
        self.done += 1
        assert who.place is not None
        now = self.served.qolhat.now()
        return Source(f"hand-{self.done}", who.person, who.device, self.done, who.place, now)

    def register(self) -> PacketNumber:
        source = self.source(person(self.served, Role.INSPECTOR, CENTRE))
        began = source.happened_at - timedelta(minutes=5)
        applicant = {"surname": "Сынақбаева", "given_name": "Үлгі"}
        answer = self.served.qolhat.desk.register(
            Registration(source, "003-7", began_at=began, applicant=applicant)
        )
        assert answer.standing is not None
        return answer.standing.number

    def scan(self, code: object, who: LogIn, where: object = None) -> str:
        source = self.source(who)
        raw = RawScan(source.ref, str(code), str(where or source.place), who.person, who.device,
                      source.counter, source.happened_at)  # fmt: skip
        self.served.qolhat.desk.scan([raw])
        self.served.qolhat.runner.wake()
        return source.ref

    def shown(self) -> None:
        qolhat = self.served.qolhat
        assert qolhat.runner.wait_for(qolhat.log.rows.last_position())


@pytest.fixture(scope="module")
def filled_places(served_to_read: Served) -> tuple[Served, PacketNumber, str]:
    """A head with two packets, and a scan that waits."""
    hands, head = Hands(served_to_read), person(served_to_read, Role.HEAD)
    number = hands.register()
    hands.scan(number, head)
    hands.scan(hands.register(), head)
    scan = hands.scan("1026 7OOO Сынақ", head)
    hands.shown()
    return served_to_read, number, scan


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_keep_nobody_out(
    page: Page,
    filled_places: tuple[Served, PacketNumber, str],
    axe: Callable[[Page], None],
    complaints: Complaints,
    language: str,
) -> None:
    complaints.allow("422")
    served, number, scan = filled_places
    head = person(served, Role.HEAD)
    page.goto(f"{served.url}/language/{language}")
    log_in(page, served, head)
    for path in (
        "/places",
        f"/places/{head.place}",
        "/unsettled",
        f"/unsettled/{scan}?number=0",
        "/search",
        "/search?q=12-4/76",
    ):
        page.goto(f"{served.url}{path}")
        axe(page)
    page.locator("#q").fill("Сынақбаева")
    page.locator("#q").press("Enter")
    expect(page.locator("tbody")).to_contain_text(grouped(number))
    axe(page)
    page.goto(f"{served.url}/places/{head.place}")
    page.locator(f"#tick-{number}").check()
    page.locator("button[value=resolution]").click()
    expect(page.locator("#executor")).to_be_focused()
    axe(page)
    page.goto(f"{served.url}/places/{head.place}")
    page.locator("#numbers").fill("abc")
    page.locator("button[value=signed]").click()
    expect(page.locator("tbody")).to_contain_text("abc")
    axe(page)
    page.locator(".button").first.click()
    page.locator("button[value=signed]").click()
    expect(page.locator("[role=alert] h2").first).to_be_visible()
    axe(page)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_applicant_with_a_phone_sees_the_stage(
    new_page: Pages,
    filled_places: tuple[Served, PacketNumber, str],
    axe: Callable[[Page], None],
    complaints: Complaints,
    language: str,
) -> None:
    complaints.allow("404")
    served, number, _ = filled_places
    page = new_page(**PHONE)
    page.goto(f"{served.url}/receipt")
    page.locator(f"a[hreflang={language}]").click()
    axe(page)
    page.locator("#number").fill(grouped(number))
    page.locator("#code").fill("7kqf 2m9x")
    page.locator("#code").press("Enter")
    expect(page.locator("[role=alert]").first).to_be_visible()
    axe(page)
    page.locator("#code").fill(served.qolhat.vault.receipt_code(number).lower())
    page.locator("#code").press("Enter")
    expect(page.locator("#stage")).to_be_visible()
    assert page.evaluate(_OVERFLOW) <= 0
    axe(page)


def test_the_pages_fit_a_phone(
    new_page: Pages, filled_places: tuple[Served, PacketNumber, str]
) -> None:
    served, _, scan = filled_places
    head = person(served, Role.HEAD)
    page = new_page(**PHONE)
    log_in(page, served, head)
    for path in ("/places", f"/places/{head.place}", "/unsettled", f"/unsettled/{scan}", "/search"):
        page.goto(f"{served.url}{path}")
        assert page.evaluate(_OVERFLOW) <= 0, path


def test_a_page_keeps_itself_up_and_keeps_ticks_and_focus(
    page: Page, served: Served, monkeypatch: pytest.MonkeyPatch, complaints: Complaints
) -> None:
    hands, head = Hands(served), person(served, Role.HEAD)
    first = hands.register()
    hands.scan(first, head)
    hands.shown()
    log_in(page, served, head)
    page.goto(f"{served.url}/places/{head.place}")
    expect(page.locator("#live")).to_be_visible()
    box = page.locator(f"#tick-{first}")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    page.locator("#numbers").fill("7")
    box.focus()
    before = page.locator("#count").text_content()

    second = hands.register()
    hands.scan(second, head)
    expect(page.locator(f"#tick-{second}")).to_be_visible()
    expect(page.locator("#count")).not_to_have_text(before or "")
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    expect(page.locator("#numbers")).to_have_value("7")
    expect(page.locator(f"#tick-{second}")).not_to_be_checked()
    assert page.locator("#tick-all").evaluate("box => box.indeterminate")

    hands.scan(first, person(served, Role.EXECUTOR))  # it goes away under the focus
    expect(box).to_have_count(0)
    expect(page.locator("#lying")).to_be_focused()


def test_a_page_says_that_the_session_has_ended(
    page: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.web.live.CHECKED_EVERY", 0.2)
    head = person(served, Role.HEAD)
    log_in(page, served, head)
    page.goto(f"{served.url}/places/{head.place}")
    expect(page.locator("#live")).to_be_visible()
    served.qolhat.sessions.end_all(head.person)
    expect(page.locator("#ended")).to_be_visible()
    expect(page.locator("#live")).to_be_hidden()


def test_a_pile_is_scanned_and_signed_by_keyboard_alone(page: Page, served: Served) -> None:
    hands, head = Hands(served), person(served, Role.HEAD)
    numbers = [hands.register() for _ in range(3)]
    for number in numbers:
        hands.scan(number, head)
    hands.shown()
    log_in(page, served, head)
    page.goto(f"{served.url}/places/{head.place}")
    page.locator("#tick-all").focus()
    page.keyboard.press("Space")
    for number in numbers:
        expect(page.locator(f"#tick-{number}")).to_be_checked()
    page.keyboard.press("Space")
    page.locator("#numbers").focus()
    scanner = Scanner(page, "kk")
    for number in numbers:
        scanner.scan(number)
    page.locator("button[value=signed]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(3)
    for number in numbers:
        events = served.qolhat.log.events_of(Packet.stream(number))
        assert any(isinstance(event, Packet.NoticeSigned) for event in events)
