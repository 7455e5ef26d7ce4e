"""Audits the log: hashes each event anew, compares with what was signed, names what differs.

Three things must agree: the events, the leaves that were kept when their day was closed, and the
heads that were signed then. Where two agree, the third was altered; the leaves say which event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from domain.merkle import Frontier
from infra.evidence.book import Check, Chunk, EvidenceBook, KeptHead
from infra.evidence.errors import NothingSealedError
from infra.evidence.hashing import Hashed, Kept
from infra.evidence.labour import Done, Job, hashed_by
from infra.evidence.leaves import BEFORE_ALL, CHUNK, RawRow, Source, cut
from infra.evidence.naming import numbered
from infra.evidence.witness import Head, Signer
from infra.store.identity import StoreIdentity

EXAMPLES = 50
_ID_BYTES = 16
_CHECKS = 10_000
Progress = Callable[[int, int], None]


class Kind(StrEnum):
    """What can be amiss."""

    ALTERED = "altered"  # an event is not as it was
    MISSING = "missing"  # an event is gone
    INSERTED = "inserted"  # an event was put between others
    GAP = "gap"  # versions of a stream are not one to the last
    LEAVES = "leaves"  # kept leaves are not as they were; the events may be right
    SIGNATURE = "signature"  # a head is not as it was signed
    HEAD_MISSING = "head-missing"
    TREE = "tree"  # the log is not what was signed on a day
    OTHER_KEY = "other-key"  # signed by another key than the store's
    OTHER_STORE = "other-store"
    CHECK = "check"  # a kept result of a check is not as it was
    UNREADABLE = "unreadable"  # a sealed record does not open
    UNMARKED = "unmarked"  # personal data are gone without a mark, or a mark without an event
    LOST_RECORD = "lost-record"  # a search mark without its record, or another's


@dataclass(frozen=True, slots=True)
class Finding:
    """Something amiss, as exactly as it is known."""

    kind: Kind
    position: int | None = None
    day: date | None = None
    stream: UUID | None = None
    number: int | None = None  # of the packet, bag, place..., where the stream has one
    version: int | None = None
    topic: str = ""
    about: str = ""


@dataclass(slots=True)
class Audited:
    """The outcome: how much was looked at, and what is amiss, the first in the log first."""

    events: int = 0  # under signed heads
    open_events: int = 0  # recorded since the last head; nothing was signed over them yet
    heads: int = 0
    last: Head | None = None
    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    only: date | None = None  # what is amiss with other days is left out

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is amiss."""
        return not self.count

    def add(self, *found: Finding) -> None:
        """Add what is amiss; of very much only the first are kept."""
        if self.only is not None:
            found = tuple(each for each in found if each.day == self.only)
        self.count += len(found)
        self.findings += found[: max(0, EXAMPLES - len(self.findings))]


