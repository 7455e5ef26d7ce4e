"""Charts of figures and reports: drawn under the pages' policy, a table beside each."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256

import pytest
from playwright.sync_api import Page, expect

from api.web.rendering import STATIC_FOLDER
from domain.roles import Role
from tests.browser.serving import Served
from tests.browser.test_figures import log_in, person
from tests.browser.watching import PHONE, Complaints, Pages

VENDORED = STATIC_FOLDER / "vendor" / "chartjs"
PAGES = {
    "/figures?span=month": 3,
    "/figures?span=month&edition=s7c-2012&stage=incoming": 3,
    "/figures/open": 1,
    "/reports?kind=month&day={day}": 2,
}
# Something is drawn: a pixel of a canvas that is not the background's.
_PAINTED = """
canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)
"""
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def addresses(served: Served) -> dict[str, int]:
    """The pages with charts, and how many charts each has at least."""
    day = served.qolhat.now().date().replace(day=1)
    return {path.format(day=day): count for path, count in PAGES.items()}


def test_the_library_is_the_one_that_is_named() -> None:
    listed = re.findall(r"\| `([\w.]+)` \| `[\w./]+` \| `([0-9a-f]{64})` \|",
                        (VENDORED / "README.md").read_text("utf-8"))  # fmt: skip
    assert listed
    for name, digest in listed:
        assert sha256((VENDORED / name).read_bytes()).hexdigest() == digest
    assert "MIT" in (VENDORED / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_chart_is_drawn_and_complains_of_nothing(
    new_page: Pages, served_to_read: Served, axe: Callable[[Page], None], language: str,
    complaints: Complaints,
) -> None:  # fmt: skip
    page = new_page()
    page.goto(f"{served_to_read.url}/language/{language}")
    log_in(page, served_to_read, person(served_to_read, Role.MANAGER))
    for path, count in addresses(served_to_read).items():
        page.goto(f"{served_to_read.url}{path}")
        charts = page.locator("[data-chart] canvas")
        expect(charts.first).to_be_visible()
        assert charts.count() >= count, path
        for number in range(charts.count()):
            assert charts.nth(number).get_attribute("aria-label")
            assert charts.nth(number).evaluate(_PAINTED), path
        assert page.locator("main table").count() >= 1
        assert page.evaluate(_OVERFLOW) <= 0, path
        axe(page)
    assert complaints.left() == []


def test_a_phone_shows_charts_within_its_width(new_page: Pages, served_to_read: Served) -> None:
    page = new_page(**PHONE)
    log_in(page, served_to_read, person(served_to_read, Role.MANAGER))
    for path in addresses(served_to_read):
        page.goto(f"{served_to_read.url}{path}")
        expect(page.locator("[data-chart] canvas").first).to_be_visible()
        assert page.evaluate(_OVERFLOW) <= 0, path


def test_without_scripts_the_tables_stand_alone(new_page: Pages, served_to_read: Served) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, served_to_read, person(served_to_read, Role.MANAGER))
    for path in addresses(served_to_read):
        page.goto(f"{served_to_read.url}{path}")
        expect(page.locator("main table").first).to_be_visible()
        expect(page.locator("[data-chart]").first).to_be_hidden()


def test_a_value_says_what_the_table_says(new_page: Pages, served_to_read: Served) -> None:
    page = new_page()
    page.goto(f"{served_to_read.url}/language/en")
    log_in(page, served_to_read, person(served_to_read, Role.MANAGER))
    page.goto(f"{served_to_read.url}/figures?span=month")
    expect(page.locator('[data-chart="trend"] canvas')).to_be_visible()
    drawn = page.evaluate("JSON.parse(document.getElementById('charts').textContent).trend")
    table = page.locator("section", has=page.locator("#trend-title")).locator("tbody tr")
    assert len(drawn["labels"]) == table.count()
    for row, label, tip in zip(table.all(), drawn["labels"], drawn["tips"][0], strict=True):
        assert label in row.inner_text()
        assert tip.partition(" ")[0] in row.inner_text()


def test_a_report_is_taken_home_as_a_file_by_keyboard(page: Page, served_to_read: Served) -> None:
    log_in(page, served_to_read, person(served_to_read, Role.MANAGER))
    page.goto(f"{served_to_read.url}/reports")
    link = page.get_by_role("link", name=re.compile("PDF"))
    link.focus()
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert re.fullmatch(r"report-\d{4}-W\d\d\.pdf", taken.value.suggested_filename)
