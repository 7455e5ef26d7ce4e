"""Answers of applicants on every store: one a packet, and nothing that leads to the packet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from domain.crockford import SIGNS, read_signs
from domain.numbers import packet_number
from domain.survey import NothingAnsweredError, Opinion, Question, ServedAs
from infra.accounts.errors import TooManyGuessesError
from infra.bootstrap import Qolhat
from infra.survey import (
    AlreadyAnsweredError,
    SumsFilter,
    Surveys,
    WrongSurveyCodeError,
    metadata,
)
from infra.vault import VaultKeys, new_key
from tests.office import SettableClock
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY

SERVED = ServedAs(CENTRE, AUTHORITY, "002")
YEAR = SumsFilter(date(2026, 1, 1), date(2027, 1, 1))
HALL = "192.0.2.7"
GLAD = dict.fromkeys(Question, Opinion.CONTENT)


@pytest.fixture
def surveys(qolhat: Qolhat) -> Surveys:
    return qolhat.surveys


def code(surveys: Surveys, serial: int, served: ServedAs = SERVED) -> str:
    """What stands on the receipt of a packet."""
    found = surveys.codes.code_of(packet_number(CENTRE, serial), served)
    assert found is not None
    return found


def test_an_answer_is_one_more_in_the_sums_of_its_month(
    surveys: Surveys, clock: SettableClock
) -> None:
    surveys.answer(code(surveys, 1), GLAD, HALL)
    surveys.answer(code(surveys, 2), {Question.COURTESY: Opinion.NOT}, HALL)
    clock.at = datetime(2026, 11, 30, 19, 30, tzinfo=UTC)  # after midnight in Kazakhstan
    surveys.answer(code(surveys, 3), {Question.COURTESY: Opinion.PARTLY}, HALL)
    found = surveys.sums(YEAR)
    assert found["2026-11"][Question.PROCESS] == {Opinion.CONTENT: 1}
    assert found["2026-11"][Question.COURTESY] == {Opinion.CONTENT: 1, Opinion.NOT: 1}
    assert found["2026-12"] == {Question.COURTESY: {Opinion.PARTLY: 1}}


def test_both_offices_see_it_and_no_other(surveys: Surveys) -> None:
    surveys.answer(code(surveys, 1), GLAD, HALL)
    for codes, service, seen in (
        ([CENTRE], None, True),
        ([AUTHORITY], "002", True),
        ([OTHER_AUTHORITY], None, False),
        ([], None, False),
        ([CENTRE], "003-7", False),
    ):
        which = SumsFilter(YEAR.since, YEAR.until, codes, service)
        assert bool(surveys.sums(which)) is seen
    assert surveys.sums(SumsFilter(date(2025, 1, 1), date(2026, 1, 1))) == {}


def test_the_first_answer_stands(surveys: Surveys) -> None:
    surveys.answer(code(surveys, 1), GLAD, HALL)
    with pytest.raises(AlreadyAnsweredError):
        surveys.answer(code(surveys, 1).lower(), {Question.PROCESS: Opinion.NOT}, HALL)
    assert surveys.sums(YEAR)["2026-11"][Question.PROCESS] == {Opinion.CONTENT: 1}


def test_who_skips_everything_has_not_used_the_code(surveys: Surveys) -> None:
    with pytest.raises(NothingAnsweredError):
        surveys.answer(code(surveys, 1), {}, HALL)
    surveys.answer(code(surveys, 1), GLAD, HALL)


def test_a_code_tells_what_it_is_about_and_nothing_of_the_packet(surveys: Surveys) -> None:
    codes = {code(surveys, serial) for serial in range(200)}
    assert len(codes) == 200
    assert {surveys.codes.about(each) for each in codes} == {SERVED}
    assert code(surveys, 1) == code(surveys, 1)
    at_the_authority = ServedAs(AUTHORITY, AUTHORITY, "003-7")
    assert surveys.codes.about(code(surveys, 1, at_the_authority)) == at_the_authority
    assert {read_signs(each)[0] for each in codes} == set(SIGNS)  # they begin as it happens


def test_another_stores_codes_are_wrong_here(surveys: Surveys, qolhat: Qolhat) -> None:
    from infra.survey import SurveyCodes  # noqa: PLC0415

    elsewhere = SurveyCodes(VaultKeys(new_key()), qolhat.directory, qolhat.regulations)
    theirs = elsewhere.code_of(packet_number(CENTRE, 1), SERVED)
    assert theirs is not None
    with pytest.raises(WrongSurveyCodeError):
        surveys.answer(theirs, GLAD, HALL)
    assert surveys.sums(YEAR) == {}


def test_a_packet_that_could_not_be_told_of_gets_no_code(surveys: Surveys) -> None:
    far_away = ServedAs(CENTRE, 999, "002")
    assert surveys.codes.code_of(packet_number(CENTRE, 1), far_away) is None


def test_guessing_is_limited_and_answering_is_not(surveys: Surveys, qolhat: Qolhat) -> None:
    for serial in range(12):  # a terminal in the hall
        surveys.answer(code(surveys, serial), GLAD, HALL)
    used = code(surveys, 0)
    for _ in range(5):
        with pytest.raises(AlreadyAnsweredError):
            surveys.answer(used, GLAD, "198.51.100.9")
    with pytest.raises(TooManyGuessesError):
        surveys.answer(code(surveys, 50), GLAD, "198.51.100.9")
    surveys.answer(code(surveys, 50), GLAD, HALL)


@pytest.fixture
def rows(surveys: Surveys) -> Iterator[list[str]]:
    """Everything that is kept of some answers, as text."""
    for serial in range(3):
        surveys.answer(code(surveys, serial), GLAD, HALL)
    with surveys._reading() as connection:
        tables = metadata.sorted_tables
        yield [str(tuple(row)) for each in tables for row in connection.execute(sa.select(each))]


def test_nothing_kept_names_the_packet_the_code_or_the_day(
    surveys: Surveys, rows: list[str]
) -> None:
    assert len(rows) == 3 + len(Question)
    for row in rows:
        for serial in range(3):
            assert str(packet_number(CENTRE, serial)) not in row
            assert read_signs(code(surveys, serial)) not in row
        assert "2026-11-" not in row
