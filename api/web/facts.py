"""What the pages say of one packet: worked out from its events, so as fresh as the last scan.

The clocks are those of the regulation [003 annexes 3, 4, 7; 002 §7]: working time against the norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from api.permitted import organisations_of
from domain.clocks import Measured
from domain.errors import UnknownPacketError
from domain.norms import Due
from domain.numbers import PacketNumber, PlaceCode, grouped, place_organisation
from domain.packet import Packet
from domain.pauses import Stood, running, working_time
from domain.progress import Progress, Status, Visit, VisitKind
from domain.regulations.edition import Edition, Stage
from domain.timeline import Timeline, timeline_of
from domain.workdays import OutsideCalendarError
from infra.bootstrap import Qolhat

# What is recorded without the paper at hand, or has no kind of its own: complaints, corrections.
_NOWHERE = frozenset({"", Packet.Lost.kind, Packet.Relabelled.kind})


@dataclass(frozen=True)
class Stay:
    """One stay with its clock. `worked`: the stretches that count; between them the clock stood.

    `stood`: when it did so by an act; what stands still has no end, or one that is still to come.
    """

    visit: Visit
    stage: Stage | None
    measured: Measured
    consumed: timedelta | None
    worked: tuple[tuple[datetime, datetime], ...]
    stood: tuple[Stood, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether the packet is still there."""
        return self.visit.left_at is None

    @property
    def late(self) -> bool:
        """Tell whether the norm was, or is already, overrun."""
        return bool(self.measured.late) or (
            self.is_open and self.measured.over is not None and self.measured.over > timedelta(0)
        )


