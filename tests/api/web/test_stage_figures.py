"""The audit's pages: every count opens exactly these stays; trends, comparison, open work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Connection

import api.web.figures.overview
import infra.audit_figures
from api.messages import LANGUAGES, page_count, page_text, word
from api.periods import Period
from api.web.figures.overview import bars_of
from domain.acts import ActKind
from domain.roles import Role, Scope
from projections.figures import Span
from projections.open_stays import OpenStays, of_organisations, of_stages
from projections.open_sums import OpenSums
from projections.visits import Visits
from tests.api.web.conftest import opened_office
from tests.api.web.day import Day
from tests.api.web.office import Browser
from tests.api.web.test_figures import number, opened, rows_of
from tests.stories import AUTHORITY, CENTRE, MORNING

_LINK = re.compile(r'<a href="(/visits[^"]+)">([^<]+)<span class="unseen">([^<]*)</span>')
TODAY = MORNING.date()


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A day on which some are quick and some are late; it is 17:00."""
    with opened_office(tmp_path_factory.mktemp("audit")) as office:
        day = Day(office)
        for minute in (60, 70, 80):
            number = day.at_the_office(minute)
            day.decide(minute + 5, number)
        late = day.at_the_office(200)
        day.act(270, ActKind.INCOMING, Role.OFFICE, late)
        day.at_the_office(455)
        day.scan(401, day.register(330), Role.HEAD)  # out of turn
        office.clock.at = MORNING + timedelta(minutes=480)
        day.shown()
        yield day


@pytest.fixture(scope="module")
def manager(day: Day) -> Browser:
    """Somebody who manages the whole region."""
    return day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.REGION, language="en")


def links(browser: Browser, path: str) -> list[tuple[str, str]]:
    """The addresses of lists of stays on a page, with what is said of them."""
    return [(unescape(address), said) for address, said, _ in _LINK.findall(opened(browser, path))]


@pytest.mark.parametrize("span", ["week", "month"])
def test_every_count_opens_the_stays_it_is_made_of(manager: Browser, span: str) -> None:
    found = links(manager, f"/figures?span={span}")
    counts = {address: said for address, said in found if "late=" not in address}
    assert len(counts) > 5
    for address, said in counts.items():
        assert len(rows_of(manager, address)) == number(said)
    for address, said in found:
        if "late=0" in address:
            judged = len(rows_of(manager, address.replace("late=0", "late=1")))
            within = len(rows_of(manager, address))
            assert round(float(said.rstrip("%")) * 10) == round(1000 * within / (judged + within))


def test_a_stage_is_compared_by_organisation(manager: Browser) -> None:
    html = opened(manager, "/figures")
    address = next(
        unescape(each) for each in re.findall(r'href="(/figures\?[^"]+stage=incoming)"', html)
    )
    compared = opened(manager, address).partition('id="compared-title"')[2]
    assert f"organisation={AUTHORITY}" in compared.partition("</section>")[0]
    assert f"organisation={CENTRE}" not in compared.partition("</section>")[0]
    assert page_text("figures.few", "en") in compared


def test_a_stage_of_one_organisation_is_told_apart_by_person(manager: Browser, day: Day) -> None:
    path = f"/figures?organisation={AUTHORITY}&edition=s7c-2012&stage=incoming"
    found = [(address, said) for address, said in links(manager, path) if "person=" in address]
    assert f"person={day.people[Role.OFFICE]}" in found[0][0]
    for address, said in found:
        if "late=" not in address:
            assert len(rows_of(manager, address)) == number(said) > 0


def test_what_was_known_on_a_past_day_can_be_asked_for(manager: Browser) -> None:
    now = re.findall(r"<meter[^>]*>", opened(manager, "/figures"))
    known = opened(manager, f"/figures?known={TODAY}")
    assert re.findall(r"<meter[^>]*>", known) == now
    assert 'href="/visits' not in known
    before = opened(manager, f"/figures?known={TODAY - timedelta(days=1)}")
    assert page_text("figures.audit.none", "en") in before


def seen(html: str) -> list[str]:
    """The words of a section that everybody sees."""
    section = html.partition("</section>")[0]
    return re.sub(r'<span class="unseen">.*?</span>|<[^>]*>', "", section).split()


def test_a_past_day_compares_and_names_deviations_as_now(manager: Browser) -> None:
    path = "/figures?edition=s7c-2012&stage=incoming"
    now, known = opened(manager, path), opened(manager, f"{path}&known={TODAY}")
    for title in ("compared-title", "deviations-title"):
        mine, theirs = (seen(html.partition(f'id="{title}"')[2]) for html in (now, known))
        assert len(mine) > 3
        assert theirs == mine


