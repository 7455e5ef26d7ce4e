"""Browser, pages and servers for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.harness import Fake, fake_station
from tests.browser.offer import any_browser
from tests.browser.serving import Served, fill, serving
from tests.browser.watching import Complaints, Pages
from tests.servers.offer import ServerUnavailableError


# For the package, not the session: while Playwright runs, its thread has a running event loop, and
# tests of other folders could not have one of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser of this run; open pages through `page` and `new_page`."""
    with ExitStack() as opened:
        try:
            yield opened.enter_context(any_browser())
        except ServerUnavailableError as missing:
            pytest.skip(str(missing))


@pytest.fixture
def complaints() -> Complaints:
    """What pages complain of: `allow` what the test provokes."""
    return Complaints()


@pytest.fixture
def new_page(browser: Browser, complaints: Complaints) -> Iterator[Pages]:
    """Opens pages in profiles of their own; errors on their consoles fail the test."""
    pages = Pages(browser, complaints)
    yield pages
    pages.close()
    left = complaints.left()
    assert not left, "the browser complains:\n" + "\n".join(left)


@pytest.fixture
def page(new_page: Pages) -> Page:
    """A page of an office screen in Almaty time and in Kazakh."""
    return new_page()


@pytest.fixture
def context_of(page: Page) -> BrowserContext:
    """The browser profile of `page`: further pages of it share its storage."""
    return page.context


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a demonstration, to be copied and not to be used."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder)
    return folder


@pytest.fixture
def served(filled: Path, tmp_path: Path, new_page: Pages) -> Iterator[Served]:
    """The whole application on a demonstration of this test's own."""
    with serving(filled, tmp_path / "store") as started:
        yield started
        new_page.close()  # an open page would complain that its server is gone


@pytest.fixture(scope="session")
def served_to_read(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same, started once: for tests that change nothing, or do not mind who does."""
    with serving(filled, tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Asserts that nothing on a page keeps people out."""
    return assert_accessible


@pytest.fixture
def fake(new_page: Pages) -> Iterator[Fake]:
    """A server that does what the test says, behind a page with the station's scripts."""
    with fake_station() as started:
        yield started
        started.go_on()
        new_page.close()


@pytest.fixture
def station(page: Page, fake: Fake) -> Page:
    """The page of the fake's station."""
    page.goto(f"{fake.url}/station")
    expect(page.locator("#scan")).to_be_focused()
    return page
