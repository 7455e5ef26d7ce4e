"""The page of the indicators, for a manager; and the same by HTTP [002 annex 4]."""

from __future__ import annotations

from api.messages import text
from domain.numbers import packet_number
from domain.roles import Role
from domain.survey import Opinion, Question, ServedAs
from tests.api.web.office import Office
from tests.stories import AUTHORITY, CENTRE


def answered(office: Office, count: int, opinion: Opinion, first: int = 0) -> None:
    surveys = office.qolhat.surveys
    for serial in range(first, first + count):
        served = ServedAs(CENTRE, AUTHORITY, "003-7")
        code = surveys.codes.code_of(packet_number(CENTRE, serial), served)
        assert code is not None
        surveys.answer(code, dict.fromkeys(Question, opinion), "192.0.2.7")


def test_the_indicators_are_shown_with_values_and_aims(office: Office) -> None:
    answered(office, 12, Opinion.CONTENT)
    answered(office, 12, Opinion.NOT, first=12)
    manager = office.enter(Role.MANAGER, AUTHORITY, language="en")
    page = manager.get("/indicators?year=2026")
    assert page.status_code == 200
    for indicator in ("timeliness", "courtesy", "electronic"):
        assert text("words", f"indicator.{indicator}", "en") in page.text
    assert "<strong>50%</strong>" in page.text
    assert manager.says("figures.indicators.short")
    assert manager.says("figures.indicators.at-least", number="20")
    assert manager.says("figures.indicators.set-by", operator="demonstration",
                        document=office.qolhat.indicators.document_in("en"))  # fmt: skip
    other = manager.get("/indicators?year=2026&service=002")
    assert "<strong>50%</strong>" not in other.text
    assert manager.get("/indicators?year=2025&service=003-7").status_code == 200
    assert not manager.says("figures.indicators.at-least", number="20")


def test_four_answers_are_not_shown(office: Office) -> None:
    answered(office, 4, Opinion.CONTENT)
    manager = office.enter(Role.MANAGER, AUTHORITY, language="en")
    manager.get("/indicators")
    assert not manager.says("figures.indicators.at-least", number="5")
    answered(office, 1, Opinion.CONTENT, first=4)
    manager.get("/indicators")
    assert manager.says("figures.indicators.at-least", number="5")


def test_the_form_chooses_service_and_year(office: Office) -> None:
    manager = office.enter(Role.MANAGER, AUTHORITY)
    manager.get("/indicators")
    answer = manager.submit("/indicators", service="003-7", year="2026")
    assert answer.status_code == 200
    assert manager.form("/indicators").fields["service"] == ["003-7"]
    assert manager.get("/indicators?year=1066").status_code == 422
