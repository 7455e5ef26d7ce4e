"""The legal clock as a ledger: every second of a packet's life has a label, a holder and a norm.

The time from handing in to giving out is cut where the holder, the stage, the office's hours or the
state of the norm changes [002 §7; 003 annexes 3, 4 and 7]. Figures of a stage are sums of these
lines, so that whoever is audited can be shown why fifteen minutes became forty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

import msgspec

from domain.acts import ActKind
from domain.clocks import Clocks
from domain.norms import Due, NormUnit
from domain.numbers import PlaceCode, place_organisation
from domain.packet import Packet
from domain.pauses import Stood, spans_within, working_time
from domain.progress import Visit, VisitKind
from domain.regulations.edition import Edition, NormText, Stage
from domain.stretches import Hours, Stretch, stretches
from domain.timeline import Timeline

Span = tuple[datetime, datetime]
_NOTHING = timedelta(0)


class Label(StrEnum):
    """What a stretch of a packet's time is."""

    RUNNING = "running"  # working time against the holder's norm
    OVERDUE = "overdue"  # working time after the norm has run out
    NO_NORM = "no-norm"  # working time in a stage for which the sources give no norm
    RETURNED = "returned"  # the head returned the notice; it is being completed
    WAITING_RUN = "waiting-run"  # in a bag, which waits for the courier's next run
    WAITING_APPLICANT = "waiting-applicant"
    PAUSED = "paused"  # by an act, on a ground of the edition
    HANDOVER = "handover"  # the giver has ended, the receiver has not accepted: nobody's norm
    ASTRAY = "astray"
    LOST = "lost"
    BREAK = "break"
    OUTSIDE_HOURS = "outside-hours"
    DAY_OFF = "day-off"
    HOLIDAY = "holiday"


CLOSED_LABELS = {
    Hours.BREAK: Label.BREAK,
    Hours.OUTSIDE: Label.OUTSIDE_HOURS,
    Hours.DAY_OFF: Label.DAY_OFF,
    Hours.HOLIDAY: Label.HOLIDAY,
}
LABEL_OF_KIND = {
    VisitKind.HANDOVER.value: Label.HANDOVER,
    VisitKind.ASTRAY.value: Label.ASTRAY,
    VisitKind.LOST.value: Label.LOST,
}
OF_CALENDAR = frozenset({NormUnit.CALENDAR_DAY, NormUnit.CALENDAR_MONTH})


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of one packet's time; `since` is inside, `until` is not. UTC.

    `seq` is the stay's, `stage` its key (of a hand-over: the stage it leads to). `source` is the
    paragraph that gives the norm or the stage; of time that was stopped by an act the paragraph of
    the ground. `ground` is that one's key, `stopped_by` who stopped it. `counts`: the stretch uses
    the norm's budget up, or exceeds it; a norm in calendar days is used up at night as well.
    """

    since: datetime
    until: datetime
    label: Label
    counts: bool
    seq: int
    stage: str
    loop: int
    place: PlaceCode
    person: int
    source: str | None
    ground: str | None = None
    stopped_by: int | None = None

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class StageClock:
    """A stay against its norm: what was allowed and what is used, by the norm's own counting.

    `budget` is the time from `since` to the due instant that counts, `consumed` the time that has
    counted since then. `since` None: the clock does not run yet. `stands`: what has stopped
    it and stops it still; `budget` is then as if it ran again now, and `due_at` None unless the
    pause ends by itself.
    """

    seq: int
    stage: str
    loop: int
    norm: NormText
    source: str
    since: datetime | None
    due_at: datetime | None
    budget: timedelta | None
    consumed: timedelta
    open: bool
    stands: Stood | None = None

    @property
    def over(self) -> timedelta:
        """How much more than the budget is used; 0 within it."""
        return _NOTHING if self.budget is None else max(_NOTHING, self.consumed - self.budget)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All lines of a packet's time in order, without a gap, and the clocks of its stages."""

    lines: tuple[Line, ...]
    clocks: tuple[StageClock, ...]

    def of_stay(self, seq: int) -> tuple[Line, ...]:
        """Return the lines of one stay."""
        return tuple(line for line in self.lines if line.seq == seq)


