"""Unsettled: what waits for somebody's decision, why, and since when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.numbers import PacketNumber, PlaceCode, place_organisation
from domain.packet import Packet
from domain.unsettled import Doubt, UnsettledScan
from projections.tables import Target, among, instant, micros, stored, upsert
from projections.view import Batch, PacketChange, View


class Fate(StrEnum):
    """What became of an unsettled scan."""

    WAITING = "waiting"
    APPLIED = "applied"
    DISMISSED = "dismissed"
    ABSORBED = "absorbed"  # its packet's registration arrived
    VOIDED = "voided"


# Few wait, many have waited: what waits is found by indexes of what waits.
_WAITING = f"fate = '{Fate.WAITING.value}'"
_FATES = {"apply": Fate.APPLIED, "dismiss": Fate.DISMISSED}
_Rows = dict[tuple[int, str], dict[str, Any]]  # by the packet (0: none) and the scan's id


@dataclass(frozen=True, slots=True)
class UnsettledRow:
    """A scan that waits or waited. Times are UTC; the raw input lies in the vault."""

    scan: str
    fate: str
    doubt: str
    fault: str | None
    number: PacketNumber | None
    place: PlaceCode | None
    organisation: int | None
    person: int
    device: int
    happened_at: datetime
    recorded_at: datetime
    raw_ref: str | None
    settled_at: datetime | None
    settled_by: int | None


class Unsettled(View):
    """One row a scan that was ever unsettled."""

    name: ClassVar[str] = "unsettled"

    def define(self) -> dict[str, sa.Table]:
        """Define the table."""
        self.unsettled = self.table(
            "unsettled",
            # 0: no packet's number; a scan's id is unique only within one packet's events
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("scan", sa.Text, primary_key=True),
            sa.Column("fate", sa.Text, nullable=False),
            sa.Column("doubt", sa.Text, nullable=False),
            sa.Column("fault", sa.Text),
            sa.Column("place", sa.BigInteger),
            sa.Column("organisation", sa.Integer),
            sa.Column("person", sa.BigInteger, nullable=False),
            sa.Column("device", sa.BigInteger, nullable=False),
            sa.Column("happened_at", sa.BigInteger, nullable=False),
            sa.Column("recorded_at", sa.BigInteger, nullable=False),
            sa.Column("raw_ref", sa.Text),
            sa.Column("settled_at", sa.BigInteger),
            sa.Column("settled_by", sa.BigInteger),
            self.index("unsettled", "recorded_at", where=_WAITING, mark="waiting"),
            self.index("unsettled", "organisation", "recorded_at", where=_WAITING, mark="waiting"),
            self.index("unsettled", "scan"),
        )
        return {"unsettled": self.unsettled}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write which scans wait now and which wait no more, event by event."""
        told = [
            (change, event)
            for change in batch.packets
            for event in change.events
            if _is_about_doubts(change, event)
        ]
        if not told and not batch.unsettled:
            return
        rows = self._known(connection, batch, {change.number for change, _ in told})
        for change, event in told:
            _take(rows, change, event)
        for other in batch.unsettled:
            _take_other(rows, other)
        upsert(connection, self.unsettled, list(rows.values()))

    def _known(self, connection: Target, batch: Batch, packets: Collection[PacketNumber]) -> _Rows:
        """Return the rows of these packets, and of the batch's other scans."""
        c = self.unsettled.c
        scans = {_scan_of(event) for event in batch.unsettled}
        rows = stored(connection, c.number, sorted(packets))
        rows += [row for row in stored(connection, c.scan, sorted(scans)) if not row.number]
        return {(row.number, row.scan): row._asdict() for row in rows}

    # --- questions ----------------------------------------------------------------------------

    def waiting(
        self,
        connection: sa.Connection,
        *,
        organisation: int | None = None,
        organisations: Collection[int] | None = None,
        people: Collection[int] = (),
        nowhere: bool = False,
        number: PacketNumber | None = None,
        limit: int = 100,
    ) -> list[UnsettledRow]:
        """Return what waits for a decision, the longest waiting first.

        `people`: what these have scanned, beside what was scanned in the organisations.
        `nowhere`: only what was scanned without a place that is known.
        """
        table = self.unsettled
        within = among(table.c.organisation, organisation, organisations)
        if people:
            within = sa.or_(within, table.c.person.in_(sorted(people)))
        query = table.select().where(self._waits(), within)
        if nowhere:
            query = query.where(table.c.place.is_(None))
        if number is not None:
            query = query.where(table.c.number == number)
        ordered = query.order_by(table.c.recorded_at, table.c.scan).limit(limit)
        return [_unsettled_row(row) for row in connection.execute(ordered)]

    def of(
        self, connection: sa.Connection, scan: str, number: PacketNumber | None = None
    ) -> UnsettledRow | None:
        """Return one scan, whatever became of it; one that waits before others of the same id.

        `number`: the packet in whose events it stands, where that is known; 0 for none.
        """
        c = self.unsettled.c
        waits = sa.case((c.fate == Fate.WAITING.value, 0), else_=1)
        query = self.unsettled.select().where(c.scan == scan).order_by(waits, c.number)
        if number is not None:
            query = query.where(c.number == number)
        row = connection.execute(query).first()
        return None if row is None else _unsettled_row(row)

    def count(self, connection: sa.Connection, organisations: Collection[int] | None = None) -> int:
        """Count what waits; in these organisations, if some are named."""
        c = self.unsettled.c
        within = among(c.organisation, None, organisations)
        query = sa.select(sa.func.count()).where(self._waits(), within)
        return connection.execute(query).scalar_one()

    def _waits(self) -> sa.ColumnElement[bool]:
        """In the words of the indexes."""
        return self.unsettled.c.fate == sa.literal_column(f"'{Fate.WAITING.value}'")


