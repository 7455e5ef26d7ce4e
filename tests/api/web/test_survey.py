"""The survey's page: the code of a printed receipt, four questions, nobody's name [002 annex 4]."""

from __future__ import annotations

from datetime import date

import pytest

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from domain.survey import Opinion, Question, ServedAs
from infra.survey import Sums, SumsFilter
from tests.api.forms.reading import Read
from tests.api.web.day import Day
from tests.api.web.office import Browser, Office
from tests.stories import AUTHORITY, CENTRE

ALL = SumsFilter(date(2026, 1, 1), date(2027, 1, 1))


@pytest.fixture
def day(office: Office) -> Day:
    return Day(office)


def code_of(office: Office, number: PacketNumber) -> str:
    served = ServedAs(CENTRE, AUTHORITY, "003-7")
    found = office.qolhat.surveys.codes.code_of(number, served)
    assert found is not None
    return found


def told(office: Office) -> Sums:
    return office.qolhat.surveys.sums(ALL).get("2026-11", {})


def applicant(office: Office, query: str = "") -> Browser:
    page = office.browser("en")
    page.get(f"/survey{query}")
    return page


def test_the_receipt_invites_and_its_code_is_good_for_one_answer(office: Office, day: Day) -> None:
    number = day.register(10)
    inspector = office.enter(Role.INSPECTOR, language="en")
    read = Read(inspector.get(f"/packets/{number}/forms/receipt.pdf").content)
    code = code_of(office, number)
    assert code in read.text
    assert "http://testserver/survey" in read.text
    assert f"http://testserver/survey?code={code}" in read.codes()
    page = applicant(office, f"?code={code}")
    answer = page.submit("/survey", process="content", courtesy="not")
    assert answer.status_code == 200
    assert page.says("packet.survey.thanks")
    assert told(office) == {
        Question.PROCESS: {Opinion.CONTENT: 1},
        Question.COURTESY: {Opinion.NOT: 1},
    }
    page.get("/survey")
    again = page.submit("/survey", code=code.lower(), process="not")
    assert again.status_code == 409
    assert "first answer stands" in again.text
    assert told(office)[Question.PROCESS] == {Opinion.CONTENT: 1}


def test_a_packet_that_is_done_can_be_answered_for(office: Office, day: Day) -> None:
    number = day.register(10)
    day.act(20, ActKind.WITHDRAWN, Role.INSPECTOR, number)
    page = applicant(office)
    page.submit("/survey", code=code_of(office, number), appeals="partly")
    assert told(office) == {Question.APPEALS: {Opinion.PARTLY: 1}}


def test_what_was_chosen_is_not_lost_with_a_mistyped_code(office: Office) -> None:
    page = applicant(office)
    for _ in range(8):  # they are no guesses
        answer = page.submit("/survey", code="7KQF-2M9X-0000", information="partly")
        assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'name="information" value="partly" checked' in answer.text
    assert told(office) == {}


def test_a_right_code_with_nothing_answered_stays_good(office: Office, day: Day) -> None:
    code = code_of(office, day.register(10))
    page = applicant(office)
    assert page.submit("/survey", code=code).status_code == 422
    assert page.submit("/survey", code=code, process="content").status_code == 200


def test_guessing_is_limited(office: Office, day: Day) -> None:
    code = code_of(office, day.register(10))
    page = applicant(office)
    page.submit("/survey", code=code, process="content")
    for _ in range(5):
        page.get("/survey")
        assert page.submit("/survey", code=code, process="content").status_code == 409
    refused = page.submit("/survey", code=code, process="content")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_another_site_cannot_answer(office: Office, day: Day) -> None:
    page = applicant(office)
    sent = {"code": code_of(office, day.register(10)), "process": "not"}
    answer = page.client.post("/survey", data=sent, headers={"origin": "https://example.com"})
    assert answer.status_code == 403
    assert told(office) == {}


def test_the_languages_lead_back_with_the_code(office: Office, day: Day) -> None:
    code = code_of(office, day.register(10))
    page = applicant(office, f"?code={code}")
    assert page.shown is not None
    assert '<meta name="robots" content="noindex' in page.shown.text
    page.get(f"/language/ru?next=/survey%3Fcode%3D{code}")
    assert page.form("/survey").fields["code"] == [code]
