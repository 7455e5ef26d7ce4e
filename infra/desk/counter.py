"""What everything at the desk shares: who may, at what time, in one commit, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from domain.acts import ROLES_OF_ACT, ActKind
from domain.commands import Stamp
from domain.directory import Directory
from domain.errors import WrongRoleError
from domain.intake import EARLIEST
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.progress import Progress
from domain.regulations.book import Regulations
from domain.timeline import Timeline, timeline_of
from domain.unsettled import Doubt
from infra.requests import Answer, Source, Standing, Status
from infra.store.group_commit import UnitOfWork
from infra.store.log import EventLog, StaffBook
from infra.vault import Record, Vault

Entries = list[Packet.Event]


@dataclass(frozen=True, slots=True)
class DeskRules:
    """What an operator may set: how far a device's clock may be ahead of ours.

    `far`: this store is a far branch's, and numbers from what is kept for such.
    """

    tolerance: timedelta = timedelta(minutes=2)
    far: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """What the desk works with."""

    log: EventLog
    vault: Vault
    directory: Directory
    regulations: Regulations
    staff: StaffBook
    now: Callable[[], datetime]
    rules: DeskRules

    def check_role(self, stamp: Stamp, kind: ActKind) -> None:
        """Make sure that the person may do it. Raises WrongRoleError, UnknownPersonError."""
        roles = self.staff.refresh().roles_of(stamp.person, stamp.happened_at)
        if not roles & ROLES_OF_ACT[kind]:
            raise WrongRoleError(person=stamp.person, act=kind.value)

    def believable(self, at: datetime, now: datetime) -> bool:
        """Tell whether something can have happened then."""
        return EARLIEST <= at <= now + self.rules.tolerance

    def registered(self, number: PacketNumber) -> bool:
        """Tell whether the number is that of a packet that was accepted."""
        events = self.log.events_of(Packet.stream(number))
        return any(isinstance(event, Packet.Registered) for event in events)

    def stamp(self, source: Source, now: datetime) -> tuple[Stamp, datetime | None]:
        """Believe the device's clock unless it is ahead of ours or was reset.

        Then the time of recording stands, and the claimed one is kept beside it.
        """
        at, claimed = source.happened_at, None
        if not self.believable(at, now):
            at, claimed = now, source.happened_at
        who = (source.person, source.device, source.counter)
        return Stamp(source.ref, source.place, *who, at, source.layout), claimed

    def keep_text(self, subject: str, ref: str, text: str | None, now: datetime) -> str | None:
        """Put a text into the vault; return its reference. Raises ErasedError, StorageError."""
        if not text:
            return None
        self.vault.put([Record(ref, subject, {"text": text})], now)
        return ref

    def run(self, number: PacketNumber, ref: str, decide: Callable[[Packet], bool]) -> Answer:
        """Let a packet decide, store what it decided, and answer."""
        stream = Packet.stream(number)

        def work(unit: UnitOfWork) -> Callable[[int], Answer]:
            packet = unit.load(Packet, stream)
            new = decide(packet)
            return self.prepare(number, ref, packet.entries, new=new)

        done = self.log.commands.run(work, stream)
        return done.answer(done.position)

    def prepare(
        self, number: PacketNumber, ref: str, entries: Entries, *, new: bool
    ) -> Callable[[int], Answer]:
        """Work the answer out before the commit, by the thread that decides; its position follows.

        What cannot be worked out must not keep a scan from being stored: it fails afterwards.
        """
        try:
            answer = self.answer(number, ref, entries, 0, new=new)
        except Exception:  # noqa: BLE001  raised again below
            kept = list(entries)
            return lambda position: self.answer(number, ref, kept, position, new=new)
        return lambda position: msgspec.structs.replace(answer, position=position)

    def answer(
        self, number: PacketNumber, ref: str, entries: Entries, position: int, *, new: bool
    ) -> Answer:
        """Tell what became of one entry of a packet, and where the packet stands now."""
        timeline = timeline_of(entries, self.regulations)
        doubt = _doubt(timeline, ref)
        deviations = timeline.notes.get(ref, ()) if timeline.progress.edition else ()
        status = _status(new=new, doubt=doubt, deviates=bool(deviations))
        standing = self._standing(number, timeline.progress)
        return Answer(ref, status, position, standing, deviations, doubt)

    def _standing(self, number: PacketNumber, progress: Progress) -> Standing:
        stage = None
        if progress.edition:
            stages = self.regulations.edition(progress.edition).stages
            stage = stages[progress.stage].key if 0 <= progress.stage < len(stages) else None
        return Standing(
            number,
            progress.status.value,
            progress.place,
            progress.person,
            progress.since,
            progress.edition or None,
            stage,
            waiting=stage is not None and not progress.accepted,
        )


def _doubt(timeline: Timeline, ref: str) -> str | None:
    doubt = next((scan.doubt for scan in timeline.doubted if scan.ref == ref), None)
    if doubt is None and not timeline.progress.edition:
        return Doubt.NOT_REGISTERED.value
    return doubt


def _status(*, new: bool, doubt: str | None, deviates: bool) -> Status:
    if not new:
        return Status.DUPLICATE
    if doubt is not None:
        return Status.UNSETTLED
    return Status.DEVIATION if deviates else Status.ACCEPTED


def utc_now() -> datetime:
    """The time of the machine's clock, UTC."""
    return datetime.now(UTC)
