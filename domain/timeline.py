"""What the events of a packet mean together: every stay in every stage, in order of happened-at.

The same events give the same timeline in whatever order they arrive: `arrange` sorts them and
takes out what was voided or is still in doubt, `Progress.advance` moves by one event. A view that
keeps a `Progress` may go on from it while events come in order, and must start anew when one comes
late (`is_late`). Time is gapless: between a stage that ended by an act and the next holder's
acceptance stands a hand-over, which is nobody's norm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from domain import route
from domain.acts import ActKind
from domain.numbers import place_organisation
from domain.packet import OrderKey, Packet, order_key, why_void_fails
from domain.regulations.edition import Edition, Stage
from domain.roles import Role
from domain.route import Deviation, Parties, Position


class VisitKind(StrEnum):
    """What a stretch of a packet's time is."""

    STAGE = "stage"
    HANDOVER = "handover"  # a stage has ended by an act, the next holder has not accepted yet
    ASTRAY = "astray"  # at a place that is not on the route
    LOST = "lost"


class Status(StrEnum):
    """What has become of the packet."""

    UNREGISTERED = "unregistered"
    ON_THE_WAY = "on-the-way"
    RENDERED = "rendered"  # the result is at the centre, not yet given out
    LOST = "lost"
    ISSUED = "issued"
    HANDED_BACK = "handed-back"
    WITHDRAWN = "withdrawn"


CLOSED = frozenset({Status.ISSUED, Status.HANDED_BACK, Status.WITHDRAWN})
ENDED_BY_SCAN = "scan"


class Visit(msgspec.Struct):
    """A stretch of a packet's time, with the place and the person who held it. Times are UTC.

    `stage` is the stage's key (of a hand-over: the stage it leads to); `loop` counts how often the
    stage was begun; `clock_from` is when its norm began to run, None while that is not known.
    """

    seq: int
    kind: str
    stage: str
    loop: int
    place: int
    person: int
    entered_at: datetime
    clock_from: datetime | None
    left_at: datetime | None = None
    ended_by: str | None = None
    deviations: tuple[str, ...] = ()


class Progress(msgspec.Struct):
    """Where a packet has got to: enough to go on with the next event in order."""

    edition: str = ""
    accepting: int = 0
    deciding: int = 0
    stage: int = -1
    accepted: bool = False
    last_act: str | None = None
    place: int | None = None
    person: int | None = None
    since: datetime | None = None
    verified: bool = False
    executor: int | None = None
    outcome: str | None = None
    accepted_at: datetime | None = None
    rendered_at: datetime | None = None
    closed_at: datetime | None = None
    ending: str | None = None
    lost: bool = False
    deviating: int = 0
    visits: int = 0
    loops: dict[str, int] = {}
    open: Visit | None = None
    last_key: OrderKey | None = None

    @property
    def status(self) -> Status:
        """What has become of the packet."""
        if self.ending is not None:
            return Status(self.ending)
        if self.lost:
            return Status.LOST
        if not self.edition:
            return Status.UNREGISTERED
        return Status.RENDERED if self.rendered_at is not None else Status.ON_THE_WAY

    @property
    def parties(self) -> Parties:
        """The packet's two organisations."""
        return Parties(self.accepting, self.deciding)

    @property
    def position(self) -> Position:
        """Where on its route the packet is."""
        return Position(self.stage, self.accepted, self.last_act)


def is_late(progress: Progress, event: Packet.Event) -> bool:
    """Tell whether the event changes what came before it, so that the timeline starts anew."""
    if isinstance(event, Packet.ScanVoided | Packet.ScanSettled):
        return True
    return progress.last_key is not None and order_key(event) <= progress.last_key


def in_doubt(event: Packet.Event) -> bool:
    """Tell whether the event is a scan that waits to be settled."""
    return isinstance(event, Packet.Scanned) and event.doubt is not None


@dataclass(slots=True)
class Timeline:
    """A packet's whole history in order, and what deviated at which entry."""

    progress: Progress
    entries: list[Packet.Event] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    notes: dict[str, tuple[Deviation, ...]] = field(default_factory=dict)
    doubted: list[Packet.Scanned] = field(default_factory=list)
    voided: set[str] = field(default_factory=set)


class Editions(Protocol):
    """What the timeline needs of the regulations: an edition by its id."""

    def edition(self, edition_id: str) -> Edition:
        """Return the edition. Raises KeyError if its file is gone."""


