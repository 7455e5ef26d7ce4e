"""The pages of runs: a day's runs as they went, their figures, another timetable, the timetable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

import api.courier_routes
import api.web.runs.what_if
from api.messages import page_count, page_text, text, word
from domain.numbers import PacketNumber
from domain.roles import Role, Scope
from tests.api.web.conftest import opened_office
from tests.api.web.office import Browser, Office
from tests.infra.views.carriage import Carriage
from tests.office import Office as Desk
from tests.stories import AUTHORITY, CENTRE, MORNING, PEOPLE

MINUTE = timedelta(minutes=1)
FIRST, SECOND = 120.0, 420.0  # the runs of 11:00 and 16:00, in minutes of the morning
TODAY = date(2026, 11, 16)
COURIER = "Жолдыбаев Мысал"
_RUN = re.compile(r'<li class="card run">(.*?)</li>', re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")


def carried(office: Office) -> Carriage:
    """People who pack and carry, on the store of the pages."""
    clock: Any = office.clock  # another class of the same kind
    carriage = Carriage(Desk(office.qolhat, clock))
    office.qolhat.personnel.rename(PEOPLE[Role.COURIER], COURIER)
    return carriage


def send(carriage: Carriage, count: int, taken: float, handed: float) -> list[PacketNumber]:
    """Packets in a bag: packed at once, taken by the courier and handed over at these minutes."""
    packets = carriage.registered(count, carriage.minute)
    registry, bag = carriage.begin()
    carriage.put(bag, *packets)
    carriage.seal(bag, registry)
    carriage.hand_over(bag, Role.COURIER, minute=taken)
    carriage.hand_over(bag, Role.OFFICE, minute=handed)
    carriage.minute = handed
    return packets


@pytest.fixture(scope="module")
def went(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """It is Monday, 18:00: the first run left 15 minutes late with 3 packets, the second never."""
    with opened_office(tmp_path_factory.mktemp("runs")) as office:
        carriage = carried(office)
        send(carriage, 3, FIRST + 15, FIRST + 45)
        office.clock.at = MORNING + 540 * MINUTE
        office.qolhat.runner.catch_up()
        yield office


def text_of(html: str) -> str:
    """What is read on a page."""
    return " ".join(_TAGS.sub(" ", html).split())


def runs_on(browser: Browser, **asked: Any) -> list[str]:
    """The runs on the page of a day, each as it is read."""
    answer = browser.get("/runs", **asked)
    assert answer.status_code == 200
    return [text_of(run) for run in _RUN.findall(answer.text)]


def said(key: str, **facts: object) -> str:
    """A text of the pages in Kazakh."""
    return page_text(key, "kk", **facts)


# --- a day's runs --------------------------------------------------------------------------------


def test_both_ends_see_the_runs_of_today(went: Office) -> None:
    for role in (Role.INSPECTOR, Role.COURIER, Role.OFFICE, Role.MANAGER):
        first, second = runs_on(went.enter(role))
        assert word("run", "arrived", "kk") in first
        assert said("runs.late-by", span="15 мин") in first
        assert said("runs.on-the-way", span="30 мин") in first
        assert COURIER in first
        load = f"{page_count('runs.bags', 1, 'kk')}, {page_count('runs.packets', 3, 'kk')}"
        assert load in first
        assert first.startswith("11:00")
        assert second.startswith("16:00")
        assert word("run", "missed", "kk") in second
        assert said("runs.nothing") in second


def test_a_run_is_planned_until_it_leaves(office: Office) -> None:
    assert [word("run", "planned", "kk") in run for run in runs_on(office.enter(Role.OFFICE))] == [
        True,
        True,
    ]


def test_a_bag_brought_back_has_not_arrived(office: Office) -> None:
    carriage = carried(office)
    (packet,) = carriage.registered(1, 20)
    registry, bag = carriage.begin()
    carriage.put(bag, packet)
    carriage.seal(bag, registry)
    carriage.hand_over(bag, Role.COURIER, minute=FIRST)
    carriage.hand_over(bag, Role.COLLECTING, minute=FIRST + 30)
    office.clock.at = MORNING + 180 * MINUTE
    office.qolhat.runner.catch_up()
    first, _ = runs_on(office.enter(Role.COLLECTING))
    assert word("run", "departed", "kk") in first
    assert said("runs.punctual") in first


def test_another_day_is_asked_by_its_date(went: Office) -> None:
    browser = went.enter(Role.INSPECTOR)
    assert len(runs_on(browser, day="2026-11-13")) == 2
    assert runs_on(browser, day="2026-11-15") == []  # a Sunday
    assert browser.says("runs.none")
    assert browser.says("runs.both-ends")
    assert browser.says("runs.day-off")
    assert runs_on(browser, day="2026-11-14") == []  # a Saturday, on which the centre works
    assert not browser.says("runs.both-ends")


def test_a_holiday_is_named(went: Office) -> None:
    browser = went.enter(Role.INSPECTOR)
    assert runs_on(browser, day="2026-12-16") == []
    assert "Тәуелсіздік күні" in browser.get("/runs", day="2026-12-16").text


def test_a_day_past_all_calendars_is_told(went: Office) -> None:
    browser = went.enter(Role.INSPECTOR)
    for day in ("0001-01-01", "2045-01-01", "9999-12-31"):
        answer = browser.get("/runs", day=day)
        assert answer.status_code == 200
        assert "2045" in answer.text
    assert browser.get("/runs", day="бүгін").status_code == 422


def test_nobody_sees_runs_of_others(went: Office) -> None:
    browser = went.enter(Role.INSPECTOR)
    assert browser.get("/runs", organisation=CENTRE).status_code == 200
    assert browser.get("/runs", organisation=268).status_code == 403
    assert browser.get("/runs", organisation=9998).status_code == 422
    assert went.enter(Role.ADMINISTRATOR).get("/runs").status_code == 403


def test_whoever_has_the_country_chooses_an_organisation(
    went: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    akimat = went.enter(Role.MANAGER, 286, scope=Scope.COUNTRY)
    assert len(runs_on(akimat)) > 2
    akimat.submit("/runs", organisation=CENTRE)
    assert len(_RUN.findall(akimat.shown.text if akimat.shown else "")) == 2
    monkeypatch.setattr(api.courier_routes, "MOST_ROUTES", 3)
    assert runs_on(akimat) == []
    routes = len(went.qolhat.courier_runs.routes_of(None))
    assert text("problems", "too-many-routes.detail", "kk", routes=routes, most=3) in (
        akimat.get("/runs").text
    )
    assert akimat.form("/runs").choices["organisation"]
    manager = went.enter(Role.MANAGER, AUTHORITY, scope=Scope.COUNTRY)
    assert 0 < len(runs_on(manager)) <= 6  # the own ones first


def test_an_akimat_has_no_couriers(went: Office) -> None:
    clerk = went.enter(Role.OFFICE, 286)
    assert runs_on(clerk) == []
    assert clerk.says("runs.no-routes")


# --- figures -------------------------------------------------------------------------------------


def test_figures_tell_punctuality_and_where_waiting_went(went: Office) -> None:
    manager = went.enter(Role.MANAGER, CENTRE)
    html = manager.get("/runs/figures", since="2026-11-16", until="2026-11-16").text
    shown = text_of(html)
    assert COURIER in shown
    assert said("runs.figures.of", part=0, whole=2) in shown  # late, and missed
    assert said("runs.figures.of", part=0, whole=1) in shown  # of the courier
    assert "15 мин" in shown
    assert "30 мин" in shown  # on the way
    assert said("runs.part.missed-run") in shown
    assert said("figures.few") in shown
    assert html.count("<rect") == 2 * (3 + 3)  # all, and the one sender


def test_figures_begin_with_four_weeks(went: Office) -> None:
    manager = went.enter(Role.MANAGER, CENTRE)
    manager.get("/runs/figures")
    form = manager.form("/runs/figures")
    assert (form.fields["since"], form.fields["until"]) == (["2026-10-20"], ["2026-11-16"])
    manager.submit("/runs/figures", since="2026-11-10", until="2026-11-13")
    assert manager.says("runs.figures.no-packets")


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-16", "2026-11-15"), ("2024-01-01", "2026-01-01"), ("0001-01-01", "2026-11-16")],
)
def test_a_wrong_period_is_told_at_its_field(went: Office, since: str, until: str) -> None:
    manager = went.enter(Role.MANAGER, CENTRE)
    for path in ("/runs/figures", "/runs/what-if"):
        answer = manager.get(path, since=since, until=until)
        assert answer.status_code == 200
        assert 'aria-invalid="true"' in answer.text
        assert f'value="{since}"' in answer.text
        assert "<table" not in answer.text


# --- another timetable ---------------------------------------------------------------------------


def test_a_third_run_is_what_is_asked_about_at_first(went: Office) -> None:
    manager = went.enter(Role.MANAGER, CENTRE)
    shown = text_of(manager.get("/runs/what-if").text)
    assert manager.form("/runs/what-if").fields["times"] == ["11:00, 13:30, 16:00"]
    assert said("runs.what-if.same", times="11:00, 13:30, 16:00") in shown
    assert page_count("runs.what-if.replayed", 3, "kk") in shown


def test_an_earlier_run_would_have_been_waited_for_less(went: Office) -> None:
    manager = went.enter(Role.MANAGER, CENTRE)
    manager.get("/runs/what-if")
    manager.submit("/runs/what-if", times="10.00 16:00")
    shown = text_of(manager.shown.text if manager.shown else "")
    assert said("runs.what-if.less", times="10:00, 16:00", span="1 сағ") in shown
    assert "−1 сағ" in shown  # and in all three hours
    assert "−3 сағ" in shown
    manager.submit("/runs/what-if", times="12:00")
    assert "+1 сағ" in text_of(manager.shown.text if manager.shown else "")


def test_the_authority_sent_nothing(went: Office) -> None:
    manager = went.enter(Role.MANAGER, CENTRE)
    manager.get("/runs/what-if", side="authority")
    assert manager.says("runs.figures.no-packets")


@pytest.mark.parametrize("times", ["16:00, 11:00", "25:00", "ертең", "1 2 3 4 5 6 7"])
def test_wrong_times_are_told_at_their_field(went: Office, times: str) -> None:
    manager = went.enter(Role.MANAGER, CENTRE)
    answer = manager.get("/runs/what-if", times=times)
    assert answer.status_code == 200
    assert answer.text.count('aria-invalid="true"') == 1
    assert f'value="{times}"' in answer.text


def test_only_routes_in_reach_are_replayed(went: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = went.enter(Role.MANAGER, CENTRE)
    assert manager.get("/runs/what-if", branch=268).status_code == 403
    assert manager.get("/runs/what-if", branch=AUTHORITY).status_code == 404  # no branch
    assert went.enter(Role.INSPECTOR).get("/runs/what-if").status_code == 403
    monkeypatch.setattr(api.web.runs.what_if, "MOST_ROUTES", 3)
    akimat = went.enter(Role.MANAGER, 286, scope=Scope.COUNTRY)
    akimat.get("/runs/what-if")
    assert akimat.form("/runs/what-if").fields["branch"] == [""]  # many: one is chosen
    akimat.submit("/runs/what-if", branch=CENTRE)
    assert akimat.says("runs.what-if.same", times="11:00, 13:30, 16:00")


# --- timetables ----------------------------------------------------------------------------------

PATH = f"/runs/timetable/{CENTRE}"


def test_an_administrator_sets_a_third_run_from_tomorrow_on(office: Office) -> None:
    administrator = office.enter(Role.ADMINISTRATOR, CENTRE)
    administrator.get("/runs/timetable")
    assert f'href="{PATH}"' in (administrator.shown.text if administrator.shown else "")
    administrator.get(PATH)
    assert administrator.form(PATH).fields["starts"] == ["2026-11-17"]
    administrator.submit(PATH, times="11:00 13.30 16:00")
    assert administrator.path == PATH
    assert administrator.says("runs.timetable.changed")
    inspector = office.enter(Role.INSPECTOR)
    assert len(runs_on(inspector)) == 2
    assert len(runs_on(inspector, day="2026-11-17")) == 3
    assert len(runs_on(inspector, day="2026-11-13")) == 2  # what a day of the past had, it keeps
    administrator.get(PATH)
    administrator.submit(PATH, times="11:00, 13:30, 16:00")
    assert administrator.says("runs.timetable.same")
    assert "Үлгібаева Сынақгүл" in (administrator.shown.text if administrator.shown else "")


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("times", "16:00, 11:00", ""),
        ("times", "", ""),
        ("starts", "2026-11-15", ""),
        ("starts", "", "runs.timetable.bad-day"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    office: Office, field: str, typed: str, code: str
) -> None:
    administrator = office.enter(Role.ADMINISTRATOR, CENTRE)
    before = office.qolhat.log.rows.last_position()
    administrator.get(PATH)
    answer = administrator.submit(PATH, **{field: typed})
    assert answer.status_code == 422
    wrong = re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', answer.text)
    assert wrong == [field]
    assert administrator.form(PATH).fields[field] == [typed]
    assert not code or administrator.says(code)
    assert office.qolhat.log.rows.last_position() == before


def test_days_without_runs_are_told_ahead(office: Office) -> None:
    office.clock.at = MORNING + timedelta(days=28)  # 14 December
    administrator = office.enter(Role.ADMINISTRATOR, CENTRE)
    html = administrator.get(PATH).text
    idle = re.findall(r"<li><strong>(.*?)</strong>", html.partition('class="idle"')[2])
    assert len(idle) == 5  # two weekends and Independence Day
    assert "Тәуелсіздік күні" in html


def test_a_timetable_is_changed_by_its_administrators_only(office: Office) -> None:
    elsewhere = office.enter(Role.ADMINISTRATOR, 33)
    assert elsewhere.get(PATH).status_code == 403
    assert elsewhere.post(PATH, times="10:00", starts="2026-11-20").status_code == 403
    manager = office.enter(Role.MANAGER, CENTRE)
    assert manager.get(PATH).status_code == 403
    assert manager.post(PATH, times="10:00", starts="2026-11-20").status_code == 403
    other_end = office.enter(Role.ADMINISTRATOR, AUTHORITY)
    assert other_end.get(PATH).status_code == 200
    assert other_end.get(f"/runs/timetable/{AUTHORITY}").status_code == 404


def test_the_menu_leads_to_what_one_may_see(went: Office) -> None:
    addresses = {"/runs", "/runs/figures", "/runs/what-if", "/runs/timetable"}
    seen = {
        Role.MANAGER: addresses - {"/runs/timetable"},
        Role.ADMINISTRATOR: {"/runs/timetable"},
        Role.INSPECTOR: {"/runs"},
    }
    for role, expected in seen.items():
        browser = went.enter(role, CENTRE)
        page = browser.get("/runs/timetable" if role is Role.ADMINISTRATOR else "/runs")
        found = set(re.findall(r'href="(/runs[a-z/-]*)"', page.text)) & addresses
        assert found == expected
