"""Folding of names, and the search for organisations, however a person types them.

The sources themselves mix Kazakh and Russian letters and type Kazakh і as Latin i [002 annexes 1
and 2; 003 service 6 annex 2], so no letter is trusted: text and query are folded to the same
few Cyrillic letters before they are compared. Surnames are folded by the same rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from domain.directory.organisation import RESPELLINGS, Organisation, OrganisationKind

# Sounds alike, typed alike: a Kazakh letter and the Russian one under the same finger.
_CYRILLIC = str.maketrans(
    {
        "ә": "а", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "һ": "к", "х": "к",
        "і": "и", "ы": "и", "э": "е", "щ": "ш", "ь": "", "ъ": "",
        # so that Latin ya, yu and ts meet them: y folds to и
        "я": "иа", "ю": "иу", "ц": "тс",
    }
)  # fmt: skip
_LATIN = {
    "shch": "щ", "sh": "ш", "ch": "ч", "zh": "ж", "kh": "х", "gh": "г", "ye": "е",
    "a": "а", "b": "б", "c": "с", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и",
    "j": "ж", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р",
    "s": "с", "t": "т", "u": "у", "v": "в", "w": "у", "x": "кс", "y": "и", "z": "з", "ı": "и",
}  # fmt: skip
_LATIN_SOUND = re.compile("|".join(_LATIN))
# Latin letters inside a Cyrillic word were meant as the Cyrillic letters they look like.
_LOOKALIKES = str.maketrans("abcehikmoptxy", "авсенікмортху")
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
_NOT_WORD = re.compile(r"[\W_]+")
_SEVERAL_I = re.compile("ии+")  # -ный, -ny; -рия, -rya
_MARKS = re.compile("[\u0300-\u036f]+")
_S_CEDILLA = "s\u0327"  # ş of the new Latin alphabet is sh; its other marks fall off


def fold(text: str) -> str:
    """Reduce a text to what is left when alphabet, case, look-alikes and marks are forgotten.

    The result has words of plain letters and digits with single spaces between; folding it again
    changes nothing. It is for comparing only, never for showing.
    """
    small = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    plain = _MARKS.sub("", small.replace(_S_CEDILLA, "sh"))
    return " ".join(filter(None, map(_fold_word, _NOT_WORD.split(plain))))


def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text."""
    return tuple(fold(text).split())


@lru_cache(maxsize=8192)  # the words of 566 names and addresses repeat
def _fold_word(word: str) -> str:
    if _CYRILLIC_LETTER.search(word):
        word = word.translate(_LOOKALIKES)
    sounded = _LATIN_SOUND.sub(lambda found: _LATIN[found[0]], word)
    return _SEVERAL_I.sub("и", sounded.translate(_CYRILLIC))


# What people call things in Russian; the directory is in Kazakh.
_SAME_WORD = {
    fold(russian): fold(kazakh)
    for russian, kazakh in {
        "район": "аудан",
        "область": "облыс",
        "город": "қала",
        "отдел": "бөлім",
        "управление": "басқарма",
        "сельский": "селолық",
    }.items()
}
_CENTRE_WORDS = "ХҚО ХҚКО ЦОН халыққа қызмет көрсету орталығы"
_KIND_WORDS = {
    OrganisationKind.SERVICE_CENTRE: _CENTRE_WORDS,
    OrganisationKind.SERVICE_CENTRE_BRANCH: f"{_CENTRE_WORDS} филиалы",
    OrganisationKind.RURAL_AKIM: "әкім ауыл",
}
_KIND_ORDER = {kind: place for place, kind in enumerate(OrganisationKind)}

