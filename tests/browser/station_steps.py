"""What tests of the station do again and again."""

from __future__ import annotations

import random
from typing import Any

from playwright.sync_api import Page

from domain.cards import Card, card_code
from domain.numbers import CodeKind, compose
from tests.browser.scanner import Layout, keys_of

CHANCE = random.Random(20261122)
CUT = "Failed to load resource|ERR_INTERNET_DISCONNECTED"  # what a cut network lets browsers say
_PRESS = """texts => {
  const press = (key) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key }));
  for (const keys of texts) {
    keys.forEach(press);
    press({ code: "Enter", key: "Enter" });
  }
}"""
_LISTEN = """
window.heard = [];
document.addEventListener("qolhat:sound", (event) => window.heard.push(event.detail.name));
"""


def code(kind: CodeKind = CodeKind.PACKET) -> str:
    """Invent a code."""
    return str(compose(kind, CHANCE.randrange(10_000), CHANCE.randrange(10_000_000)))


def card(name: Card) -> str:
    """Return what is printed on a card."""
    return str(card_code(name))


def scan(
    page: Page, *texts: str, layout: Layout = "us", caps: bool = False, named: bool = True
) -> None:
    """Press the keys of many codes at once; `named` says whether their positions are known."""
    typed = [
        [
            {"code": key.code if named else "", "key": key.key, "shiftKey": key.shift}
            for key in keys_of(text, layout, caps=caps)
        ]
        for text in texts
    ]
    page.evaluate(_PRESS, typed)


def listen(page: Page) -> None:
    """Note every sound from the next page on; see `heard`."""
    page.add_init_script(_LISTEN)


def heard(page: Page) -> list[str]:
    """Return the sounds that were played since the page was opened."""
    sounds: list[str] = page.evaluate("window.heard")
    return sounds


def kept(page: Page, prefix: str) -> list[dict[str, Any]]:
    """Return what the browser's storage keeps under these keys."""
    found: list[dict[str, Any]] = page.evaluate(
        """prefix => Object.keys(localStorage).filter((key) => key.startsWith(prefix))
           .map((key) => JSON.parse(localStorage.getItem(key)))""",
        prefix,
    )
    return found
