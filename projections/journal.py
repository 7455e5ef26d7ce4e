"""The journal: the events of every packet and bag; what the other views stand on.

Events come late. As long as they come in order, a packet's progress moves on; when one comes out
of order, the packet's timeline is worked out anew from its journal. A bag has few events, so its
journey is always worked out from all of them. The journal is as disposable as the views: it is
rebuilt from the event store with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import sqlalchemy as sa

from domain.progress import Progress
from projections.tables import Target, insert, one_of, upsert
from projections.view import Batch, View

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Progress).decode
JournalRow = tuple[int, str, Any]  # version, topic, state as the event store has it


class Journal(View):
    """Per packet: its events as stored, and its progress; per bag: its events.

    A bag's number stands in the column `packet`: the numbers of both never clash.
    """

    name: ClassVar[str] = "journal"

    def define(self) -> dict[str, sa.Table]:
        """Define the tables."""
        self.entries = self.table(
            "journal",
            sa.Column("packet", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("topic", sa.Text, nullable=False),
            sa.Column("state", sa.Text, nullable=False),
        )
        self.progress = self.table(
            "progress",
            sa.Column("packet", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("progress", sa.LargeBinary, nullable=False),
        )
        return {"journal": self.entries, "progress": self.progress}

    def load(self, connection: sa.Connection, packets: list[int]) -> dict[int, Progress]:
        """Return the progress of the packets that have one."""
        c = self.progress.c
        query = sa.select(c.packet, c.progress).where(one_of(connection, c.packet, packets))
        rows = connection.execute(query).all()
        return {number: _decode(progress) for number, progress in rows}

    def entries_of(self, connection: sa.Connection, packet: int) -> list[JournalRow]:
        """Return the events of a packet (or a bag) in order of version."""
        return self._entries(connection, self.entries.c.packet == packet)

    def entries_of_many(
        self, connection: sa.Connection, packets: Sequence[int]
    ) -> dict[int, list[JournalRow]]:
        """Return the events of packets (or bags), each one's in order of version."""
        c = self.entries.c
        found: dict[int, list[JournalRow]] = {packet: [] for packet in packets}
        theirs = one_of(connection, c.packet, packets)
        query = sa.select(c.packet, c.version, c.topic, c.state).where(theirs)
        for packet, *entry in connection.execute(query.order_by(c.packet, c.version)).all():
            found[packet].append((entry[0], entry[1], entry[2]))
        return found

    def entries_about(self, connection: sa.Connection, number: int, topic: str) -> list[JournalRow]:
        """Return those events of a packet or a bag that are of one topic, in order of version."""
        c = self.entries.c
        return self._entries(connection, (c.packet == number) & (c.topic == topic))

    def _entries(
        self, connection: sa.Connection, which: sa.ColumnElement[bool]
    ) -> list[JournalRow]:
        c = self.entries.c
        query = sa.select(c.version, c.topic, c.state).where(which).order_by(c.version)
        return [(version, topic, state) for version, topic, state in connection.execute(query)]

    def append(self, connection: Target, rows: list[dict[str, Any]]) -> None:
        """Keep the events of a batch."""
        insert(connection, self.entries, rows)

    def apply(self, connection: Target, batch: Batch) -> None:
        """Keep how far the packets have got."""
        rows = [
            {"packet": change.number, "progress": _encode(change.progress)}
            for change in batch.packets
        ]
        upsert(connection, self.progress, rows)
