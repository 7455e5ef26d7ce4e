"""Reports of a week, a month or a quarter: services rendered, and how timely [004].

A report as known now is made from the views. One as known on a past day is worked out from what had
been recorded by the end of that day: asked for again it has the same figures, whatever came later,
as long as norms, worked days and offices' hours (`knowledge` names them) are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from domain.progress import Visit
from domain.reporting import PeriodKind, ReportPeriod
from domain.zones import zone
from infra.audit_figures import Progress, packets_as_known
from infra.bootstrap import Qolhat
from projections.figures import By, Figure, Of, RollupFilter, Span
from projections.holdings import Holdings
from projections.rollups import Rollups, SumsOfRows
from projections.turnover import Turnover, TurnoverFilter, TurnoverOfRows, TurnoverSums
from projections.visits import Visits, week_of

TREND = timedelta(weeks=12)  # of which a report shows the shares, its own weeks at the end
_A_MOMENT = timedelta(microseconds=1)
_OF_STAGES = (By.SERVICE, By.EDITION, By.KIND, By.STAGE)


@dataclass(frozen=True, slots=True)
class ReportWanted:
    """Which report is meant. Days begin and end in the zone.

    `organisations`: None means the country. `known`: only what was recorded by the end of that day;
    None, or a day that is not over, means now.
    """

    period: ReportPeriod
    organisations: Collection[int] | None = None
    known: date | None = None
    zone: str = "Asia/Almaty"


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `known` (UTC): the last instant whose records are in it.

    `settled`: that instant is past, so that the figures do not change any more. `stages` are told
    apart by service, edition, kind and stage; `trend` by week, the last ones of the period at the
    end; `knowledge` names the norms, worked days and hours they were worked out by.
    """

    wanted: ReportWanted
    known: datetime
    settled: bool
    knowledge: str
    services: list[Turnover]
    stages: list[Figure]
    deviations: list[tuple[Of, str, int]]
    trend: list[Figure]


@dataclass(frozen=True, slots=True)
class _Filters:
    """What is asked of packets and of stays."""

    packets: TurnoverFilter
    stays: RollupFilter
    trend: RollupFilter


def report_of(qolhat: Qolhat, wanted: ReportWanted, progress: Progress | None = None) -> Report:
    """Make a report.

    As known on a past day it takes as long as reading everything; `progress` is told how far it is.
    Raises StorageError.
    """
    now = qolhat.now()
    ends = now if wanted.known is None else _midnight(wanted.known, 1, wanted.zone) - _A_MOMENT
    if ends < now:
        return _as_known(qolhat, wanted, ends, progress)
    return _now(qolhat, wanted, now)


def _filters(wanted: ReportWanted) -> _Filters:
    """Say what is counted; what is open is so at the end of the period, or when it was known."""
    period, mine = wanted.period, wanted.organisations
    span = Span.WEEK if period.kind is PeriodKind.WEEK else Span.MONTH
    stays = RollupFilter(span, mine, since=period.first, until=period.until)
    last = week_of(period.last) + timedelta(weeks=1)
    first = min(last - TREND, week_of(period.first))
    return _Filters(
        TurnoverFilter(period.first, period.until, mine),
        stays,
        replace(stays, span=Span.WEEK, since=first, until=last),
    )


def _now(qolhat: Qolhat, wanted: ReportWanted, now: datetime) -> Report:
    filters = _filters(wanted)
    with qolhat.views.reading() as reading:
        rollups, connection = reading.view(Rollups), reading.connection
        return Report(
            wanted,
            now,
            settled=False,
            knowledge=qolhat.views.knowledge.version,
            services=reading.view(TurnoverSums).turnover(connection, filters.packets),
            stages=rollups.figures(connection, filters.stays, _OF_STAGES),
            deviations=rollups.deviations_of(connection, filters.stays),
            trend=rollups.figures(connection, filters.trend, (By.PERIOD,), buckets=False),
        )


def _as_known(
    qolhat: Qolhat, wanted: ReportWanted, known: datetime, progress: Progress | None
) -> Report:
    filters, knowledge = _filters(wanted), qolhat.views.knowledge
    holdings, visits = Holdings(1, knowledge), Visits(1, knowledge)
    packets, stays = TurnoverOfRows(filters.packets), SumsOfRows(filters.stays, _OF_STAGES)
    everything, trend = SumsOfRows(filters.stays), SumsOfRows(filters.trend, (By.PERIOD,))
    ended = _ended_in(filters)
    for change in packets_as_known(qolhat.log, knowledge, known, progress):
        packets.take(holdings.row_of(change))
        change.visits = {seq: each for seq, each in change.visits.items() if ended(each)}
        for row in visits.rows_of(change):
            for sums in (stays, everything, trend):
                sums.take(row)
    return Report(
        wanted,
        known,
        settled=True,
        knowledge=knowledge.version,
        services=packets.found(),
        stages=stays.figures(),
        deviations=everything.deviations(),
        trend=[_without_lengths(each) for each in trend.figures()],
    )


def _ended_in(filters: _Filters) -> Callable[[Visit], bool]:
    """Tell of which stays it need not be worked out how long they lasted: of by far the most.

    Whatever ended in the weeks and months is in, by the clock of any zone.
    """
    spans = (filters.stays, filters.trend)
    since = min(each.since for each in spans if each.since)
    until = max(each.until for each in spans if each.until)
    begins, ends = _midnight(since, -1, "UTC"), _midnight(until, 1, "UTC")
    return lambda visit: visit.left_at is not None and begins <= visit.left_at < ends


def _without_lengths(figure: Figure) -> Figure:
    """Leave the buckets away, as the roll-ups do where nobody asks how long stays lasted."""
    return replace(figure, buckets={})


def _midnight(day: date, later: int, zone_name: str) -> datetime:
    """Return the instant at which a day, or one so many days later, begins."""
    begins = datetime.combine(day + timedelta(days=later), time(), zone(zone_name))
    return begins.astimezone(UTC)
