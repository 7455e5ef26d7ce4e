"""The shell of the courier's page: the same for everybody, kept whole, renewed whole, for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from api.web.camera import CAMERA_POLICY
from api.web.courier import MANIFEST, SHELL, WORKER, kept_files
from domain.roles import Role
from domain.workdays import Language
from tests.browser.courier_harness import (
    BAGS,
    CLERK,
    PACKETS,
    UNKNOWN_BAG,
    FakeServer,
    fake_courier,
)
from tests.browser.serving import Served
from tests.browser.station_steps import CUT, scan
from tests.browser.test_courier import open_page
from tests.browser.test_figures import log_in, person
from tests.browser.watching import PHONE, Complaints, Pages

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_KEPT = """async () => {
  const names = await caches.keys();
  const stores = await Promise.all(names.map((name) => caches.open(name)));
  const kept = await Promise.all(stores.map((store) => store.keys()));
  return kept.map((requests) => requests.map((request) => new URL(request.url).pathname));
}"""


@pytest.fixture
def server(new_page: Pages) -> Iterator[FakeServer]:
    with fake_courier() as started:
        yield started
        new_page.close()


def test_the_shell_is_for_couriers_and_tells_of_nobody(
    page: Page, new_page: Pages, served_to_read: Served
) -> None:
    courier = person(served_to_read, Role.COURIER)
    log_in(page, served_to_read, courier)
    answer = page.request.get(f"{served_to_read.url}{SHELL}")
    assert answer.status == 200
    assert answer.headers["content-security-policy"] == CAMERA_POLICY
    assert "'wasm-unsafe-eval'" in CAMERA_POLICY
    assert "'unsafe-eval'" not in CAMERA_POLICY
    assert courier.login not in answer.text()
    assert "csrf" not in answer.text()
    for path in kept_files():
        assert page.request.get(f"{served_to_read.url}{path}").status == 200, path
    inspector = new_page()
    log_in(inspector, served_to_read, person(served_to_read, Role.INSPECTOR))
    assert inspector.request.get(f"{served_to_read.url}{SHELL}").status == 403


def test_worker_and_manifest_need_no_session(page: Page, served_to_read: Served) -> None:
    """The browser renews the one, and asks for the other, without anybody's cookies."""
    page.goto(f"{served_to_read.url}/login")
    worker = page.request.get(f"{served_to_read.url}{WORKER}")
    assert worker.headers["service-worker-allowed"] == SHELL
    assert worker.headers["content-type"].startswith("text/javascript")
    manifest = page.request.get(f"{served_to_read.url}{MANIFEST}?language=ru").json()
    assert (manifest["start_url"], manifest["display"], manifest["lang"]) == (
        SHELL,
        "standalone",
        "ru",
    )
    icons = [page.request.get(f"{served_to_read.url}{icon['src']}") for icon in manifest["icons"]]
    assert [icon.status for icon in icons] == [200] * 3


def test_only_the_shell_and_its_files_are_kept(
    new_page: Pages, server: FakeServer, complaints: Complaints
) -> None:
    complaints.allow(CUT)
    phone = open_page(new_page(**PHONE), server)
    assert phone.evaluate(_KEPT) == [sorted([*kept_files(), SHELL], key=_kept_order)]
    phone.context.set_offline(True)
    phone.reload()
    expect(phone.locator("#me")).to_contain_text("Үлгі Тасушы")
    phone.get_by_role("link", name="Русский").click()  # would lead to the browser's own page
    expect(phone.locator("#result")).to_contain_text("Желі жоқ")


def _kept_order(path: str) -> tuple[bool, int]:
    return (path == SHELL, kept_files().index(path) if path != SHELL else 0)


def test_a_newer_page_replaces_the_old_one_when_nothing_is_in_hand(
    new_page: Pages, server: FakeServer
) -> None:
    """Another language is another page; so is every change of a file or a text."""
    phone = open_page(new_page(**PHONE), server)
    server.language = "ru"
    phone.reload()
    expect(phone.locator("html")).to_have_attribute("lang", "ru")
    expect(phone.locator("#courier")).to_have_attribute("data-ready", "1")

    phone.locator("#take").click()
    server.language = "en"
    phone.evaluate("navigator.serviceWorker.getRegistration('/courier').then((it) => it.update())")
    expect(phone.locator("#newer")).to_be_visible()
    expect(phone.locator("#basket")).to_be_visible()
    phone.locator("#renew").click()
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    assert len(phone.evaluate(_KEPT)) == 1


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("screen", ["office", "phone"])
def test_nobody_is_kept_out(
    new_page: Pages,
    server: FakeServer,
    axe: Callable[[Page], None],
    complaints: Complaints,
    language: Language,
    screen: str,
) -> None:
    """Everything that the page can show, at once."""
    complaints.allow("401")
    server.language, server.ahead = language, timedelta(hours=2)
    server.findings = [{"kind": "wrong-clock", "text": "2:00:00"}]
    server.said[PACKETS[0]] = {"status": "refused", "tone": "red", "verdict": "№ 1"}
    page = open_page(new_page(**(PHONE if screen == "phone" else {})), server)
    axe(page)
    scan(page, PACKETS[0], UNKNOWN_BAG)
    expect(page.locator("#refused")).to_be_visible()
    expect(page.locator("#findings")).to_be_visible()
    expect(page.locator("#choices button")).to_have_count(3)
    axe(page)
    page.locator(f"#hand-{BAGS[0]}").click()
    expect(page.locator(f"#seal-{BAGS[0]}")).to_be_visible()
    page.locator("#signing summary").click()
    page.locator(f"#inside-{BAGS[0]}").click()
    axe(page)
    page.locator("#canvas").hover()
    page.mouse.down()
    page.mouse.move(100, 100, steps=3)
    page.mouse.up()
    server.logged_in = False
    page.locator("#scan").focus()
    scan(page, CLERK)
    expect(page.locator("#proof img")).to_be_visible()
    expect(page.locator("#session")).to_be_visible()
    axe(page)
    assert page.evaluate(_OVERFLOW) <= 0


def test_the_keyboard_is_enough(page: Page, server: FakeServer) -> None:
    """A bag is taken by Tab, Enter and digits; what has the focus keeps it."""
    open_page(page, server)
    page.locator("#take").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.type(BAGS[0], delay=60)
    page.keyboard.press("Enter")
    expect(page.locator(f"#seal-{BAGS[0]}")).to_be_visible()
    page.locator(f"#seal-{BAGS[0]}").focus()
    page.keyboard.type("S-0", delay=60)
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.locator("#confirm").evaluate("it => it === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#proof")).to_contain_text("S-0")
    page.keyboard.press("Escape")
    expect(page.locator("#proof")).to_be_hidden()
    server.until(page, lambda fake: len(fake.refs) == 1)
    (entry,) = server.entries
    assert (entry["kind"], entry["facts"]["seal"]) == ("accept", "S-0")
