"""A day through the pages only, by the keystrokes of a scanner: from the window and back to it.

Service 7 through a centre [003 s7 §11]. One shared station; everybody logs in by badge and PIN.
"""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from domain.cards import Card
from domain.numbers import PacketNumber, grouped, place_organisation, place_role
from domain.packet import Packet
from domain.progress import Status
from domain.roles import Role
from domain.timeline import Timeline, timeline_of
from infra.demonstration import LogIn
from tests.browser.scanner import Layout, Scanner
from tests.browser.serving import Served
from tests.browser.station_steps import CUT, card
from tests.browser.watching import Complaints, Pages

CENTRE, AUTHORITY = 267, 32
_AT_CENTRE = (Role.INSPECTOR, Role.COLLECTING, Role.COURIER)
# Each language with the keyboard layout of those who speak it.
EVERYWHERE: tuple[tuple[str, Layout], ...] = (("kk", "kk"), ("ru", "ru"), ("en", "us"))


class Station:
    """A shared computer with a scanner: people change, packets and cards are scanned."""

    def __init__(self, page: Page, served: Served, layout: Layout) -> None:
        self.page = page
        self.served = served
        self.scanner = Scanner(page, layout, caps=layout == "ru")

    def person(self, role: Role) -> LogIn:
        """Return who does this work in the two organisations of the story."""
        organisation = CENTRE if role in _AT_CENTRE else AUTHORITY
        return next(
            each
            for each in self.served.log_ins
            if each.organisation == organisation
            and each.role is role
            and each.place is not None
            and place_role(each.place) is role
            and place_organisation(each.place) == organisation
        )

    def enter(self, role: Role) -> LogIn:
        """Log in as somebody by scanning their badge; the PIN is typed."""
        person, page = self.person(role), self.page
        if page.locator("#scan").count():
            self.scanner.scan(person.badge)
            page.wait_for_url("**/login?badge=*")
        else:
            page.goto(f"{self.served.url}/login")
            expect(page.locator("#badge")).to_be_focused()
            self.scanner.scan(person.badge)
        expect(page.locator("#pin")).to_be_focused()
        for digit in person.pin:
            page.keyboard.press(f"Digit{digit}")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.served.url}/station")
        expect(page.locator("#scan")).to_be_focused()
        return person

    def scan(self, *codes: str | int, tone: str = "green") -> None:
        """Scan codes; the last one's answer must be of this tone."""
        for code in codes:
            self.scanner.scan(code)
        expect(self.page.locator("#result")).to_have_attribute("data-tone", tone)
        expect(self.page.locator("#result")).to_have_attribute("aria-busy", "false")
        expect(self.page.locator("#queue")).to_be_hidden()

    def choose(self, keys: str) -> None:
        """Answer what the page asks for."""
        expect(self.page.locator("#choices")).to_be_visible()
        self.page.keyboard.type(keys)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#choices")).to_be_hidden()
        expect(self.page.locator("#result")).to_have_attribute("data-tone", "green")


@pytest.fixture
def stations(page: Page, served_to_read: Served) -> dict[str, Station]:
    """A station for each layout, in one window."""
    return {layout: Station(page, served_to_read, layout) for _, layout in EVERYWHERE}


def _accept_papers(station: Station) -> str:
    """The inspector accepts papers at the window by the keyboard alone; return the number."""
    page = station.page
    page.goto(f"{station.served.url}/register?service=003-7")
    expect(page.locator("#surname")).to_be_focused()
    page.keyboard.insert_text("Өрнекқалқан")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("Һәм Үлгі")
    page.locator("#paper-0").fill("Өтініш")
    page.locator("#surname").press("Enter")
    page.wait_for_url("**/registered")
    return page.url.split("/")[-2]


def _timeline(station: Station, number: str) -> Timeline:
    qolhat = station.served.qolhat
    events = qolhat.log.events_of(Packet.stream(PacketNumber(int(number))))
    return timeline_of(events, qolhat.regulations)


