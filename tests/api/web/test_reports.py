"""The report's page and its files: weekly, monthly, quarterly, in three languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from openpyxl import load_workbook

from api.messages import LANGUAGES, page_text, word
from domain.acts import ActKind, Outcome
from domain.reporting import PeriodKind, ReportPeriod
from domain.roles import Role, Scope
from tests.api.forms.reading import Read
from tests.api.web.conftest import opened_office
from tests.api.web.day import Day
from tests.api.web.office import Browser
from tests.api.web.test_figures import opened, rows_of
from tests.stories import AUTHORITY, MORNING

TODAY = MORNING.date()
MONTH, WEEK = (ReportPeriod.containing(kind, TODAY) for kind in (PeriodKind.MONTH, PeriodKind.WEEK))
_VISITS = re.compile(r'<a href="(/visits\?[^"]+)">[^<]+</a></th>(.*?)</tr>', re.DOTALL)
_CELL = re.compile(r'<td class="figure">([^<]*)')


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A day: one granted, one refused, one late, one out of turn; it is 17:00."""
    with opened_office(tmp_path_factory.mktemp("reports")) as office:
        day = Day(office)
        for minute, outcome in ((60, Outcome.GRANTED), (80, Outcome.REFUSED)):
            day.decide(minute + 5, day.at_the_office(minute), outcome)
        day.act(270, ActKind.INCOMING, Role.OFFICE, day.at_the_office(200))
        day.scan(401, day.register(330), Role.HEAD)
        office.clock.at = MORNING + timedelta(minutes=480)
        day.shown()
        yield day


@pytest.fixture(scope="module")
def manager(day: Day) -> Browser:
    """Somebody who manages the whole region."""
    return day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.REGION, language="en")


def section(html: str, key: str) -> str:
    return html.partition(f'id="{key}-title"')[2].partition("</section>")[0]


def test_the_report_counts_what_was_received_and_is_open(manager: Browser) -> None:
    html = opened(manager, f"/reports?period={MONTH.code}&organisation={AUTHORITY}")
    received, *_, open_ = _CELL.findall(section(html, "services"))
    assert (received, open_) == ("4", "4")
    assert word("deviation", "skipped", "en") in section(html, "deviations")
    assert section(html, "late").count("/visits?") >= 1


@pytest.mark.parametrize("kind", PeriodKind)
def test_every_count_of_stays_opens_exactly_these(manager: Browser, kind: PeriodKind) -> None:
    html = opened(manager, f"/reports?kind={kind}&day={TODAY}")
    found = _VISITS.findall(section(html, "stages"))
    assert len(found) > 3
    for address, cells in found:
        (count, *_) = _CELL.findall(cells)
        assert len(rows_of(manager, unescape(address))) == int(count)


def test_without_a_choice_it_is_the_last_whole_week(manager: Browser) -> None:
    html = opened(manager, "/reports")
    assert WEEK.before.code in html
    assert f"period={WEEK.code}" in html
    assert page_text("figures.report.services.none", "en") in html


def test_a_report_as_known_on_a_past_day_is_the_same_file_again(day: Day, manager: Browser) -> None:
    clock, now = day.office.clock, day.office.clock.at
    known = f"/reports/file?period={MONTH.code}&known={TODAY}"
    try:
        clock.at = now + timedelta(days=2)
        files = [_file(manager, f"{known}&form={form}") for form in ("pdf", "xlsx")]
        clock.at = now + timedelta(days=5)
        assert [_file(manager, f"{known}&form={form}") for form in ("pdf", "xlsx")] == files
        html = opened(manager, f"/reports?period={MONTH.code}&known={TODAY}")
        assert 'href="/visits' not in html
    finally:
        clock.at = now


def _file(browser: Browser, path: str) -> bytes:
    response = browser.get(path)
    assert response.status_code == 200, response.text
    return response.content


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_and_the_workbook_say_what_the_page_says(day: Day, language: str) -> None:
    browser = day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.REGION, language=language)
    title = page_text("figures.report.title", language)
    assert f"<h1>{title}</h1>" in opened(browser, f"/reports?period={MONTH.code}")
    path = f"/reports/file?period={MONTH.code}&organisation={AUTHORITY}"
    pdf = Read(_file(browser, f"{path}&form=pdf"))
    assert pdf.properties["Title"] == title
    assert page_text("figures.report.services", language) in pdf.text
    book = load_workbook(BytesIO(_file(browser, f"{path}&form=xlsx")))
    services = book[page_text("figures.report.services", language)[:31]]
    assert services.cell(2, 2).value == 4
    stages = book[page_text("figures.report.stages", language)[:31]]
    assert stages.max_row > 5
    assert stages.cell(2, 2).value


def test_what_is_no_period_is_refused(manager: Browser) -> None:
    assert manager.get("/reports?period=2026-Q9").status_code == 422
