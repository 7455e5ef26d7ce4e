"""The survey of applicants [002 annex 4]: its codes, and what a few answers must not tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.crockford import SIGNS, read_signs
from domain.survey import (
    NONCE_BITS,
    TAG_BITS,
    BadSurveyCodeError,
    Opinion,
    opinion_figure,
    read_code,
    write_code,
)

nonces = st.integers(0, 2**NONCE_BITS - 1)
tags = st.integers(0, 2**TAG_BITS - 1)


@given(nonces, tags)
def test_a_code_is_read_as_it_was_written(nonce: int, tag: int) -> None:
    code = write_code(nonce, tag)
    assert len(code) == len("7KQF-2M9X-04TB")
    for typed in (code, code.lower(), code.replace("-", " "), code.replace("0", "О")):  # a letter
        assert read_code(typed) == (nonce, tag)


@given(nonces, tags, st.integers(0, 11), st.sampled_from(SIGNS))
def test_a_wrong_sign_is_noticed_without_a_guess(
    nonce: int, tag: int, place: int, sign: str
) -> None:
    signs = read_signs(write_code(nonce, tag))
    wrong = signs[:place] + sign + signs[place + 1 :]
    if abs(SIGNS.index(signs[place]) - SIGNS.index(sign)) in (0, 29):
        return  # the same sign; or one of three pairs that the check does not tell apart
    with pytest.raises(BadSurveyCodeError):
        read_code(wrong)


@given(nonces, tags, st.integers(0, 9))
def test_signs_that_changed_places_are_noticed(nonce: int, tag: int, place: int) -> None:
    signs = read_signs(write_code(nonce, tag))
    one, other = signs[place], signs[place + 1]
    if abs(SIGNS.index(one) - SIGNS.index(other)) in (0, 29):
        return
    with pytest.raises(BadSurveyCodeError):
        read_code(signs[:place] + other + one + signs[place + 2 :])


@pytest.mark.parametrize("typed", ["", "7KQF", "7KQF-2M9X-04TB-1", "7KQF-2M9X-04T!", "ң" * 12])
def test_what_is_no_code_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(BadSurveyCodeError):
        read_code(typed)


def test_four_answers_are_not_shown_and_five_are() -> None:
    assert opinion_figure({}) is None
    assert opinion_figure({Opinion.CONTENT: 4}) is None
    figure = opinion_figure({Opinion.CONTENT: 4, Opinion.NOT: 1})
    assert figure is not None
    assert (figure.content, figure.partly, figure.at_least) == (0.8, 0.0, 5)
    assert figure.interval.low < 0.5 < 0.8 < figure.interval.high


def test_how_many_answered_is_told_in_steps_and_a_share_of_few_in_twentieths() -> None:
    """One figure taken from another must not leave what a single person answered."""
    six = opinion_figure({Opinion.CONTENT: 5, Opinion.PARTLY: 1})
    assert six is not None
    assert (six.content, six.partly, six.at_least) == (0.85, 0.15, 5)
    many = opinion_figure({Opinion.CONTENT: 112, Opinion.NOT: 37})
    assert many is not None
    assert (many.content, many.at_least) == (0.75, 100)
