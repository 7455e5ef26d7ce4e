"""Citations of the regulations in the reader's language: `003 s7 annex 7, act 3`.

In the files of editions they are short and in English. What an operator's own file says otherwise
is left as it stands there.
"""

from __future__ import annotations

import re
from functools import cache, partial

from api.messages import word

_DESCRIPTION = re.compile(r"^(\d+ annex \d+, \d+): .*$")  # the name beside it says the same
_SERVICE = re.compile(r"\b(\d{3}) s(\d+)\b")
_WAY_OF = re.compile(r"^no stage table of its own; service (\d+)'s way (\[.*\])$")
_STEPS_OF = re.compile(r"^no stage table of its own; the six steps of (\d+)$")
_PARTS = (("annex", re.compile(r"\bannex (\d+)")), ("act", re.compile(r"\bact (\d+)")))
_SECOND_ROW = ", second row"


@cache
def cited(source: str, language: str) -> str:
    """Return a citation as it is read in a language."""
    text = _DESCRIPTION.sub(r"\1", source)
    for name, whole in (("way-of", _WAY_OF), ("steps-of", _STEPS_OF)):
        text = whole.sub(partial(_said, name, language), text)
    text = _SERVICE.sub(partial(_said, "service", language), text)
    for name, part in _PARTS:
        text = part.sub(partial(_said, name, language), text)
    if text.endswith(_SECOND_ROW):
        text = f"{text.removesuffix(_SECOND_ROW)}, {word('cited', 'second-row', language)}"
    return text


def _said(name: str, language: str, found: re.Match[str]) -> str:
    """Fill the words of a part with what was found: `<1>` is the first of it."""
    said = word("cited", name, language)
    for index, group in enumerate(found.groups(), 1):
        said = said.replace(f"<{index}>", group)
    return said
