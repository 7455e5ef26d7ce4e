"""The packet's page where its edition lets a clock be stopped: the button, the mark, the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.messages import page_text, text, word
from api.web.applicant import told_of
from api.web.facts import facts_of
from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from tests.api.web.conftest import opened_office
from tests.api.web.day import Day
from tests.api.web.office import Office
from tests.api.web.test_packets import buttons, opened, press
from tests.pausing import EXPERTISE, OPERATOR, PAPER, written_to
from tests.stories import MORNING, place

DAY = 24 * 60


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An operator who has adopted an edition that gives grounds."""
    folder = written_to(tmp_path / "regulations")
    store = tmp_path / "store"
    with opened_office(store, regulations_dir=folder, operator=OPERATOR) as found:
        yield found


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def at_the_executor(day: Day) -> PacketNumber:
    number = day.at_the_head(10)
    executor = day.people[Role.EXECUTOR]
    day.act(20, ActKind.RESOLUTION, Role.HEAD, number, executor=executor)
    day.scan(30, number, Role.EXECUTOR)
    return number


def at(office: Office, minute: float) -> None:
    office.clock.at = MORNING + timedelta(minutes=minute)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_executor_stops_the_clock_and_lets_it_run_by_buttons(
    office: Office, day: Day, language: str
) -> None:
    number, mark = at_the_executor(day), f"{page_text('packet.paused', language)}</dt>"
    desk = office.log_in(day.people[Role.EXECUTOR], language)
    assert buttons(desk, number)[:2] == ["right", "paused"]
    at(office, 40)
    shown = press(day, desk, number, "paused", grounds=PAPER, text="Анықтама керек").text
    assert mark in shown
    assert "tests §9" in shown
    assert "Анықтама керек" in shown
    assert word("clock", "stage", language) not in shown  # no term runs
    at(office, 40 + DAY)
    desk = office.log_in(day.people[Role.EXECUTOR], language)
    assert buttons(desk, number)[:2] == ["right", "resumed"]
    shown = press(day, desk, number, "resumed").text
    assert mark not in shown
    assert word("clock", "stage", language) in shown
    ledger = desk.get(f"/packets/{number}/ledger").text
    assert word("ledger", "waiting-applicant", language) in ledger
    assert "tests §9" in ledger


def test_whom_a_ground_does_not_name_has_no_button(office: Office, day: Day) -> None:
    number = at_the_executor(day)
    head = office.log_in(day.people[Role.HEAD])
    page = opened(head, number).text
    assert "paused" in buttons(head, number)
    assert EXPERTISE in page
    assert f'value="{PAPER}"' not in page  # that one is the executor's
    collector = office.log_in(day.people[Role.COLLECTING])
    assert "paused" not in buttons(collector, number)


def test_a_ground_that_the_edition_does_not_give_is_refused_in_words(
    office: Office, day: Day
) -> None:
    number = at_the_executor(day)
    desk = office.log_in(day.people[Role.EXECUTOR], "ru")
    opened(desk, number)
    answer = desk.post(f"/packets/{number}/acts", kind="paused", grounds="other")
    assert answer.status_code == 422
    assert text("problems", "unknown-pause-ground.title", "ru") in answer.text
    answer = desk.post(f"/packets/{number}/acts", kind="paused")
    assert answer.status_code == 422


def test_an_edition_without_grounds_has_no_button(office: Office, day: Day) -> None:
    number = day.register(10, "002")
    window = office.log_in(day.people[Role.INSPECTOR])
    assert not {"paused", "resumed"} & set(buttons(window, number))


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_applicant_is_told_that_a_paper_is_waited_for(
    office: Office, day: Day, language: str
) -> None:
    number = at_the_executor(day)
    day.act(40, ActKind.PAUSED, Role.EXECUTOR, number, grounds=(PAPER,))
    told = told_of(facts_of(office.qolhat, number), language)
    assert (told.expected, told.unsaid, told.overdue) == (None, False, False)
    browser = office.browser(language)
    browser.get("/receipt")
    code = office.qolhat.vault.receipt_code(number)
    shown = browser.submit("post /receipt", number=str(number), code=code).text
    assert page_text("packet.paused", language) in shown
    assert "tests §9" in shown
    day.act(60, ActKind.RESUMED, Role.EXECUTOR, number)
    again = told_of(facts_of(office.qolhat, number), language)
    assert (again.waits, again.expected is None) == (None, False)


def test_what_is_left_leaves_out_a_pause_that_is_still_to_end(office: Office, day: Day) -> None:
    number = at_the_executor(day)
    day.act(40, ActKind.PAUSED, Role.EXECUTOR, number, grounds=(EXPERTISE,))
    at(office, 60)
    facts = facts_of(office.qolhat, number)
    assert facts.next_due is None
    assert facts.stays[-1].measured.over == timedelta(minutes=-50)
    assert facts.stays[-1].consumed == timedelta(minutes=10)
    at(office, 9 * DAY)
    facts = facts_of(office.qolhat, number)
    over = facts.stays[-1].measured.over
    assert facts.standstill is None
    assert over is not None
    assert over > timedelta(0)
    assert over == timedelta(minutes=480 - 40 - 50) + timedelta(minutes=480)


def test_at_its_place_it_is_said_to_wait(office: Office, day: Day) -> None:
    number = at_the_executor(day)
    desk = office.log_in(day.people[Role.EXECUTOR], "en")
    day.act(40, ActKind.PAUSED, Role.EXECUTOR, number, grounds=(PAPER,))
    day.shown()
    shown = desk.get(f"/places/{place(Role.EXECUTOR)}").text
    assert f"{number}" in shown
    assert page_text("packet.paused", "en") in shown


def test_what_waits_stands_apart_from_what_is_late(office: Office, day: Day) -> None:
    number = at_the_executor(day)
    day.act(40, ActKind.PAUSED, Role.EXECUTOR, number, grounds=(EXPERTISE,))
    day.shown()
    at(office, 3 * DAY)
    desk = office.log_in(day.people[Role.EXECUTOR], "en")
    shown = desk.get("/due?which=overdue").text
    assert page_text("figures.due.none", "en") in shown
    paused = shown.partition(page_text("figures.due.paused.about", "en"))[2]
    assert f"/packets/{number}" in paused
    assert "Expert opinion (tests §10)" in paused
    at(office, 10 * DAY)  # the longest time has passed: the clock runs again
    desk = office.log_in(day.people[Role.EXECUTOR], "en")
    shown = desk.get("/due?which=overdue").text
    assert page_text("figures.due.paused.about", "en") not in shown
    assert f"/packets/{number}" in shown
    assert f"{page_text('packet.paused', 'en')}</dt>" not in opened(desk, number).text