def sums(lines: Iterable[Line]) -> dict[Label, timedelta]:
    """Add the lines up by label; the labels in the order of their first line."""
    found: dict[Label, timedelta] = {}
    for line in lines:
        found[line.label] = found.get(line.label, _NOTHING) + line.length
    return found


def ledger_of(
    timeline: Timeline,
    edition: Edition,
    clocks: Clocks,
    now: datetime,
    norms: Edition | None = None,
) -> Ledger:
    """Label a registered packet's time from the handing-in to the end of its way, or to now (UTC).

    `norms`: another edition, by whose norms the same history is scored; a stage that it does not
    know has none. Raises OutsideCalendarError, UnknownOrganisationError.
    """
    lines: list[Line] = []
    stage_clocks: list[StageClock] = []
    packed = _packed(timeline.entries)
    for visit, completing in _stays(timeline.visits):
        stay = _Stay(visit, _stage_of(visit, edition, norms), clocks, now, packed, completing)
        own, clock = stay.told()
        lines += own
        if clock is not None:
            stage_clocks.append(clock)
    return Ledger(tuple(lines), tuple(stage_clocks))


def ledger_of_stay(visit: Visit, stage: Stage, clocks: Clocks, now: datetime) -> Ledger:
    """Label the time of one stay in a stage, apart from what else befell its packet.

    Raises OutsideCalendarError, UnknownOrganisationError.
    """
    lines, clock = _Stay(visit, stage, clocks, now).told()
    return Ledger(tuple(lines), () if clock is None else (clock,))


def _packed(entries: Iterable[Packet.Event]) -> tuple[Span, ...]:
    """Return from when to when the packet lay in bags, as long as nobody else had taken it."""
    spans: list[Span] = []
    begun: datetime | None = None
    for event in entries:
        if begun is not None and not isinstance(event, Packet.PutIntoBag):
            spans.append((begun, event.happened_at))
            begun = None
        elif isinstance(event, Packet.PutIntoBag) and begun is None:
            begun = event.happened_at
    return (*spans, *([(begun, datetime.max.replace(tzinfo=UTC))] if begun else ()))


def _stays(visits: Sequence[Visit]) -> Iterator[tuple[Visit, bool]]:
    """List the stays that lasted, each with whether a returned notice is being completed in it."""
    completing = False
    for visit in visits:
        yield visit, completing
        if visit.ended_by == ActKind.RETURNED.value:
            completing = True
        elif visit.ended_by == ActKind.SIGNED.value:
            completing = False


