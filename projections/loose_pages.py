"""Loose pages: which scanned pages wait for somebody's decision, why, and since when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from domain.filing import PageDoubt
from domain.loose_pages import LoosePage
from domain.numbers import PacketNumber, PlaceCode, place_organisation
from projections.tables import Target, among, instant, micros, stored, upsert
from projections.unsettled import Fate
from projections.view import Batch, View

_FATES = {"apply": Fate.APPLIED, "dismiss": Fate.DISMISSED}


@dataclass(frozen=True, slots=True)
class LoosePageRow:
    """A page that waits or waited; `page` is its place in the file. Times are UTC.

    `number` is the packet's number that stands on it, while it waits; then the packet's to which
    it was found to belong.
    """

    ref: str
    fate: str
    doubt: str
    number: PacketNumber | None
    file: str
    page: int
    place: PlaceCode
    organisation: int
    person: int
    happened_at: datetime
    recorded_at: datetime
    settled_at: datetime | None
    settled_by: int | None
    text_ref: str | None


class LoosePages(View):
    """One row a page that ever waited. What is known of it so far may be the decision only."""

    name: ClassVar[str] = "loose_pages"

    def define(self) -> dict[str, sa.Table]:
        """Define the table."""
        self.pages = self.table(
            "loose_pages",
            sa.Column("ref", sa.Text, primary_key=True),
            sa.Column("fate", sa.Text, nullable=False),
            sa.Column("doubt", sa.Text),
            sa.Column("number", sa.BigInteger),
            sa.Column("file", sa.Text),
            sa.Column("page", sa.Integer),
            sa.Column("place", sa.BigInteger),
            sa.Column("organisation", sa.Integer),
            sa.Column("person", sa.BigInteger),
            sa.Column("happened_at", sa.BigInteger),
            sa.Column("recorded_at", sa.BigInteger),
            sa.Column("settled_at", sa.BigInteger),
            sa.Column("settled_by", sa.BigInteger),
            sa.Column("text_ref", sa.Text),
            self.index("loose_pages", "fate", "recorded_at"),
            self.index("loose_pages", "file", "page"),
        )
        return {"loose_pages": self.pages}

    def apply(self, connection: Target, batch: Batch) -> None:
        """Write which pages wait now and which wait no more."""
        told = [(_page_of(event), event) for event in batch.pages]
        rows = {ref: self._blank(ref) for ref, _ in told}
        for row in stored(connection, self.pages.c.ref, sorted(rows)):
            rows[row.ref] = row._asdict()
        for ref, event in told:
            rows[ref] |= _facts_of(event, rows[ref])
        upsert(connection, self.pages, list(rows.values()))

    def _blank(self, ref: str) -> dict[str, Any]:
        blank = dict.fromkeys(column.name for column in self.pages.columns)
        return blank | {"ref": ref, "fate": Fate.WAITING.value}

    # --- questions ----------------------------------------------------------------------------

    def waiting(
        self,
        connection: sa.Connection,
        *,
        organisations: Collection[int] | None = None,
        limit: int = 100,
    ) -> list[LoosePageRow]:
        """Return the pages that wait, scanned in these organisations, in the order of scanning."""
        c = self.pages.c
        query = self.pages.select().where(self._waits(organisations))
        ordered = query.order_by(c.recorded_at, c.file, c.page, c.ref).limit(limit)
        return [_row(row) for row in connection.execute(ordered)]

    def count(self, connection: sa.Connection, organisations: Collection[int] | None = None) -> int:
        """Count the pages that wait."""
        query = sa.select(sa.func.count()).where(self._waits(organisations))
        return connection.execute(query).scalar_one()

    def of(self, connection: sa.Connection, ref: str) -> LoosePageRow | None:
        """Return one page, whatever became of it."""
        known = self.pages.c.doubt.is_not(None)
        row = connection.execute(self.pages.select().where(self.pages.c.ref == ref, known)).first()
        return None if row is None else _row(row)

    def following(self, connection: sa.Connection, row: LoosePageRow) -> list[LoosePageRow]:
        """Return the pages without a code that follow a page in its file, and wait, in order.

        Up to a page that is not there (a separator, one that was filed) or has a doubt of its own.
        """
        c = self.pages.c
        after = sa.and_(c.fate == Fate.WAITING.value, c.file == row.file, c.page > row.page)
        found: list[LoosePageRow] = []
        for each in connection.execute(self.pages.select().where(after).order_by(c.page)):
            expected = row.page + len(found) + 1
            if each.page != expected or each.doubt != PageDoubt.NO_CODE.value:
                break
            found.append(_row(each))
        return found

    def _waits(self, organisations: Collection[int] | None) -> sa.ColumnElement[bool]:
        c = self.pages.c
        waits = c.fate == Fate.WAITING.value
        return sa.and_(waits, among(c.organisation, None, organisations))


def _page_of(event: LoosePage.Event) -> str:
    return event.loose if isinstance(event, LoosePage.Settled) else event.ref


def _facts_of(event: LoosePage.Event, row: dict[str, Any]) -> dict[str, Any]:
    if isinstance(event, LoosePage.Kept):
        return {
            "doubt": event.doubt,
            "number": row["number"] or event.packet,
            "file": event.file,
            "page": event.page,
            "place": event.place,
            "organisation": place_organisation(event.place),
            "person": event.person,
            "happened_at": micros(event.happened_at),
            "recorded_at": micros(event.timestamp),
        }
    assert isinstance(event, LoosePage.Settled)  # noqa: S101  there are no others
    return {
        "fate": _FATES[event.settlement].value,
        "number": event.packet or row["number"],
        "settled_at": micros(event.timestamp),
        "settled_by": event.person,
        "text_ref": event.text_ref,
    }


def _row(row: sa.Row[Any]) -> LoosePageRow:
    values = row._asdict()
    for name in ("happened_at", "recorded_at", "settled_at"):
        values[name] = instant(values[name])
    return LoosePageRow(**values)
