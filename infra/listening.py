"""Listens to a scanner for a whole day: reads, records, and lets nothing that was read be lost.

A code is written to a file before anything else, and waits there, in order, until it is recorded;
the file outlives the program. A cable that is pulled is waited for. Whoever holds the scanner is
told of everything: the `Ear`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import Protocol

from domain.intake import RawScan
from infra.errors import StorageError
from infra.requests import Status
from infra.scanners import EndedError, ScannerMissingError, UnpluggedError, Wire
from infra.unsent import Unsent

MOST_AT_ONCE = 100
_FRAMING = "".join(map(chr, range(0x21)))  # blanks and control characters: some scanners send STX


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one code; `again`: it is not recorded, and will be sent again."""

    scan: RawScan
    status: Status
    told: str
    again: bool = False


class Ear(Protocol):
    """Who is told what happens, and answers the person with the scanner in their hand."""

    def heard(self, answers: Sequence[Heard]) -> None:
        """Codes were answered; one that waits is told of once, and again when it is recorded."""

    def unplugged(self) -> None:
        """The scanner has gone."""

    def plugged_in(self) -> None:
        """The scanner is there again."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long is waited, in seconds: for codes, for a cable, before what waits is sent again."""

    reading: float = 0.2
    cable: float = 1.0
    again: float = 3.0


@dataclass(slots=True)
class Listening:
    """One scanner, listened to. `made` makes the scan of a code, `record` records scans."""

    plug_in: Callable[[], Wire]
    made: Callable[[str], RawScan]
    record: Callable[[Sequence[RawScan]], Sequence[Heard]]
    unsent: Unsent
    ear: Ear
    pauses: Pauses = field(default_factory=Pauses)
    waiting: list[RawScan] = field(default_factory=list)
    recorded: int = 0
    _refused: int = 0  # how many of those that wait are known to wait
    _saved: bool = False
    _wire: Wire | None = None
    _tried_at: float = float("-inf")

    def begin(self) -> int:
        """Plug the scanner in; return how many scans wait from before.

        Raises ScannerMissingError, BadUnsentError, StorageError.
        """
        self.waiting = self.unsent.load()
        self._saved = bool(self.waiting)
        self._wire = self.plug_in()
        return len(self.waiting)

    def run(self, stop: Event) -> None:
        """Listen until told to stop, or until the input ends.

        Raises StorageError at the end if what waits could not even be written to its file.
        """
        wire = self._wire
        try:
            while not stop.is_set():
                wire = self._step(wire, stop)
        except EndedError:
            pass
        finally:
            self._end(wire)

    def _step(self, wire: Wire | None, stop: Event) -> Wire | None:
        """Read for a moment, or look for the scanner; then record."""
        if wire is None:
            wire = self._plug_in_again(stop)
            self._send_again()
            return wire
        try:
            new = self._take(wire.read(self.pauses.reading))
        except UnpluggedError:
            self._take(wire.rest())
            _let_go(wire)
            self.ear.unplugged()
            wire, new = None, True
        if new:
            self._send()
        else:
            self._send_again()
        return wire

    def _plug_in_again(self, stop: Event) -> Wire | None:
        try:
            wire = self.plug_in()
        except ScannerMissingError:
            stop.wait(self.pauses.cable)
            return None
        self.ear.plugged_in()
        return wire

    def _take(self, lines: Iterable[str]) -> bool:
        """Make scans of lines at once, so that they bear the time at which they were read."""
        codes = [code for line in lines if (code := line.strip(_FRAMING))]
        self.waiting += [self.made(code) for code in codes]
        if codes:
            self._save_if_possible()  # first of all: the power may fail while it is recorded
        return bool(codes)

    def _send_again(self) -> None:
        if self.waiting and monotonic() - self._tried_at >= self.pauses.again:
            self._send()

    def _send(self) -> None:
        """Record what waits, oldest first; what could not be recorded goes on waiting."""
        known = {each.ref for each in self.waiting[: self._refused]}
        left: list[RawScan] = []
        for first in range(0, len(self.waiting), MOST_AT_ONCE):
            answers = self.record(self.waiting[first : first + MOST_AT_ONCE])
            left += [each.scan for each in answers if each.again]
            self.recorded += sum(not each.again for each in answers)
            self.ear.heard([a for a in answers if not (a.again and a.scan.ref in known)])
        self.waiting, self._refused, self._tried_at = left, len(left), monotonic()
        self._save_if_possible()

    def _save_if_possible(self) -> None:
        """Whether it can be recorded is another matter; at the end it is told."""
        with contextlib.suppress(StorageError):
            self._save()

    def _save(self) -> None:
        if self.waiting or self._saved:
            self.unsent.save(self.waiting)
            self._saved = bool(self.waiting)

    def _end(self, wire: Wire | None) -> None:
        """Record what came last; what still waits is in its file."""
        if wire is not None:
            self._take(wire.rest())
            _let_go(wire)
        try:
            if self.waiting:
                self._send()
        finally:
            self._save()


def _let_go(wire: Wire) -> None:
    with contextlib.suppress(OSError):
        wire.close()