class _Stay:
    """One stay, with what its lines share."""

    def __init__(
        self,
        visit: Visit,
        stage: Stage | None,
        clocks: Clocks,
        now: datetime,
        packed: tuple[Span, ...] = (),
        completing: bool = False,  # noqa: FBT001, FBT002  handed on
    ) -> None:
        self._packed = packed
        self._visit = visit
        self._ends = visit.left_at or max(now, visit.entered_at)
        self._calendar = clocks.calendar(place_organisation(visit.place))
        self._stage = stage
        self._completing = completing
        self._raw = clocks.stood(visit, stage) if visit.pauses else ()
        self._stood = clocks.stood(visit, stage, self._ends) if visit.pauses else ()
        self._due_at = self._due = _at(clocks.stage_due(visit, stage, self._raw))
        if visit.standing is not None:  # as if the clock ran again now
            self._due = _at(clocks.stage_due(visit, stage, self._stood))

    def told(self) -> tuple[list[Line], StageClock | None]:
        """Return the lines of the stay, and its clock if there is a norm."""
        lines = list(self.lines())
        return lines, self.clock(lines)

    def lines(self) -> Iterator[Line]:
        """Cut the stay at opening and closing, and where its norm begins to run and runs out."""
        for since, until in self._parts():
            for stretch in stretches(self._calendar, since, until):
                yield self._line(stretch)

    def clock(self, lines: Iterable[Line]) -> StageClock | None:
        """Return the clock of the stage's norm; None where there is no norm."""
        stage, visit = self._stage, self._visit
        if stage is None or stage.norm is None:
            return None
        return StageClock(
            visit.seq,
            visit.stage,
            visit.loop,
            stage.norm,
            stage.norm_source or stage.source,
            visit.clock_from,
            self._due_at,
            self._budget(stage.norm),
            sum((line.length for line in lines if line.counts), _NOTHING),
            visit.left_at is None,
            self._stands(),
        )

    def _stands(self) -> Stood | None:
        last = self._raw[-1] if self._raw and self._visit.standing else None
        still = last is not None and (last.until is None or last.until > self._ends)
        return last if still else None

    def _budget(self, norm: NormText) -> timedelta | None:
        since = self._visit.clock_from
        if since is None or self._due is None:
            return None
        spans = spans_within(self._stood, since, max(since, self._due))
        if norm.unit in OF_CALENDAR:
            return self._due - since - sum((to - at for at, to in spans), _NOTHING)
        return self._calendar.working_time(since, self._due) - working_time(self._calendar, spans)

    def _parts(self) -> Iterator[tuple[datetime, datetime]]:
        begins, ends = self._visit.entered_at, self._ends
        turns = [self._visit.clock_from, self._due, *(at for span in self._packed for at in span)]
        turns += [at for each in self._stood for at in (each.since, each.until)]
        inside = {at for at in turns if at is not None and begins < at < ends}
        edges = [begins, *sorted(inside), ends]
        return (pair for pair in pairwise(edges) if pair[0] < pair[1])

    def _line(self, stretch: Stretch) -> Line:
        visit, stopped = self._visit, self._stopped(stretch.since)
        closed = CLOSED_LABELS.get(stretch.hours)
        by = None if closed else stopped
        return Line(
            stretch.since,
            stretch.until,
            closed or (Label(by.ground.kind.value) if by else self._working(stretch.since)),
            stopped is None and self._counts(stretch),
            visit.seq,
            visit.stage,
            visit.loop,
            visit.place,
            visit.person,
            by.ground.source if by else self._source(),
            by.ground.key if by else None,
            by.pause.person if by else None,
        )

    def _stopped(self, at: datetime) -> Stood | None:
        """Return what stopped the clock at an instant."""
        found = (each for each in self._stood if each.until is None or at < each.until)
        return next((each for each in found if each.since <= at), None)

    def _source(self) -> str | None:
        stage = self._stage
        return None if stage is None else stage.norm_source or stage.source

    def _counts(self, stretch: Stretch) -> bool:
        stage, since = self._stage, self._visit.clock_from
        if stage is None or stage.norm is None or since is None or stretch.since < since:
            return False
        return stretch.hours is Hours.WORKING or stage.norm.unit in OF_CALENDAR

    def _working(self, at: datetime) -> Label:
        """Return what working time that begins at this instant is."""
        visit, stage = self._visit, self._stage
        if stage is None:
            return LABEL_OF_KIND[visit.kind]
        if visit.clock_from is None or at < visit.clock_from:
            return Label.WAITING_APPLICANT
        if self._due is not None and at >= self._due:
            return Label.OVERDUE
        if self._completing:
            return Label.RETURNED
        if any(since <= at < until for since, until in self._packed):
            return Label.WAITING_RUN
        return Label.NO_NORM if stage.norm is None else Label.RUNNING


def _at(due: Due | None) -> datetime | None:
    return None if due is None else due.at


def _stage_of(visit: Visit, edition: Edition, norms: Edition | None) -> Stage | None:
    if visit.kind != VisitKind.STAGE.value:
        return None
    stage = edition.stage(visit.stage)
    return stage if norms is None else under(stage, norms)


def under(stage: Stage, norms: Edition) -> Stage:
    """Return a stage with the norm and the grounds for pausing that another edition gives it.

    A stage that the other one does not know has neither. A pause on a ground that it does not give
    stops no clock there.
    """
    index = norms.index_of.get(stage.key)
    if index is None:
        return msgspec.structs.replace(stage, norm=None, norm_source=None, pauses=())
    other = norms.stages[index]
    return msgspec.structs.replace(
        stage, norm=other.norm, norm_source=other.norm_source, pauses=other.pauses
    )
