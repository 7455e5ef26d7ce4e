"""How far a group of views has come in the event store: one position for each partition.

Views that follow the store's own log have one partition. Those that workers fill from Kafka have as
many as the topic, and each has come as far as its worker. A view may rely on the order within a
stream only, and a stream lies in one partition: so whatever the frontier includes was taken in, and
what it does not include may be taken in from the store as well as from Kafka.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from infra.store.rows import EventRow

OWN_LOG = "log"  # the source of positions that are those of the event store itself


@dataclass(frozen=True, slots=True)
class Frontier:
    """The last position taken in of each partition (0 for none); own log: one partition."""

    positions: tuple[int, ...] = (0,)

    @property
    def partitions(self) -> int:
        """Into how many partitions the events are dealt."""
        return len(self.positions)

    @property
    def least(self) -> int:
        """Up to here everything was taken in."""
        return min(self.positions)

    @property
    def most(self) -> int:
        """After this nothing was taken in."""
        return max(self.positions)

    def includes(self, row: EventRow) -> bool:
        """Tell whether an event of the store was taken in."""
        position, stream = row[0], row[1]
        if position <= self.least:
            return True
        if position > self.most:
            return False
        # With more than one partition only: the embedded edition works without Kafka's code.
        from infra.kafka.messages import partition_of  # noqa: PLC0415

        return position <= self.positions[partition_of(stream.bytes, self.partitions)]

    def lacks(self, rows: Sequence[EventRow]) -> list[EventRow]:
        """Return those of the rows that were not taken in."""
        return [row for row in rows if not self.includes(row)]

    def raised(self, position: int) -> Frontier:
        """Return the frontier after everything up to a position was taken in."""
        return Frontier(tuple(max(each, position) for each in self.positions))


class Place(ABC):
    """Where a group's frontier is kept: in the database of the views, and moved with their rows.

    `source` names what set-aside events came from. `shared`: several processes may move it at
    once, each its own partitions.
    """

    source: str
    shared: bool

    @abstractmethod
    def prepare(self, connection: sa.Connection) -> bool:
        """Make the tables where they are missing; False if the rows came from elsewhere."""

    @abstractmethod
    def frontier_in(self, connection: sa.Connection) -> Frontier:
        """Return how far the views are."""

    @abstractmethod
    def raise_to(self, connection: sa.Connection, position: int) -> None:
        """Keep that everything up to a position was taken in, in every partition."""

    @abstractmethod
    def forget(self, connection: sa.Connection) -> None:
        """Begin before the first event."""


_metadata = sa.MetaData()
_positions = sa.Table(
    "view_positions",
    _metadata,
    sa.Column("view", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)


class LogPlace(Place):
    """The place in the event store's own log, in one partition: a row a view."""

    source = OWN_LOG
    shared = False

    def __init__(self, views: Sequence[str]) -> None:
        self._views = tuple(views)

    def prepare(self, connection: sa.Connection) -> bool:
        """Make the table where it is missing."""
        _metadata.create_all(connection)
        return True

    def frontier_in(self, connection: sa.Connection) -> Frontier:
        """Return how far the views are: a view without a row has taken nothing in."""
        c = _positions.c
        query = sa.select(c.view, c.position).where(c.source == self.source)
        found: dict[str, int] = dict(connection.execute(query).all())
        return Frontier((min(found.get(view, 0) for view in self._views),))

    def raise_to(self, connection: sa.Connection, position: int) -> None:
        """Write the position of every view."""
        self.forget(connection)
        rows = [{"view": v, "source": self.source, "position": position} for v in self._views]
        connection.execute(_positions.insert(), rows)

    def forget(self, connection: sa.Connection) -> None:
        """Leave no position."""
        c = _positions.c
        mine = sa.and_(c.source == self.source, c.view.in_(self._views))
        connection.execute(_positions.delete().where(mine))
