"""Pages as a flatbed scanner drops them: what was read on them, or real pictures of sheets."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from infra.requests import FilingRequest, ScannedPage, Source
from scanner.found import FoundCode
from scanner.reader import code_of

_CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def found(text: object) -> FoundCode:
    """A code that was read."""
    return FoundCode(str(text), "Code128", _CORNERS, code_of(str(text)), 0.9)


def page(*codes: object, picture: bytes = b"") -> ScannedPage:
    """A page with these codes; its number is given by the file."""
    return ScannedPage(0, tuple(map(found, codes)), picture)


def filing(source: Source, name: str, *pages: ScannedPage, **how: Any) -> FilingRequest:
    """A file with these pages; files of one name are the same file."""
    numbered = tuple(
        ScannedPage(number, each.codes, each.picture or f"{name}, page {number}".encode())
        for number, each in enumerate(pages, start=1)
    )
    return FilingRequest(source, sha256(name.encode()).hexdigest(), numbered, **how)
