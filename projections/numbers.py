"""Incoming numbers: which packets an authority's office registered under which number [003 §11].

The number is what the authority's own journal says, so people ask by it. It is compared as it is
read aloud: without regard to case, spaces, and letters that look alike.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.directory.search import fold
from domain.numbers import PacketNumber, place_organisation
from domain.packet import Packet
from projections.tables import Target, among, instant, micros, upsert
from projections.view import Batch, PacketChange, View


@dataclass(frozen=True, slots=True)
class IncomingRow:
    """A packet's incoming registration; `given_at` is UTC."""

    number: PacketNumber
    incoming_number: str
    organisation: int
    given_at: datetime


class IncomingNumbers(View):
    """One row an incoming registration with a number: a packet may have got a second one."""

    name: ClassVar[str] = "incoming_numbers"

    def define(self) -> dict[str, sa.Table]:
        """Define the table."""
        self.numbers = self.table(
            "incoming_numbers",
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("ref", sa.Text, primary_key=True),
            sa.Column("incoming_number", sa.Text, nullable=False),
            sa.Column("folded", sa.Text, nullable=False),
            sa.Column("organisation", sa.Integer, nullable=False),
            sa.Column("given_at", sa.BigInteger, nullable=False),
            self.index("incoming_numbers", "folded"),
        )
        return {"incoming_numbers": self.numbers}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write the numbers that were given."""
        rows = [
            row
            for change in batch.packets
            for event in change.events
            if (row := _row(change, event)) is not None
        ]
        upsert(connection, self.numbers, rows)

    # --- questions ----------------------------------------------------------------------------

    def find(
        self,
        connection: sa.Connection,
        incoming_number: str,
        *,
        organisations: Collection[int] | None = None,
        limit: int = 100,
    ) -> list[IncomingRow]:
        """Return who has this incoming number, the newest first.

        `organisations`: that gave it.
        """
        c = self.numbers.c
        query = self.numbers.select().where(
            c.folded == fold(incoming_number), among(c.organisation, None, organisations)
        )
        ordered = query.order_by(c.given_at.desc(), c.number, c.ref).limit(limit)
        return [_incoming_row(row) for row in connection.execute(ordered)]


def _row(change: PacketChange, event: Packet.Event) -> dict[str, Any] | None:
    if not isinstance(event, Packet.IncomingRegistered) or not event.incoming_number:
        return None
    folded = fold(event.incoming_number)
    if not folded:  # signs alone are no number
        return None
    return {
        "number": change.number,
        "ref": event.ref,
        "incoming_number": event.incoming_number,
        "folded": folded,
        "organisation": place_organisation(event.place),
        "given_at": micros(event.happened_at),
    }


def _incoming_row(row: sa.Row[Any]) -> IncomingRow:
    given_at: Any = instant(row.given_at)
    return IncomingRow(row.number, row.incoming_number, row.organisation, given_at)
