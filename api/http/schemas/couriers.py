"""What is answered about couriers for the manager's audit."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from api.http.schemas.figures import IntervalOut
from api.http.schemas.runs import PunctualityOut, RunRoute
from api.http.schemas.words import Out, PlaceRef, Word


class CarriedOut(Out):
    """What was carried in bags, and how it came."""

    bags: int
    packets: int
    discrepancies: dict[str, int] = Field(description="How many, by kind.")
    lost: int = Field(description="Missing, and not found again by now.")
    share_lost: float | None
    interval: IntervalOut | None = Field(description="Where the true share lies, 19 times in 20.")
    small: bool = Field(description="There were too few packets to compare by.")


class RouteCarriedOut(Out):
    """A route's punctuality and what was carried on it."""

    route: RunRoute
    punctuality: PunctualityOut | None
    carried: CarriedOut


class CourierCarriedOut(Out):
    """A courier's punctuality and what they carried."""

    person: int
    punctuality: PunctualityOut | None
    carried: CarriedOut


class CustodyOut(Out):
    """Who had the packet from one hand-over to the next."""

    person: int
    place: PlaceRef
    since: datetime
    until: datetime


class LossOut(Out):
    """A packet that did not come; the loss lies between the hand-overs of its custody."""

    bag: str
    packet: str | None
    missed_at: datetime
    found_by: int
    settled_as: Word | None = Field(description="null: it is still looked for.")
    custody: list[CustodyOut]


class CourierFiguresOut(Out):
    """Couriers over some days; `losses` are the latest of `lost`."""

    since: date
    until: date
    routes: list[RouteCarriedOut]
    couriers: list[CourierCarriedOut]
    lost: int
    losses: list[LossOut]
