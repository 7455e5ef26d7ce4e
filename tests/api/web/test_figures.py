"""The manager's page: every number opens a list with exactly that many rows; the badge; reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest

from api.messages import catalogue, page_count, page_text, word
from api.web.standing import Standing
from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role, Scope
from domain.urgency import Urgency
from infra.requests import ComplaintRequest
from tests.api.web.conftest import opened_office
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE, MORNING, OTHER_AUTHORITY

MANY = 103  # more than a page
_TILE = re.compile(r'<a class="tile [a-z]*" href="([^"]+)"><strong>([^<]+)</strong>')
_LINK = re.compile(r'<a[^>]* href="(/visits[^"]+)">([^<]+)<span class="unseen">([^<]*)</span>')


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """A day with everything that a manager may have to look at; it is 17:00."""
    with opened_office(tmp_path_factory.mktemp("figures")) as office:
        day = Day(office)
        for minute in range(MANY):  # each half an hour at the window, then with the collecting
            day.scan(minute / 4 + 1, day.register(minute / 4), Role.COLLECTING)
        for minute in (60, 70, 80):
            number = day.at_the_office(minute)
            if minute < 80:
                day.decide(minute + 5, number)
        day.at_the_office(455)  # received at 456, due at 486, presses from 471: it is minute 480
        day.act(470, ActKind.LOST, Role.OFFICE, day.at_the_office(200))
        home = day.at_the_office(210)
        day.decide(215, home)
        day.scan(300, home, Role.COURIER)
        day.scan(330, home, Role.COLLECTING)
        day.scan(400, "no code", Role.COLLECTING)
        day.scan(401, day.register(330), Role.HEAD)
        complaint = ComplaintRequest(
            day.source(402, Role.OFFICE),
            home,
            MORNING + timedelta(days=5),
            day.people[Role.EXECUTOR],
            "Үлгі",
        )
        office.qolhat.desk.complain(complaint)
        day.register(478, "002")
        office.clock.at = MORNING + timedelta(minutes=480)
        day.shown()
        yield day


@pytest.fixture(scope="module")
def manager(day: Day) -> Browser:
    """Somebody who manages the whole region."""
    return day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.REGION, language="en")


def opened(browser: Browser, path: str) -> str:
    """Open a page that must be there; no applicant's name ever stands on a page of figures."""
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    assert "Сынақбаева Үлгі" not in answer.text
    return answer.text


def rows_of(browser: Browser, address: str) -> list[str]:
    """Follow an address through all its pages; return the rows."""
    rows: list[str] = []
    path: str | None = unescape(address)
    while path:
        html = opened(browser, path)
        body = html.partition("<tbody>")[2].partition("</tbody>")[0]
        rows += re.findall(r"<tr.*?</tr>", body, re.DOTALL)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        path = unescape(following[1]) if following else None
    return rows


def numbers_in(rows: list[str]) -> list[PacketNumber]:
    """The packets of rows, in their order."""
    return [PacketNumber(int(re.findall(r"/packets/(\d+)", row)[0])) for row in rows]


def number(text: str) -> int:
    """Read an English number."""
    return int(text.replace(",", ""))


# --- numbers and lists -------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", f"?organisation={AUTHORITY}", f"?organisation={CENTRE}"])
def test_every_tile_opens_as_many_rows_as_it_says(day: Day, manager: Browser, query: str) -> None:
    tiles = _TILE.findall(opened(manager, f"/manager{query}"))
    assert len(tiles) == 8
    found = {address: len(rows_of(manager, address)) for address, _ in tiles}
    assert found == {address: number(said) for address, said in tiles}
    if not query:
        assert all(found.values()), found


def test_every_figure_of_a_stage_opens_the_stays_it_is_made_of(day: Day, manager: Browser) -> None:
    html = opened(manager, "/manager")
    links = _LINK.findall(html)
    assert len(links) > 30
    stages: dict[str, dict[str, int]] = {}
    for address, said, meant in links:
        query = unescape(address)
        stage = "&".join(part for part in query.split("&") if part[:4] not in ("late", "orde"))
        count = len(rows_of(manager, address))
        figures = stages.setdefault(stage, {})
        if "late=1" in query:
            figures["late"] = count
            assert number(said) == count
        elif "late=0" in query:
            figures["within"] = count
            figures["share"] = round(float(said.rstrip("%")) * 10)
        elif "order=longest" in query:
            assert count == figures["count"], meant
        else:
            figures["count"] = count
            assert number(said) == count
    for figures in stages.values():
        if "share" in figures:
            judged = figures["late"] + figures["within"]
            assert judged <= figures["count"]
            assert figures["share"] == round(1000 * figures["within"] / judged)
    assert any(figures.get("late") for figures in stages.values())


