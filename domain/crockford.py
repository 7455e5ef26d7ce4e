"""Short codes that people copy from paper, in Crockford's base 32: no I, L, O and U.

Case, hyphens and spaces do not count, and signs that are taken for others are read as those: what
is typed on a phone in Kazakh holds Cyrillic letters that look like Latin ones.
"""

from __future__ import annotations

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS = 5  # of a sign
_GROUP = 4
# The letters after L are Cyrillic.
_MEANT = str.maketrans("OILОІАВСЕЗНКМРТУХ", "01101ABCE3HKMPTYX", "- \u00a0\u2010\u2011\u2013\u2014")


def read_signs(typed: str) -> str:
    """Return a code as it is compared: without case, hyphens, spaces and mistakable signs."""
    return typed.upper().translate(_MEANT)


def write_signs(value: int, count: int) -> str:
    """Write a number in so many signs. Raises ValueError if it does not fit."""
    if not 0 <= value < 1 << BITS * count:
        raise ValueError(value)
    return "".join(SIGNS[value >> BITS * place & 31] for place in range(count - 1, -1, -1))


def signs_value(signs: str) -> int:
    """Return the number that `write_signs` wrote. Raises ValueError if a sign is none of ours."""
    value = 0
    for sign in signs:
        value = value << BITS | SIGNS.index(sign)
    return value


def in_groups(signs: str) -> str:
    """Write a code in groups for reading aloud: `7KQF-2M9X`."""
    return "-".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))
