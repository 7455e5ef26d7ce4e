"""Proposes under which name somebody logs in: Latin letters, which every keyboard has.

By the surname and the first letter of the given name, as Kazakh and Russian letters are usually
written in Latin; a number behind it, if somebody has that name already.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from itertools import count

from infra.accounts.accounts import LONGEST_LOGIN, SHORTEST_LOGIN

_LATIN = str.maketrans(
    {
        "а": "a", "ә": "a", "б": "b", "в": "v", "г": "g", "ғ": "g", "д": "d", "е": "e", "ё": "e",
        "ж": "zh", "з": "z", "и": "i", "й": "i", "к": "k", "қ": "q", "л": "l", "м": "m", "н": "n",
        "ң": "n", "о": "o", "ө": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ұ": "u",
        "ү": "u", "ф": "f", "х": "kh", "һ": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh",
        "ъ": "", "ы": "y", "і": "i", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ı": "i",
    }
)  # fmt: skip
_NAMELESS = "user"
_ROOM = LONGEST_LOGIN - 8  # for the number


def proposed_login(name: str, taken: Collection[str]) -> str:
    """Return a log-in for somebody of this name (surname first) that nobody has."""
    surname, *others = [*map(_written, name.split()), ""]
    given = next((each[0] for each in others if each), "")
    stem = f"{surname}.{given}" if surname and given else surname
    stem = stem[:_ROOM] if len(stem) >= SHORTEST_LOGIN else f"{_NAMELESS}.{stem}".rstrip(".")
    tries = (stem if number == 1 else f"{stem}{number}" for number in count(1))
    return next(each for each in tries if each not in taken)


def _written(word: str) -> str:
    """Write a word in small Latin letters; what has none falls off."""
    composed = unicodedata.normalize("NFKC", word).casefold().translate(_LATIN)
    plain = unicodedata.normalize("NFKD", composed).lower()
    return "".join(sign for sign in plain if sign.isascii() and sign.isalnum())
