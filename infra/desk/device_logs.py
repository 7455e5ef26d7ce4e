"""Takes in what couriers' devices wrote without a network: entry by entry, as often as it is sent.

What an entry says is recorded under its own id, so that a log sent twice or by halves is one log.
What cannot be understood is kept as an unsettled scan. The chain of the log is kept beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.dispatch.device_log import DeviceLog, Finding, LogEntry
from domain.dispatch.errors import UnknownBagError
from domain.dispatch.journey import Journey
from domain.errors import RefusedError, UnknownPersonError
from domain.intake import EARLIEST, NO_PLACE, RawScan
from domain.numbers import (
    BadgeCode,
    BagCode,
    CodeKind,
    PlaceCode,
)
from domain.runs import Run, RunKey
from infra.desk import scanning
from infra.desk.counter import Counter
from infra.desk.dispatching import Dispatching, Job
from infra.errors import StorageError
from infra.requests import AcceptRequest, Answer, BagAnswer, Source, Status
from infra.store.group_commit import UnitOfWork
from scanner.keyboards import parse_typed

NO_BAG = BagCode(0)


@dataclass(frozen=True, slots=True)
class SentLog:
    """Entries of one log, as a device sent them. `sent_at` is its clock (None: unreadable)."""

    log: str
    person: int
    device: int
    sent_at: datetime | None
    entries: Sequence[LogEntry]


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """What became of one entry: a scan's answer, a bag's, or a run's."""

    entry: LogEntry
    status: Status
    scan: Answer | None = None
    bag: BagAnswer | None = None
    error: Exception | None = None

    @property
    def journey(self) -> Journey | None:
        """The bag's journey, if the entry was about a bag."""
        return None if self.bag is None else self.bag.journey


@dataclass(frozen=True, slots=True)
class Received:
    """The answers in the order of the entries, and what is known of the log now."""

    answers: tuple[EntryAnswer, ...]
    known: int
    findings: tuple[Finding, ...]


