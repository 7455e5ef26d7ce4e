"""Stays: how long packets lay where, and the figures of every stage."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from api.http import schemas
from api.http.calls import Asking
from api.http.fields import InstantField, KeyField
from api.http.media import resource
from api.http.telling import Teller
from domain.numbers import grouped
from domain.progress import VisitKind
from domain.rights import Right
from projections.visits import Timing, VisitFilter, VisitRow, Visits

router = resource("visits")
OrganisationQuery = Annotated[int | None, Query(ge=1, le=9999)]
SinceQuery = Annotated[InstantField | None, Query(description="Entered from then on.")]
UntilQuery = Annotated[InstantField | None, Query(description="Entered before.")]
_FIRST_OF_STAGE = {VisitKind.HANDOVER.value: 0, VisitKind.STAGE.value: 1}


@router.get("/visits", summary="Stays of packets")
def visits(
    call: Asking,
    organisation: OrganisationQuery = None,
    service: KeyField | None = None,
    stage: KeyField | None = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
    late: Annotated[bool | None, Query(description="Over, or within, the norm.")] = None,
    deviating: Annotated[bool, Query(description="Only stays with deviations.")] = False,  # noqa: FBT002
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> schemas.VisitPage:
    """Stays, the latest first."""
    which = VisitFilter(
        None,
        service,
        stage,
        since,
        until,
        late,
        deviating,
        organisations=call.within(Right.SEE_PACKETS, organisation),
    )
    with call.qolhat.views.reading() as reading:
        found = reading.view(Visits).find(reading.connection, which, limit=limit, offset=offset)
    items = [visit_out(call.tell, visit) for visit in found]
    return schemas.VisitPage(items=items, limit=limit, offset=offset)


@router.get("/timings", summary="Figures of every stage")
def timings(
    call: Asking,
    organisation: OrganisationQuery = None,
    service: KeyField | None = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> schemas.Timings:
    """Count, median, 90th percentile and share within the norm, in the order of the route."""
    organisations = call.within(Right.SEE_PACKETS, organisation)
    which = VisitFilter(None, service, None, since, until, organisations=organisations)
    with call.qolhat.views.reading() as reading:
        found = reading.view(Visits).timings(reading.connection, which)
    ordered = sorted(found, key=lambda timing: _on_the_route(call.tell, timing))
    return schemas.Timings(items=[_timing_out(call.tell, timing) for timing in ordered])


def _on_the_route(tell: Teller, timing: Timing) -> tuple[bool, str, int, int]:
    """Order by edition and stage; a hand-over comes before the stage it leads to."""
    index = -1
    if timing.edition:
        edition = tell.qolhat.regulations.edition(timing.edition)
        index = edition.index_of.get(timing.stage, len(edition.stages))
    kind = _FIRST_OF_STAGE.get(timing.kind, len(_FIRST_OF_STAGE))
    return timing.edition is None, timing.edition or "", index, kind


def _timing_out(tell: Teller, timing: Timing) -> schemas.TimingOut:
    return schemas.TimingOut(
        edition=tell.edition(timing.edition),
        service=tell.service_of(timing.edition),
        kind=tell.word("visit", timing.kind),
        stage=tell.maybe_stage(timing.edition, timing.stage),
        norm=_norm_of(tell, timing),
        count=timing.count,
        median_seconds=timing.median.total_seconds(),
        percentile_90_seconds=timing.percentile_90.total_seconds(),
        judged=timing.judged,
        within=timing.within,
        share_within=timing.share_within,
    )


def _norm_of(tell: Teller, timing: Timing) -> schemas.NormOut | None:
    if timing.edition is None or timing.kind != VisitKind.STAGE.value:
        return None
    norm = tell.qolhat.regulations.edition(timing.edition).stage(timing.stage).norm
    return tell.norm(norm.amount, norm.unit.value) if norm else None


def visit_out(tell: Teller, visit: VisitRow) -> schemas.VisitOut:
    """Tell one stay."""
    return schemas.VisitOut(
        number=str(visit.number),
        grouped=grouped(visit.number),
        seq=visit.seq,
        kind=tell.word("visit", visit.kind),
        stage=tell.maybe_stage(visit.edition, visit.stage),
        loop=visit.loop,
        place=tell.place(visit.place),
        organisation=tell.organisation(visit.organisation),
        person=visit.person,
        edition=tell.edition(visit.edition),
        service=tell.service_of(visit.edition),
        entered_at=visit.entered_at,
        left_at=visit.left_at,
        ended_by=visit.ended_by,
        norm=tell.norm(visit.norm_amount, visit.norm_unit),
        due_at=visit.due_at,
        provisional=visit.provisional,
        working_seconds=_seconds(visit.working),
        counted_seconds=_seconds(visit.counted),
        over_seconds=_seconds(visit.over),
        late=visit.late,
        stood_seconds=_seconds(visit.stood),
        deviations=tell.words("deviation", visit.deviations),
    )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
