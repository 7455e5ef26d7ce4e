"""The reader's language: every text of the command line comes from the catalogues."""

from __future__ import annotations

import os

from api.messages import LANGUAGES, best_language, text, word

LANGUAGE_VARIABLE = "QOLHAT_LANGUAGE"


def language() -> str:
    """Return the reader's language: by `QOLHAT_LANGUAGE`, else Kazakh."""
    wanted = os.environ.get(LANGUAGE_VARIABLE, "")
    return wanted if wanted in LANGUAGES else best_language(wanted)


def say(key: str, **facts: object) -> str:
    """Return a text of the command line in the reader's language."""
    return text("console", key, language(), **facts)


def term(kind: str, name: object) -> str:
    """Return a word of the field in the reader's language; a dash for nothing."""
    return "–" if name is None else word(kind, name, language())
