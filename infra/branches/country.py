"""What the country keeps of its branches: when each was last heard, and what was set aside.

In the vault's database, durable: what could not be recorded is never dropped, it waits here with
the reason until it can be, or until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from infra.accounts.tables import Keeper, failing_clearly
from infra.database import make_tables
from infra.store.mapper import from_micros
from projections.tables import delete_where_in, upsert

if TYPE_CHECKING:  # the store of who has no Kafka needs no client of it
    from infra.branches.deciding import Decision

metadata = sa.MetaData()
_branches = sa.Table(
    "far_branches",
    metadata,
    sa.Column("branch", sa.Text, primary_key=True),
    sa.Column("store", sa.Text, primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("heard_at", sa.BigInteger, nullable=False),
)
_aside = sa.Table(
    "far_set_aside",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("branch", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class HeardBranch:
    """A branch's store as far as it was heard. `position`: the last of its log; UTC."""

    branch: str
    store: str
    epoch: int
    position: int
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """What a branch sent and the country could not record; `value` is the message itself."""

    id: str
    branch: str
    topic: str
    error: str
    detail: str
    at: int
    value: bytes


class CountryBook(Keeper):
    """The country's tables. Every method raises StorageError if the database fails."""

    def prepare(self) -> None:
        """Make the tables of an embedded store."""
        with failing_clearly():
            make_tables(self._engine, metadata)

    def note(self, decisions: Iterable[Decision], aside: Sequence[SetAside]) -> None:
        """Keep what a batch told of the branches, and what is set aside; the rest no longer is."""
        now = self._micros()
        found = list(decisions)
        kept = {each.id for each in aside}
        with self._writing() as connection:
            upsert(connection, _branches, list(_heard(connection, found, now).values()))
            recorded = [each.envelope.id for each in found if each.envelope.id not in kept]
            delete_where_in(connection, _aside.c.id, recorded)
            upsert(connection, _aside, [asdict(each) for each in aside])

    def branches(self) -> list[HeardBranch]:
        """List the branches that were heard, each store of them."""
        query = _branches.select().order_by(_branches.c.branch, _branches.c.store)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            HeardBranch(row.branch, row.store, row.epoch, row.position, from_micros(row.heard_at))
            for row in rows
        ]

    def set_aside(self, limit: int = 1000) -> list[SetAside]:
        """List what could not be recorded, the first of it first."""
        query = _aside.select().order_by(_aside.c.at, _aside.c.id).limit(limit)
        with self._reading() as connection:
            return [SetAside(*row) for row in connection.execute(query)]

    def count_aside(self) -> int:
        """Count what could not be recorded."""
        with self._reading() as connection:
            query = sa.select(sa.func.count()).select_from(_aside)
            return connection.execute(query).scalar_one()


def _heard(
    connection: sa.Connection, decisions: Iterable[Decision], now: int
) -> Mapping[tuple[str, str], dict[str, Any]]:
    """Return how far each branch's store is now: a later life of it, or a later position."""
    known = {
        (row.branch, row.store): row._asdict() for row in connection.execute(_branches.select())
    }
    heard: dict[tuple[str, str], dict[str, Any]] = {}
    for each in decisions:
        identity, position = each.envelope.identity, each.envelope.row[0]
        key = each.envelope.branch, str(identity.store)
        before = known.get(key, {"epoch": 0, "position": 0})
        epoch, last = max((before["epoch"], before["position"]), (identity.epoch, position))
        known[key] = heard[key] = {
            "branch": key[0],
            "store": key[1],
            "epoch": epoch,
            "position": last,
            "heard_at": now,
        }
    return heard
