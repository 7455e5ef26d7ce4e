"""The page on which the audited see whose time it was, and why the clock stood."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from api.messages import page_text, word
from domain.acts import ActKind
from domain.clocks import Clocks
from domain.roles import Role
from domain.workdays import parse_workdays
from tests.api.web.day import Day
from tests.api.web.office import Office
from tests.domain.test_calendar import KZ
from tests.stories import MORNING, PEOPLE


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def test_the_ledger_is_reached_from_the_packet_and_names_every_stretch(day: Day) -> None:
    number = day.at_the_head(10)
    browser = day.office.enter(Role.HEAD)
    page = browser.get(f"/packets/{number}").text
    assert f'href="/packets/{number}/ledger"' in page
    ledger = browser.get(f"/packets/{number}/ledger").text
    assert word("ledger", "running", "kk") in ledger
    assert word("ledger", "handover", "kk") in ledger
    assert "003" in ledger
    strip = re.findall(r'x="[0-9.]+" y="0" width="([0-9.]+)"', ledger)
    assert sum(map(float, strip)) == pytest.approx(100, abs=0.5)
    assert "style=" not in ledger


def test_one_stay_and_another_editions_norms(day: Day) -> None:
    number = day.at_the_head(10)
    browser = day.office.enter(Role.HEAD)
    whole = browser.get(f"/packets/{number}/ledger").text
    one = browser.get(f"/packets/{number}/ledger?stay=0").text
    assert one.count("<tr") < whole.count("<tr")
    other = browser.get(f"/packets/{number}/ledger?edition=uc-2011").text
    assert page_text("packet.ledger.what-if", "kk", edition="uc-2011") in other
    answer = browser.get(f"/packets/{number}/ledger?edition=none-such")
    assert answer.status_code == 404


def test_what_a_late_scan_changed_is_told_with_the_scan(day: Day) -> None:
    number = day.at_the_office(60)
    day.act(150, ActKind.INCOMING, Role.OFFICE, number)
    browser = day.office.enter(Role.HEAD)
    before = browser.get(f"/packets/{number}/ledger").text
    assert page_text("packet.ledger.rescored", "kk") not in before
    day.scan(160, number, Role.HEAD, happened_at=MORNING + timedelta(minutes=100))
    after = browser.get(f"/packets/{number}/ledger").text
    told = after.partition('id="rescored"')[2]
    assert page_text("packet.ledger.rescored.before", "kk") in told
    assert word("entry", "scanned", "kk") in told
    assert word("rescored", "late", "kk") in told
    assert day.office.qolhat.personnel.names([PEOPLE[Role.HEAD]])[PEOPLE[Role.HEAD]] in told


def test_what_a_day_off_that_became_known_later_changed_is_told_with_its_source(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = day.at_the_head(10)
    browser = day.office.enter(Role.HEAD)
    assert 'id="recalendared"' not in browser.get(f"/packets/{number}/ledger").text
    monkeypatch.setattr(day.office.qolhat, "clocks", _with_a_late_day_off(day))
    told = browser.get(f"/packets/{number}/ledger").text.partition('id="recalendared"')[2]
    assert word("changed-day", "day-off", "kk") in told
    assert "Resolution 1" in told


def _with_a_late_day_off(day: Day) -> Clocks:
    """The clocks, by a file in which this Monday became a day off on Thursday."""
    told = KZ.replace('transfers = "none"', 'transfers = "listed"') + (
        '\n[[day]]\ndate = 2026-11-16\nkind = "day-off"\nsource = "Resolution 1"\n'
        "known_from = 2026-11-19\n"
    )
    return day.office.qolhat.clocks.by(parse_workdays(told, source="test"))
