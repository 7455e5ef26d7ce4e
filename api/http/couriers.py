"""Couriers for the manager's audit over HTTP [003 service 7 §11, rows 3 and 12]."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query

from api.courier_routes import DAYS, routes_asked
from api.http import schemas
from api.http.calls import Asking
from api.http.media import resource
from api.http.runs import punctuality_out, route_out
from api.http.telling import Teller
from domain.dispatch.discrepancies import DiscrepancyKind
from domain.rights import Right
from domain.runs import Period, Punctuality
from domain.zones import local_day
from infra.courier_figures import Carried, CourierFigures, Loss, courier_figures

router = resource("figures")
_COUNTRY_ZONE = "Asia/Almaty"
_NOTHING = Carried()


@router.get("/figures/couriers", summary="Couriers: punctuality, discrepancies, losses")
def couriers(
    call: Asking,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    since: Annotated[date | None, Query(description="The first day; four weeks at first.")] = None,
    until: Annotated[date | None, Query(description="The last day; today at first.")] = None,
) -> schemas.CourierFiguresOut:
    """About the bags that were taken on these days, on the routes of an organisation or in reach.

    Of every lost packet is told in whose hands it was since somebody last saw it.
    """
    call.require(Right.SEE_FIGURES)
    routes = routes_asked(call, Right.SEE_FIGURES, organisation)
    last = until or local_day(call.qolhat.now(), _COUNTRY_ZONE)
    period = Period.of_days(last, DAYS) if since is None else Period(since, last)
    return _figures_out(call.tell, courier_figures(call.qolhat, routes, period), period)


def _figures_out(tell: Teller, found: CourierFigures, period: Period) -> schemas.CourierFiguresOut:
    pairs = sorted(found.punctual_routes.keys() | found.routes.keys())
    people = sorted(found.punctual_couriers.keys() | found.couriers.keys())
    return schemas.CourierFiguresOut(
        since=period.first,
        until=period.last,
        routes=[
            schemas.RouteCarriedOut(
                route=route_out(tell, *pair),
                punctuality=_punctuality(found.punctual_routes.get(pair)),
                carried=_carried_out(found.routes.get(pair, _NOTHING)),
            )
            for pair in pairs
        ],
        couriers=[
            schemas.CourierCarriedOut(
                person=person,
                punctuality=_punctuality(found.punctual_couriers.get(person)),
                carried=_carried_out(found.couriers.get(person, _NOTHING)),
            )
            for person in people
        ],
        lost=found.lost,
        losses=[_loss_out(tell, each) for each in found.losses],
    )


def _punctuality(found: Punctuality | None) -> schemas.PunctualityOut | None:
    return None if found is None else punctuality_out(found)


def _carried_out(found: Carried) -> schemas.CarriedOut:
    interval = found.interval
    return schemas.CarriedOut(
        bags=found.bags,
        packets=found.packets,
        discrepancies={kind.value: found.discrepancies[kind.value] for kind in DiscrepancyKind},
        lost=found.lost,
        share_lost=found.share_lost,
        interval=interval and schemas.IntervalOut(low=interval.low, high=interval.high),
        small=found.small,
    )


def _loss_out(tell: Teller, loss: Loss) -> schemas.LossOut:
    item = loss.item
    return schemas.LossOut(
        bag=str(item.bag),
        packet=None if item.packet is None else str(item.packet),
        missed_at=item.opened_at,
        found_by=item.found_by,
        settled_as=tell.maybe("settled-as", item.settled_as),
        custody=[
            schemas.CustodyOut(
                person=each.person, place=tell.place(each.place), since=each.since, until=each.until
            )
            for each in loss.custody
        ],
    )
