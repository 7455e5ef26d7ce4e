"""What runs out next."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.http import schemas
from api.http.calls import Asking
from api.http.fields import MAX_ID, InstantField
from api.http.media import resource
from api.http.places import holding_out
from api.http.telling import Teller
from domain.numbers import grouped
from domain.rights import Right
from projections.due import DueRow, DueView
from projections.holdings import Holdings

router = resource("due")


@router.get("/due", summary="Terms that run out next")
def due(
    call: Asking,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    person: Annotated[int | None, Query(ge=0, le=MAX_ID)] = None,
    before: Annotated[InstantField | None, Query(description="Running out before then.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.DueList:
    """Running terms of stages, of whole services and of uncollected results, the nearest first.

    Beside them the packets whose clock stands: they do not grow late. `before` is not about these.
    """
    organisations = call.within(Right.SEE_PACKETS, organisation)
    with call.qolhat.views.reading() as reading:
        found = reading.view(DueView).next(
            reading.connection,
            organisations=organisations,
            person=person,
            before=before,
            limit=limit,
        )
        paused = reading.view(Holdings).paused(
            reading.connection,
            call.qolhat.now(),
            organisations=organisations,
            person=person,
            limit=limit,
        )
    return schemas.DueList(
        items=[due_out(call.tell, term) for term in found],
        paused=[holding_out(call.tell, each) for each in paused],
    )


def due_out(tell: Teller, term: DueRow) -> schemas.DueOut:
    """Tell one term."""
    edition = tell.qolhat.regulations.edition(term.edition)
    return schemas.DueOut(
        number=str(term.number),
        grouped=grouped(term.number),
        clock=tell.word("clock", term.clock),
        due_at=term.due_at,
        overdue=term.due_at < tell.qolhat.now(),
        provisional=term.provisional,
        organisation=tell.organisation(term.organisation),
        place=tell.place(term.place),
        person=term.person,
        stage=tell.stage(term.edition, term.stage),
        edition=schemas.EditionRef(id=edition.id, repealed=tell.repealed(edition)),
        service=tell.service(edition),
    )