@dataclass(frozen=True, slots=True)
class Auditing:
    """What an audit needs: the evidence, the events, whose they are, and who signed them."""

    book: EvidenceBook
    source: Source
    identity: StoreIdentity
    signer: Signer

    def run(
        self,
        *,
        day: date | None = None,
        witness: Head | None = None,
        progress: Progress | None = None,
        processes: int = 1,
    ) -> Audited:
        """Audit all events, or those of one day; against a printed head, too, if one is given.

        Raises NothingSealedError if there is no head of that day, StorageError.
        """
        audited = Audited(only=day)
        kept = self.book.heads()
        if day is not None and day not in {each.head.day for each in kept}:
            raise NothingSealedError(day=day.isoformat())
        audited.heads, audited.last = len(kept), kept[-1].head if kept else None
        audited.add(*(Finding(Kind.CHECK, day=each.day) for each in self._forged_checks()))
        with ThreadPoolExecutor(1) as beside:  # the database looks for gaps while we hash
            gaps = beside.submit(self._gaps, of=kept)
            self._compare(audited, kept, witness, progress, processes)
            audited.open_events, found = gaps.result()
        audited.add(*found)
        return audited

    def _compare(
        self,
        audited: Audited,
        kept: Sequence[KeptHead],
        witness: Head | None,
        progress: Progress | None,
        processes: int,
    ) -> None:
        """Compare events, leaves and heads."""
        heads = [each.head for each in kept] + ([witness] if witness else [])
        sound = [head for head in heads if self._check_head(head, audited)]
        _check_numbers(kept, audited)
        trees = _Trees(sound)
        compared = _Compared(trees, kept)
        for chunk, hashed in self._hashed(trees, kept, audited.only, progress, processes):
            compared.take(chunk, hashed)
        compared.end(audited)
        audited.events = compared.size

    def _gaps(self, of: Sequence[KeptHead]) -> tuple[int, list[Finding]]:
        """Count what came after the last head; find streams that lack events."""
        with self.source.opened() as reader:
            later = reader.after(of[-1].position if of else BEFORE_ALL)
            return later, [_gap(stream) for stream in reader.gaps()]

    def _forged_checks(self) -> list[Check]:
        """Return the results of checks that the store did not write so."""
        found = self.book.checks(_CHECKS)
        return [each for each in found if each.mac != self.signer.mac(each.written)]

    def _check_head(self, head: Head, audited: Audited) -> bool:
        """Look at a head alone; tell whether it can be believed."""
        if not head.is_signed():
            audited.add(Finding(Kind.SIGNATURE, day=head.day))
            return False
        if head.key != self.signer.public:
            audited.add(Finding(Kind.OTHER_KEY, day=head.day, about=head.fingerprint))
            return False
        if head.store != self.identity.store or head.epoch > self.identity.epoch:
            audited.add(Finding(Kind.OTHER_STORE, day=head.day, about=str(head.store)))
            return False
        return True

    def _hashed(
        self,
        trees: _Trees,
        kept: Sequence[KeptHead],
        day: date | None,
        progress: Progress | None,
        processes: int,
    ) -> Iterator[Done]:
        numbers = self.book.numbers()
        wanted = _chunks_of(day, kept)
        jobs = self._jobs(len(numbers) and numbers[-1] + 1, trees, wanted)
        yield from hashed_by(self.source, jobs, processes, progress, len(numbers))

    def _jobs(self, chunks: int, trees: _Trees, wanted: range | None) -> Iterator[Job]:
        after = BEFORE_ALL
        for chunk in self.book.chunks(0, chunks):
            job = Kept(
                chunk.number,
                after,
                chunk.first,
                chunk.last,
                chunk.leaves,
                chunk.positions,
                trees.sizes_in(chunk.number),
            )
            yield chunk, (job if wanted is None or chunk.number in wanted else None)
            after = chunk.last


