"""Puts right what a keyboard scanner typed while the machine's keyboard stood at another layout.

Such a scanner presses the keys of a US keyboard. Under the Kazakh layout all ten digits become
letters and signs; with Shift held every layout loses them. The keys are known, so the digits come
back; the check digits and the code spaces decide whether they were meant (`domain.numbers`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.numbers import BadCodeError, Code, parse

_KEYS = "1234567890-"
_LONGEST = 64  # characters: a code in groups, with room for what surrounds it
_NO_KEY = "?"


class Layout(StrEnum):
    """What the keyboard stood at."""

    US = "us"
    RUSSIAN = "ru"
    KAZAKH = "kk"


@dataclass(frozen=True, slots=True)
class Repair:
    """A text that was put right: what was typed, at which layout, and the code that was meant."""

    typed: str
    layout: Layout
    code: Code


# What the keys above write, as Windows has them (from CLDR); without Shift the US and the Russian
# ones write digits, and nothing is to be put right.
_WRITTEN = (
    (Layout.US, "!@#$%^&*()_"),
    (Layout.RUSSIAN, '!"№;%:?*()_'),
    (Layout.KAZAKH, '"әіңғ,.үұқө'),
    (Layout.KAZAKH, "!ӘІҢҒ;:ҮҰҚӨ"),
)


def _inverse(written: str) -> dict[int, str]:
    """Tell of every character by which key it came: Caps Lock changes letters' case alone.

    A digit came by none of these keys: a text that holds some was not typed like that.
    """
    inverse = dict.fromkeys(map(ord, _KEYS), _NO_KEY)
    for char, key in zip(written, _KEYS, strict=True):
        inverse[ord(char.lower())] = inverse[ord(char.upper())] = key
    return inverse


_INVERSES = [(layout, _inverse(written)) for layout, written in _WRITTEN]


def repaired(text: str) -> Repair | None:
    """Put a text right; None if it is a code as it is, no layout makes one of it, or two do."""
    return None if _code(text) is not None else _repair(text)


def layout_of(text: str) -> str | None:
    """Name the layout at which a text was typed; None if nothing has to be put right."""
    repair = repaired(text)
    return None if repair is None else repair.layout.value


def parse_typed(text: str) -> Code:
    """Take a text apart as `domain.numbers.parse` does, whatever the keyboard stood at.

    Raises BadCodeError with the fault of the text as it was typed.
    """
    try:
        return parse(text)
    except BadCodeError:
        repair = _repair(text)
        if repair is None:
            raise
        return repair.code


def _repair(text: str) -> Repair | None:
    found = list(_readings(text)) if len(text) <= _LONGEST else []
    if len({code for _, code in found}) != 1:
        return None
    layout, code = found[0]
    return Repair(text, layout, code)


def _readings(text: str) -> Iterator[tuple[Layout, Code]]:
    for layout, inverse in _INVERSES:
        keys = text.translate(inverse)
        if _NO_KEY in keys or not keys.isascii():  # quicker than to parse it
            continue
        code = _code(keys)
        if code is not None:
            yield layout, code


def _code(text: str) -> Code | None:
    try:
        return parse(text)
    except BadCodeError:
        return None
