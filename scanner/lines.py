"""Cuts what a scanner sends into codes: at a carriage return, a line feed, or where it pauses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_CODE = 4096  # bytes: beyond them no code of ours could go on
_ENDS = re.compile(rb"[\r\n]")


@dataclass(slots=True)
class Lines:
    """Puts together what comes in pieces. Bytes that are no text stay visible."""

    encoding: str = "utf-8"
    _begun: bytearray = field(default_factory=bytearray)

    def take(self, piece: bytes) -> list[str]:
        """Take in what came; return the lines that are whole, also empty ones."""
        *lines, begun = _ENDS.split(bytes(self._begun) + piece)
        if len(begun) > LONGEST_CODE:
            lines, begun = [*lines, begun], b""
        self._begun = bytearray(begun)
        return [self._text(line) for line in lines]

    def rest(self) -> list[str]:
        """Return a line that has no end, if one was begun: nothing follows it."""
        begun, self._begun = bytes(self._begun), bytearray()
        return [self._text(begun)] if begun else []

    def _text(self, line: bytes) -> str:
        return line.decode(self.encoding, "backslashreplace")
