"""Texts in Kazakh, Russian and English, from gettext catalogues by stable keys.

`words`: the field's words (roles, stays, deviations); `problems`: errors, by their code; `console`:
the command line. The catalogues are read once, as they are: no compiled form can go stale.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import read_po

LANGUAGES = ("kk", "ru", "en")
DOMAINS = ("words", "problems", "console")
FALLBACK = "kk"
# Facts of an error that are codes of the field; in a message they are said in words.
_KINDS_OF_FACTS = {"fault": "fault", "why": "why", "act": "act", "kind": "fault"}


@cache
def catalogue(domain: str, language: str) -> dict[str, str]:
    """Return the texts of a domain in a language, by key."""
    file = files("api").joinpath("locale", language, "LC_MESSAGES", f"{domain}.po")
    found = read_po(BytesIO(file.read_bytes()), locale=language, domain=domain)
    return {str(m.id): str(m.string) for m in found if m.id and m.string}


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