def timeline_of(events: Iterable[Packet.Event], editions: Editions) -> Timeline:
    """Work out the whole timeline of one packet from all its events, in any order."""
    arranged = arrange(list(events))
    visits: dict[int, Visit] = {}
    for event in arranged.entries:
        steps = advance(arranged.progress, event, editions)
        for visit in steps.visits:
            visits[visit.seq] = visit
        if steps.deviations:
            arranged.notes[event.ref] = steps.deviations
    arranged.visits = [visits[seq] for seq in sorted(visits)]
    return arranged


def arrange(events: list[Packet.Event]) -> Timeline:
    """Sort the events and take out what moves nothing: doubts, dismissed and voided scans."""
    ordered = sorted(events, key=order_key)
    timeline = Timeline(Progress())
    settled = {e.scan: e for e in ordered if isinstance(e, Packet.ScanSettled)}
    scans = {e.ref: e for e in ordered if isinstance(e, Packet.Scanned)}
    for event in ordered:
        if isinstance(event, Packet.ScanVoided):
            scan = scans.get(event.scan)
            if scan is not None and why_void_fails(scan, event, events) is None:
                timeline.voided.add(event.scan)
            else:
                timeline.notes[event.ref] = (Deviation.VOID_OVERRULED,)
    for event in ordered:
        if isinstance(event, Packet.Scanned):
            _admit(timeline, event, settled.get(event.ref))
        elif not isinstance(event, Packet.ScanVoided | Packet.ScanSettled):
            timeline.entries.append(event)
    timeline.entries.sort(key=order_key)
    return timeline


def _admit(timeline: Timeline, scan: Packet.Scanned, settled: Packet.ScanSettled | None) -> None:
    if scan.ref in timeline.voided:
        return
    if settled is not None:
        if settled.settlement == "apply":
            timeline.entries.append(_corrected(scan, settled))
    elif scan.doubt is not None:
        timeline.doubted.append(scan)
    else:
        timeline.entries.append(scan)


def _corrected(scan: Packet.Scanned, settled: Packet.ScanSettled) -> Packet.Scanned:
    return replace(
        scan,
        place=settled.to_place or scan.place,
        happened_at=settled.scanned_at or scan.happened_at,
        doubt=None,
    )


@dataclass(slots=True)
class Steps:
    """What one event changed: the visits it closed or opened, and how it deviated."""

    visits: list[Visit] = field(default_factory=list)
    deviations: tuple[Deviation, ...] = ()


def advance(progress: Progress, event: Packet.Event, editions: Editions) -> Steps:
    """Move by the next event in order; the progress changes in place."""
    walk = _Walk(progress, event, editions)
    progress.last_key = order_key(event)
    if isinstance(event, Packet.Scanned):
        walk.scanned()
    elif isinstance(event, Packet.Registered):
        walk.registered(event)
    elif event.kind is not None:
        walk.acted(event)
    walk.write_deviations()
    return walk.steps


