"""Damages pictures, always in the same way for the same seed."""

from __future__ import annotations

import random
import re
import struct
import zlib
from collections.abc import Callable

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HEAD = 400  # bytes: what is damaged there is more often understood
_NUMBERS = re.compile(rb"\d+")
_NAMES = re.compile(rb"/[A-Za-z]+")
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_BYTES = 400_000


class Mutator:
    """Makes damaged pictures of whole ones; what was understood becomes a seed itself."""

    def __init__(self, seeds: list[bytes], seed: int, most_kept: int = 300) -> None:
        self._whole = len(seeds)
        self._seeds = list(seeds)
        self._random = random.Random(seed)
        self._most = self._whole + most_kept
        self._ways: list[Callable[[bytearray], None]] = [
            self._flip, self._flip, self._extreme, self._extreme, self._cut_off, self._cut_out,
            self._double, self._splice, self._noise, self._number, self._name,
        ]  # fmt: skip

    def next(self) -> bytes:
        """Return the next damaged picture."""
        chosen = self._random
        pick = self._seeds if chosen.random() < 0.5 else self._seeds[: self._whole]
        picture = bytearray(chosen.choice(pick))
        for _ in range(chosen.choice((1, 1, 1, 2, 2, 3, 5, 12))):
            chosen.choice(self._ways)(picture)
        if picture.startswith(_PNG) and chosen.random() < 0.8:
            return _with_right_checks(bytes(picture))
        return bytes(picture[:_MOST_BYTES])

    def keep(self, picture: bytes) -> None:
        """Begin with this one, too, from now on."""
        if len(self._seeds) < self._most:
            self._seeds.append(picture)
        else:
            self._seeds[self._random.randrange(self._whole, self._most)] = picture

    def _at(self, picture: bytearray, room: int = 1) -> int:
        last = max(0, len(picture) - room)
        if self._random.random() < 0.6:
            last = min(last, _HEAD)
        return self._random.randint(0, last)

    def _flip(self, picture: bytearray) -> None:
        at = self._at(picture)
        if at < len(picture):
            picture[at] ^= 1 << self._random.randrange(8)

    def _extreme(self, picture: bytearray) -> None:
        size, order = self._random.choice("BHI"), self._random.choice("<>")
        value = self._random.choice(_EXTREMES)
        packed = struct.pack(order + size, value & (256 ** struct.calcsize(size) - 1))
        at = self._at(picture, len(packed))
        picture[at : at + len(packed)] = packed

    def _noise(self, picture: bytearray) -> None:
        length = self._random.randint(1, 64)
        at = self._at(picture, length)
        picture[at : at + length] = self._random.randbytes(length)

    def _cut_off(self, picture: bytearray) -> None:
        del picture[self._at(picture) :]

    def _cut_out(self, picture: bytearray) -> None:
        at = self._at(picture)
        del picture[at : at + self._random.randint(1, 200)]

    def _double(self, picture: bytearray) -> None:
        at = self._at(picture)
        piece = picture[at : at + self._random.randint(1, 500)]
        picture[at:at] = piece * self._random.choice((1, 1, 2, 50))

    def _splice(self, picture: bytearray) -> None:
        other = self._random.choice(self._seeds)
        picture[self._at(picture) :] = other[self._random.randint(0, len(other)) :]

    def _number(self, picture: bytearray) -> None:
        """Put another number into a text, as documents are."""
        self._replace(picture, _NUMBERS, lambda: str(self._random.choice((*_EXTREMES, -1))))

    def _name(self, picture: bytearray) -> None:
        names = _NAMES.findall(bytes(picture[:20_000])) or [b"/X"]
        self._replace(picture, _NAMES, lambda: self._random.choice(names).decode("ascii"))

    def _replace(self, picture: bytearray, what: re.Pattern[bytes], by: Callable[[], str]) -> None:
        found = list(what.finditer(bytes(picture[:20_000])))
        if found:
            begin, end = self._random.choice(found).span()
            picture[begin:end] = by().encode("ascii")


def _with_right_checks(picture: bytes) -> bytes:
    """Let the check sums of a PNG's chunks fit: else nothing behind them is ever reached."""
    made, at = bytearray(picture[: len(_PNG)]), len(_PNG)
    while at + 12 <= len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        length = min(length, len(picture) - at - 12)
        inner = picture[at + 4 : at + 8 + length]
        made += struct.pack(">I", length) + inner + struct.pack(">I", zlib.crc32(inner))
        at += 12 + length
    return bytes(made)