@pytest.mark.parametrize(("language", "layout"), EVERYWHERE)
def test_a_day_from_the_window_and_back_to_it(
    stations: dict[str, Station], language: Literal["kk", "ru", "en"], layout: Layout
) -> None:
    station = stations[layout]
    station.page.goto(f"{station.served.url}/language/{language}?next=/login")
    station.enter(Role.INSPECTOR)
    number = _accept_papers(station)
    station.page.goto(f"{station.served.url}/station")
    station.enter(Role.COLLECTING)
    station.scan(number)
    station.enter(Role.COURIER)
    station.scan(number)
    station.enter(Role.OFFICE)
    station.scan(number)
    station.scanner.scan(card(Card.INCOMING))
    station.choose("4711")
    station.enter(Role.HEAD)
    station.scan(number)
    station.scanner.scan(card(Card.RESOLUTION))
    expect(station.page.locator("#choices")).to_be_visible()
    station.scan(station.person(Role.EXECUTOR).badge)
    station.enter(Role.EXECUTOR)
    station.scan(number, card(Card.ENTITLED))
    station.scan(card(Card.GRANTED))
    station.enter(Role.HEAD)
    station.scan(number, card(Card.RETURNED))
    station.enter(Role.EXECUTOR)
    station.scan(number, card(Card.GRANTED))
    station.enter(Role.HEAD)
    station.scan(number, card(Card.SIGNED))
    station.enter(Role.EXECUTOR)
    station.scan(number)
    station.enter(Role.OFFICE)
    station.scan(number, card(Card.SENT_BACK))
    station.enter(Role.COURIER)
    station.scan(number)
    station.enter(Role.COLLECTING)
    station.scan(number)
    station.enter(Role.INSPECTOR)
    station.scan(number, card(Card.ISSUED))
    _check_the_day(station, number)


def _check_the_day(station: Station, number: str) -> None:
    timeline = _timeline(station, number)
    assert timeline.progress.status is Status.ISSUED
    assert timeline.progress.deviating == 0
    assert [note for note in timeline.notes.values() if note] == []
    station.page.goto(f"{station.served.url}/packets/{number}")
    expect(station.page.locator("h1 .number")).to_have_text(grouped(int(number)))
    expect(station.page.locator(".timeline > li h3")).to_have_count(len(timeline.visits))
    expect(station.page.get_by_text("Өрнекқалқан Һәм Үлгі")).to_be_visible()


def test_the_network_is_cut_in_the_middle_and_comes_back(
    page: Page, served: Served, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    station = Station(page, served, "kk")
    station.enter(Role.INSPECTOR)
    numbers = [_accept_papers(station) for _ in range(3)]
    page.goto(f"{served.url}/station")
    station.enter(Role.COLLECTING)
    station.scan(numbers[0])
    page.context.set_offline(True)
    for number in numbers[1:]:
        station.scanner.scan(number)
    expect(page.locator("#queue")).to_contain_text("2")
    before = served.qolhat.log.rows.last_position()
    page.context.set_offline(False)
    expect(page.locator("#queue")).to_be_hidden()
    expect(page.locator("#last li")).to_have_count(3)
    assert served.qolhat.log.rows.last_position() == before + 2
    for number in numbers:
        assert _timeline(station, number).progress.place == station.person(Role.COLLECTING).place


def test_two_stations_scan_the_same_packet_at_once(new_page: Pages, served: Served) -> None:
    first, second = (Station(new_page(), served, "us") for _ in range(2))
    first.enter(Role.INSPECTOR)
    number = _accept_papers(first)
    first.page.goto(f"{served.url}/station")
    first.enter(Role.COLLECTING)
    second.enter(Role.COURIER)
    for station in (first, second):
        station.scanner.scan(number)
    for station in (first, second):
        answered = station.page.locator("#last li:is([data-tone=green], [data-tone=amber])")
        expect(answered).to_have_count(1)
    scans = [e for e in _timeline(first, number).entries if isinstance(e, Packet.Scanned)]
    assert {scan.person for scan in scans} == {
        first.person(Role.COLLECTING).person,
        second.person(Role.COURIER).person,
    }
    progress = _timeline(first, number).progress
    assert progress.person == max(scans, key=lambda scan: scan.happened_at).person