def test_figures_may_be_of_one_service(manager: Browser) -> None:
    all_, one = (opened(manager, f"/figures{query}") for query in ("", "?service=003-7"))
    assert re.findall(r"<meter[^>]*>", one) == re.findall(r"<meter[^>]*>", all_)
    assert 'value="003-7" selected' in one
    assert re.search(r'href="/figures\?[^"]*service=003-7[^"]*stage=', one)
    none = opened(manager, "/figures?service=003-1")
    assert page_text("figures.audit.none", "en") in none


def test_of_many_services_the_stages_are_folded_away(
    manager: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_ = opened(manager, "/figures")
    assert all_.count('<details class="way" open>') == all_.count('<details class="way"') > 0
    monkeypatch.setattr(infra.audit_figures, "_FINE", 0)
    folded = opened(manager, "/figures")
    assert 'id="services-title"' in folded
    assert '<details class="way" open>' not in folded
    assert page_text("figures.audit.fine", "en") in folded
    assert re.search(r'href="/figures\?[^"]*service=003-7"', folded)
    assert links(manager, "/figures") == [
        (address, said) for address, said in found_in(all_) if "order=" not in address
    ]


def found_in(html: str) -> list[tuple[str, str]]:
    """The addresses of lists of stays, with what is said of them."""
    return [(unescape(address), said) for address, said, _ in _LINK.findall(html)]


def test_of_many_organisations_the_worst_are_shown_and_the_others_one_click_away(
    manager: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/figures?edition=s7c-2012&stage=incoming"
    monkeypatch.setattr(api.web.figures.overview, "RANKED", 0)
    html = opened(manager, path)
    assert page_count("figures.audit.ranked.others", 1, "en") in html
    assert f"organisation={AUTHORITY}" not in seen_addresses(html)
    more = next(unescape(each) for each in re.findall(r'href="(/figures[^"]+everybody=1)"', html))
    assert f"organisation={AUTHORITY}" in seen_addresses(opened(manager, more))


def seen_addresses(html: str) -> str:
    """The part of the page that compares."""
    return html.partition('id="compared-title"')[2].partition("</section>")[0]


def test_the_page_names_the_slowest_stage_and_the_deviations(manager: Browser) -> None:
    html = opened(manager, "/figures")
    assert page_text("figures.audit.slowest", "en") in html
    assert word("deviation", "skipped", "en") in html
    assert '<svg class="bars"' in html


def test_a_time_without_stays_says_so(manager: Browser) -> None:
    html = opened(manager, "/figures?since=2020-01-01&until=2020-02-01")
    assert page_text("figures.audit.none", "en") in html


def test_open_work_names_what_is_late_and_who_may_be_next(manager: Browser, day: Day) -> None:
    html = opened(manager, f"/figures/open?organisation={AUTHORITY}")
    risks = html.partition('id="work-title"')[0]
    assert re.search(r"/packets/\d+", risks)
    assert "<meter" in risks
    assert 'id="work-title"' in html


def test_the_whole_country_reads_as_if_every_stay_had_been_counted(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    country = day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.COUNTRY, language="en")
    added_up = opened(country, "/figures/open")
    asked: list[int] = []

    def stay_by_stay(_: OpenSums, connection: Connection, visits: Visits, now: datetime) -> Any:
        work = OpenStays(visits).work(connection, now)
        asked.append(sum(each.count for each in work))
        return of_stages(work), of_organisations(work)

    monkeypatch.setattr(OpenSums, "work", stay_by_stay)
    assert opened(country, "/figures/open") == added_up
    assert asked[0] > 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_three_languages(day: Day, language: str) -> None:
    browser = day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.REGION, language=language)
    assert page_text("figures.audit.title", language) in opened(browser, "/figures")
    assert page_text("figures.open.title", language) in opened(browser, "/figures/open")


def test_periods_are_whole_weeks_and_months() -> None:
    week = Period.of_days(Span.WEEK, TODAY, TODAY)
    assert (week.until - week.since, week.since.weekday()) == (timedelta(days=7), 0)
    assert week.since <= TODAY <= week.last
    year = Period.of_days(Span.MONTH, TODAY.replace(month=12, day=31), TODAY.replace(month=1))
    assert (year.since, year.until) == (
        TODAY.replace(month=1, day=1),
        TODAY.replace(year=TODAY.year + 1, month=1, day=1),
    )


def test_bars_hold_all_buckets() -> None:
    assert bars_of({}) == []
    assert bars_of({5: 4}) == [(0, 10.0), *((at, 0.0) for at in range(1, 16))]
    assert bars_of({0: 1, 31: 2}) == [(0, 5.0), *((at, 0.0) for at in range(1, 15)), (15, 10.0)]
