"""Texts in Kazakh, Russian and English, from gettext catalogues by stable keys.

`words`: the field's words (roles, stays, deviations); `problems`: errors, by their code; `console`:
the command line; `forms`: what is printed; `exports`: headings of workbooks; `PAGE_DOMAINS`: the
web pages, a catalogue a feature.
The catalogues are read once, as they are: no compiled form can go stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

LANGUAGES = ("kk", "ru", "en")
PAGE_DOMAINS = ("pages", "station", "packet", "people", "figures", "courier", "dispatch", "runs")
DOMAINS = ("words", "problems", "console", "forms", "exports", *PAGE_DOMAINS)
FALLBACK = "kk"
# English puts the day before the month here, as everybody else in the country does.
LOCALES = {"kk": Locale("kk"), "ru": Locale("ru"), "en": Locale("en", "GB")}
# Facts of an error that are codes of the field; in a message they are said in words.
_KINDS_OF_FACTS = {"fault": "fault", "why": "why", "act": "act", "kind": "fault"}


@cache
def catalogue(domain: str, language: str) -> dict[str, str]:
    """Return the texts of a domain in a language, by key; of those with plurals all forms."""
    return {key: text for key, text in _entries(domain, language) if key and text}


def _entries(domain: str, language: str) -> Iterator[tuple[str, str]]:
    for message in _read(domain, language):
        if message.pluralizable:
            yield str(message.id[0]), " | ".join(message.string or ())
        else:
            yield str(message.id), str(message.string)


def _read(domain: str, language: str) -> Catalog:
    file = files("api").joinpath("locale", language, "LC_MESSAGES", f"{domain}.po")
    return read_po(BytesIO(file.read_bytes()), locale=language, domain=domain)


@cache
def _translations(domain: str, language: str) -> Translations:
    """Compile a catalogue in memory, for its plural forms."""
    compiled = BytesIO()
    write_mo(compiled, _read(domain, language))
    compiled.seek(0)
    return Translations(compiled, domain)


def counted(domain: str, key: str, number: int, language: str, /, **facts: object) -> str:
    """Return the text of a key in the plural form of a number, which stands in it as `number`."""
    pattern: str = _translations(domain, language).ungettext(key, key, number)
    written = format_decimal(number, locale=LOCALES[language])
    return pattern.format_map(_Facts(facts | {"number": written}))


def text(domain: str, key: str, language: str, /, **facts: object) -> str:
    """Return the text of a key, with the facts in their places; the key itself if there is none."""
    pattern = catalogue(domain, language).get(key) or catalogue(domain, FALLBACK).get(key)
    if pattern is None:
        return key
    if domain == "problems":
        facts = {name: _said(name, fact, language) for name, fact in facts.items()}
    return pattern.format_map(_Facts(facts)) if facts or "{" in pattern else pattern


def _said(name: str, fact: object, language: str) -> object:
    return catalogue("words", language).get(f"{_KINDS_OF_FACTS.get(name)}.{fact}", fact)


def word(kind: str, name: object, language: str) -> str:
    """Return a word of the field: `word("role", "courier", "ru")`."""
    return text("words", f"{kind}.{name}", language)


def page_text(key: str, language: str, /, **facts: object) -> str:
    """Return a text of the pages; the key begins with its catalogue: `station.title`."""
    return text(_page_domain(key), key, language, **facts)


def page_count(key: str, number: int, language: str, /, **facts: object) -> str:
    """Return a text of the pages in the plural form of a number."""
    return counted(_page_domain(key), key, number, language, **facts)


def _page_domain(key: str) -> str:
    domain = key.partition(".")[0]
    return domain if domain in PAGE_DOMAINS else PAGE_DOMAINS[0]


class _Facts(dict[str, object]):
    """Leaves a place empty-handed rather than fail: a message must never hide its error."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def best_language(accepted: str | None, default: str = FALLBACK) -> str:
    """Choose among our languages by an Accept-Language header."""
    wanted: list[tuple[float, int, str]] = []
    for order, part in enumerate((accepted or "").split(",")):
        tag, _, parameters = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in LANGUAGES:
            wanted.append((-_quality(parameters), order, language))
    return min(wanted)[2] if wanted and min(wanted)[0] < 0 else default


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
