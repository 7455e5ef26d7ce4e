"""Complaints: which written complaints there are, by when each is to be answered [002 §24]."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.numbers import PacketNumber, PlaceCode, place_organisation
from domain.packet import Packet
from projections.tables import Target, among, instant, micros, stored, upsert
from projections.view import Batch, PacketChange, View

_TIMES = ("taken_at", "recorded_at", "answer_by", "answered_at")
_KINDS = frozenset({Packet.ComplaintTaken, Packet.ComplaintAnswered})
_OPEN = "answered_at IS NULL"
_Key = tuple[int, str]  # the packet, the complaint's id
_Rows = dict[_Key, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ComplaintRow:
    """A complaint that was taken at a place. Times are UTC; the texts lie in the vault.

    `answer_by` and `ask` (a person) stand on the slip. `answer` is the id of the answer and
    `answer_ref` refers to its text; they are None while there is none.
    """

    number: PacketNumber
    ref: str
    taken_at: datetime
    recorded_at: datetime
    taken_by: int
    place: PlaceCode
    organisation: int
    answer_by: datetime
    ask: int
    text_ref: str | None
    answered_at: datetime | None
    answered_by: int | None
    answer: str | None
    answer_ref: str | None


class Complaints(View):
    """One row a complaint. What is known of it so far may be the answer only: then it is hidden."""

    name: ClassVar[str] = "complaints"

    def define(self) -> dict[str, sa.Table]:
        """Define the table."""
        self.complaints = self.table(
            "complaints",
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("ref", sa.Text, primary_key=True),
            sa.Column("taken_at", sa.BigInteger),
            sa.Column("recorded_at", sa.BigInteger),
            sa.Column("taken_by", sa.BigInteger),
            sa.Column("place", sa.BigInteger),
            sa.Column("organisation", sa.Integer),
            sa.Column("answer_by", sa.BigInteger),
            sa.Column("ask", sa.BigInteger),
            sa.Column("text_ref", sa.Text),
            sa.Column("answered_at", sa.BigInteger),
            sa.Column("answered_by", sa.BigInteger),
            sa.Column("answer", sa.Text),
            sa.Column("answer_ref", sa.Text),
            self.index("complaints", "answer_by", where=_OPEN, mark="open"),
            self.index("complaints", "organisation", "answer_by", where=_OPEN, mark="open"),
        )
        return {"complaints": self.complaints}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write what was complained of and answered; either may come first."""
        told = [(change, event) for change in batch.packets for event in _of_complaints(change)]
        rows = self._known(connection, sorted({change.number for change, _ in told}))
        for change, event in told:
            _tell(rows, change.number, event)
        upsert(connection, self.complaints, list(rows.values()))

    def _known(self, connection: Target, numbers: list[PacketNumber]) -> _Rows:
        """Return the rows of these packets."""
        rows = stored(connection, self.complaints.c.number, numbers)
        return {(row.number, row.ref): row._asdict() for row in rows}

    # --- questions ----------------------------------------------------------------------------

    def of(self, connection: sa.Connection, number: PacketNumber) -> list[ComplaintRow]:
        """Return all complaints about a packet, answered or not, in the order of their taking."""
        c = self.complaints.c
        query = self._taken().where(c.number == number).order_by(c.taken_at, c.ref)
        return [_complaint_row(row) for row in connection.execute(query)]

    def one(self, connection: sa.Connection, number: PacketNumber, ref: str) -> ComplaintRow | None:
        """Return one complaint."""
        c = self.complaints.c
        row = connection.execute(self._taken().where(c.number == number, c.ref == ref)).first()
        return None if row is None else _complaint_row(row)

    def open(
        self,
        connection: sa.Connection,
        organisation: int | None = None,
        before: datetime | None = None,
        limit: int = 100,
        *,
        organisations: Collection[int] | None = None,
    ) -> list[ComplaintRow]:
        """Return what is not answered yet, the most urgent (or longest overdue) first.

        `organisation`, `organisations`: taken there; `before`: to be answered before then (UTC).
        """
        c = self.complaints.c
        query = self._taken().where(self._waits(organisation, organisations, before))
        ordered = query.order_by(c.answer_by, c.number, c.ref).limit(limit)
        return [_complaint_row(row) for row in connection.execute(ordered)]

    def count_open(
        self,
        connection: sa.Connection,
        organisation: int | None = None,
        before: datetime | None = None,
        *,
        organisations: Collection[int] | None = None,
    ) -> int:
        """Count what is not answered yet; the conditions are those of `open`."""
        waiting = self._taken().where(self._waits(organisation, organisations, before)).subquery()
        return connection.execute(sa.select(sa.func.count()).select_from(waiting)).scalar_one()

    def _taken(self) -> sa.Select[Any]:
        return self.complaints.select().where(self.complaints.c.taken_at.is_not(None))

    def _waits(
        self,
        organisation: int | None,
        organisations: Collection[int] | None,
        before: datetime | None,
    ) -> sa.ColumnElement[bool]:
        c = self.complaints.c
        soon = sa.true() if before is None else c.answer_by < micros(before)
        within = among(c.organisation, organisation, organisations)
        return sa.and_(c.answered_at.is_(None), within, soon)


def _of_complaints(change: PacketChange) -> list[Packet.Event]:
    return [event for event in change.events if type(event) in _KINDS]


def _tell(rows: _Rows, number: PacketNumber, event: Packet.Event) -> None:
    """Add to a complaint's row what the event says; of several answers the earliest stands."""
    if isinstance(event, Packet.ComplaintTaken):
        _row_of(rows, number, event.ref).update(_taken(event))
    elif isinstance(event, Packet.ComplaintAnswered):
        row, answer = _row_of(rows, number, event.complaint), _answer(event)
        before = (row["answered_at"], row["answer"])
        if row["answer"] is None or (answer["answered_at"], answer["answer"]) < before:
            row.update(answer)


def _row_of(rows: _Rows, number: PacketNumber, ref: str) -> dict[str, Any]:
    blank = dict.fromkeys(ComplaintRow.__dataclass_fields__)
    return rows.setdefault((number, ref), {**blank, "number": number, "ref": ref})


def _taken(event: Packet.ComplaintTaken) -> dict[str, Any]:
    return {
        "taken_at": micros(event.happened_at),
        "recorded_at": micros(event.timestamp),
        "taken_by": event.person,
        "place": event.place,
        "organisation": place_organisation(event.place),
        "answer_by": micros(event.answer_by),
        "ask": event.ask,
        "text_ref": event.text_ref,
    }


def _answer(event: Packet.ComplaintAnswered) -> dict[str, Any]:
    return {
        "answered_at": micros(event.happened_at),
        "answered_by": event.person,
        "answer": event.ref,
        "answer_ref": event.text_ref,
    }


def _complaint_row(row: sa.Row[Any]) -> ComplaintRow:
    values = row._asdict()
    for name in _TIMES:
        values[name] = instant(values[name])
    return ComplaintRow(**values)
