"""Couriers for the manager's audit: punctuality, what bags came with, where packets were lost.

About the bags that were taken in a period. A bag that two couriers carried counts for both: which
of them had it when a packet was lost, only the custody of that packet tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from domain.dispatch.discrepancies import DiscrepancyKind, SettledAs
from domain.dispatch.tracing import Custody, custody, trace
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.runs import Period, Punctuality, Route, punctuality_by_courier, punctuality_by_route
from domain.shares import Interval, share_interval
from infra.run_figures import trips_of
from infra.store.mapper import read_event
from projections.carried import Amiss, CarriedBags, Load
from projections.discrepancies import Discrepancies, DiscrepancyRow
from projections.journal import Journal
from projections.trips import Trips

if TYPE_CHECKING:
    from infra.bootstrap import Qolhat

FEW = 20  # runs, packets: of fewer a share tells little
MOST_LOSSES = 50
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

    `losses` are at most so many of `lost` as were asked for.
    """

    punctual_routes: dict[Pair, Punctuality]
    punctual_couriers: dict[int, Punctuality]
    routes: dict[Pair, Carried]
    couriers: dict[int, Carried]
    losses: list[Loss]
    lost: int


def courier_figures(
    qolhat: Qolhat, routes: Iterable[Route], period: Period, *, most: int = MOST_LOSSES
) -> CourierFigures:
    """Count what couriers carried on some routes in a period. Raises StorageError.

    `most`: in whose hands packets were lost is told of so many.
    """
    known, runs = list(routes), qolhat.courier_runs
    trips, now = trips_of(runs, known, period), qolhat.now()
    days = [runs.days_of(route, period.first, period.last) for route in known]
    with qolhat.views.reading() as reading:
        views = reading.view(Trips), reading.view(Discrepancies)
        bags = CarriedBags(*views, reading.connection, days)
        by_route, by_courier, amiss = bags.by_route(), bags.by_courier(), bags.amiss()
    losses = _lost_of(amiss)
    return CourierFigures(
        punctuality_by_route(trips, now),
        punctuality_by_courier(trips, now),
        _carried(by_route, {(each.route, each.item) for each in amiss}),
        _carried(by_courier, {(each.courier, each.item) for each in amiss}),
        _losses(qolhat, losses[:most]),
        len(losses),
    )


def _lost_of(amiss: Iterable[Amiss]) -> list[DiscrepancyRow]:
    """Return what was lost, the latest first."""
    losses = {each.item for each in amiss if _is_lost(each.item)}
    return sorted(losses, key=_latest, reverse=True)


def _latest(item: DiscrepancyRow) -> tuple[datetime, int, int]:
    return item.opened_at, item.bag, item.packet or 0


def _is_lost(item: DiscrepancyRow) -> bool:
    return item.kind == DiscrepancyKind.MISSING.value and item.settled_as in _LOST


def _carried(
    loads: Mapping[_Key, Load], amiss: Iterable[tuple[_Key, DiscrepancyRow]]
) -> dict[_Key, Carried]:
    """Put together what was carried and what was amiss with it."""
    found = {key: Carried(load.bags, load.packets) for key, load in loads.items()}
    for key, item in amiss:
        found[key].discrepancies[item.kind] += 1
        found[key].lost += _is_lost(item)
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
