"""Hashes events anew and compares them with the leaves that were kept: the audit's heavy part.

It may run in several processes, so it imports little.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple

from infra.evidence.leaves import (
    CHUNK,
    BadRowError,
    RawRow,
    Reader,
    Source,
    cut,
    leaf_of,
    leaves_of,
    root_of_chunk,
)


class Kept(NamedTuple):
    """Leaves of a chunk as they were kept: events after a position up to another.

    `sizes`: of how many leaves of it a root is wanted, because a day ended there.
    """

    number: int
    after: int
    first: int
    until: int
    leaves: bytes
    positions: bytes  # empty where there is no gap
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hashed:
    """A chunk's roots, over the kept leaves and over the events; equal if `rows` is None."""

    number: int
    kept: dict[int, bytes]  # by size
    found: dict[int, bytes]
    rows: tuple[tuple[RawRow, bytes], ...] | None = None  # of a chunk that differs, with leaves
    placed: bool = True  # the positions are as they were kept


def hash_chunks(reader: Reader, chunks: Sequence[Kept]) -> list[Hashed]:
    """Hash the events of neighbouring chunks, if there are any. Raises StorageError."""
    if not chunks:
        return []
    rows = reader.rows(chunks[0].after, chunks[-1].until)
    try:
        found = leaves_of(rows)
    except BadRowError:
        found = [_leaf_or_nothing(row) for row in rows]
    if b"".join(found) == b"".join([chunk.leaves for chunk in chunks]):
        return _as_kept(chunks, rows, found)
    return _differing(chunks, rows, found)


def _as_kept(chunks: Sequence[Kept], rows: list[RawRow], found: list[bytes]) -> list[Hashed]:
    told, start = [], 0
    for chunk in chunks:
        end = start + len(chunk.leaves) // 32
        roots = _roots(found[start:end], chunk.sizes)
        placed = _is_placed(chunk, rows[start:end])
        told.append(Hashed(chunk.number, roots, roots, None, placed))
        start = end
    return told


def _is_placed(chunk: Kept, rows: Sequence[RawRow]) -> bool:
    """Tell whether the positions that were kept are those of the events."""
    if not rows or (rows[0][0], rows[-1][0]) != (chunk.first, chunk.until):
        return False
    if chunk.until - chunk.first + 1 == len(rows):
        return not chunk.positions
    return chunk.positions == b"".join([row[0].to_bytes(8, "big", signed=True) for row in rows])


def _differing(chunks: Sequence[Kept], rows: list[RawRow], found: list[bytes]) -> list[Hashed]:
    told = []
    pairs = list(zip(rows, found, strict=True))
    for chunk in chunks:
        own = [pair for pair in pairs if chunk.after < pair[0][0] <= chunk.until]
        kept, leaves = cut(chunk.leaves), [leaf for _, leaf in own]
        differing = None if kept == leaves else tuple(own)
        told.append(
            Hashed(chunk.number, _roots(kept, chunk.sizes), _roots(leaves, chunk.sizes), differing)
        )
    return told


def _roots(leaves: list[bytes], sizes: Sequence[int]) -> dict[int, bytes]:
    return {size: root_of_chunk(leaves[:size]) for size in (*sizes, CHUNK)}


def _leaf_or_nothing(row: RawRow) -> bytes:
    try:
        return leaf_of(row)
    except BadRowError:
        return bytes(32)


# --- in a process of its own --------------------------------------------------------------------

_opened = ExitStack()
_readers: list[Reader] = []


def open_source(source: Source) -> None:
    """Begin a process that hashes."""
    _readers.append(_opened.enter_context(source.opened()))


def hash_in_process(batches: Sequence[Sequence[Kept]]) -> list[list[Hashed]]:
    """Hash in a process that was begun."""
    return [hash_chunks(_readers[-1], chunks) for chunks in batches]
