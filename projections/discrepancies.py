"""Discrepancies: what did not come out of bags as it went in, who must settle it, what settled it.

An item hangs on its bag and on what happened to its packet elsewhere: it is worked out anew when
either gets events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.dispatch.bag import Bag
from domain.dispatch.discrepancies import Discrepancy, DiscrepancyKind, discrepancies_of
from domain.dispatch.journey import Journey
from domain.numbers import BagCode, PacketNumber, RegistryCode
from projections.tables import (
    Target,
    among,
    delete_rows,
    delete_where_in,
    insert,
    instant,
    micros,
    stored,
)
from projections.view import BagChange, Batch, History, View

_NO_PACKET = 0  # of an item about the bag itself


@dataclass(frozen=True, slots=True)
class DiscrepancyRow:
    """One item, open while `settled_as` is None. Times are UTC.

    `owner`: the organisation that must settle it; `packet` None: it is about the seal.
    `text_ref` refers to the reasons, which lie in the vault.
    """

    bag: BagCode
    kind: str
    packet: PacketNumber | None
    registry: RegistryCode
    origin: int
    destination: int
    owner: int
    opened_at: datetime
    found_by: int
    settled_as: str | None
    settled_at: datetime | None
    settled_by: int | None
    text_ref: str | None


class Discrepancies(View):
    """One row an item; and which bags hang on which packets' events.

    The only view whose rows hang on several streams: a missing packet's item belongs to its bag,
    and is settled by what happens to the packet. Whoever comes second, the bag's event or the
    packet's, must see the first in the journal: so this view is applied last in a batch, and two
    batches with bags' events never at once.
    """

    name: ClassVar[str] = "discrepancies"
    across_streams: ClassVar[bool] = True

    def define(self) -> dict[str, sa.Table]:
        """Define the tables."""
        self.items = self.table(
            "discrepancies",
            sa.Column("bag", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("kind", sa.Text, primary_key=True),
            sa.Column("packet", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("registry", sa.BigInteger, nullable=False),
            sa.Column("origin", sa.Integer, nullable=False),
            sa.Column("destination", sa.Integer, nullable=False),
            sa.Column("owner", sa.Integer, nullable=False),
            sa.Column("opened_at", sa.BigInteger, nullable=False),
            sa.Column("found_by", sa.BigInteger, nullable=False),
            sa.Column("settled_as", sa.Text),
            sa.Column("settled_at", sa.BigInteger),
            sa.Column("settled_by", sa.BigInteger),
            sa.Column("text_ref", sa.Text),
            self.index("discrepancies", "packet"),
            self.index("discrepancies", "settled_at"),
            self.index("discrepancies", "owner", "settled_at"),
        )
        self.watched = self.table(
            "discrepancies_watched",
            sa.Column("packet", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("bag", sa.BigInteger, primary_key=True, autoincrement=False),
            self.index("discrepancies_watched", "bag"),
        )
        return {"discrepancies": self.items, "discrepancies_watched": self.watched}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Work out anew what hangs on the bags and packets of the batch."""
        whole, narrow = self._scopes(connection, batch)
        delete_where_in(connection, self.items.c.bag, [journey.number for journey in whole])
        delete_where_in(connection, self.watched.c.bag, [journey.number for journey in whole])
        self._forget(connection, narrow)
        journeys = [*whole, *(_narrowed(journey, packets) for journey, packets in narrow)]
        watched = [
            {"packet": packet, "bag": journey.number}
            for journey in journeys
            for packet in _watched(journey)
        ]
        insert(connection, self.watched, watched)
        items = [row for journey in journeys for row in _rows(journey, batch.history)]
        insert(connection, self.items, items)

    def _scopes(
        self, connection: Target, batch: Batch
    ) -> tuple[list[Journey], list[tuple[Journey, set[PacketNumber]]]]:
        """Return the bags to be worked out as a whole, and those of which some packets are."""
        whole: list[Journey] = []
        some = self._hanging_on(connection, _packets(batch))
        for change in batch.bags:
            packets = _about_packets(change)
            if packets is not None:
                some[change.number].update(packets)
            elif change.journey is not None:
                whole.append(change.journey)
                some.pop(change.number, None)
        journeys = ((batch.history.journey(bag), packets) for bag, packets in some.items())
        return whole, [(known, packets) for known, packets in journeys if known is not None]

    def _hanging_on(
        self, connection: Target, packets: Iterable[PacketNumber]
    ) -> defaultdict[BagCode, set[PacketNumber]]:
        """Return the packets that bags' items hang on, of these, by bag."""
        found: defaultdict[BagCode, set[PacketNumber]] = defaultdict(set)
        for row in stored(connection, self.watched.c.packet, packets):
            found[BagCode(row.bag)].add(PacketNumber(row.packet))
        return found

    def _forget(
        self, connection: Target, narrow: Iterable[tuple[Journey, set[PacketNumber]]]
    ) -> None:
        """Delete what is known of some packets of bags."""
        watched = [
            {"packet": packet, "bag": journey.number}
            for journey, packets in narrow
            for packet in packets
        ]
        delete_rows(connection, self.watched, watched)
        items = [{**key, "kind": kind.value} for key in watched for kind in DiscrepancyKind]
        delete_rows(connection, self.items, items)

    # --- questions ----------------------------------------------------------------------------

    def open(
        self,
        connection: sa.Connection,
        *,
        owners: Collection[int] | None = None,
        organisations: Collection[int] | None = None,
        kind: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[DiscrepancyRow]:
        """Return what is not settled, the oldest first.

        `owners`: who must settle it; `organisations`: that, or the bag came from or went to them.
        """
        c = self.items.c
        query = self.items.select().where(*self._waiting(owners, organisations, kind))
        ordered = query.order_by(c.opened_at, c.bag, c.kind, c.packet)
        return _rows_of(connection, ordered.limit(limit).offset(offset))

    def count_open(
        self,
        connection: sa.Connection,
        *,
        owners: Collection[int] | None = None,
        organisations: Collection[int] | None = None,
        kind: str | None = None,
    ) -> int:
        """Count what `open` lists."""
        query = sa.select(sa.func.count()).select_from(self.items)
        waiting = self._waiting(owners, organisations, kind)
        return connection.execute(query.where(*waiting)).scalar_one()

    def open_by_kind(
        self, connection: sa.Connection, *, organisations: Collection[int] | None = None
    ) -> dict[str, int]:
        """Count what `open` lists by kind."""
        c = self.items.c
        query = sa.select(c.kind, sa.func.count()).group_by(c.kind)
        waiting = self._waiting(None, organisations, None)
        return dict(connection.execute(query.where(*waiting)).all())

    def of_bag(self, connection: sa.Connection, bag: BagCode) -> list[DiscrepancyRow]:
        """Return all items of a bag, settled or not, the oldest first."""
        return self._of(connection, self.items.c.bag == bag)

    def of_packet(self, connection: sa.Connection, packet: PacketNumber) -> list[DiscrepancyRow]:
        """Return all items about a packet, settled or not, the oldest first."""
        return self._of(connection, self.items.c.packet == packet)

    def _of(self, connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[DiscrepancyRow]:
        c = self.items.c
        query = self.items.select().where(which)
        ordered = query.order_by(c.opened_at, c.bag, c.kind, c.packet)
        return _rows_of(connection, ordered)

    def settled(
        self,
        connection: sa.Connection,
        since: datetime,
        *,
        organisations: Collection[int] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[DiscrepancyRow]:
        """Return what was settled at an instant (UTC) or later, the last settled first.

        `organisations`: owners, or the bag came from or went to them.
        """
        c = self.items.c
        query = self.items.select().where(
            c.settled_at >= micros(since), self._concerning(organisations)
        )
        ordered = query.order_by(c.settled_at.desc(), c.bag, c.kind, c.packet)
        return _rows_of(connection, ordered.limit(limit).offset(offset))

    def _waiting(
        self,
        owners: Collection[int] | None,
        organisations: Collection[int] | None,
        kind: str | None,
    ) -> list[sa.ColumnElement[bool]]:
        c = self.items.c
        return [
            c.settled_at.is_(None),
            among(c.owner, None, owners),
            self._concerning(organisations),
            sa.true() if kind is None else c.kind == kind,
        ]

    def _concerning(self, organisations: Collection[int] | None) -> sa.ColumnElement[bool]:
        """The owner is always one of the two ends of the bag's way."""
        c = self.items.c
        return among(c.origin, None, organisations) | among(c.destination, None, organisations)


def _packets(batch: Batch) -> set[PacketNumber]:
    """Return the packets of which something new is known.

    Also those that came out of a bag whose beginning became known only now: it tells from which
    registry, and so on which run, they came.
    """
    packets = {change.number for change in batch.packets}
    for change in batch.bags:
        begun = any(isinstance(event, Bag.Begun) for event in change.events)
        if begun and change.journey is not None:
            packets.update(change.journey.verified)
    return packets


def _about_packets(change: BagChange) -> set[PacketNumber] | None:
    """Return the packets that the batch tells of, if it tells nothing of the bag itself.

    What comes out of a bag that was reconciled before changes no other packet's item; nor does a
    decision about one. None: the whole bag is to be worked out anew.
    """
    end = None if change.journey is None else change.journey.reconciled_at
    packets = set()
    for event in change.events:
        match event:
            case Bag.Settled(packet=packet) if packet is not None:
                packets.add(packet)
            case Bag.Verified(packet=packet) if end is not None and event.happened_at > end:
                packets.add(packet)
            case _:
                return None
    return packets


def _narrowed(journey: Journey, packets: set[PacketNumber]) -> Journey:
    """Return what a journey says of some of its packets only."""
    return replace(
        journey,
        contents={each: journey.contents[each] for each in packets & journey.contents.keys()},
        verified={each: journey.verified[each] for each in packets & journey.verified.keys()},
        conditions=[each for each in journey.conditions if each[0] in packets],
        wrong_seals=[],
    )


def _watched(journey: Journey) -> list[PacketNumber]:
    """Return the packets whose own events decide about the bag's items."""
    return [*journey.missed, *journey.extra]


def _rows(journey: Journey, history: History) -> list[dict[str, Any]]:
    found = discrepancies_of(journey, history.events_of, history.registry_of)
    return [_values(item, journey) for item in found]


def _values(item: Discrepancy, journey: Journey) -> dict[str, Any]:
    return {
        "bag": item.bag,
        "kind": item.kind.value,
        "packet": item.packet or _NO_PACKET,
        "registry": journey.registry,
        "origin": journey.origin,
        "destination": journey.to,
        "owner": item.owner,
        "opened_at": micros(item.opened_at),
        "found_by": item.found_by,
        "settled_as": None if item.settled_as is None else item.settled_as.value,
        "settled_at": micros(item.settled_at),
        "settled_by": item.settled_by,
        "text_ref": item.text_ref,
    }


def _rows_of(connection: sa.Connection, query: sa.Select[Any]) -> list[DiscrepancyRow]:
    return [discrepancy_row(dict(row)) for row in connection.execute(query).mappings()]


def discrepancy_row(row: dict[str, Any]) -> DiscrepancyRow:
    """Return what stands in a row of the view's table, by its columns' names."""
    times = {name: instant(row[name]) for name in ("opened_at", "settled_at")}
    return DiscrepancyRow(**{**row, **times, "packet": row["packet"] or None})