class _Walk:
    """One event at work on a packet's progress."""

    def __init__(self, progress: Progress, event: Packet.Event, editions: Editions) -> None:
        self.progress = progress
        self.event = event
        self.at = event.happened_at
        self.steps = Steps()
        self.editions = editions
        self.begun: Visit | None = None

    # --- what the events mean -------------------------------------------------------------

    def registered(self, event: Packet.Registered) -> None:
        progress = self.progress
        progress.edition = event.edition
        progress.accepting = place_organisation(event.place)
        progress.deciding = event.decided_by
        progress.accepted_at = event.began_at
        progress.stage = -1
        self._take_custody(verified=True)
        edition = self._edition()
        self._open(VisitKind.STAGE, 0, entered_at=event.began_at)
        ending = route.ending_by_act(edition.stages[0], ActKind.REGISTERED)
        if ending is not None:
            self._end_stage(ActKind.REGISTERED.value, edition.next_after(0, ending))

    def scanned(self) -> None:
        progress = self.progress
        if not self._alive():
            return self._aside()
        if progress.lost:
            self._deviate(Deviation.FOUND)
            progress.lost = False
        elif progress.place == self.event.place and progress.open is not None:
            return self._stay()
        found = route.of_scan(
            self._edition(), progress.parties, progress.position, self.event.place
        )
        self._deviate(*found.deviations)
        if found.stage is None:
            self._go_astray()
        elif found.stage == progress.stage and progress.accepted and self._in_stage():
            self._stay()
        else:
            self._begin(found.stage)
        return None

    def acted(self, event: Packet.Event) -> None:
        if getattr(event, "claimed_at", None) is not None:
            self._deviate(Deviation.CLOCK_AHEAD)
        self._remember(event)
        if event.kind is ActKind.LOST:
            self._lose()
        elif event.kind is ActKind.FOUND:
            self._find()
        elif event.kind is not ActKind.RELABELLED:
            self._act_on_route(event)

    # --- acts ------------------------------------------------------------------------------

    def _act_on_route(self, event: Packet.Event) -> None:
        progress, kind = self.progress, event.kind
        if not self._alive():
            return self._aside()
        assert kind is not None  # noqa: S101  for mypy: only acts come here
        if kind in _ENDINGS:
            return self._close(event, kind)
        found = route.of_act(
            self._edition(), progress.parties, progress.position, kind, event.place
        )
        self._deviate(*found.deviations)
        if found.stage is not None:
            self._end_by_act(found.stage, kind)
        return None

    def _end_by_act(self, stage: int, kind: ActKind) -> None:
        edition = self._edition()
        if stage != self.progress.stage or not self.progress.accepted or not self._in_stage():
            self._begin(stage, verified=False)
        if kind in _DECISIONS:
            self.progress.last_act = kind.value
        ending = route.ending_by_act(edition.stages[stage], kind)
        assert ending is not None  # noqa: S101  route.of_act found it
        self._end_stage(kind.value, edition.next_after(stage, ending))

    def _close(self, event: Packet.Event, kind: ActKind) -> None:
        """Issue, hand back or withdraw: whatever the stage, the packet's way is over."""
        progress = self.progress
        found = route.of_act(
            self._edition(), progress.parties, progress.position, kind, event.place
        )
        if kind is ActKind.HANDED_BACK and progress.rendered_at is None:
            self._deviate(Deviation.OUT_OF_TURN)
        if kind is ActKind.ISSUED:
            self._deviate(*found.deviations)
            if found.stage is not None and (found.stage != progress.stage or not self._in_stage()):
                self._begin(found.stage, verified=False)
            self._start_clock_of_issue(event)
            progress.rendered_at = progress.rendered_at or self.at
        self._take_custody(verified=False)
        self._leave(kind.value)
        progress.stage = len(self._edition().stages)
        progress.ending = _ENDINGS[kind].value
        progress.closed_at = self.at

    def _start_clock_of_issue(self, event: Packet.Event) -> None:
        """The clock of giving out runs from the applicant's coming; when posted, from receipt."""
        visit = self.progress.open
        if visit is None or visit.clock_from is not None or not isinstance(event, Packet.Issued):
            return
        visit.clock_from = visit.entered_at if event.handing == "posted" else event.began_at

    def _remember(self, event: Packet.Event) -> None:
        if isinstance(event, Packet.ResolutionWritten):
            self.progress.executor = event.executor
        elif isinstance(event, Packet.NoticeDrafted):
            self.progress.outcome = event.outcome

    def _lose(self) -> None:
        if not self._alive() or self.progress.lost:
            self._deviate(Deviation.OUT_OF_TURN)
            return
        self._leave("lost")
        self.progress.lost = True
        self._open(VisitKind.LOST, self.progress.stage, entered_at=self.at, holder=False)

    def _find(self) -> None:
        """Found: as if scanned at the finder's place."""
        if self.progress.lost:
            self.scanned()
        else:
            self._deviate(Deviation.OUT_OF_TURN)

    # --- moves -----------------------------------------------------------------------------

    def _begin(self, stage: int, *, verified: bool = True) -> None:
        self._take_custody(verified=verified)
        self._leave(ENDED_BY_SCAN)
        self._open(VisitKind.STAGE, stage, entered_at=self.at)
        begun = self._edition().stages[stage]
        if begun.renders and self.progress.rendered_at is None:
            self.progress.rendered_at = self.at
        self._check_executor(begun)

    def _end_stage(self, ended_by: str, following: int) -> None:
        """Close the stage by an act and open the next: at once, or as a hand-over."""
        progress, stages = self.progress, self._edition().stages
        ended = stages[progress.stage]
        self._take_custody(verified=progress.verified and progress.place == self.event.place)
        self._leave(ended_by)
        if following >= len(stages):
            progress.stage = following
        elif route.same_hands(ended, stages[following]):
            self._open(VisitKind.STAGE, following, entered_at=self.at)
        else:
            self._open(VisitKind.HANDOVER, following, entered_at=self.at)

    def _go_astray(self) -> None:
        self._take_custody(verified=True)
        self._leave(ENDED_BY_SCAN)
        self._open(VisitKind.ASTRAY, self.progress.stage, entered_at=self.at)

    def _stay(self) -> None:
        """Scanned again in the same stage: perhaps at another window or by another executor."""
        progress, visit = self.progress, self.progress.open
        self._take_custody(verified=True)
        if visit is not None:
            visit.place, visit.person = self.event.place, self.event.person
            self._touch(visit)
        if self._in_stage():
            self._check_executor(self._edition().stages[progress.stage])

    def _aside(self) -> None:
        """Outside the packet's life: the paper is there, no stage begins, the fact is kept."""
        registered = bool(self.progress.edition)
        self._deviate(Deviation.AFTER_THE_END if registered else Deviation.BEFORE_REGISTRATION)
        self._take_custody(verified=isinstance(self.event, Packet.Scanned))
        visit = self._visit(VisitKind.ASTRAY, "", 0, self.at)
        visit.left_at, visit.ended_by = self.at, ENDED_BY_SCAN
        self._touch(visit)

    def _check_executor(self, stage: Stage) -> None:
        named = self.progress.executor
        if stage.holder is Role.EXECUTOR and named is not None and named != self.event.person:
            self._deviate(Deviation.OTHER_EXECUTOR)

    # --- the visits -------------------------------------------------------------------------

    def _open(
        self, kind: VisitKind, stage: int, *, entered_at: datetime, holder: bool = True
    ) -> None:
        progress, stages = self.progress, self._edition().stages
        begins = kind is VisitKind.STAGE
        known = stages[stage] if stage < len(stages) else None
        key = known.key if known is not None else ""
        if begins:
            progress.loops[key] = progress.loops.get(key, 0) + 1
        loop = progress.loops.get(key, 0) + (1 if kind is VisitKind.HANDOVER else 0)
        visit = self._visit(kind, key, loop, entered_at)
        if begins and known is not None and known.waits_for_applicant:
            visit.clock_from = None
        if not holder and progress.place is not None and progress.person is not None:
            visit.place, visit.person = progress.place, progress.person
        if begins or kind is VisitKind.HANDOVER:
            progress.stage, progress.accepted = stage, begins
        progress.open = visit
        self._touch(visit)

    def _visit(self, kind: VisitKind, key: str, loop: int, entered_at: datetime) -> Visit:
        progress, event = self.progress, self.event
        visit = Visit(
            seq=progress.visits,
            kind=kind.value,
            stage=key,
            loop=loop,
            place=event.place,
            person=event.person,
            entered_at=entered_at,
            clock_from=entered_at,
        )
        progress.visits += 1
        self.begun = self.begun or visit
        return visit

    def _leave(self, ended_by: str) -> None:
        visit = self.progress.open
        if visit is not None:
            visit.left_at, visit.ended_by = self.at, ended_by
            self._touch(visit)
            self.progress.open = None

    def _touch(self, visit: Visit) -> None:
        if not any(touched is visit for touched in self.steps.visits):
            self.steps.visits.append(visit)

    def write_deviations(self) -> None:
        """Write this event's deviations into the first visit that it began, else the open one."""
        deviations = tuple(dict.fromkeys(d.value for d in self.steps.deviations))
        if not deviations:
            return
        self.progress.deviating += 1
        visit = self.begun or self.progress.open
        if visit is not None:
            visit.deviations += tuple(d for d in deviations if d not in visit.deviations)
            self._touch(visit)

    # --- who holds the packet ---------------------------------------------------------------

    def _take_custody(self, *, verified: bool) -> None:
        progress, event = self.progress, self.event
        if progress.place != event.place or progress.person != event.person:
            progress.since = self.at
        progress.place, progress.person, progress.verified = event.place, event.person, verified

    def _deviate(self, *deviations: Deviation) -> None:
        self.steps.deviations += deviations

    def _alive(self) -> bool:
        return bool(self.progress.edition) and self.progress.ending is None

    def _in_stage(self) -> bool:
        visit = self.progress.open
        return visit is not None and visit.kind == VisitKind.STAGE.value

    def _edition(self) -> Edition:
        return self.editions.edition(self.progress.edition)


_ENDINGS = {
    ActKind.ISSUED: Status.ISSUED,
    ActKind.HANDED_BACK: Status.HANDED_BACK,
    ActKind.WITHDRAWN: Status.WITHDRAWN,
}
_DECISIONS = frozenset({ActKind.SIGNED, ActKind.RETURNED})