def test_a_stage_without_a_norm_says_so_and_few_stays_are_marked(
    day: Day, manager: Browser
) -> None:
    html = opened(manager, "/manager")
    lines = re.findall(r"<tr>.*?</tr>", html, re.DOTALL)
    carry = next(line for line in lines if "stage=carry-back&amp;" in line)
    assert page_text("figures.no-norm", "en") in carry
    assert "<meter" not in carry
    assert page_text("figures.few", "en") in carry
    accept = next(line for line in lines if "<meter" in line)
    assert page_text("figures.few", "en") not in accept


def test_the_longest_stays_come_first_if_they_are_asked_for(day: Day, manager: Browser) -> None:
    def spans(order: str) -> list[str]:
        rows = rows_of(manager, f"/visits?edition=s7c-2012&stage=incoming&order={order}")
        return [re.findall(r"<td>(.*?)</td>", row)[0] for row in rows]

    assert spans("longest") != spans("latest")
    assert sorted(spans("longest")) == sorted(spans("latest"))


def test_only_late_stays_or_those_since_a_day(day: Day, manager: Browser) -> None:
    late = rows_of(manager, "/visits?late=1&organisation=")
    assert late
    assert all('class="late"' in row for row in late)
    assert not rows_of(manager, "/visits?since=2026-11-17")
    assert manager.says("figures.visits.none")
    assert manager.get("/visits?since=soon").status_code == 422


# --- lists -------------------------------------------------------------------------------------


def test_the_most_urgent_come_first_with_what_must_be_known(day: Day, manager: Browser) -> None:
    rows = rows_of(manager, "/due?which=overdue")
    assert len(rows) == len(set(numbers_in(rows)))
    head = next(row for row in rows if "Head 1" in row or "head 1" in row)
    for said in ("over by", "Үлгібаева Сынақгүл", "norm of the stage"):
        assert said in head, said
    (soon,) = rows_of(manager, "/due?which=soon")
    assert "6 mins left" in soon
    assert 'class="soon"' in soon


def test_a_long_list_has_pages(day: Day, manager: Browser) -> None:
    html = opened(manager, "/packets?status=on-the-way&page=1")
    total = int(re.findall(r"of (\d+) shown", html)[0])
    assert total > MANY
    assert page_text("figures.pages.shown", "en", first=1, last=100, total=total) in html
    last = opened(manager, "/packets?status=on-the-way&page=2")
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last
    assert opened(manager, "/packets?status=on-the-way&page=999").count(f"of {total} shown") == 1
    assert manager.get("/packets?page=0").status_code == 422


def test_a_list_of_nothing_says_so(day: Day) -> None:
    elsewhere = day.office.enter(Role.MANAGER, OTHER_AUTHORITY, language="en")
    for path in ("/due?which=overdue", "/packets?status=lost"):
        assert rows_of(elsewhere, path) == []
        assert elsewhere.says("figures.due.none")
    assert page_text("figures.stages.none", "en") in opened(elsewhere, "/manager")


# --- reach -------------------------------------------------------------------------------------


def test_a_manager_of_one_organisation_sees_that_one(day: Day, manager: Browser) -> None:
    own = day.office.enter(Role.MANAGER, AUTHORITY, language="en")
    assert "<select" not in opened(own, "/manager")
    mine = rows_of(own, "/due?which=overdue")
    assert numbers_in(mine) == numbers_in(
        rows_of(manager, f"/due?which=overdue&organisation={AUTHORITY}")
    )
    assert (
        0
        < len(mine)
        < len(rows_of(manager, "/due?which=pressing")) + len(rows_of(manager, "/due?which=today"))
    )
    for path in ("/manager", "/due", "/visits", "/packets", "/complaints", "/unsettled"):
        assert own.get(path, organisation=str(CENTRE)).status_code == 403, path


def test_a_region_can_be_looked_at_one_organisation_at_a_time(day: Day, manager: Browser) -> None:
    opened(manager, "/manager")
    offered = manager.form("/manager").choices["organisation"]
    directory = day.office.qolhat.directory
    assert {int(code) for code in offered if code} == directory.in_region_of(AUTHORITY)
    answer = manager.submit("/manager", organisation=str(CENTRE))
    assert directory.organisation(CENTRE).name_kk in unescape(answer.text)
    assert manager.submit("/manager", organisation="").status_code == 200
    elsewhere = next(
        each.code
        for each in directory.organisations
        if each.code not in directory.in_region_of(AUTHORITY)
    )
    assert manager.get("/manager", organisation=str(elsewhere)).status_code == 403


