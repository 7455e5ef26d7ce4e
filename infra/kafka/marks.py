"""How far the views have come in a topic: kept beside their rows, and moved with them.

Of each partition the offset to be read next and the position in the store; of the topic whose
events they are, and a floor: everything up to there was taken in from the store itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from infra.errors import StorageError
from infra.store.identity import StoreIdentity
from infra.views.frontier import Frontier, Place
from projections.tables import upsert

_metadata = sa.MetaData()
_taken = sa.Table(
    "kafka_taken",
    _metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("next_offset", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
)
_topics = sa.Table(
    "kafka_topics",
    _metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("store", sa.Text),
    sa.Column("epoch", sa.BigInteger),
    sa.Column("topic_id", sa.Text),
    sa.Column("floor", sa.BigInteger, nullable=False),
)


class RepartitionedError(StorageError):
    """The topic has other partitions than the views were filled from: streams have moved."""

    code = "topic-repartitioned"


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one partition: the offset to be read next, and the last position in the store."""

    next_offset: int = 0
    position: int = 0


class TopicPlace(Place):
    """The place in a topic: each partition is moved by whoever reads it."""

    shared = True

    def __init__(self, topic: str) -> None:
        self.source = topic

    def prepare(self, connection: sa.Connection) -> bool:
        """Make the tables where they are missing; False if the rows came from another topic.

        Its positions say nothing of this one: the views must begin anew.
        """
        _metadata.create_all(connection)
        others = connection.execute(_topics.delete().where(_topics.c.topic != self.source))
        connection.execute(_taken.delete().where(_taken.c.topic != self.source))
        _add(connection, _topics, [{"topic": self.source, "floor": 0}])
        return not others.rowcount

    def frontier_in(self, connection: sa.Connection) -> Frontier:
        """Return how far the views are; one partition as long as nobody has seen the topic."""
        known = self._taken_in(connection)
        reached = Frontier(tuple(each.position for each in known.values()) or (0,))
        return reached.raised(self._floor(connection))

    def raise_to(self, connection: sa.Connection, position: int) -> None:
        """Keep that everything up to a position was taken in from the store."""
        self._set(connection, floor=max(position, self._floor(connection)))

    def forget(self, connection: sa.Connection) -> None:
        """Begin before the first event, at the beginning of every partition."""
        self._set(connection, floor=0)
        mine = _taken.c.topic == self.source
        connection.execute(_taken.update().where(mine).values(next_offset=0, position=0))

    def begin_life(self, connection: sa.Connection, identity: StoreIdentity) -> None:
        """Follow this store's events, from the first one.

        What was read is not read again if it is only another life of the same store: nobody has
        seen an event of it yet. Another store's events may be among those that were left out.
        """
        before = self.identity_in(connection)
        if before is not None and before.store != identity.store:
            self.forget(connection)
        self._set(connection, store=str(identity.store), epoch=identity.epoch, floor=0)
        connection.execute(_taken.update().where(_taken.c.topic == self.source).values(position=0))

    def identity_in(self, connection: sa.Connection) -> StoreIdentity | None:
        """Return whose events the views are made of; None as long as nobody knows."""
        c = _topics.c
        query = sa.select(c.store, c.epoch).where(c.topic == self.source, c.store.is_not(None))
        found = connection.execute(query).first()
        return None if found is None else StoreIdentity(UUID(found.store), found.epoch)

    def meet(self, connection: sa.Connection, topic_id: str, partitions: int) -> bool:
        """Know every partition of the topic, also those that nobody reads.

        A topic made anew under the same name is read from its beginning; False if it has other
        partitions: then the views must begin anew. Needs a transaction in which nobody else moves
        them. Raises RepartitionedError if it is the same topic.
        """
        known, mine = len(self._taken_in(connection)), _taken.c.topic == self.source
        before = self._topic_id(connection)
        if before in (None, topic_id) and known not in (0, partitions):
            raise RepartitionedError(topic=self.source, before=known, now=partitions)
        if before != topic_id:
            connection.execute(_taken.update().where(mine).values(next_offset=0))
            self._set(connection, topic_id=topic_id)
        if known not in (0, partitions):
            connection.execute(_taken.delete().where(mine))
        rows = [
            {"topic": self.source, "partition": n, "next_offset": 0, "position": 0}
            for n in range(partitions)
        ]
        _add(connection, _taken, rows)
        return known in (0, partitions)

    def _topic_id(self, connection: sa.Connection) -> str | None:
        query = sa.select(_topics.c.topic_id).where(_topics.c.topic == self.source)
        found: str | None = connection.scalar(query)
        return found

    def is_met(self, connection: sa.Connection, topic_id: str, partitions: int) -> bool:
        """Tell whether these are the topic and the partitions that are known."""
        same = self._topic_id(connection) == topic_id
        return same and len(self._taken_in(connection)) == partitions

    def hold(self, connection: sa.Connection, partitions: Iterable[int]) -> dict[int, Taken]:
        """Return how far these are, and let nobody else move them in this transaction."""
        floor = self._floor(connection)
        found = self._taken_in(connection, sorted(partitions))
        return {n: Taken(at.next_offset, max(at.position, floor)) for n, at in found.items()}

    def move(self, connection: sa.Connection, to: Mapping[int, Taken]) -> None:
        """Keep how far partitions have been taken in."""
        rows = [
            {
                "topic": self.source,
                "partition": partition,
                "next_offset": taken.next_offset,
                "position": taken.position,
            }
            for partition, taken in sorted(to.items())
        ]
        upsert(connection, _taken, rows)

    def _taken_in(
        self, connection: sa.Connection, held: list[int] | None = None
    ) -> dict[int, Taken]:
        c = _taken.c
        query = sa.select(c.partition, c.next_offset, c.position).where(c.topic == self.source)
        query = query.order_by(c.partition)
        if held is not None:  # in order: of two who want the same, one waits
            query = query.where(c.partition.in_(held)).with_for_update()
        return {n: Taken(offset, position) for n, offset, position in connection.execute(query)}

    def _floor(self, connection: sa.Connection) -> int:
        query = sa.select(_topics.c.floor).where(_topics.c.topic == self.source)
        return connection.scalar(query) or 0

    def _set(self, connection: sa.Connection, **values: str | int) -> None:
        mine = _topics.c.topic == self.source
        connection.execute(_topics.update().where(mine).values(**values))


def _add(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert those rows of which there is none yet."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(kind.insert(table).on_conflict_do_nothing(), list(rows))
