"""The browser of this machine, or a line that says what to install."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from tests.servers.offer import ServerUnavailableError, given

CHROMIUM = "QOLHAT_TEST_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # root, and most containers, have none to offer
    # A page that loads anything from elsewhere shall fail here as it does in a closed network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def chromium() -> Path:
    """Return the path of a Chromium. Raises ServerUnavailableError."""
    name = given(CHROMIUM)
    if name:
        return _existing(name)
    for known in _NAMES:
        found = shutil.which(known)
        if found:
            return Path(found)
    raise ServerUnavailableError(
        f"no Chromium: install it (Debian: chromium), or set {CHROMIUM} to its path"
    )


def _existing(name: str) -> Path:
    found = shutil.which(name)
    if not found:
        raise ServerUnavailableError(f"{CHROMIUM} is {name}, and no program is there")
    return Path(found)


@contextmanager
def any_browser() -> Iterator[Browser]:
    """Run a headless Chromium. Raises ServerUnavailableError."""
    path = chromium()
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        except Error as error:
            reason = error.message.splitlines()[0]
            raise ServerUnavailableError(f"{path} does not start: {reason}") from error
        yield started
        started.close()
