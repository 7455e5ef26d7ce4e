"""The camera at a desk: what it reads goes the way of a scanner's codes, and once."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from api.web.camera import CAMERA_POLICY
from api.web.rendering import static_path
from domain.numbers import grouped, packet_number
from domain.roles import Role
from scanner.agreement import Agreement
from scanner.found import FoundCode
from tests.browser.filming import CAMERA, show
from tests.browser.serving import Served
from tests.browser.station_steps import heard, listen
from tests.browser.test_dispatch import Axe, Hands, said
from tests.browser.watching import Complaints
from tests.scanner.test_agreement import at

_AGREE = f"""async (films) => {{
  const {{ Agreement }} = await import("{static_path("camera/agreement.js")}");
  return films.map((frames) => {{
    const agreement = new Agreement();
    return frames.map(({{ codes, now }}) => agreement.saw(codes, now));
  }});
}}"""


@pytest.fixture
def hands(served_to_read: Served) -> Hands:
    return Hands(served_to_read)


@pytest.fixture
def filmed(page: Page) -> Page:
    """A page before a camera, in a browser without a reader of its own."""
    page.add_init_script("delete window.BarcodeDetector;")
    page.add_init_script(CAMERA)
    listen(page)
    return page


def test_packets_before_the_camera_are_packed(filmed: Page, hands: Hands, axe: Axe) -> None:
    """Each once while it stays; then the scanner has its field again."""
    packets = hands.register(2)
    hands.log_in(filmed, Role.COLLECTING)
    filmed.goto(f"{hands.served.url}/dispatch")
    filmed.locator("form[action='/dispatch'] button").click()
    filmed.wait_for_url("**/registries/*")
    filmed.locator("#camera").click()
    expect(filmed.locator("#viewfinder")).to_be_visible()
    expect(filmed.locator("#code")).to_be_focused()
    for count, number in enumerate(packets, 1):
        show(filmed, str(number))
        said(filmed, "green", number)
        expect(filmed.locator(".running strong:visible")).to_have_text(str(count))
    axe(filmed)
    filmed.locator("#camera").click()
    expect(filmed.locator("#viewfinder")).to_be_hidden()
    expect(filmed.locator("#code")).to_be_focused()
    assert heard(filmed) == ["click", "green"] * 2


def test_a_packet_before_the_stations_camera_is_scanned(filmed: Page, hands: Hands) -> None:
    (number,) = hands.register(1)
    hands.log_in(filmed, Role.COLLECTING)
    answer = filmed.goto(f"{hands.served.url}/station")
    assert answer is not None
    assert answer.headers["content-security-policy"] == CAMERA_POLICY
    filmed.locator("#camera").click()
    show(filmed, str(number))
    expect(filmed.locator("#result .packet")).to_have_text(grouped(number))
    expect(filmed.locator("#result")).to_have_attribute("data-tone", "green")
    filmed.wait_for_timeout(1_000)  # it stays in the picture
    assert heard(filmed) == ["click", "green"]
    expect(filmed.locator("#scan")).to_be_focused()


def test_where_no_camera_opens_the_page_says_so(
    page: Page, hands: Hands, complaints: Complaints
) -> None:
    complaints.allow("no camera")
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('none'));"
    )
    hands.log_in(page, Role.COLLECTING)
    page.goto(f"{hands.served.url}/station")
    page.locator("#camera").click()
    expect(page.locator("#result")).to_contain_text("Камера ашылмады")
    expect(page.locator("#viewfinder")).to_be_hidden()


def test_the_browsers_rule_is_the_servers(page: Page, served_to_read: Served) -> None:
    """Scenes of labels that come, go, move, are misread and lie side by side."""
    chance = random.Random(20261122)
    films = [[_frame(chance) for _ in range(60)] for _ in range(40)]
    page.goto(f"{served_to_read.url}/login")
    told = [list(_told(film)) for film in films]
    assert page.evaluate(_AGREE, [list(_shown(film)) for film in films]) == told
    assert sum(len(each) for film in told for each in film) > 40


_EVERY = 0.25  # seconds: exact in both languages


def _told(film: list[list[FoundCode]]) -> Iterator[list[str]]:
    agreement = Agreement()
    for nth, codes in enumerate(film):
        yield [each.text for each in agreement.saw(codes, nth * _EVERY)]


def _shown(film: list[list[FoundCode]]) -> Iterator[dict[str, object]]:
    for nth, codes in enumerate(film):
        yield {"codes": [_seen(each) for each in codes], "now": nth * _EVERY * 1000}


def _frame(chance: random.Random) -> list[FoundCode]:
    texts = {str(packet_number(267, chance.randrange(1, 4))) for _ in range(chance.randrange(4))}
    if chance.random() < 0.1:
        texts.add("10267000000000")  # its check digits are wrong
    return [at(text, x=chance.choice([100, 130, 400]), y=100) for text in sorted(texts)]


def _seen(found: FoundCode) -> dict[str, object]:
    corners = [{"x": x, "y": y} for x, y in found.corners]
    return {"text": found.text, "corners": corners}
