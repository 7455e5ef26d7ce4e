"""Figures of stays by whatever they are told apart by, for other programs.

Organisations are compared fairly where each figure is of one stage of one edition: the same
service, the same norm (`one_norm` says so); small samples are marked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import Query

from api.http import schemas
from api.http.calls import Asking, Call
from api.http.fields import KeyField, PersonField
from api.http.media import resource
from api.http.telling import Teller
from api.periods import LOOKS_BACK, Period
from domain.norms import NormUnit
from domain.progress import VisitKind
from domain.regulations.edition import Stage
from domain.rights import Right
from domain.zones import local_day, zone
from infra.audit_figures import stays_as_known
from projections.figures import By, Figure, Of, RollupFilter, Span
from projections.rollups import Rollups, SumsOfRows

router = resource("figures")
_COUNTRY_ZONE = "Asia/Almaty"
_STAGE = VisitKind.STAGE.value
_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Found:
    known: datetime
    settled: bool
    figures: list[Figure]
    deviations: list[tuple[Of, str, int]]


@router.get("/figures", summary="What stays add up to")
def figures(
    call: Asking,
    by: Annotated[
        list[By] | None, Query(description="What they are told apart by; by stage at first.")
    ] = None,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    service: KeyField | None = None,
    edition: KeyField | None = None,
    stage: KeyField | None = None,
    kind: Annotated[VisitKind | None, Query(description="Stages, hand-overs, astray.")] = None,
    person: PersonField | None = None,
    span: Annotated[Span, Query(description="Weeks or months.")] = Span.WEEK,
    since: Annotated[date | None, Query(description="A day of the first one.")] = None,
    until: Annotated[date | None, Query(description="A day of the last one.")] = None,
    as_known_on: Annotated[
        date | None,
        Query(description="Only what was recorded by the end of that day: takes far longer."),
    ] = None,
) -> schemas.FiguresOut:
    """Figures of the stays that ended in these weeks or months, from roll-ups."""
    organisations = call.within(Right.SEE_FIGURES, organisation)
    last = until or local_day(call.qolhat.now(), _COUNTRY_ZONE)
    period = Period.of_days(span, since or last - LOOKS_BACK, last)
    which = RollupFilter(
        span,
        organisations,
        person,
        service,
        edition,
        kind.value if kind else None,
        stage,
        period.since,
        period.until,
    )
    told = tuple(by or (By.SERVICE, By.EDITION, By.KIND, By.STAGE))
    found = _found(call, which, told, as_known_on)
    return schemas.FiguresOut(
        span=span.value,
        since=period.since,
        until=period.last,
        known=found.known,
        settled=found.settled,
        one_norm=_is_one_norm(which, told),
        items=[figure_out(call.tell, _whole(which, each)) for each in found.figures],
        deviations=deviations_out(call.tell, found.deviations),
    )


def _found(call: Call, which: RollupFilter, told: tuple[By, ...], known: date | None) -> _Found:
    """Ask the roll-ups; of a past day, work out what had been recorded by then."""
    qolhat, now = call.qolhat, call.qolhat.now()
    ends = now if known is None else _end_of(known)
    if ends >= now:
        with qolhat.views.reading() as reading:
            view, connection = reading.view(Rollups), reading.connection
            found = view.figures(connection, which, told)
            return _Found(now, False, found, view.deviations_of(connection, which))  # noqa: FBT003
    sums, everything = SumsOfRows(which, told), SumsOfRows(which)
    for row in stays_as_known(qolhat.log, qolhat.views.knowledge, ends):
        sums.take(row)
        everything.take(row)
    return _Found(ends, True, sums.figures(), everything.deviations())  # noqa: FBT003


def _end_of(day: date) -> datetime:
    begins = datetime.combine(day + timedelta(days=1), time(), zone(_COUNTRY_ZONE))
    return begins.astimezone(UTC) - _A_MOMENT


def _is_one_norm(which: RollupFilter, told: tuple[By, ...]) -> bool:
    return all(
        getattr(which, each.value) is not None or each in told
        for each in (By.EDITION, By.KIND, By.STAGE)
    )


def _whole(which: RollupFilter, figure: Figure) -> Figure:
    """Let a figure say also what was filtered by."""
    also = {
        name: getattr(which, name)
        for name in ("person", "service", "edition", "kind", "stage")
        if getattr(figure.of, name) is None
    }
    figure.of = replace(figure.of, **also)
    return figure


def figure_out(tell: Teller, figure: Figure) -> schemas.FigureOut:
    """Tell a figure, and the norm of its stage if it is of one."""
    of, stage = figure.of, _stage_of(tell, figure.of)
    norm = stage.norm if stage and of.kind == _STAGE else None
    interval = figure.interval
    return schemas.FigureOut(
        period=of.period,
        organisation=tell.maybe_organisation(of.organisation),
        person=of.person,
        service=service_out(tell, of.service),
        edition=tell.edition(of.edition or None),
        kind=tell.maybe("visit", of.kind),
        stage=tell.stage(of.edition or "", stage.key) if stage else None,
        norm=tell.norm(norm.amount, NormUnit(norm.unit).value) if norm else None,
        norm_source=(stage.norm_source or stage.source) if stage and norm else None,
        count=figure.count,
        judged=figure.judged,
        within=figure.within,
        late=figure.late,
        share_within=figure.share_within,
        interval=schemas.IntervalOut(low=interval.low, high=interval.high) if interval else None,
        small=figure.small,
        median_seconds=_seconds(figure.median),
        percentile_90_seconds=_seconds(figure.percentile_90),
        percentile_99_seconds=_seconds(figure.percentile_99),
        longest_seconds=_seconds(figure.longest),
        counted_seconds=figure.counted.total_seconds(),
        overrun_seconds=figure.overrun.total_seconds(),
        repeated=figure.repeated,
        repeated_seconds=figure.repeated_counted.total_seconds(),
        deviating=figure.deviating,
    )


def deviations_out(
    tell: Teller, found: Iterable[tuple[Of, str, int]]
) -> list[schemas.DeviationOut]:
    """Tell how many stays had each deviation."""
    return [
        schemas.DeviationOut(deviation=tell.word("deviation", name), count=count)
        for _, name, count in found
    ]


def service_out(tell: Teller, key: str | None) -> schemas.ServiceRef | None:
    """Name a service by its key; packets of no edition have none."""
    for edition in tell.qolhat.regulations if key else ():
        if edition.service.key == key:
            return tell.service(edition)
    return None


def _stage_of(tell: Teller, of: Of) -> Stage | None:
    """Return the stage that a figure is about; of a hand-over the one that it leads to."""
    if not of.edition or not of.stage:
        return None
    edition = tell.qolhat.regulations.edition(of.edition)
    if of.stage not in edition.index_of:
        return None
    return edition.stage(of.stage)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
