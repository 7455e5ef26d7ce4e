"""`make screenshots`: takes the pictures of every page that stand in docs/pages.md.

On a demonstration, in Kazakh, at the size of an office screen; the applicant's page as on a phone.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, ViewportSize

from api.changed import changed_page
from api.dispatched import bag_journey
from domain.cards import Card, card_code
from domain.dispatch.discrepancies import DiscrepancyKind
from domain.dispatch.journey import BagState
from domain.numbers import PacketNumber
from domain.progress import Status
from domain.roles import Role
from infra.demonstration import LogIn
from infra.evidence.night import check, close_days
from projections.bags import Bags
from projections.discrepancies import Discrepancies
from projections.holdings import Holding, Holdings
from tests.browser.offer import any_browser
from tests.browser.scanner import Scanner
from tests.browser.serving import Served, fill, serving
from tests.photographs import table

PICTURES = Path(__file__).parents[2] / "docs" / "pages"
DAYS, PACKETS = 10, 60  # as `make run` shows them
OFFICE: ViewportSize = {"width": 1366, "height": 768}
TALL: ViewportSize = {"width": 1366, "height": 1500}  # for charts and the tables below them
PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass
class Studio:
    """A browser at a running demonstration."""

    browser: Browser
    served: Served
    folder: Path

    def held(self) -> list[Holding]:
        """Return the open packets, those that deviate most first."""
        with self.served.qolhat.views.reading() as reading:
            found = reading.view(Holdings).at(reading.connection, limit=1000)
        return sorted(found, key=lambda each: (-each.deviations, each.number))

    def last_day(self) -> date:
        """Return the last day on which papers were accepted."""
        return max(each.accepted_at for each in self.held() if each.accepted_at).date()

    def person(self, role: Role) -> LogIn:
        """Return somebody of this role; of managers the one who reaches furthest."""
        found = [each for each in self.served.log_ins if each.role is role]
        return found[-1] if role is Role.MANAGER else found[0]

    def page(self, role: Role | None, size: ViewportSize | None = None) -> Page:
        """Open a page as somebody who is logged in."""
        context = self.browser.new_context(
            viewport=size or OFFICE, locale="kk-KZ", timezone_id="Asia/Almaty"
        )
        page = context.new_page()
        if role is not None:
            person = self.person(role)
            page.goto(f"{self.served.url}/login")
            page.fill("#login", person.login)
            page.fill("#password", person.password)
            page.press("#password", "Enter")
            page.wait_for_load_state("networkidle")
        return page

    def take(self, page: Page, name: str, path: str | None = None) -> None:
        """Take a picture of a page."""
        if path is not None:
            page.goto(f"{self.served.url}{path}")
        page.screenshot(path=str(self.folder / f"{name}.png"))


def take_all(studio: Studio) -> None:
    """Take every picture."""
    for part in (
        _of_everybody,
        _of_the_desk,
        _of_the_packet,
        _of_bags,
        _of_pictures,
        _of_couriers,
        _of_managers,
        _of_figures,
        _of_the_audit,
        _of_administrators,
    ):
        part(studio)


def _of_everybody(studio: Studio) -> None:
    page = studio.page(None)
    studio.take(page, "login", "/login")
    phone = studio.page(None, PHONE)
    number = studio.held()[0].number
    phone.goto(f"{studio.served.url}/receipt")
    phone.fill("input[name=number]", str(number))
    phone.fill("input[name=code]", studio.served.qolhat.vault.receipt_code(number))
    phone.press("input[name=code]", "Enter")
    phone.wait_for_load_state("networkidle")
    studio.take(phone, "receipt")
    studio.take(phone, "survey", "/survey")


def _of_the_desk(studio: Studio) -> None:
    page = studio.page(Role.HEAD)
    here = studio.person(Role.HEAD)
    packets = [each.number for each in studio.held() if each.deciding == here.organisation]
    scanner = Scanner(page, "kk")
    for number in packets[:3]:
        scanner.scan(number)
    scanner.scan("1026700000O123")
    page.wait_for_timeout(1500)
    studio.take(page, "station-unknown-code")
    for code in (*packets[-1:], card_code(Card.RESOLUTION)):
        scanner.scan(code)
    page.wait_for_timeout(1500)
    studio.take(page, "station")
    window = studio.page(Role.INSPECTOR)
    studio.take(window, "register", "/register?service=002")
    studio.take(window, "account", "/account")
    for name in ("places", "search"):
        studio.take(window, name, f"/{name}")
    desk = studio.page(Role.HEAD)
    studio.take(desk, "place", f"/places/{here.place}")


def _of_the_packet(studio: Studio) -> None:
    page = studio.page(Role.AUDITOR)
    number = _through_a_centre(studio.held())
    studio.take(page, "packet", f"/packets/{number}")
    studio.take(studio.page(Role.AUDITOR, TALL), "ledger", f"/packets/{number}/ledger")


def _through_a_centre(held: list[Holding]) -> PacketNumber:
    """Return a packet that has gone a long way and is still on it."""
    best = max(
        held,
        key=lambda each: (
            each.accepting != each.deciding,
            each.status == Status.ON_THE_WAY.value,
            each.outcome is not None,
            each.number,
        ),
    )
    return best.number


def _of_bags(studio: Studio) -> None:
    page = studio.page(Role.COLLECTING)
    studio.take(page, "dispatch", "/dispatch")
    with studio.served.qolhat.views.reading() as reading:
        bags = reading.view(Bags)
        rows = bags.outgoing(reading.connection, range(1, 9999), states=frozenset(BagState))
        view, missing = reading.view(Discrepancies), DiscrepancyKind.MISSING
        told = view.open(reading.connection, kind=missing, limit=1)
        told = told or view.open(reading.connection, limit=1)
    odd = max(rows, key=lambda row: (row.missing > 0, row.deviations, row.packed))
    auditor = studio.page(Role.AUDITOR)
    studio.take(auditor, "bag", f"/bags/{odd.number}")
    studio.take(auditor, "discrepancies", "/discrepancies")
    if told:
        kind, packet = told[0].kind, told[0].packet or 0
        studio.take(auditor, "discrepancy", f"/discrepancies/{told[0].bag}/{kind}/{packet}")


def _of_pictures(studio: Studio) -> None:
    office = studio.person(Role.OFFICE)
    page = studio.page(Role.OFFICE)
    studio.take(page, "prints", "/prints")
    with studio.served.qolhat.views.reading() as reading:
        every = reading.view(Bags).outgoing(
            reading.connection, [office.organisation], states=frozenset(BagState)
        )
    fullest = max(every, key=lambda row: row.packed)
    listed = list(bag_journey(studio.served.qolhat, fullest.number).contents)
    strange = [each.number for each in studio.held() if each.number not in listed]
    laid = table([*listed[1:6], strange[0]], columns=3)
    page.goto(f"{studio.served.url}/bags/{fullest.number}/picture")
    shot = FilePayload(name="table.jpg", mimeType="image/jpeg", buffer=laid)
    page.set_input_files("#picture", files=[shot])
    page.press("#picture", "Tab")
    page.locator("form:has(#picture) button").click()
    page.wait_for_load_state("networkidle")
    studio.take(page, "table-picture")


def _of_couriers(studio: Studio) -> None:
    phone = studio.page(Role.COURIER, PHONE)
    phone.goto(f"{studio.served.url}/courier")
    phone.wait_for_timeout(2500)
    studio.take(phone, "courier")
    manager = studio.page(Role.MANAGER)
    studio.take(manager, "runs", f"/runs?day={studio.last_day()}")
    studio.take(manager, "runs-figures", "/runs/figures")
    studio.take(manager, "runs-what-if", "/runs/what-if")


def _of_managers(studio: Studio) -> None:
    page = studio.page(Role.MANAGER)
    studio.take(page, "manager", "/manager")
    studio.take(page, "due", "/due?which=overdue")
    studio.take(page, "unsettled", "/unsettled")
    studio.take(page, "complaints", "/complaints")
    studio.take(studio.page(Role.AUDITOR), "access", "/access")


def _of_figures(studio: Studio) -> None:
    page = studio.page(Role.MANAGER, TALL)
    authority = studio.person(Role.HEAD).organisation
    day = studio.last_day()
    for name, address in (
        ("figures", f"/figures?organisation={authority}"),
        ("figures-open", f"/figures/open?organisation={authority}"),
        ("figures-what-if", "/figures/what-if?edition=s7c-2012"),
        ("figures-couriers", "/figures/couriers"),
        ("reports", f"/reports?organisation={authority}&kind=month&day={day}"),
        ("indicators", "/indicators"),
    ):
        page.goto(f"{studio.served.url}{address}")
        page.wait_for_timeout(1500)  # charts are drawn
        studio.take(page, name)

    changed = f"/figures/changed?organisation={_most_changed(studio)}"
    studio.take(studio.page(Role.MANAGER), "figures-changed", changed)


def _most_changed(studio: Studio) -> int:
    """Return the organisation of whose stays most were scored anew."""
    every = {each.accepting for each in studio.held()} | {each.deciding for each in studio.held()}
    found = {
        code: len(changed_page(studio.served.qolhat, code, None, None).stays)
        for code in every
        if code
    }
    return max(found, key=lambda code: (found[code], code))


def _of_the_audit(studio: Studio) -> None:
    """As on the morning after: the days are signed, and everything has been checked."""
    close_days(studio.served.qolhat)
    check(studio.served.qolhat)
    studio.take(studio.page(Role.AUDITOR), "audit", "/audit")


def _of_administrators(studio: Studio) -> None:
    page = studio.page(Role.ADMINISTRATOR)
    for name in ("people", "places", "devices"):
        studio.take(page, f"admin-{name}", f"/admin/{name}")
    studio.take(page, "admin-person", "/admin/people/4")


def main(say: Callable[[str], object] = sys.stdout.write) -> None:
    """Fill a demonstration, serve it, take the pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, any_browser() as browser:
        filled = Path(name) / "filled"
        filled.mkdir()
        fill(filled, DAYS, PACKETS)
        with serving(filled, Path(name) / "served") as served:
            served.qolhat.runner.wait_for(served.qolhat.log.rows.last_position(), 60)
            take_all(Studio(browser, served, PICTURES))
    say(f"{len(list(PICTURES.glob('*.png')))} pictures in {PICTURES.name}/\n")


if __name__ == "__main__":
    main()
