"""The log of a courier's device: numbered, hash-chained, sent in pieces, in any order, again.

What was written without a network must be believed later. The server keeps of every entry its
number and a part of its hash: what is missing, what was written anew, what does not fit and a clock
that was wrong become findings. They never change a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

from domain.streams import Happening, Stream, Topics, named_stream

KEPT = 8  # hex digits of a hash that are kept: enough to tell two entries of one number apart
_JUMP = timedelta(seconds=60)
_SEPARATOR = "\n"
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry as the device wrote it; texts are hashed as they came.

    `mono` are milliseconds since the page was loaded, of the load named `boot`.
    """

    seq: int
    prev: str
    hash: str
    ref: str
    kind: str
    happened_at: str
    boot: str
    mono: int
    server_at: str
    person: int
    place: str
    code: str
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def computed(self) -> str:
        """The hash that the entry must have."""
        parts = [
            str(self.seq), self.prev, self.ref, self.kind, self.happened_at, self.boot,
            str(self.mono), self.server_at, str(self.person), self.place, self.code,
        ]  # fmt: skip
        parts += [f"{name}={value}" for name, value in sorted(self.facts)]
        return sha256(_SEPARATOR.join(parts).encode()).hexdigest()

    @property
    def proof(self) -> str:
        """The code by which what it records can be asked for: the first twelve digits."""
        return self.computed[:12]

    @property
    def kept(self) -> str:
        """What is kept of the hash: of the one that it must have, where what came is none."""
        return (self.hash if _HASH.fullmatch(self.hash) else self.computed)[:KEPT]


class FindingKind(StrEnum):
    """What is not as it should be in a device's log."""

    GAP = "gap"  # entries that never came
    ROLLBACK = "rollback"  # a number was used twice: the device went back to an older state
    BROKEN_CHAIN = "broken-chain"  # an entry does not follow the one before it
    TAMPERED = "tampered"  # an entry is not what its hash says
    CLOCK_OFF = "clock-off"  # the device's clock differed from ours when it sent
    CLOCK_TURNED = "clock-turned"  # the clock was changed between two entries


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, about the entries from `first` to `last`; `seconds` of a clock."""

    kind: FindingKind
    first: int
    last: int
    seconds: int | None = None


class DeviceLog(Stream):
    """What came of one device's log."""

    class Event(Happening):
        """What every event of a device's log says."""

        log: str
        person: int
        device: int

    class Received(Event):
        """Entries came that were not known: consecutive ones, each following the one before.

        `hashes`: the beginnings of their hashes, one after the other; `prev` that of the entry
        before the first. `bad`: numbers whose hash is wrong. `turned`: numbers and seconds, in
        turns. `clock_off`: seconds by which the device's clock was ahead (negative: behind).
        """

        TOPIC = "log.got"
        first: int
        hashes: str
        prev: str | None = None
        bad: tuple[int, ...] = ()
        turned: tuple[int, ...] = ()
        clock_off: int | None = None

    TOPIC = "log"

    @staticmethod
    def stream(log: str) -> UUID:
        """Return the stream of the log with this id."""
        return named_stream("device-log", log)

    def begin(self) -> None:
        """Start with nothing received."""
        self.chain = Chain()

    def take(self, event: Any) -> None:
        """Add what came."""
        self.chain.add(
            event.first, event.hashes, event.prev, event.bad, event.turned, event.clock_off
        )

    def receive(
        self,
        entries: Sequence[LogEntry],
        log: str,
        person: int,
        device: int,
        recorded_at: datetime,
        clock_off: int | None = None,
    ) -> None:
        """Record what is new of these entries, piece by piece."""
        new = sorted(
            (each for each in entries if not self.chain.knows(each)), key=lambda each: each.seq
        )
        for piece in _pieces(new):
            self.trigger_event(
                DeviceLog.Received,
                timestamp=recorded_at,
                log=log,
                person=person,
                device=device,
                first=piece[0].seq,
                hashes="".join(each.kept for each in piece),
                prev=piece[0].prev[:KEPT] or None,
                bad=tuple(each.seq for each in piece if each.computed != each.hash),
                turned=tuple(_turned(piece)),
                clock_off=clock_off,
            )


