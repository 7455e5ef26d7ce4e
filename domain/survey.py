"""What applicants are asked about a service: four questions, one answer a packet [002 annex 4].

The code on the receipt is all that is asked for. It names no packet: who has the keys can tell from
it where the papers were handed in, who decides and which service it is, and nothing more. Figures
of a few answers are not shown at all, and how many answers there are only in steps, so that nobody
can be found by taking one figure from another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.crockford import BITS, in_groups, read_signs, signs_value, write_signs
from domain.errors import RefusedError
from domain.shares import Interval, share_interval

FEWEST = 5  # answers of which a figure is shown
NONCE_BITS, TAG_BITS = 27, 28
_SIGNS = (NONCE_BITS + TAG_BITS) // BITS
_CHECK = 29  # a prime: one wrong sign, and two that changed places, are found
_COARSE, _FINE, _MANY = 20, 100, 50  # exact hundredths of a few tell how many they are of
_STEPS = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


class Question(StrEnum):
    """What is asked; the order is that of the form."""

    PROCESS = "process"
    INFORMATION = "information"
    APPEALS = "appeals"
    COURTESY = "courtesy"


class Opinion(StrEnum):
    """How content somebody is."""

    CONTENT = "content"
    PARTLY = "partly"
    NOT = "not"


Answers = Mapping[Question, Opinion]  # a question that was skipped is left out


class BadSurveyCodeError(RefusedError):
    """What was typed is no code of ours: a sign is missing or wrong."""

    code = "bad-survey-code"
    status = 422


class NothingAnsweredError(RefusedError):
    """Every question was skipped; the code can still be used."""

    code = "nothing-answered"
    status = 422


@dataclass(frozen=True, slots=True, order=True)
class ServedAs:
    """What an answer is about: where the papers were handed in, who decides, which service."""

    accepting: int
    deciding: int
    service: str

    def __str__(self) -> str:
        return f"{self.accepting}/{self.deciding}/{self.service}"


def write_code(nonce: int, tag: int) -> str:
    """Write a code in twelve signs, the last of which checks the others: `7KQF-2M9X-04TB`."""
    value = nonce << TAG_BITS | tag
    return in_groups(write_signs(value, _SIGNS) + write_signs(value % _CHECK, 1))


def read_code(typed: str) -> tuple[int, int]:
    """Return nonce and tag of a code as somebody typed it. Raises BadSurveyCodeError."""
    signs = read_signs(typed)
    try:
        value, check = signs_value(signs[:_SIGNS]), signs_value(signs[_SIGNS:])
    except ValueError as error:
        raise BadSurveyCodeError from error
    if len(signs) != _SIGNS + 1 or value % _CHECK != check:
        raise BadSurveyCodeError
    return value >> TAG_BITS, value & (1 << TAG_BITS) - 1


@dataclass(frozen=True, slots=True)
class OpinionFigure:
    """What the answers to one question come to; shares are told in hundredths.

    Of less than 50 answers they are told in twentieths.
    `at_least`: so many answers there are, or more, in steps. `interval`: where the true share lies
    in 19 of 20 cases, by that many.
    """

    content: float
    partly: float
    at_least: int
    interval: Interval


def opinion_figure(counts: Mapping[Opinion, int]) -> OpinionFigure | None:
    """Return the figure of a question; None if there are too few answers to show one."""
    count = sum(counts.values())
    if count < FEWEST:
        return None
    at_least = max(step for step in _STEPS if step <= count)
    steps = _COARSE if at_least < _MANY else _FINE
    content, partly = (
        round(steps * counts.get(each, 0) / count) / steps
        for each in (Opinion.CONTENT, Opinion.PARTLY)
    )
    likely = share_interval(round(content * at_least), at_least)
    return OpinionFigure(content, partly, at_least, likely)