def _is_about_doubts(change: PacketChange, event: Packet.Event) -> bool:
    match event:
        case Packet.Scanned():
            return event.doubt is not None or event.ref in change.early
        case Packet.Registered():
            return change.absorbs
    return isinstance(event, Packet.ScanSettled | Packet.ScanVoided)


def _take(rows: _Rows, change: PacketChange, event: Packet.Event) -> None:
    match event:
        case Packet.Scanned():
            doubt = event.doubt or Doubt.NOT_REGISTERED.value
            row = _row(event, doubt, None, event.raw_ref, change.number)
            rows[change.number, event.ref] = row
        case Packet.Registered():
            for (number, _), row in rows.items():
                if number == change.number and row["doubt"] == Doubt.NOT_REGISTERED.value:
                    _settle(row, Fate.ABSORBED, event)
        case Packet.ScanSettled():
            _take_settled(rows.get((change.number, event.scan)), change, event)
        case Packet.ScanVoided():
            _settle(rows.get((change.number, event.scan)), Fate.VOIDED, event)


def _take_settled(
    row: dict[str, Any] | None, change: PacketChange, event: Packet.ScanSettled
) -> None:
    """A scan that is certain now still waits while its packet is not registered."""
    if event.settlement != "apply" or event.ref not in change.early:
        _settle(row, _FATES[event.settlement], event)
    elif row is not None and row["fate"] == Fate.WAITING.value:
        row["doubt"] = Doubt.NOT_REGISTERED.value


def _take_other(rows: _Rows, event: UnsettledScan.Event) -> None:
    if isinstance(event, UnsettledScan.Kept):
        rows[0, event.ref] = _row(event, event.doubt, event.fault, event.raw_ref, None)
    elif isinstance(event, UnsettledScan.Settled):
        _settle(rows.get((0, event.scan)), _FATES[event.settlement], event)


def _scan_of(event: UnsettledScan.Event) -> str:
    return event.scan if isinstance(event, UnsettledScan.Settled) else event.ref


def _settle(
    row: dict[str, Any] | None, fate: Fate, event: Packet.Event | UnsettledScan.Event
) -> None:
    """Write what became of a scan, if it waits."""
    if row is not None and row["fate"] == Fate.WAITING.value:
        row["fate"] = fate.value
        row["settled_at"], row["settled_by"] = micros(event.timestamp), event.person


def _row(
    event: Packet.Event | UnsettledScan.Event,
    doubt: str,
    fault: str | None,
    raw_ref: str | None,
    number: PacketNumber | None,
) -> dict[str, Any]:
    place = event.place or None
    return {
        "scan": event.ref,
        "fate": Fate.WAITING.value,
        "doubt": doubt,
        "fault": fault,
        "number": number or 0,
        "place": place,
        "organisation": None if place is None else place_organisation(place),
        "person": event.person,
        "device": event.device,
        "happened_at": micros(event.happened_at),
        "recorded_at": micros(event.timestamp),
        "raw_ref": raw_ref,
        "settled_at": None,
        "settled_by": None,
    }


def _unsettled_row(row: sa.Row[Any]) -> UnsettledRow:
    values = row._asdict()
    values["number"] = values["number"] or None
    for name in ("happened_at", "recorded_at", "settled_at"):
        values[name] = instant(values[name])
    return UnsettledRow(**values)
