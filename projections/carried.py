"""Carried: how many bags and packets couriers took on some days, and what was amiss with these.

A bag counts once for each route and once for each courier, however often it changed hands.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from projections.discrepancies import Discrepancies, DiscrepancyRow, discrepancy_row
from projections.trips import RouteDays, Trips, taken_on


@dataclass(frozen=True, slots=True)
class Load:
    """How many bags, and how many packets were on their lists."""

    bags: int
    packets: int


@dataclass(frozen=True, slots=True)
class Amiss:
    """An item, with the route (branch, authority) and one of the couriers who had its bag."""

    route: tuple[int, int]
    courier: int
    item: DiscrepancyRow


class CarriedBags:
    """The questions; they are asked of the views of trips and of discrepancies at one moment."""

    def __init__(
        self,
        trips: Trips,
        discrepancies: Discrepancies,
        connection: sa.Connection,
        days: Collection[RouteDays],
    ) -> None:
        self._legs, self._items = trips.legs, discrepancies.items
        self._connection = connection
        self._ways = trips.on_routes(connection, days)

    def by_route(self) -> dict[tuple[int, int], Load]:
        """Count what was carried between each branch and its authority."""
        rows = self._loads(self._ways.c.branch, self._ways.c.authority)
        return {(branch, authority): load for (branch, authority), load in rows}

    def by_courier(self) -> dict[int, Load]:
        """Count what each courier carried."""
        return {courier: load for (courier,), load in self._loads(self._legs.c.courier)}

    def _loads(self, *of: sa.ColumnElement[int]) -> list[tuple[tuple[int, ...], Load]]:
        legs = self._legs.c
        bags = sa.select(*of, legs.bag, legs.count.label("packets")).distinct()
        each = bags.where(taken_on(self._legs, self._ways)).subquery().c
        key = [each[column.name] for column in of]
        query = sa.select(*key, sa.func.count(), sa.func.sum(each.packets)).group_by(*key)
        return [
            (tuple(whose), Load(bags, int(packets)))
            for *whose, bags, packets in self._connection.execute(query)
        ]

    def amiss(self) -> list[Amiss]:
        """Return what was amiss with the bags, settled or not: once for each courier of a bag."""
        legs, way = self._legs.c, self._ways.c
        query = (
            sa.select(way.branch, way.authority, legs.courier, self._items)
            .where(taken_on(self._legs, self._ways), self._items.c.bag == legs.bag)
            .distinct()
        )
        return [_amiss(row) for row in self._connection.execute(query).mappings()]


def _amiss(row: sa.RowMapping) -> Amiss:
    values = dict(row)
    route, courier = (values.pop("branch"), values.pop("authority")), values.pop("courier")
    return Amiss(route, courier, discrepancy_row(values))
