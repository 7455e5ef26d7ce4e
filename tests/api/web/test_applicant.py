"""The applicant's page: number and code of the receipt tell the stage, and no names."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from api.messages import text
from api.web.applicant import PlainStage
from domain.acts import ActKind, Outcome
from domain.numbers import PacketNumber, grouped, packet_number
from domain.roles import Role
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import CENTRE, MORNING

INVENTED = ("Сынақбаева", "Үлгі", "Үлгібаева", "Сынақгүл")


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def look(office: Office, number: PacketNumber, code: str | None = None) -> Browser:
    """An applicant types number and code."""
    applicant = office.browser("en")
    applicant.get("/receipt")
    right = office.qolhat.vault.receipt_code(number)
    answer = applicant.submit("/receipt", number=grouped(number), code=code or right)
    assert not any(name in answer.text for name in INVENTED)
    return applicant


def stage(office: Office, number: PacketNumber) -> PlainStage:
    """The stage that the applicant is told."""
    page = look(office, number)
    return next(each for each in PlainStage if page.says(f"packet.receipt.stage.{each.value}"))


def test_the_stage_follows_the_papers_to_the_authority_and_back(office: Office, day: Day) -> None:
    number = day.register(10)
    assert stage(office, number) is PlainStage.ACCEPTED
    day.scan(20, number, Role.COLLECTING)
    assert stage(office, number) is PlainStage.ACCEPTED
    day.scan(30, number, Role.COURIER)
    assert stage(office, number) is PlainStage.PASSED_ON
    day.scan(40, number, Role.OFFICE)
    assert stage(office, number) is PlainStage.EXAMINED
    day.decide(50, number)
    assert stage(office, number) is PlainStage.RETURNING
    day.scan(80, number, Role.COURIER)
    assert stage(office, number) is PlainStage.RETURNING
    day.scan(90, number, Role.COLLECTING)
    assert stage(office, number) is PlainStage.READY
    page = look(office, number)
    assert page.says("packet.receipt.kept")
    day.scan(95, number, Role.INSPECTOR)
    day.act(97, ActKind.ISSUED, Role.INSPECTOR, number)
    assert stage(office, number) is PlainStage.ISSUED


@pytest.mark.parametrize(
    ("kind", "told"), [(ActKind.WITHDRAWN, PlainStage.WITHDRAWN), (ActKind.LOST, PlainStage.LOST)]
)
def test_the_ends_of_a_packet_are_told(
    office: Office, day: Day, kind: ActKind, told: PlainStage
) -> None:
    number = day.register(10)
    day.act(20, kind, Role.INSPECTOR, number)
    assert stage(office, number) is told


def test_what_was_decided_is_not_told(office: Office, day: Day) -> None:
    granted, refused = day.register(10), day.register(11)
    for number, outcome in ((granted, Outcome.GRANTED), (refused, Outcome.REFUSED)):
        day.scan(20, number, Role.OFFICE)
        day.decide(30, number, outcome)
    pages = []
    for number in (granted, refused):
        shown = look(office, number).shown
        assert shown is not None
        pages.append(re.sub(r"[0-9 ]{14,}", "", shown.text))
    assert pages[0] == pages[1]


def test_the_expected_day_is_told_where_the_sources_give_one(office: Office, day: Day) -> None:
    silent, given = day.register(10), day.register(11, service="002")
    assert look(office, silent).says("packet.receipt.unsaid")
    page = look(office, given)
    assert page.shown is not None
    assert "20 Nov 2026" in page.shown.text  # three working days between Monday and then
    assert not page.says("packet.receipt.overdue")
    office.clock.at = MORNING + timedelta(days=5)
    assert look(office, given).says("packet.receipt.overdue")


def test_an_unknown_number_and_a_wrong_code_have_one_answer(office: Office, day: Day) -> None:
    number, unknown = day.register(10), packet_number(CENTRE, 4242)
    answers = []
    for each in (number, unknown):
        page = look(office, each, "7KQF-2M9X")
        assert page.shown is not None
        assert page.shown.status_code == 404
        answers.append(page.shown.text.replace(str(each), "").replace(grouped(each), ""))
    assert answers[0] == answers[1]
    shown = look(office, unknown).shown  # the code is right, and nothing is there
    assert shown is not None
    assert shown.status_code == 404


def test_guessing_is_limited(office: Office, day: Day) -> None:
    number = day.register(10)
    for _ in range(5):
        look(office, number, "7KQF-2M9X")
    shown = look(office, number).shown
    assert shown is not None
    assert shown.status_code == 429


def test_a_mistyped_number_is_said_at_the_field_and_costs_no_guess(office: Office) -> None:
    page = office.browser("en")
    page.get("/receipt")
    for _ in range(8):
        answer = page.submit("/receipt", number="10267000000124", code="7KQF-2M9X")
        assert answer.status_code == 422
    assert text("problems", "bad-code.title", "en") in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "10267000000124" in answer.text


def test_the_page_is_not_for_search_engines_and_keeps_the_number(office: Office, day: Day) -> None:
    number = day.register(10)
    page = look(office, number)
    assert page.shown is not None
    assert '<meta name="robots" content="noindex' in page.shown.text
    assert f"/language/kk?next=/receipt%3Fnumber%3D{number}" in page.shown.text
    page.get("/language/ru?next=/receipt%3Fnumber%3D" + str(number))
    assert page.form("/receipt").fields["number"] == [str(number)]
    assert office.qolhat.vault.receipt_code(number) not in str(page.shown.url)
