"""Places: what each holds now."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from api.http import schemas
from api.http.calls import Asking
from api.http.fields import EXAMPLE_PLACE, read_place
from api.http.media import resource
from api.http.problems import documented
from api.http.telling import Teller
from domain.errors import UnknownPlaceError
from domain.numbers import place_organisation
from domain.rights import Right
from infra.requests import Standing
from projections.holdings import Holding, Holdings

router = resource("places")
PlacePath = Annotated[str, Path(description="The code of a place.", examples=[EXAMPLE_PLACE])]


class NoSuchPlaceError(UnknownPlaceError):
    """The place in the address does not exist."""

    status = 404


@router.get("/places/{place}/holdings", summary="What a place holds", responses=documented(404))
def holdings(
    call: Asking, place: PlacePath, limit: Annotated[int, Query(ge=1, le=1000)] = 1000
) -> schemas.PlaceHoldings:
    """The open packets that lie at a place, the longest there first."""
    code = read_place(place)
    try:
        call.known_place(code)
    except UnknownPlaceError as error:
        raise NoSuchPlaceError(**error.facts) from error
    call.require(Right.SEE_PACKETS)
    call.require_reach([place_organisation(code)], Right.SEE_PACKETS)
    with call.qolhat.views.reading() as reading:
        found = reading.view(Holdings).at(reading.connection, place=code, limit=limit)
    verified = sum(each.verified for each in found)
    return schemas.PlaceHoldings(
        place=call.tell.place(code),
        verified=verified,
        inferred=len(found) - verified,
        packets=[holding_out(call.tell, each) for each in found],
    )


def holding_out(tell: Teller, holding: Holding) -> schemas.HoldingOut:
    """Tell where a packet is."""
    return schemas.HoldingOut(
        **dict(tell.standing(_standing(holding))),
        verified=holding.verified,
        organisation=tell.maybe_organisation(holding.organisation),
        accepting=tell.maybe_organisation(holding.accepting),
        deciding=tell.maybe_organisation(holding.deciding),
        executor=holding.executor,
        outcome=tell.maybe("outcome", holding.outcome),
        accepted_at=holding.accepted_at,
        rendered_at=holding.rendered_at,
        closed_at=holding.closed_at,
        deviations=holding.deviations,
        paused=_paused_out(tell, holding),
    )


def _paused_out(tell: Teller, holding: Holding) -> schemas.PausedOut | None:
    since, by, until = holding.paused_since, holding.paused_by, holding.paused_until
    if holding.edition is None or holding.pause is None or since is None or by is None:
        return None
    ground = tell.qolhat.regulations.edition(holding.edition).pause(holding.pause)
    if ground is None or not holding.stands_at(tell.qolhat.now()):
        return None
    return schemas.PausedOut(
        ground=ground.key,
        name=ground.names.in_language(tell.language),
        label=tell.word("ledger", ground.kind.value),
        source=ground.source,
        since=since,
        until=until,
        person=by,
    )


def _standing(holding: Holding) -> Standing:
    return Standing(
        holding.number,
        holding.status,
        holding.place,
        holding.person,
        holding.since,
        holding.edition,
        holding.stage,
        holding.waiting,
    )