_CODE_SCORE = 100
_NAME, _DISTRICT, _KIND, _CONTACT, _REGION, _ADDRESS = 8, 6, 5, 4, 3, 2
_FIRST_WORD, _WHOLE_WORD = 2, 1
_LEAST_CONTACT = 3  # a shorter fragment is in every mail address
_LEAST_PHONE = 4
_PHONE = re.compile(r"[\d\s()+-]+")
_NOT_DIGIT = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An organisation made ready for comparing: folded fields between spaces, by weight."""

    organisation: Organisation
    name: str
    region: str
    fields: tuple[tuple[int, str], ...]
    contacts: str
    digits: str


@dataclass(frozen=True, slots=True)
class _Token:
    raw: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Query:
    tokens: tuple[_Token, ...]
    code: int | None
    digits: str


class SearchIndex:
    """All organisations, folded once."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self._entries = [_entry(organisation) for organisation in organisations]

    def find(
        self,
        query: str,
        *,
        kind: OrganisationKind | None = None,
        region: str | None = None,
        limit: int = 20,
    ) -> list[Organisation]:
        """Return the organisations that match every word of the query, the best first.

        A word matches as the beginning of a word of the name, district, region or address, or as
        a fragment of a mail or web address; a number as code or as a fragment of a telephone
        number. An empty query matches all.
        """
        asked, wanted_region = _read(query), _padded(region) if region else None
        scored = [
            (score, entry.organisation)
            for entry in self._entries
            if kind in {None, entry.organisation.kind}
            and wanted_region in {None, entry.region}
            and (score := _score(entry, asked)) is not None
        ]
        scored.sort(key=_rank)
        return [organisation for _, organisation in scored[:limit]]


def _rank(found: tuple[int, Organisation]) -> tuple[int, bool, int, int]:
    score, organisation = found
    repeated = organisation.duplicate_of is not None
    return -score, repeated, _KIND_ORDER[organisation.kind], organisation.code


def _entry(organisation: Organisation) -> _Entry:
    name, region = _padded(organisation.name_kk), _padded(organisation.region)
    other_spellings = " ".join(
        respelling.as_written
        for respelling in RESPELLINGS
        if respelling.district == organisation.district
    )
    return _Entry(
        organisation,
        name,
        region,
        (
            (_NAME, name),
            (_DISTRICT, _padded(f"{organisation.district} {other_spellings}")),
            (_KIND, _padded(_KIND_WORDS.get(organisation.kind, ""))),
            (_REGION, region),
            (_ADDRESS, _padded(organisation.address)),
        ),
        f"{organisation.email} {organisation.web}".casefold(),
        _NOT_DIGIT.sub("", organisation.phone),
    )


def _padded(text: str) -> str:
    return f" {fold(text)} "


def _read(query: str) -> _Query:
    tokens = (
        _Token(raw, tuple(_SAME_WORD.get(word, word) for word in words(raw)))
        for raw in query.casefold().split()
    )
    number = query.strip()
    digits = ""
    if _PHONE.fullmatch(query):
        digits = _NOT_DIGIT.sub("", re.sub(r"^\s*\+7", "8", query))  # +7 is dialled 8 at home
    return _Query(
        tokens=tuple(token for token in tokens if token.words),
        code=int(number) if number.isascii() and number.isdigit() else None,
        digits=digits if len(digits) >= _LEAST_PHONE else "",
    )


def _score(entry: _Entry, query: _Query) -> int | None:
    """Return how well the entry answers the query, None if it does not."""
    if query.code == entry.organisation.code:
        return _CODE_SCORE
    if query.digits and query.digits in entry.digits:
        return _CONTACT
    scores = [_token_score(entry, token) for token in query.tokens]
    return sum(scores) if all(scores) else None


def _token_score(entry: _Entry, token: _Token) -> int:
    scores = [_word_score(entry, word) for word in token.words]
    if all(scores):
        return sum(scores)
    return _CONTACT if len(token.raw) >= _LEAST_CONTACT and token.raw in entry.contacts else 0


def _word_score(entry: _Entry, word: str) -> int:
    beginning, whole = f" {word}", f" {word} "
    weight = max((weight for weight, text in entry.fields if beginning in text), default=0)
    # wherever the whole word stands: Сарқан means the district, though one name has Сарқант
    complete = any(whole in text for _, text in entry.fields)
    return weight + _WHOLE_WORD * complete + _FIRST_WORD * entry.name.startswith(beginning)