def test_the_country_is_everything(day: Day, manager: Browser) -> None:
    country = day.office.enter(Role.MANAGER, AUTHORITY, scope=Scope.COUNTRY, language="en")
    everything = _TILE.findall(opened(country, "/manager"))
    assert everything == _TILE.findall(opened(manager, "/manager"))  # nobody else works today
    offered = country.form("/manager").choices["organisation"]
    assert len(offered) == len(day.office.qolhat.directory.organisations) + 1
    assert country.get("/manager", organisation="9999").status_code in (404, 422)


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.HEAD, Role.ADMINISTRATOR])
def test_figures_are_for_managers(day: Day, role: Role) -> None:
    browser = day.office.enter(role, AUTHORITY if role is not Role.INSPECTOR else None, places=[])
    for path in ("/manager", "/visits", "/packets"):
        assert browser.get(path).status_code == 403, path
    expected = 403 if role is Role.ADMINISTRATOR else 200
    assert browser.get("/due", which="pressing", mine="1").status_code == expected


def test_an_auditor_reads_everything_and_has_no_badge(day: Day, manager: Browser) -> None:
    auditor = day.office.enter(Role.AUDITOR, AUTHORITY, language="en")
    html = opened(auditor, "/manager")
    assert 'class="badge"' not in html
    tiles = dict(_TILE.findall(html))
    assert all(len(rows_of(auditor, address)) == number(said) for address, said in tiles.items())


# --- the badge ---------------------------------------------------------------------------------


def badge(html: str) -> int:
    """The number in the menu; 0 if there is none."""
    found = re.search(r'<span class="badge">(\d+)</span>', html)
    return int(found[1]) if found else 0


def test_everybody_sees_on_every_page_what_presses_at_the_own_places(day: Day) -> None:
    for role in (Role.OFFICE, Role.HEAD, Role.COLLECTING):
        browser = day.office.log_in(day.people[role], "en")
        counted = badge(opened(browser, "/account"))
        rows = rows_of(browser, "/due?which=pressing&mine=1")
        assert counted == len(rows), role
        assert all(f"{word('role', role.value, 'en')} 1" in row for row in rows)
        assert len(rows_of(browser, "/due?which=pressing")) == counted  # others' are not theirs
    assert browser.get("/due", organisation=str(AUTHORITY)).status_code == 403


def test_a_managers_badge_counts_what_is_in_reach(day: Day, manager: Browser) -> None:
    html = opened(manager, "/manager")
    tiles = dict(_TILE.findall(html))
    pressing = sum(number(said) for address, said in tiles.items() if "overdue" in address)
    pressing += sum(number(said) for address, said in tiles.items() if "soon" in address)
    assert badge(html) == pressing
    assert len(rows_of(manager, "/due?which=pressing&mine=1")) == pressing


def test_what_is_done_leaves_the_badge(office: Office) -> None:
    day = Day(office)
    packet = day.at_the_office(10)
    office.clock.at = MORNING + timedelta(minutes=60)
    day.shown()
    browser = office.log_in(day.people[Role.OFFICE])
    assert badge(opened(browser, "/account")) == 1
    day.act(60, ActKind.INCOMING, Role.OFFICE, packet)
    day.scan(61, packet, Role.HEAD)
    day.shown()
    assert badge(opened(browser, "/account")) == 0
    assert 'href="/due?which=pressing&amp;mine=1"' in opened(browser, "/account")


def test_a_page_needs_no_badge(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken view must not take every page with it."""
    from infra.errors import StorageError  # noqa: PLC0415  only here

    browser = office.enter(Role.OFFICE)

    def broken(*_: object) -> None:
        raise StorageError

    monkeypatch.setattr(type(office.qolhat.views), "reading", broken)
    assert badge(opened(browser, "/account")) == 0
    assert "cannot be counted" in caplog.text


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_list_has_its_name(language: str) -> None:
    texts = catalogue("figures", language)
    assert all(f"figures.{each.value}" in texts for each in (*Urgency, *Standing))


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_figures_are_said_in_the_readers_language(day: Day, language: str) -> None:
    browser = day.office.enter(Role.MANAGER, AUTHORITY, language=language)
    for path, key in (
        ("/manager", "figures.title"),
        ("/due?which=overdue", "figures.overdue"),
        ("/visits", "figures.visits.title"),
        ("/packets?status=lost", "figures.lost"),
    ):
        assert f"<h1>{page_text(key, language)}</h1>" in opened(browser, path)
    assert page_count("figures.packets", 1, language) in opened(browser, "/packets?status=lost")
