"""What was told, by which way: in the vault's database, so that a restart does not repeat it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from infra.accounts.tables import Keeper, failing_clearly
from infra.database import make_tables
from infra.store.mapper import to_micros
from projections.due import DueRow

metadata = sa.MetaData()
_TOLD = sa.Table(
    "warnings_told",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("due_at", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("clock", sa.Text, primary_key=True),
    sa.Column("told_at", sa.BigInteger, nullable=False),
)
_Key = tuple[int, int, str]


class Told(Keeper):
    """Terms that were told. Every method raises StorageError if the database fails."""

    def prepare(self) -> None:
        """Make the table where it is missing."""
        with failing_clearly():
            make_tables(self._engine, metadata)

    def untold(self, channel: str, terms: Sequence[DueRow]) -> list[DueRow]:
        """Return those of these terms that were not told this way."""
        if not terms:
            return []
        c, since = _TOLD.c, min(to_micros(term.due_at) for term in terms)
        query = sa.select(c.due_at, c.number, c.clock).where(c.channel == channel)
        with self._reading() as connection:
            told = {tuple(row) for row in connection.execute(query.where(c.due_at >= since))}
        return [term for term in terms if _key(term) not in told]

    def note(self, channel: str, terms: Iterable[DueRow]) -> None:
        """Keep that these terms were told this way."""
        now = self._micros()
        rows = [
            {"channel": channel, "due_at": due, "number": number, "clock": clock, "told_at": now}
            for due, number, clock in map(_key, terms)
        ]
        if rows:
            with self._writing() as connection:
                connection.execute(_TOLD.insert(), rows)

    def forget(self, before: datetime) -> None:
        """Forget what was told before an instant (UTC)."""
        with self._writing() as connection:
            connection.execute(_TOLD.delete().where(_TOLD.c.told_at < to_micros(before)))


def _key(term: DueRow) -> _Key:
    return to_micros(term.due_at), term.number, term.clock
