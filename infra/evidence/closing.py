"""Closes days: the tree goes on over what was recorded until local midnight, its root is signed.

A day ends with the last event that was recorded before midnight by the clock of the server which
recorded it; what lies before that in the log belongs to the day, whatever its own clock said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from domain.merkle import EMPTY_ROOT, Frontier
from domain.zones import local_day
from infra.evidence.book import Chunk, EvidenceBook, KeptHead, chunk_of
from infra.evidence.errors import EvidenceAlteredError
from infra.evidence.leaves import CHUNK, RawRow, Reader, Source, cut, leaves_of, root_of_chunk
from infra.evidence.witness import Head, Signer
from infra.store.identity import StoreIdentity
from infra.store.mapper import from_micros

ZONE = "Asia/Almaty"  # the zones of the country have been one since 2024
_PAGE = 4 * CHUNK
_HOUR = 3_600_000_000  # microseconds
Progress = Callable[[int, int], None]


class _Recorded(msgspec.Struct):
    """When an event was recorded, of all that its state says: microseconds since 1970."""

    r: int = 0


_decode = msgspec.json.Decoder(_Recorded).decode


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing days needs."""

    book: EvidenceBook
    source: Source
    signer: Signer
    identity: StoreIdentity
    now: Callable[[], datetime]

    def close(self, progress: Progress | None = None) -> list[Head]:
        """Close every day that is over and in which something was recorded; return the heads.

        Raises EvidenceAlteredError, ConflictError if another server closes too, StorageError.
        """
        last = self.book.last_head()
        tree = _Tree.of(self.book, last)
        before_it = last.head if last else None
        made: list[Head] = []
        with self.source.opened() as reader:
            days = self._days(reader, last)
            until = days[-1][1] if days else 0
            for day, end in days:
                before = tree.size
                chunks = list(tree.grown(_pages(reader, tree.position, end), progress, until))
                before_it = self._signed(tree, day, before_it)
                self.book.keep(KeptHead(before_it, end), chunks, before)
                made.append(before_it)
        return made

    def _days(self, reader: Reader, last: KeptHead | None) -> list[tuple[date, int]]:
        """Return the days to be closed, each with the position of its last event."""
        today = local_day(self.now(), ZONE)
        after, earliest = (last.position, last.head.day) if last else (0, date.min)
        ends: dict[date, int] = {}
        for at, day in _dated(reader, after):
            if day < today:
                ends[max(day, earliest + timedelta(days=1))] = at
        days: list[tuple[date, int]] = []
        for day in sorted(ends):
            if day < today and ends[day] > after:
                days.append((day, ends[day]))
                after = ends[day]
        return days

    def _signed(self, tree: _Tree, day: date, before_it: Head | None) -> Head:
        number = before_it.number + 1 if before_it else 1
        key, at = self.signer.public, self.now()
        store, epoch = self.identity.store, self.identity.epoch
        return self.signer.sign(Head(number, store, epoch, day, tree.size, tree.root, at, key))


def _dated(reader: Reader, after: int) -> Iterator[tuple[int, date]]:
    """Tell of each event after a position on which local day it was recorded."""
    days: dict[int, date] = {}
    for page in _pages(reader, after, 2**63 - 1):
        for at, _, _, _, state in page:
            try:
                hour = _decode(state).r // _HOUR
            except (msgspec.MsgspecError, ValueError):
                continue  # it lies on the day of its neighbours; an audit tells of it
            if hour not in days:
                days[hour] = local_day(from_micros(hour * _HOUR), ZONE)
            yield at, days[hour]


def _pages(reader: Reader, after: int, until: int) -> Iterator[list[RawRow]]:
    while page := reader.rows(after, until, _PAGE):
        yield page
        after = page[-1][0]


class _Tree:
    """The tree as it is kept, and how it grows: whole chunks are done with, the last is open."""

    def __init__(self, roots: Iterable[bytes], open_chunk: Chunk | None, position: int) -> None:
        self._done = Frontier()
        self._done.extend(roots)
        self._leaves = cut(open_chunk.leaves) if open_chunk else []
        self._places = list(open_chunk.places) if open_chunk else []
        self.position = position

    @classmethod
    def of(cls, book: EvidenceBook, last: KeptHead | None) -> _Tree:
        """Return the tree under the last head. Raises EvidenceAlteredError if it is another."""
        if last is None:
            return cls((), None, 0)
        number, rest = divmod(last.head.size, CHUNK)
        open_chunk = book.chunk(number) if rest else None
        tree = cls(book.roots(number), open_chunk, last.position)
        if (tree.size, tree.root) != (last.head.size, last.head.root) or not last.head.is_signed():
            raise EvidenceAlteredError(day=last.head.day.isoformat())
        return tree

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return self._done.size * CHUNK + len(self._leaves)

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        whole = Frontier(self._done.size, self._done.hashes)
        if self._leaves:
            whole.add(root_of_chunk(self._leaves))
        return whole.root if whole.size else EMPTY_ROOT

    def grown(
        self, pages: Iterable[list[RawRow]], progress: Progress | None, until: int
    ) -> Iterator[Chunk]:
        """Take events in; yield every chunk that came or changed."""
        for page in pages:
            self._leaves += leaves_of(page)
            self._places += [row[0] for row in page]
            self.position = page[-1][0]
            while len(self._leaves) >= CHUNK:
                yield self._chunk()
                self._done.add(root_of_chunk(self._leaves[:CHUNK]))
                del self._leaves[:CHUNK], self._places[:CHUNK]
            if progress is not None:
                progress(self.position, until)
        if self._leaves:
            yield self._chunk()

    def _chunk(self) -> Chunk:
        return chunk_of(self._done.size, self._places[:CHUNK], self._leaves[:CHUNK])
