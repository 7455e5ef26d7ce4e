"""Bags and registries: what is packed, on the way, arrived; with whom, and how surely counted.

The lists of the desks that pack, carry and unpack [003 service 7 §11, rows 2-4 and 11-13].
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.dispatch.bag import Bag
from domain.dispatch.journey import ARRIVED, ON_THE_WAY, BagState, Journey
from domain.dispatch.registry import Registry
from domain.numbers import BagCode, PacketNumber, PlaceCode, RegistryCode, place_organisation
from domain.streams import number_of
from projections.tables import Target, among, delete_rows, instant, micros, one_of, stored, upsert
from projections.view import BagChange, Batch, View

_OF_PACKETS = (Bag.Put, Bag.TakenOut, Bag.Verified)
_BAG_TIMES = (
    "since", "begun_at", "sealed_at", "taken_at", "arrived_at", "opened_at", "reconciled_at",
)  # fmt: skip
_EMPTY = f"'{BagState.RECONCILED.value}'"
_FULL = f"state <> {_EMPTY}"
_COMING = sorted(state.value for state in (ON_THE_WAY | ARRIVED) - {BagState.RECONCILED})


@dataclass(frozen=True, slots=True)
class BagRow:
    """One bag. Times are UTC; `place`, `organisation` and `holder`: where it is and with whom.

    `packed` counts the packets of its list, `verified` those of them that were scanned out of it,
    `missing` those that were not though it was reconciled (0 before), `extra` what came out of it
    beside. `courier`: who carried it last; `deviations`: of how many steps.
    """

    number: BagCode
    registry: RegistryCode
    origin: int
    destination: int
    state: str
    holder: int
    place: PlaceCode
    organisation: int
    since: datetime
    seal: str | None
    packed: int
    verified: int
    missing: int
    extra: int
    begun_at: datetime
    sealed_at: datetime | None
    taken_at: datetime | None
    arrived_at: datetime | None
    opened_at: datetime | None
    reconciled_at: datetime | None
    courier: int | None
    deviations: int

    @property
    def inferred(self) -> int:
        """How many of its packets are only concluded to have arrived: opened, and not scanned."""
        return 0 if self.opened_at is None else self.packed - self.verified


@dataclass(frozen=True, slots=True)
class RegistryRow:
    """One registry. Times are UTC. `packets`: as it was closed, of an open one as packed by now."""

    number: RegistryCode
    sender: int
    to: int
    begun_at: datetime
    closed_at: datetime | None
    closed_by: int | None
    bags: int
    packets: int


@dataclass(frozen=True, slots=True)
class PackedRow:
    """A packet of a bag. Times are UTC. `put_at` None: not in its list, but it came out of it.

    `verified_at` None: nobody has scanned it out of the bag. `condition`: damaged, twice.
    """

    bag: BagCode
    packet: PacketNumber
    put_at: datetime | None
    verified_at: datetime | None
    condition: str | None


class Bags(View):
    """One row a bag, a registry, a packet in a bag, and a code that proves a hand-over."""

    name: ClassVar[str] = "bags"

    def define(self) -> dict[str, sa.Table]:
        """Define the tables."""
        self.bags = self._define_bags()
        self.registries = self._define_registries()
        self.packets = self._define_packets()
        self.proofs = self._define_proofs()
        return {
            "bags": self.bags,
            "registries": self.registries,
            "bag_packets": self.packets,
            "hand_over_proofs": self.proofs,
        }

    def _define_bags(self) -> sa.Table:
        return self.table(
            "bags",
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("registry", sa.BigInteger, nullable=False),
            sa.Column("origin", sa.Integer, nullable=False),
            sa.Column("destination", sa.Integer, nullable=False),
            sa.Column("state", sa.Text, nullable=False),
            sa.Column("holder", sa.BigInteger, nullable=False),
            sa.Column("place", sa.BigInteger, nullable=False),
            sa.Column("organisation", sa.Integer, nullable=False),
            sa.Column("since", sa.BigInteger, nullable=False),
            sa.Column("seal", sa.Text),
            sa.Column("packed", sa.Integer, nullable=False),
            sa.Column("verified", sa.Integer, nullable=False),
            sa.Column("missing", sa.Integer, nullable=False),
            sa.Column("extra", sa.Integer, nullable=False),
            sa.Column("begun_at", sa.BigInteger, nullable=False),
            sa.Column("sealed_at", sa.BigInteger),
            sa.Column("taken_at", sa.BigInteger),
            sa.Column("arrived_at", sa.BigInteger),
            sa.Column("opened_at", sa.BigInteger),
            sa.Column("reconciled_at", sa.BigInteger),
            sa.Column("courier", sa.BigInteger),
            sa.Column("deviations", sa.Integer, nullable=False),
            self.index("bags", "registry"),
            self.index("bags", "destination", "state"),
            self.index("bags", "origin", "state"),
            self.index("bags", "holder", where=_FULL, mark="full"),
            self.index("bags", "place", where=_FULL, mark="full"),
            self.index("bags", "organisation", where=_FULL, mark="full"),
            self.index("bags", "taken_at"),
        )

    def _define_registries(self) -> sa.Table:
        return self.table(
            "registries",
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("sender", sa.Integer),
            sa.Column("to", sa.Integer),
            sa.Column("begun_at", sa.BigInteger),
            sa.Column("closed_at", sa.BigInteger),
            sa.Column("closed_by", sa.BigInteger),
            sa.Column("bags", sa.Integer, nullable=False),
            sa.Column("packets", sa.Integer),
            self.index("registries", "sender", "closed_at"),
        )

    def _define_packets(self) -> sa.Table:
        return self.table(
            "bag_packets",
            sa.Column("bag", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("packet", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("put_at", sa.BigInteger),
            sa.Column("verified_at", sa.BigInteger),
            sa.Column("condition", sa.Text),
            self.index("bag_packets", "packet"),
        )

    def _define_proofs(self) -> sa.Table:
        return self.table(
            "hand_over_proofs",
            sa.Column("bag", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("ref", sa.Text, primary_key=True),
            sa.Column("proof", sa.Text, nullable=False),
            self.index("hand_over_proofs", "proof"),
        )

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write how the bags stand, what became of their packets, and the registries."""
        upsert(connection, self.bags, [_bag_values(journey) for journey in batch.journeys()])
        self._write_packets(connection, batch)
        proofs = [proof for change in batch.bags for proof in _proofs(change)]
        upsert(connection, self.proofs, proofs)
        self._write_registries(connection, batch.registries)

    def _write_packets(self, connection: Target, batch: Batch) -> None:
        """Write the packets that the batch tells of: the others' rows stay true."""
        rows: list[dict[str, Any]] = []
        gone: list[dict[str, Any]] = []
        for change in batch.bags:
            if change.journey is not None:
                journey, touched = change.journey, _touched(change, change.journey)
                known = [n for n in touched if n in journey.contents or n in journey.verified]
                rows += _packet_values(journey, known)
                gone += [{"bag": change.number, "packet": n} for n in touched.difference(known)]
        upsert(connection, self.packets, rows)
        delete_rows(connection, self.packets, gone)

    def _write_registries(self, connection: Target, events: Collection[Registry.Event]) -> None:
        if not events:
            return
        numbers = sorted({number_of(event.originator_id) for event in events})
        rows = {number: _blank(number) for number in numbers}
        for row in stored(connection, self.registries.c.number, numbers):
            rows[row.number] = row._asdict()
        for event in events:
            _tell(rows[number_of(event.originator_id)], event)
        upsert(connection, self.registries, list(rows.values()))

    # --- questions: bags ----------------------------------------------------------------------

    def of(self, connection: sa.Connection, number: BagCode) -> BagRow | None:
        """Return a bag; None if it was never begun."""
        row = connection.execute(self.bags.select().where(self.bags.c.number == number)).first()
        return None if row is None else _bag_row(row)

    def of_many(
        self, connection: sa.Connection, numbers: Iterable[BagCode]
    ) -> dict[BagCode, BagRow]:
        """Return these bags; those that were never begun are left out."""
        rows = stored(connection, self.bags.c.number, numbers)
        return {BagCode(row.number): _bag_row(row) for row in rows}

    def of_registry(self, connection: sa.Connection, registry: RegistryCode) -> list[BagRow]:
        """Return the bags of a registry in order of their numbers."""
        return self._bags(connection, self.bags.c.registry == registry)

    def incoming(
        self,
        connection: sa.Connection,
        organisations: Collection[int],
        *,
        limit: int = 1000,
    ) -> list[BagRow]:
        """Return what comes to organisations: on the way, or there and not reconciled.

        A bag that was misdelivered comes to where it was sent. The longest where it is first.
        """
        c = self.bags.c
        mine = among(c.destination, None, organisations)
        return self._bags(connection, mine, c.state.in_(_COMING), first=c.since, limit=limit)

    def outgoing(
        self,
        connection: sa.Connection,
        organisations: Collection[int],
        *,
        states: Collection[BagState] = frozenset(BagState) - {BagState.RECONCILED},
        limit: int = 1000,
    ) -> list[BagRow]:
        """Return what organisations have packed, by state; the longest where it is first."""
        c = self.bags.c
        meant = c.state.in_(sorted(state.value for state in states))
        mine = among(c.origin, None, organisations)
        return self._bags(connection, mine, meant, first=c.since, limit=limit)

    def held(
        self,
        connection: sa.Connection,
        *,
        person: int | None = None,
        place: PlaceCode | None = None,
        organisations: Collection[int] | None = None,
        limit: int = 1000,
    ) -> list[BagRow]:
        """Return the bags, closed or open, that a person, a place or organisations have.

        What was reconciled is empty and left out. The longest there first.
        """
        c = self.bags.c
        return self._bags(
            connection,
            c.state != sa.literal_column(_EMPTY),  # in the words of the indexes
            among(c.holder, person, None),
            among(c.place, place, None),
            among(c.organisation, None, organisations),
            first=c.since,
            limit=limit,
        )

    def taken(
        self,
        connection: sa.Connection,
        since: datetime,
        until: datetime,
        *,
        courier: int | None = None,
        organisations: Collection[int] | None = None,
    ) -> list[BagRow]:
        """Return the bags that couriers first took from `since` to before `until` (UTC), in order.

        `courier`: who carried it last; `organisations`: from there or to there.
        """
        c = self.bags.c
        return self._bags(
            connection,
            c.taken_at >= micros(since),
            c.taken_at < micros(until),
            among(c.courier, courier, None),
            among(c.origin, None, organisations) | among(c.destination, None, organisations),
            first=c.taken_at,
        )

    def counts(self, connection: sa.Connection, organisations: Collection[int]) -> dict[str, int]:
        """Return how many bags of each state were packed by, or sent to, organisations."""
        c = self.bags.c
        mine = among(c.origin, None, organisations) | among(c.destination, None, organisations)
        query = sa.select(c.state, sa.func.count()).where(mine).group_by(c.state)
        return dict(connection.execute(query).all())

    def _bags(
        self,
        connection: sa.Connection,
        *which: sa.ColumnElement[bool],
        first: sa.Column[Any] | None = None,
        limit: int | None = None,
    ) -> list[BagRow]:
        c = self.bags.c
        order = (c.number,) if first is None else (first, c.number)
        query = self.bags.select().where(*which).order_by(*order).limit(limit)
        return [_bag_row(row) for row in connection.execute(query)]

    # --- questions: packets of bags -----------------------------------------------------------

    def contents(self, connection: sa.Connection, bag: BagCode) -> list[PackedRow]:
        """Return the packets of a bag in the order of packing, then what came out of it beside."""
        c = self.packets.c
        query = self.packets.select().where(c.bag == bag)
        ordered = query.order_by(c.put_at.is_(None), c.put_at, c.verified_at, c.packet)
        return [_packed_row(row) for row in connection.execute(ordered)]

    def of_packet(self, connection: sa.Connection, packet: PacketNumber) -> list[PackedRow]:
        """Return in which bags a packet was, in the order of time."""
        c = self.packets.c
        query = self.packets.select().where(c.packet == packet)
        ordered = query.order_by(sa.func.coalesce(c.put_at, c.verified_at), c.bag)
        return [_packed_row(row) for row in connection.execute(ordered)]

    def contents_of_many(
        self, connection: sa.Connection, bags: Iterable[BagCode]
    ) -> dict[BagCode, list[PacketNumber]]:
        """Return the numbers on the lists of these bags, in order of number; empty for none."""
        c = self.packets.c
        wanted = list(bags)
        found: dict[BagCode, list[PacketNumber]] = {bag: [] for bag in wanted}
        theirs = one_of(connection, c.bag, wanted), c.put_at.is_not(None)
        query = sa.select(c.bag, c.packet).where(*theirs).order_by(c.bag, c.packet)
        for bag, packet in connection.execute(query).all():
            found[bag].append(packet)
        return found

    # --- questions: hand-overs -----------------------------------------------------------------

    def proven(self, connection: sa.Connection, proof: str) -> list[tuple[BagCode, str]]:
        """Return of which bags, and under which ids, a hand-over with this code was told."""
        c = self.proofs.c
        query = sa.select(c.bag, c.ref).where(c.proof == proof).order_by(c.bag, c.ref)
        return [(BagCode(row.bag), row.ref) for row in connection.execute(query)]

    # --- questions: registries ----------------------------------------------------------------

    def registry(self, connection: sa.Connection, number: RegistryCode) -> RegistryRow | None:
        """Return a registry; None if it was never begun."""
        rows = self._registries(connection, self.registries.c.number == number)
        return rows[0] if rows else None

    def registries_of(
        self,
        connection: sa.Connection,
        organisations: Collection[int],
        *,
        since: datetime | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[RegistryRow]:
        """Return what organisations send: the open ones first, then the last closed first.

        `since` (UTC): of the closed ones only those closed then or later.
        """
        c = self.registries.c
        which = [among(c.sender, None, organisations)]
        if since is not None:
            which.append(c.closed_at.is_(None) | (c.closed_at >= micros(since)))
        return self._registries(connection, *which, limit=limit, offset=offset)

    def _registries(
        self,
        connection: sa.Connection,
        *which: sa.ColumnElement[bool],
        limit: int | None = None,
        offset: int = 0,
    ) -> list[RegistryRow]:
        r, b = self.registries.c, self.bags.c
        packed = (
            sa.select(sa.func.coalesce(sa.func.sum(b.packed), 0))
            .where(b.registry == r.number)
            .scalar_subquery()
        )
        columns: list[sa.ColumnElement[Any]] = [column for column in r if column.name != "packets"]
        query: sa.Select[Any] = (
            sa.select(*columns, sa.func.coalesce(r.packets, packed).label("packets"))
            .where(r.begun_at.is_not(None), *which)
            .order_by(r.closed_at.is_not(None), r.closed_at.desc(), r.begun_at.desc(), r.number)
            .limit(limit)
            .offset(offset)
        )
        return [_registry_row(row) for row in connection.execute(query)]


def _touched(change: BagChange, journey: Journey) -> set[PacketNumber]:
    """Return the packets that a batch tells of; all of the bag, if its beginning became known."""
    if any(isinstance(event, Bag.Begun) for event in change.events):
        return journey.contents.keys() | journey.verified.keys()
    return {event.packet for event in change.events if isinstance(event, _OF_PACKETS)}


def _bag_values(journey: Journey) -> dict[str, Any]:
    missing, extra = len(journey.missing), len(journey.extra)
    packed = len(journey.contents)
    return {
        "number": journey.number,
        "registry": journey.registry,
        "origin": journey.origin,
        "destination": journey.to,
        "state": journey.state.value,
        "holder": journey.holder,
        "place": journey.place,
        "organisation": place_organisation(journey.place),
        "since": micros(journey.since),
        "seal": journey.seal,
        "packed": packed,
        "verified": packed - missing,
        "missing": 0 if journey.reconciled_at is None else missing,
        "extra": extra,
        "begun_at": micros(journey.begun_at),
        "sealed_at": micros(journey.sealed_at),
        "taken_at": micros(journey.taken_at),
        "arrived_at": micros(journey.arrived_at),
        "opened_at": micros(journey.opened_at),
        "reconciled_at": micros(journey.reconciled_at),
        "courier": journey.courier,
        "deviations": len({ref for ref, _ in journey.deviations}),
    }


def _packet_values(journey: Journey, numbers: Iterable[PacketNumber]) -> Iterator[dict[str, Any]]:
    conditions: dict[PacketNumber, str | None] = {}
    for number, taking in journey.conditions:
        conditions.setdefault(number, taking.condition)
    for number in numbers:
        put, taken = journey.contents.get(number), journey.verified.get(number)
        yield {
            "bag": journey.number,
            "packet": number,
            "put_at": None if put is None else micros(put.at),
            "verified_at": None if taken is None else micros(taken.at),
            "condition": conditions.get(number),
        }


def _proofs(change: BagChange) -> Iterator[dict[str, Any]]:
    for event in change.events:
        if isinstance(event, Bag.Accepted) and event.proof is not None:
            yield {"bag": change.number, "ref": event.ref, "proof": event.proof}


def _blank(number: int) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(RegistryRow.__dataclass_fields__)
    return {**blank, "number": number, "bags": 0}


def _tell(row: dict[str, Any], event: Registry.Event) -> None:
    """Add to a registry's row what the event says."""
    match event:
        case Registry.Begun():
            row["sender"], row["to"] = place_organisation(event.place), event.to
            row["begun_at"] = micros(event.happened_at)
        case Registry.BagAdded():
            row["bags"] += 1
        case Registry.Closed():
            row["closed_at"], row["closed_by"] = micros(event.happened_at), event.person
            row["packets"] = event.papers


def _bag_row(row: sa.Row[Any]) -> BagRow:
    values = row._asdict()
    for name in _BAG_TIMES:
        values[name] = instant(values[name])
    return BagRow(**values)


def _packed_row(row: sa.Row[Any]) -> PackedRow:
    values = row._asdict()
    for name in ("put_at", "verified_at"):
        values[name] = instant(values[name])
    return PackedRow(**values)


def _registry_row(row: sa.Row[Any]) -> RegistryRow:
    values = row._asdict()
    for name in ("begun_at", "closed_at"):
        values[name] = instant(values[name])
    return RegistryRow(**values)