@dataclass(slots=True)
class Chain:
    """The numbers of a log that have come, with the beginnings of their hashes."""

    hashes: dict[int, list[str]] = field(default_factory=dict)
    before: dict[int, list[str]] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)
    turned: dict[int, int] = field(default_factory=dict)
    clocks: list[tuple[int, int, int]] = field(default_factory=list)

    def add(
        self,
        first: int,
        hashes: str,
        prev: str | None = None,
        bad: Iterable[int] = (),
        turned: Sequence[int] = (),
        clock_off: int | None = None,
    ) -> None:
        """Add a piece, as `DeviceLog.Received` tells it."""
        texts = [hashes[i : i + KEPT] for i in range(0, len(hashes), KEPT)]
        before = prev or ""
        for seq, text in enumerate(texts, first):
            self.hashes.setdefault(seq, []).append(text)
            self.before.setdefault(seq, []).append(before)
            before = text
        self.bad.update(bad)
        self.turned |= dict(zip(turned[::2], turned[1::2], strict=True))
        if clock_off is not None:
            self.clocks.append((first, first + len(texts) - 1, clock_off))

    def knows(self, entry: LogEntry) -> bool:
        """Tell whether this very entry has come before."""
        return entry.kept in self.hashes.get(entry.seq, ())

    @property
    def known(self) -> int:
        """The number up to which everything has come."""
        seq = 0
        while seq + 1 in self.hashes:
            seq += 1
        return seq

    @property
    def last(self) -> int:
        """The highest number that has come."""
        return max(self.hashes, default=0)

    def findings(self) -> list[Finding]:
        """List what is wrong with the log as far as it is known, in whatever order it came."""
        return [
            *self._gaps(),
            *_ranges(FindingKind.ROLLBACK, (s for s, h in self.hashes.items() if len(h) > 1)),
            *_ranges(FindingKind.BROKEN_CHAIN, self._broken()),
            *_ranges(FindingKind.TAMPERED, self.bad),
            *(
                Finding(FindingKind.CLOCK_TURNED, seq, seq, seconds)
                for seq, seconds in sorted(self.turned.items())
            ),
            *(
                Finding(FindingKind.CLOCK_OFF, first, last, seconds)
                for first, last, seconds in sorted(self.clocks)
            ),
        ]

    def _gaps(self) -> Iterator[Finding]:
        """What lies between the numbers that have come: a mad device may count in billions."""
        for before, after in pairwise([0, *sorted(each for each in self.hashes if each > 0)]):
            if after > before + 1:
                yield Finding(FindingKind.GAP, before + 1, after - 1)

    def _broken(self) -> Iterator[int]:
        for seq, before in self.before.items():
            known = self.hashes.get(seq - 1)
            wanted = known if known is not None else ([""] if seq == 1 else None)
            if wanted is not None and any(each not in wanted for each in before):
                yield seq


def _pieces(entries: Iterable[LogEntry]) -> Iterator[list[LogEntry]]:
    """Cut entries where one does not follow the one before it."""
    piece: list[LogEntry] = []
    for entry in entries:
        if piece and (entry.seq != piece[-1].seq + 1 or entry.prev != piece[-1].hash):
            yield piece
            piece = []
        piece.append(entry)
    if piece:
        yield piece


def _turned(piece: Sequence[LogEntry]) -> Iterator[int]:
    """Find where the wall clock and the monotonic one disagree: number and seconds, in turns."""
    for before, after in pairwise(piece):
        began, ended = _instant(before), _instant(after)
        if before.boot != after.boot or began is None or ended is None:
            continue
        seconds = ended - began - (after.mono - before.mono) / 1000
        if abs(seconds) > _JUMP.total_seconds():
            yield after.seq
            yield round(seconds)


def _instant(entry: LogEntry) -> float | None:
    try:
        at = datetime.fromisoformat(entry.happened_at)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo is not None else None


def _ranges(kind: FindingKind, numbers: Iterable[int]) -> Iterator[Finding]:
    first = last = None
    for number in sorted(numbers):
        if last is not None and first is not None and number != last + 1:
            yield Finding(kind, first, last)
            first = None
        first = number if first is None else first
        last = number
    if first is not None and last is not None:
        yield Finding(kind, first, last)


EVENTS = Topics.of(DeviceLog)
