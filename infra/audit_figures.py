"""Figures for an audit beyond the roll-ups: as known on a past day, and who will be late next.

The roll-ups show what is known now. What was known on a day is worked out from the events that had
been recorded by then, packet by packet: it takes longer, and gives the same whenever it is asked,
as long as worked days, norms and offices' hours are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from domain.numbers import PacketNumber
from domain.packet import EVENTS as PACKET_EVENTS
from domain.packet import Packet
from domain.progress import VisitKind
from domain.sketch import Tail, bucket_of
from domain.streams import number_of
from domain.timeline import timeline_of
from infra.store.log import EventLog
from infra.store.mapper import read_event
from infra.store.rows import FIRST_STREAM, LAST_STREAM, LAST_VERSION, EventRow
from infra.views.group import Reading
from projections.figures import ALL_SUMS, By, Figure, Of, RollupFilter, Span
from projections.open_stays import OpenStays, RunningOut
from projections.rollups import Rollups, Stage, SumsOfRows, figures_of
from projections.view import Knowledge, PacketChange
from projections.visits import VisitRow, Visits

_PAGE = 5_000  # events
_PAST = timedelta(days=366)  # of a stage, that tells how long stays last
_A_MONTH = timedelta(days=32)  # at most
_CANDIDATES = 500  # open stays that are compared
_stream = itemgetter(1)
Progress = Callable[[int, int], None]


def figures_as_known(
    log: EventLog,
    knowledge: Knowledge,
    known: datetime,
    which: RollupFilter = ALL_SUMS,
    by: Iterable[By] = (),
) -> list[Figure]:
    """Return the figures as `Rollups.figures` would have shown them at an instant (UTC).

    Raises StorageError, and what an event that cannot be read leads to.
    """
    return figures_of(stays_as_known(log, knowledge, known), which, by)


def stays_as_known(
    log: EventLog, knowledge: Knowledge, known: datetime
) -> Iterator[dict[str, Any]]:
    """List the rows of the view of visits as the events recorded until an instant make them."""
    visits = Visits(1, knowledge)
    for change in packets_as_known(log, knowledge, known):
        yield from visits.rows_of(change)


def packets_as_known(
    log: EventLog, knowledge: Knowledge, known: datetime, progress: Progress | None = None
) -> Iterator[PacketChange]:
    """List what the events recorded until an instant (UTC) make of each packet, and all its stays.

    `progress` is told how many events are read, of how many. Raises StorageError, and what an
    event that cannot be read leads to.
    """
    for _, rows in groupby(_by_stream(log, progress), key=_stream):
        events: list[Packet.Event] = []
        for _, stream, *stored in rows:
            if stored[1] in PACKET_EVENTS:
                event = read_event(stream, *stored)
                if event.timestamp <= known:
                    events.append(event)
        if events:
            timeline = timeline_of(events, knowledge.regulations)
            stays = {visit.seq: visit for visit in timeline.visits}
            yield PacketChange(PacketNumber(number_of(stream)), timeline.progress, stays)


def _by_stream(log: EventLog, progress: Progress | None = None) -> Iterator[EventRow]:
    until, place, read = log.rows.last_position(), (FIRST_STREAM, LAST_VERSION), 0
    while page := log.rows.rows_by_stream(place, LAST_STREAM, until, _PAGE):
        yield from page
        place, read = (page[-1][1], page[-1][2]), read + len(page)
        if progress is not None:
            progress(min(read, until), until)


@dataclass(frozen=True, slots=True)
class AtRisk:
    """An open stay that may end late.

    `used` of its `budget` of working time is used up. Of the past stays in this stage that had
    lasted as long, `comparable` in number, the share `chance` lasted longer than the budget.
    """

    stay: VisitRow
    used: timedelta
    budget: timedelta
    chance: float
    comparable: int


def late_next(
    reading: Reading,
    knowledge: Knowledge,
    now: datetime,
    organisations: Collection[int] | None = None,
    limit: int = 50,
) -> list[AtRisk]:
    """Rank the open stays whose norm runs out next by their stage's own past, the likeliest first.

    Those without a past to compare with are left out.
    """
    connection, stays = reading.connection, OpenStays(reading.view(Visits))
    running = stays.next_due(connection, now, organisations, _CANDIDATES)
    timed = [(stay, _times(knowledge, stay, now)) for stay in running]
    past = _past(reading, now.date(), timed)
    compared = [_risk(stay, times, past) for stay, times in timed]
    found = [risk for risk in compared if risk is not None]
    found.sort(key=lambda risk: (-risk.chance, risk.stay.due_at, risk.stay.number, risk.stay.seq))
    rows = stays.rows_of(connection, {risk.stay.number for risk in found[:limit]})
    keyed = (((risk.stay.number, risk.stay.seq), risk) for risk in found[:limit])
    return [risk.told_of(rows[key]) for key, risk in keyed if key in rows]  # not ended meanwhile


class _Times(NamedTuple):
    """How much working time of a norm is used up, of how much."""

    used: timedelta
    budget: timedelta


def _times(knowledge: Knowledge, stay: RunningOut, now: datetime) -> _Times:
    working_time = knowledge.clocks.calendar(stay.organisation).working_time
    return _Times(working_time(stay.since, now), working_time(stay.since, stay.due_at))


def _stage(stay: RunningOut) -> Stage:
    return stay.service or "", stay.edition or "", stay.stage


def _past(
    reading: Reading, day: date, timed: Iterable[tuple[RunningOut, _Times]]
) -> dict[Stage, Tail]:
    """Return how long stays lasted that lasted as long as one of these; no others are compared."""
    after: dict[Stage, int] = {}
    for stay, times in timed:
        bucket = bucket_of(times.used)
        after[_stage(stay)] = min(bucket, after.get(_stage(stay), bucket))
    kind, ends = VisitKind.STAGE.value, day + _A_MONTH  # it may have begun elsewhere
    which = RollupFilter(Span.MONTH, kind=kind, since=day - _PAST, until=ends)
    tails = reading.view(Rollups).tails(reading.connection, which, after)
    return {stage: Tail(buckets) for stage, buckets in tails.items()}


class _Risk(NamedTuple):
    """How likely an open stay ends late, before all is known of it that is shown."""

    stay: RunningOut
    times: _Times
    chance: float
    comparable: int

    def told_of(self, stay: VisitRow) -> AtRisk:
        """Return the same of the whole stay."""
        return AtRisk(stay, *self.times, self.chance, self.comparable)


def _risk(stay: RunningOut, times: _Times, past: Mapping[Stage, Tail]) -> _Risk | None:
    tail = past.get(_stage(stay))
    comparable = tail.longer_than(times.used) if tail is not None else 0
    if tail is None or not comparable:
        return None
    return _Risk(stay, times, tail.longer_than(times.budget) / comparable, comparable)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page of an audit shows: the stages, hand-overs among them, and the trend.

    `fine`: it is known of all stages how long stays lasted; of very many it is only of the one in
    `lengths`, the busiest or the one that is compared. `compared`: the figures of that stage told
    apart, if that was asked for, the worst first, of `others` more only their number.
    """

    stages: list[Figure]
    trend: list[Figure]
    deviations: list[tuple[Of, str, int]]
    compared: list[Figure]
    others: int = 0
    fine: bool = True
    lengths: Figure | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which stage of which edition is told apart: by organisation, or by person in these.

    `most`: only so many of them, the worst; None: all.
    """

    edition: str
    stage: str
    by: By
    most: int | None = None

    def within(self, which: RollupFilter) -> RollupFilter:
        """Return the filter of its stays: the same service, the same norm."""
        kind = VisitKind.STAGE.value
        return replace(which, edition=self.edition, stage=self.stage, kind=kind)

    @property
    def told(self) -> tuple[By, ...]:
        """By what it tells the figures apart."""
        return By.ORGANISATION, self.by


def worst_first(figures: Iterable[Figure]) -> list[Figure]:
    """Order by the share in time that the figures leave possible: few stays tell little.

    Those of which nothing could be judged come last, the longest first.
    """
    return sorted(figures, key=_badness)


def _badness(figure: Figure) -> tuple[float, timedelta, int, int]:
    likely, mean = figure.interval, figure.mean or timedelta(0)
    high = 2.0 if likely is None else likely.high
    return high, -mean, figure.of.organisation or 0, figure.of.person or 0


_OF_STAGES = (By.SERVICE, By.EDITION, By.KIND, By.STAGE)
_FINE = 3  # editions: one service in all its ways


def _is_fine(stages: Iterable[Figure]) -> bool:
    return len({figure.of.edition for figure in stages}) <= _FINE


def _shown(stages: Iterable[Figure], compared: Comparison | None) -> Figure | None:
    """Return the stage of which it is shown how long stays lasted."""
    mine = [each for each in stages if each.of.kind == VisitKind.STAGE.value and each.of.edition]
    if compared is not None:
        wanted = compared.edition, compared.stage
        mine = [each for each in mine if (each.of.edition, each.of.stage) == wanted]
    return max(mine, key=lambda each: (each.count, each.counted), default=None)


def overview_as_known(
    log: EventLog,
    knowledge: Knowledge,
    known: datetime,
    which: RollupFilter,
    compared: Comparison | None = None,
) -> Overview:
    """Return what `overview` would have shown at an instant (UTC); as slow as reading everything.

    Raises StorageError, and what an event that cannot be read leads to.
    """
    stages, trend = SumsOfRows(which, _OF_STAGES), SumsOfRows(which, (By.PERIOD,))
    everything = SumsOfRows(which)
    one = SumsOfRows(compared.within(which), compared.told) if compared else None
    for row in stays_as_known(log, knowledge, known):
        for sums in (stages, trend, everything, *([one] if one else [])):
            sums.take(row)
    told, found = worst_first(one.figures() if one else []), stages.figures()
    most = compared.most if compared else None
    return Overview(
        found,
        trend.figures(),
        everything.deviations(),
        told[:most],
        len(told) - len(told[:most]),
        _is_fine(found),
        _shown(found, compared),
    )


def overview(reading: Reading, which: RollupFilter, compared: Comparison | None = None) -> Overview:
    """Ask for what the first page shows; the trend by the filter's weeks or months.

    How long stays lasted is by far the most to read: it is asked only of what is shown.
    """
    view, connection = reading.view(Rollups), reading.connection
    stages = view.figures(connection, which, _OF_STAGES, buckets=False)
    fine, lengths = _is_fine(stages), _shown(stages, compared)
    if fine:
        stages = view.figures(connection, which, _OF_STAGES)
        lengths = _shown(stages, compared)
    elif lengths is not None:
        of = lengths.of
        only = replace(which, service=of.service, edition=of.edition, kind=of.kind, stage=of.stage)
        (lengths,) = view.figures(connection, only, _OF_STAGES)
    meant = which if lengths is None else replace(which, service=lengths.of.service)
    told, others = _told_apart(reading, meant, compared)
    return Overview(
        stages,
        view.figures(connection, which, (By.PERIOD,), buckets=False),
        view.deviations_of(connection, which),
        told,
        others,
        fine,
        lengths,
    )


def _told_apart(
    reading: Reading, which: RollupFilter, compared: Comparison | None
) -> tuple[list[Figure], int]:
    """Return the worst, and how many others there are."""
    if compared is None:
        return [], 0
    view, connection, meant = reading.view(Rollups), reading.connection, compared.within(which)
    told = worst_first(view.figures(connection, meant, compared.told, buckets=False))
    shown = told[: compared.most]
    codes = sorted({figure.of.organisation or 0 for figure in shown})
    if len(shown) < len(told):
        meant = replace(meant, organisations=codes)
    with_lengths = view.figures(connection, meant, compared.told)
    wanted = {figure.of for figure in shown}
    return worst_first(each for each in with_lengths if each.of in wanted), len(told) - len(shown)
