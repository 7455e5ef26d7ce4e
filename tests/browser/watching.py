"""Pages that are watched: what the browser complains of fails the test."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect

# Milliseconds that a page may take for anything: a busy machine is slow, not wrong.
PATIENCE = 30_000.0
expect.set_options(timeout=PATIENCE)
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
# Violations of the Content-Security-Policy are errors on the console, too.
# Chromium without a screen crashes where a page is left while its frame prints.
_NOTHING_PRINTS = """
Object.defineProperty(Navigator.prototype, "pdfViewerEnabled", { get: () => false });
"""
_GRAVE = frozenset({"error", "assert"})


@dataclass
class Complaints:
    """What pages have complained of so far, but for what the test allows."""

    said: list[str] = field(default_factory=list)
    allowed: list[re.Pattern[str]] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Let pass, from the beginning, what the regular expression is found in."""
        self.allowed.append(re.compile(pattern))

    def watch(self, page: Page) -> None:
        """Note errors on the console and those that nobody caught."""
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("crash", lambda crashed: self.said.append(f"{crashed.url}: the page crashed"))

    def left(self) -> list[str]:
        """What was not allowed."""
        return [said for said in self.said if not any(each.search(said) for each in self.allowed)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in _GRAVE:
            where = message.location
            self.said.append(f"{where['url']}:{where['lineNumber']}: {message.text}")

    def _error(self, error: Error) -> None:
        self.said.append(f"uncaught: {error}")


class Pages:
    """Opens pages, each in a browser profile of its own: a station, a phone."""

    def __init__(self, browser: Browser, complaints: Complaints) -> None:
        self._browser = browser
        self._complaints = complaints
        self._contexts: list[BrowserContext] = []

    def __call__(self, *, prints: bool = False, **options: Any) -> Page:
        """Open a page; the options are those of Playwright's `Browser.new_context`.

        `prints`: forms are printed by themselves, as for people; the page must not be left then.
        """
        office: dict[str, Any] = {
            "locale": "kk-KZ",
            "timezone_id": "Asia/Almaty",
            "viewport": {"width": 1366, "height": 768},
        }
        context = self._browser.new_context(**office | options)
        context.set_default_timeout(PATIENCE)
        if not prints:
            context.add_init_script(_NOTHING_PRINTS)
        context.on("page", self._complaints.watch)  # windows that a page opens, too
        self._contexts.append(context)
        return context.new_page()

    def close(self) -> None:
        """Close every profile."""
        while self._contexts:
            self._contexts.pop().close()