@dataclass(frozen=True)
class PacketFacts:
    """One packet at one moment (`now`, UTC)."""

    qolhat: Qolhat
    number: PacketNumber
    events: tuple[Packet.Event, ...]
    now: datetime

    @cached_property
    def timeline(self) -> Timeline:
        """The whole history in order."""
        return timeline_of(self.events, self.qolhat.regulations)

    @property
    def progress(self) -> Progress:
        """Where the packet has got to."""
        return self.timeline.progress

    @cached_property
    def edition(self) -> Edition | None:
        """The edition by which it lives; None before its registration arrived."""
        edition = self.progress.edition
        return self.qolhat.regulations.edition(edition) if edition else None

    @property
    def registration(self) -> Packet.Registered | None:
        """The event of its acceptance."""
        return next((e for e in self.events if isinstance(e, Packet.Registered)), None)

    @property
    def stage(self) -> Stage | None:
        """The stage in which it is, or for which it waits; None before and after the route."""
        if self.edition is None or not 0 <= self.progress.stage < len(self.edition.stages):
            return None
        return self.edition.stages[self.progress.stage]

    @property
    def status(self) -> Status:
        """What has become of it."""
        return self.progress.status

    @property
    def parties(self) -> frozenset[int]:
        """The organisations whose packet it is, and the one in which it lies."""
        progress = self.progress
        here = place_organisation(progress.place) if progress.place else 0
        return frozenset({progress.accepting, progress.deciding, here} - {0})

    @property
    def organisations(self) -> frozenset[int]:
        """Everybody who has to do with it: the parties, and wherever it was recorded."""
        return organisations_of(self.events)

    @cached_property
    def stays(self) -> tuple[Stay, ...]:
        """Every stay in order, each with its clock."""
        return tuple(self._stay(visit) for visit in self.timeline.visits)

    @cached_property
    def _seen(self) -> tuple[Packet.Event, ...]:
        """The entries that say where the paper was, in order: scans, and acts done with it."""
        return tuple(
            entry
            for entry in self.timeline.entries
            if isinstance(entry, Packet.Scanned) or entry.kind not in _NOWHERE
        )

    @property
    def previous_place(self) -> PlaceCode | None:
        """Where it was before the place where it is."""
        places = (entry.place for entry in reversed(self._seen))
        return next((place for place in places if place != self.progress.place), None)

    def lay_since(self, ref: str) -> datetime | None:
        """Return since when it lay where an entry says it is; None: that entry brought it there."""
        index = next((i for i, entry in enumerate(self._seen) if entry.ref == ref), 0)
        since, place = None, self._seen[index].place if self._seen else None
        for entry in reversed(self._seen[:index]):
            if entry.place != place:
                break
            since = entry.happened_at
        return since

    @cached_property
    def stage_due(self) -> Due | None:
        """When the norm of the stage runs out."""
        return self.stays[-1].measured.due if self.stays and self.stays[-1].is_open else None

    @cached_property
    def total_due(self) -> Due | None:
        """When the whole service must be rendered, where the sources say so."""
        if self.edition is None or self.progress.rendered_at or self.progress.ending:
            return None
        return self.qolhat.clocks.total_due(self.progress, self.edition)

    @property
    def kept_too_long(self) -> bool:
        """Tell whether the result waited for the applicant as long as it is kept [002 §15]."""
        if self.edition is None:
            return False
        until = self.qolhat.clocks.kept_until(self.progress, self.edition)
        return until is not None and until.at <= self.now

    @cached_property
    def standstill(self) -> Stood | None:
        """What has stopped the clock and stops it still."""
        last = self.stays[-1] if self.stays else None
        if last is None or last.visit.standing is None or not last.stood:
            return None
        stood = last.stood[-1]
        return stood if stood.until is None or stood.until > self.now else None

    @property
    def next_due(self) -> Due | None:
        """What runs out first; None while the clock stands."""
        if self.standstill is not None:
            return None
        terms = [due for due in (self.stage_due, self.total_due) if due is not None]
        return min(terms, key=lambda due: due.at, default=None)

    def left(self, due: Due) -> timedelta:
        """Return the working time left until a term runs out; negative: past it."""
        if self.edition is not None and due == self.total_due and due != self.stage_due:
            side = self.edition.total.calendar
            return self._left(due, self.progress.parties.on(side))
        return self._left(due, place_organisation(self.stays[-1].visit.place))

    def _left(self, due: Due, organisation: int) -> timedelta:
        calendar = self.qolhat.clocks.calendar(organisation)
        try:
            if due.at >= self.now:
                return calendar.working_time(self.now, due.at)
            return -calendar.working_time(due.at, self.now)
        except OutsideCalendarError:
            return due.at - self.now

    def _stay(self, visit: Visit) -> Stay:
        stage = None
        if self.edition is not None and visit.kind == VisitKind.STAGE.value:
            stage = self.edition.stage(visit.stage)
        clocks = self.qolhat.clocks
        measured = clocks.measure(visit, stage)
        stood = clocks.stood(visit, stage) if visit.pauses else ()
        begun, ended = visit.clock_from or visit.entered_at, visit.left_at or self.now
        calendar = self.qolhat.clocks.calendar(place_organisation(visit.place))
        try:
            worked = tuple(
                span
                for since, until in running(stood, begun, ended)
                for span in calendar.open_intervals(since, until)
            )
        except OutsideCalendarError:
            return Stay(visit, stage, measured, None, (), stood)
        consumed = sum((to - since for since, to in worked), timedelta(0))
        return Stay(
            visit, stage, self._with_overrun(measured, visit, stood), consumed, worked, stood
        )

    def _with_overrun(self, measured: Measured, visit: Visit, stood: tuple[Stood, ...]) -> Measured:
        """Say of an open stay how far its norm is overrun already; pauses do not add to it."""
        due = measured.due
        if visit.left_at is not None or due is None:
            return measured
        if not stood:
            return Measured(due=due, over=-self._left(due, place_organisation(visit.place)))
        calendar = self.qolhat.clocks.calendar(place_organisation(visit.place))
        first, last = sorted((due.at, self.now))
        ran = working_time(calendar, running(stood, first, last))
        return Measured(due=due, over=ran if due.at < self.now else -ran)


def facts_of(qolhat: Qolhat, number: PacketNumber) -> PacketFacts:
    """Read a packet's events. Raises UnknownPacketError."""
    events = tuple(qolhat.log.events_of(Packet.stream(number)))
    if not events:
        raise UnknownPacketError(number=grouped(number))
    return PacketFacts(qolhat, number, events, qolhat.now())