def _chunks_of(day: date | None, kept: Sequence[KeptHead]) -> range | None:
    """Return which chunks hold a day's events; None: all are wanted."""
    if day is None:
        return None
    before = 0
    for each in kept:
        if each.head.day == day:
            return range(before // CHUNK, -(-each.head.size // CHUNK))
        before = each.head.size
    return range(0)


def _check_numbers(kept: Sequence[KeptHead], audited: Audited) -> None:
    expected = 1
    for each in kept:
        if each.head.number != expected:
            audited.add(Finding(Kind.HEAD_MISSING, day=each.head.day, about=str(expected)))
        expected = each.head.number + 1


class _Trees:
    """The heads that can be believed, by where they end."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self._ends: dict[int, list[tuple[int, Head]]] = defaultdict(list)
        for head in heads:
            number, rest = divmod(head.size, CHUNK)
            place = (number, rest) if rest else (number - 1, CHUNK)
            self._ends[place[0]].append((place[1], head))
        self.heads = heads

    def sizes_in(self, chunk: int) -> tuple[int, ...]:
        """Return of how many leaves of a chunk a head tells the root."""
        return tuple(sorted({size for size, _ in self._ends.get(chunk, ())}))

    def ending_in(self, chunk: int) -> list[tuple[int, Head]]:
        """Return the heads that end in a chunk, with how many of its leaves they are over."""
        return self._ends.get(chunk, [])


class _Compared:
    """Builds both trees chunk by chunk, and compares their roots with the heads."""

    def __init__(self, trees: _Trees, kept: Sequence[KeptHead]) -> None:
        self._trees = trees
        self._kept = kept
        self._by_leaves, self._by_events = Frontier(), Frontier()
        self._wrong_leaves: list[Head] = []
        self._wrong_events: list[Head] = []
        self._met: set[bytes] = set()
        self._differing: list[Finding] = []
        self._chunk_findings: list[Finding] = []
        self.size = 0

    def take(self, chunk: Chunk, hashed: Hashed | None) -> None:
        """Take the next chunk; None: its kept root is believed."""
        if chunk.number != self._by_leaves.size:
            self._amiss(chunk, "number")
        kept, found = (
            (hashed.kept, hashed.found) if hashed else ({CHUNK: chunk.root}, {CHUNK: chunk.root})
        )
        if kept[CHUNK] != chunk.root:
            self._amiss(chunk, "root")
        if hashed is not None and hashed.rows is not None:
            self._differing += _differences(chunk, hashed.rows, self._day)
        elif hashed is not None and not hashed.placed:
            self._amiss(chunk, "positions")
        for size, head in self._trees.ending_in(chunk.number):
            if size in kept:
                self._compare(head, kept[size], found[size])
        self._by_leaves.add(kept[CHUNK])
        self._by_events.add(found[CHUNK])
        self.size += len(chunk.leaves) // 32

    def _amiss(self, chunk: Chunk, what: str) -> None:
        day = self._day(chunk.first)
        self._chunk_findings.append(Finding(Kind.LEAVES, chunk.first, day, about=what))

    def _compare(self, head: Head, kept: bytes, found: bytes) -> None:
        self._met.add(head.signature)
        if _with(self._by_leaves, kept) != head.root:
            self._wrong_leaves.append(head)
        if _with(self._by_events, found) != head.root:
            self._wrong_events.append(head)

    def _day(self, position: int) -> date | None:
        for each in self._kept:
            if position <= each.position:
                return each.head.day
        return None

    def end(self, audited: Audited) -> None:
        """Say what is amiss."""
        self._judge(audited)
        audited.add(*self._chunk_findings)
        for head in self._trees.heads:
            if head.size > self.size:
                audited.add(Finding(Kind.TREE, day=head.day, about=f"{head.size} > {self.size}"))
        last = self._kept[-1] if self._kept else None
        if self.size > (last.head.size if last else 0):
            audited.add(Finding(Kind.HEAD_MISSING, about=str(self.size)))
        audited.findings.sort(key=lambda each: (each.position is None, each.position or 0))

    def _judge(self, audited: Audited) -> None:
        """Say whether the events were altered, or what was kept of them."""
        if self._differing and not self._wrong_events and self._wrong_leaves:
            audited.add(*(_of_leaves(each) for each in self._differing))
            return
        audited.add(*self._differing)
        if self._wrong_leaves and self._wrong_events:
            first = min(self._wrong_leaves, key=lambda head: head.size)
            audited.add(Finding(Kind.TREE, day=first.day, about=str(len(self._wrong_leaves))))


def _gap(stream: bytes) -> Finding:
    if len(stream) != _ID_BYTES:
        return Finding(Kind.GAP, about=stream.hex())
    known = UUID(bytes=stream)
    return Finding(Kind.GAP, stream=known, number=numbered(known))


def _with(frontier: Frontier, root: bytes) -> bytes:
    whole = Frontier(frontier.size, frontier.hashes)
    whole.add(root)
    return whole.root


def _of_leaves(found: Finding) -> Finding:
    return Finding(Kind.LEAVES, found.position, found.day, about="leaf")


def _differences(
    chunk: Chunk, rows: Sequence[tuple[RawRow, bytes]], day: Callable[[int], date | None]
) -> list[Finding]:
    """Name each event of a chunk that is not as it was kept."""
    leaves = cut(chunk.leaves)
    present, known = {leaf for _, leaf in rows}, set(leaves)
    lost = {at for at, leaf in zip(chunk.places, leaves, strict=False) if leaf not in present}
    other = {row[0]: row for row, leaf in rows if leaf not in known}
    found = [
        _named(Kind.ALTERED if at in lost else Kind.INSERTED, row, day(at))
        for at, row in other.items()
    ]
    found += [Finding(Kind.MISSING, at, day(at)) for at in lost - set(other)]
    return sorted(found, key=lambda each: each.position or 0)


def _named(kind: Kind, row: RawRow, day: date | None) -> Finding:
    at, stream, version, topic, _ = row
    if len(stream) != _ID_BYTES:
        return Finding(kind, at, day)
    said = bytes(topic).decode(errors="replace")
    known = UUID(bytes=stream)
    return Finding(kind, at, day, known, numbered(known), version, said)
