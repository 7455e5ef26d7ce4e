"""The station's scripts: a scan is understood, shown, heard, kept, and sent once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from domain.numbers import CodeKind, compose, grouped
from tests.browser.harness import Fake, fake_station
from tests.browser.scanner import LAYOUTS, Layout, Scanner, keys_of

CHANCE = random.Random(20261122)


def _code(kind: CodeKind = CodeKind.PACKET) -> str:
    return str(compose(kind, CHANCE.randrange(10_000), CHANCE.randrange(10_000_000)))


@pytest.fixture
def fake() -> Iterator[Fake]:
    with fake_station() as served:
        yield served


@pytest.fixture
def station(page: Page, fake: Fake) -> Page:
    page.goto(f"{fake.url}/station")
    expect(page.locator("#scan")).to_be_focused()
    return page


def _press_all(page: Page, texts: list[str], layout: Layout, *, caps: bool, named: bool) -> None:
    """Press the keys of many codes at once; `named` says whether their positions are known."""
    typed = [
        [
            {"code": key.code if named else "", "key": key.key, "shiftKey": key.shift}
            for key in keys_of(text, layout, caps=caps)
        ]
        for text in texts
    ]
    page.evaluate(
        """codes => {
          const press = (key) => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key }));
          for (const keys of codes) {
            keys.forEach(press);
            press({ code: "Enter", key: "Enter" });
          }
        }""",
        typed,
    )


@pytest.mark.parametrize("named", [True, False], ids=["positions", "characters"])
@pytest.mark.parametrize("caps", [False, True], ids=["", "caps"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_does_not_matter(
    station: Page, fake: Fake, layout: Layout, caps: bool, named: bool
) -> None:
    codes = [_code() for _ in range(200)]
    _press_all(station, codes, layout, caps=caps, named=named)
    fake.until(station, lambda f: len(f.scans) >= 200)
    assert fake.codes == codes
    assert {scan["how"] for scan in fake.scans} == {"scanner"}
    assert max(size for _, size in fake.requests) == 50
    counters = [scan["counter"] for scan in fake.scans]
    assert counters == sorted(set(counters))


@pytest.mark.parametrize("caps", [False, True], ids=["", "caps"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("end", ["Enter", "Tab", ""])
def test_a_real_scanner(station: Page, fake: Fake, layout: Layout, caps: bool, end: Any) -> None:
    codes = [_code(), _code()]
    scanner = Scanner(station, layout, caps=caps, end=end)
    for number, code in enumerate(codes, 1):
        scanner.scan(code)
        fake.until(station, lambda f, number=number: len(f.scans) == number)  # type: ignore[misc]
    assert fake.codes == codes
    assert [scan["how"] for scan in fake.scans] == ["scanner", "scanner"]
    expect(station.locator("#scan")).to_be_focused()
    expect(station.locator("#result .packet")).to_have_text(grouped(int(codes[1])))
