"""Couriers for the manager's audit: punctuality, what bags came with, where packets were lost.

About the bags that were taken in a period. A bag that two couriers carried counts for both: which
of them had it when a packet was lost, only the custody of that packet tells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from domain.dispatch.discrepancies import DiscrepancyKind, SettledAs
from domain.dispatch.tracing import Custody, custody, trace
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.runs import Period, Punctuality, Route, punctuality_by_courier, punctuality_by_route
from domain.shares import Interval, share_interval
from infra.run_figures import trips_of
from infra.store.mapper import read_event
from projections.discrepancies import Discrepancies, DiscrepancyRow
from projections.journal import Journal
from projections.trips import LegRow, Trips

if TYPE_CHECKING:
    from infra.bootstrap import Qolhat

FEW = 20  # runs, packets: of fewer a share tells little
MOST_LOSSES = 50
_A_DAY = timedelta(days=1)
_LOST = (None, SettledAs.LOST.value)
Pair = tuple[int, int]  # branch, authority
_Key = TypeVar("_Key")


@dataclass(slots=True)
class Carried:
    """What was carried, and how it came. `lost`: missing, and not found again by now."""

    bags: int = 0
    packets: int = 0
    discrepancies: Counter[str] = field(default_factory=Counter)
    lost: int = 0

    @property
    def small(self) -> bool:
        """Tell whether there were too few packets to compare by."""
        return self.packets < FEW

    @property
    def share_lost(self) -> float | None:
        """The share of the packets that was lost, 0 to 1; None: nothing was carried."""
        return self._lost / self.packets if self.packets else None

    @property
    def interval(self) -> Interval | None:
        """Where the true share lies in 19 of 20 cases."""
        return share_interval(self._lost, self.packets) if self.packets else None

    @property
    def _lost(self) -> int:
        """A packet may be missed that nobody had put on the bag's list."""
        return min(self.lost, self.packets)


@dataclass(frozen=True, slots=True)
class Loss:
    """A packet that did not come, and in whose hands it was since somebody last saw it."""

    item: DiscrepancyRow
    custody: tuple[Custody, ...]


@dataclass(frozen=True, slots=True)
class CourierFigures:
    """Punctuality and what was carried, by route and by courier; the losses, the latest first.

    `losses` are at most `MOST_LOSSES` of `lost`.
    """

    punctual_routes: dict[Pair, Punctuality]
    punctual_couriers: dict[int, Punctuality]
    routes: dict[Pair, Carried]
    couriers: dict[int, Carried]
    losses: list[Loss]
    lost: int


def courier_figures(qolhat: Qolhat, routes: Iterable[Route], period: Period) -> CourierFigures:
    """Count what couriers carried on some routes in a period. Raises StorageError."""
    known = list(routes)
    now = qolhat.now()
    trips = list(trips_of(qolhat.courier_runs, known, period))
    legs, items = _carried(qolhat, known, period)
    losses = [each for each in items if _is_lost(each)]
    losses.sort(key=lambda each: (each.opened_at, each.bag, each.packet or 0), reverse=True)
    ends = {frozenset(each.ends): (each.branch, each.authority) for each in known}
    return CourierFigures(
        punctuality_by_route(trips, now),
        punctuality_by_courier(trips, now),
        _counted(items, ((ends[_ends(leg)], leg) for leg in legs)),
        _counted(items, ((leg.courier, leg) for leg in legs)),
        _losses(qolhat, losses[:MOST_LOSSES]),
        len(losses),
    )


def _carried(
    qolhat: Qolhat, routes: list[Route], period: Period
) -> tuple[list[LegRow], list[DiscrepancyRow]]:
    """Return the legs of the routes' bags, taken in the period, and what was amiss with these."""
    if not routes:
        return [], []
    days = {frozenset(route.ends): _instants(route, period) for route in routes}
    since, until = min(each[0] for each in days.values()), max(each[1] for each in days.values())
    pairs = [(route.branch, route.authority) for route in routes]
    with qolhat.views.reading() as reading:
        trips, connection = reading.view(Trips), reading.connection
        found = trips.legs_between(connection, pairs, since, until)
        legs = [
            leg
            for pair, between in found.items()
            for leg in between
            if days[pair][0] <= leg.taken_at < days[pair][1]
        ]
        bags = sorted({leg.bag for leg in legs})
        return legs, reading.view(Discrepancies).of_bags(connection, bags)


def _instants(route: Route, period: Period) -> tuple[datetime, datetime]:
    zone = ZoneInfo(route.zone)
    first, last = (datetime.combine(day, time(), zone) for day in (period.first, period.last))
    return first, last + _A_DAY


def _ends(leg: LegRow) -> frozenset[int]:
    return frozenset({leg.origin, leg.destination})


def _is_lost(item: DiscrepancyRow) -> bool:
    return item.kind == DiscrepancyKind.MISSING.value and item.settled_as in _LOST


def _counted(
    items: Iterable[DiscrepancyRow], legs: Iterable[tuple[_Key, LegRow]]
) -> dict[_Key, Carried]:
    """Count bags, their packets and what was amiss; a bag once for each, whatever its legs."""
    of_bag: defaultdict[int, list[DiscrepancyRow]] = defaultdict(list)
    for item in items:
        of_bag[item.bag].append(item)
    bags: defaultdict[_Key, dict[int, LegRow]] = defaultdict(dict)
    for key, leg in legs:
        bags[key][leg.bag] = leg
    return {key: _sum(mine.values(), of_bag) for key, mine in bags.items()}


def _sum(legs: Iterable[LegRow], of_bag: dict[int, list[DiscrepancyRow]]) -> Carried:
    found = Carried()
    for leg in legs:
        found.bags += 1
        found.packets += leg.count
        amiss = of_bag.get(leg.bag, [])
        found.discrepancies.update(each.kind for each in amiss)
        found.lost += sum(map(_is_lost, amiss))
    return found


def _losses(qolhat: Qolhat, items: list[DiscrepancyRow]) -> list[Loss]:
    """Tell in whose hands packets were lost; the events of all are read at once."""
    packets = sorted({item.packet for item in items if item.packet is not None})
    with qolhat.views.reading() as reading:
        entries = reading.view(Journal).entries_of_many(reading.connection, packets)
    events = {
        packet: [read_event(Packet.stream(packet), *entry) for entry in entries[packet]]
        for packet in packets
    }
    return [_loss(item, events.get(item.packet or PacketNumber(0), [])) for item in items]


def _loss(item: DiscrepancyRow, events: list[Packet.Event]) -> Loss:
    if item.packet is None:
        return Loss(item, ())
    return Loss(item, custody(trace(events, item.opened_at), item.opened_at))