class DeviceLogs:
    """Records the logs of devices."""

    def __init__(self, counter: Counter, dispatching: Dispatching) -> None:
        self._counter = counter
        self._dispatching = dispatching

    def receive(self, sent: SentLog) -> Received:
        """Record the entries, then that they came. Raises StorageError: then all is sent again."""
        off = self._clock_off(sent)
        takers = [self._taker(sent, entry, off) for entry in sent.entries]
        raw = [taken for taken in takers if isinstance(taken, RawScan)]
        scans = iter(scanning.scan(self._counter, raw) if raw else ())
        jobs = [taken.job for taken in takers if isinstance(taken, _Taken)]
        done = iter(self._dispatching.run_all(jobs))
        answers = [
            taken.answer(next(done)) if isinstance(taken, _Taken) else _scanned(entry, next(scans))
            for entry, taken in zip(sent.entries, takers, strict=True)
        ]
        # What was refused for good will not come again: it has come, and is no gap.
        kept = [a.entry for a in answers if not isinstance(a.error, StorageError)]
        chain = self._keep(sent, kept, off)
        return Received(tuple(answers), chain.chain.known, tuple(chain.chain.findings()))

    def _clock_off(self, sent: SentLog) -> int | None:
        if sent.sent_at is None:
            return None
        off = sent.sent_at - self._counter.now()
        return round(off.total_seconds()) if abs(off) > self._counter.rules.tolerance else None

    def _keep(self, sent: SentLog, entries: Sequence[LogEntry], off: int | None) -> DeviceLog:
        now, stream = self._counter.now(), DeviceLog.stream(sent.log)

        def work(unit: UnitOfWork) -> DeviceLog:
            log = unit.load(DeviceLog, stream)
            log.receive(entries, sent.log, sent.person, sent.device, now, off)
            return log

        return self._counter.log.commands.run(work, stream).answer

    # --- what an entry is ---------------------------------------------------------------------

    def _taker(self, sent: SentLog, entry: LogEntry, off: int | None) -> RawScan | _Taken:
        """Say what an entry asks for; a plain scan, if it cannot be understood."""
        at = _instant(entry)
        make = self._makers.get(entry.kind)
        if make is None or at is None or not self._believable(at):
            return _raw(sent, entry, at)
        try:
            source = Source(entry.ref, entry.person, sent.device, entry.seq, self._place(entry), at)
            return _Taken(entry, make(entry, source, off))
        except RefusedError:
            return _raw(sent, entry, at)

    def _believable(self, at: datetime) -> bool:
        """What a reset clock wrote waits for somebody; what is ahead keeps the claimed time."""
        return at >= EARLIEST

    @property
    def _makers(self) -> dict[str, _Maker]:
        return {
            "accept": self._accept,
            "offer": self._offer,
            "broken": self._break,
            "depart": self._drive,
            "arrive": self._drive,
        }

    def _accept(self, entry: LogEntry, source: Source, off: int | None) -> Job:
        facts = dict(entry.facts)
        giver = facts.get("giver")
        return self._dispatching.accepting(
            AcceptRequest(
                source,
                self._bag(entry),
                self._badge_holder(facts.get("receiver", ""), source.happened_at),
                self._badge_holder(giver, source.happened_at) if giver else None,
                by_badge=True,
                seal=facts.get("seal") or None,
                proof=entry.proof,
                signature=facts.get("signature") or None,
                clock_off=off,
            )
        )

    def _offer(self, entry: LogEntry, source: Source, off: int | None) -> Job:
        del off
        badge = dict(entry.facts).get("receiver")
        receiver = self._badge_holder(badge, source.happened_at) if badge else None
        return self._dispatching.offering(self._bag(entry), source, receiver)

    def _break(self, entry: LogEntry, source: Source, off: int | None) -> Job:
        del off
        seal = dict(entry.facts).get("seal")
        return self._dispatching.breaking_seal(self._bag(entry), source, seal)

    def _drive(self, entry: LogEntry, source: Source, off: int | None) -> Job:
        del off
        key = RunKey.parse(dict(entry.facts).get("run", ""))
        now, stream = self._counter.now(), Run.stream(key)
        stamp, _ = self._counter.stamp(source, now)

        def work(unit: UnitOfWork) -> tuple[bool, None]:
            run = unit.load(Run, stream)
            tell = run.depart if entry.kind == "depart" else run.arrive
            return tell(key, stamp, now), None

        return Job(entry.ref, NO_BAG, work, stream)

    def _place(self, entry: LogEntry) -> PlaceCode:
        """Read the place, if one is named. Raises BadCodeError, UnknownPlaceError."""
        if not entry.place:
            return NO_PLACE
        return self._counter.directory.place(PlaceCode(parse_typed(entry.place).value)).code

    def _bag(self, entry: LogEntry) -> BagCode:
        """Read the bag's code. Raises BadCodeError, UnknownBagError."""
        code = parse_typed(entry.code)
        number = BagCode(code.value)
        if code.kind is not CodeKind.BAG or self._dispatching.journey(number) is None:
            raise UnknownBagError(bag=entry.code)
        return number

    def _badge_holder(self, badge: str, at: datetime) -> int:
        """Return whose badge it is. Raises BadCodeError, UnknownPersonError."""
        code = parse_typed(badge)
        member = None
        if code.kind is CodeKind.BADGE:
            member = self._counter.staff.recent().by_badge(BadgeCode(code.value), at)
        if member is None:
            raise UnknownPersonError(person=badge)
        return member.person


_Maker = Callable[[LogEntry, Source, int | None], Job]


@dataclass(frozen=True, slots=True)
class _Taken:
    """An entry that is understood, and what records it."""

    entry: LogEntry
    job: Job

    def answer(self, said: BagAnswer) -> EntryAnswer:
        return EntryAnswer(self.entry, said.status, bag=said, error=said.error)


def _scanned(entry: LogEntry, said: Answer) -> EntryAnswer:
    return EntryAnswer(entry, said.status, scan=said, error=said.error)


def _instant(entry: LogEntry) -> datetime | None:
    try:
        at = datetime.fromisoformat(entry.happened_at)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None


def _raw(sent: SentLog, entry: LogEntry, at: datetime | None) -> RawScan:
    """Return an entry as a scan: with everything that was read, where it is no plain scan."""
    code = entry.code
    if entry.kind != "scan":
        facts = (f"{name}={value}" for name, value in entry.facts if name != "signature")
        code = " ".join((entry.kind, entry.code, *facts))
    return RawScan(
        entry.ref,
        code,
        entry.place,
        entry.person,
        sent.device,
        entry.seq,
        at,
        entry.happened_at,
    )
