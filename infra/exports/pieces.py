"""Lets libraries that write into a file be read a piece at a time instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

ENOUGH = 64 * 1024  # bytes that are worth sending


class Pieces:
    """A file that is only written to; what was written is taken out."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._written = 0

    def write(self, data: bytes) -> int:
        """Keep the bytes until they are taken; return how many they are."""
        kept = bytes(data)
        self._parts.append(kept)
        self._size += len(kept)
        self._written += len(kept)
        return len(kept)

    def tell(self) -> int:
        """Return how many bytes were written in all."""
        return self._written

    def flush(self) -> None:
        """Do nothing: what was written is there."""

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def readable(self) -> bool:
        """Say that it cannot be read as a file."""
        return False

    def seekable(self) -> bool:
        """Say that what was written stays."""
        return False

    def close(self) -> None:
        """Do nothing: what was written can still be taken."""

    def take(self, least: int = 1) -> Iterator[bytes]:
        """Yield what was written since the last time, if it is at least so many bytes."""
        if self._size >= least:
            yield b"".join(self._parts)
            self._parts.clear()
            self._size = 0


def gathered(texts: Iterable[str]) -> Iterator[bytes]:
    """Join short texts into pieces of UTF-8 that are worth sending."""
    pieces = Pieces()
    for each in texts:
        pieces.write(each.encode())
        yield from pieces.take(ENOUGH)
    yield from pieces.take()
