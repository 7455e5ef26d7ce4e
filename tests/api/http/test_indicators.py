"""The indicators by HTTP: what a manager's own system may ask for [002 annex 4]."""

from __future__ import annotations

from domain.numbers import packet_number
from domain.roles import Role
from domain.survey import Opinion, Question, ServedAs
from tests.api.http.counter import V1, Counter
from tests.stories import AUTHORITY, CENTRE


def answered(counter: Counter, count: int) -> None:
    surveys = counter.qolhat.surveys
    for serial in range(count):
        served = ServedAs(CENTRE, AUTHORITY, "002")
        code = surveys.codes.code_of(packet_number(CENTRE, serial), served)
        assert code is not None
        surveys.answer(code, {Question.APPEALS: Opinion.CONTENT}, "192.0.2.7")


def test_normative_current_and_target_values_are_told(counter: Counter) -> None:
    counter.appoint(Role.MANAGER, AUTHORITY)
    answered(counter, 7)
    told = counter.get(
        "/indicators", Role.MANAGER, year=2026, service="002", organisation=AUTHORITY
    )
    by_code = {each["indicator"]["code"]: each for each in told["indicators"]}
    assert (by_code["timeliness"]["normative"], by_code["timeliness"]["target"]) == (0.98, 0.99)
    assert by_code["timeliness"]["current"] is None
    appeals = by_code["appeals"]["current"]
    assert (appeals["share"], appeals["count"], appeals["small"]) == (1.0, 5, True)
    assert 0.5 < appeals["interval"]["low"] < appeals["interval"]["high"] == 1.0
    assert by_code["appeals"]["quarters"] == [None, None, None, appeals]
    assert by_code["courtesy"]["current"] is None
    assert by_code["electronic"]["current"]["interval"] is None
    assert told["operator"] == "demonstration"


def test_figures_are_for_those_who_may_see_figures(counter: Counter) -> None:
    answer = counter.ask("GET", f"{V1}/indicators")
    assert (answer.status_code, answer.json()["code"]) == (403, "no-right")
