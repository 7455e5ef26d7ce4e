"""The page on which an auditor sees which days are signed, and whether anything is amiss."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.messages import word
from domain.numbers import grouped
from domain.roles import Role
from infra.evidence.night import check, close_days
from tests.api.forms.reading import Read
from tests.api.web.day import Day
from tests.api.web.office import Office
from tests.infra.evidence.altering import alter


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def test_it_is_reached_from_the_menu_and_says_that_nothing_was_checked_yet(day: Day) -> None:
    browser = day.office.enter(Role.AUDITOR)
    assert 'href="/audit"' in browser.get("/account").text
    assert browser.get("/audit").status_code == 200
    assert browser.says("figures.audit.unchecked")
    assert day.office.enter(Role.INSPECTOR).get("/audit").status_code == 403


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_signed_days_and_what_is_amiss_are_shown(day: Day, language: str) -> None:
    number, office = day.at_the_head(10), day.office
    office.clock.at += timedelta(days=1)
    (head,) = close_days(office.qolhat)
    check(office.qolhat)
    browser = office.enter(Role.AUDITOR, language=language)
    page = browser.get("/audit").text
    assert browser.says("figures.audit.key", print=head.fingerprint)
    assert head.root.hex() in page
    assert 'class="box green"' in page
    alter(office.qolhat, "UPDATE stored_events SET state = '{}' WHERE topic = 'pkt.in'")
    office.clock.at += timedelta(hours=1)
    check(office.qolhat)
    page = browser.get("/audit").text
    assert 'class="box red"' in page
    assert word("audit", "altered", language) in page
    assert f'href="/packets/{number}"' in page
    assert "style=" not in page


def test_a_packets_page_leads_to_its_proof_once_the_day_is_signed(day: Day) -> None:
    number, office = day.at_the_head(10), day.office
    clerk = office.enter(Role.OFFICE, language="en")
    address = f"/packets/{number}/proof.pdf"
    assert address not in clerk.get(f"/packets/{number}").text
    assert clerk.get(address).status_code == 404
    office.clock.at += timedelta(days=1)
    (head,) = close_days(office.qolhat)
    clerk = office.enter(Role.OFFICE, language="en")  # the session has ended with the day
    assert address in clerk.get(f"/packets/{number}").text
    answer = clerk.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    read = Read(answer.content)
    assert grouped(number) in read.text
    assert head.root.hex() in read.solid
    assert any(code.startswith("QP1.") for code in read.codes())
