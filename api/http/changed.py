"""Stays that were scored anew, over HTTP: from what to what, by whom, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from api.changed import Changed, changed_page
from api.http import schemas
from api.http.calls import Asking
from api.http.fields import EndedSince, EndedUntil, PacketField
from api.http.media import resource
from api.http.problems import documented
from api.http.telling import Teller
from domain.numbers import grouped
from domain.rights import Right

router = resource("visits")


@router.get("/changed-stays", summary="Stays that were scored anew", responses=documented(404))
def changed_stays(
    call: Asking,
    organisation: Annotated[int, Query(ge=1, le=9999)],
    since: EndedSince = None,
    until: EndedUntil = None,
    past: Annotated[
        PacketField | None, Query(description="Packets with greater numbers: `past` of a page.")
    ] = None,
) -> schemas.ChangedStaysOut:
    """What late records, corrections and changed calendars made of an organisation's stays.

    Some hundred packets are looked at in one go, in the order of their numbers.
    """
    call.within(Right.SEE_FIGURES, organisation)
    found = changed_page(call.qolhat, organisation, since, until, past or 0)
    return schemas.ChangedStaysOut(
        stays=[_changed_out(call.tell, each) for each in found.stays],
        looked_at=found.looked_at,
        past=None if found.after is None else str(found.after),
    )


def _changed_out(tell: Teller, each: Changed) -> schemas.ChangedStayOut:
    return schemas.ChangedStayOut(
        number=str(each.number),
        grouped=grouped(each.number),
        edition=tell.edition(each.edition),
        kind=tell.word("visit", each.kind),
        stage=tell.maybe_stage(each.edition, each.stage),
        loop=each.loop,
        place=tell.place(each.place),
        left_at=each.left_at,
        counted_seconds_before=_seconds(each.counted_before),
        late_before=each.late_before,
        counted_seconds_after=_seconds(each.counted_after),
        late_after=each.late_after,
        reason=tell.word(*each.why),
        ref=each.ref,
        entry=tell.maybe_word(each.entry),
        person=each.by,
        recorded_at=each.recorded_at,
        text_kept=each.written,
        known_from=each.known_from,
        days=[
            schemas.ChangedDayOut(
                day=day.day, kind=tell.word("changed-day", day.kind), source=day.source
            )
            for day in each.days
        ],
    )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
