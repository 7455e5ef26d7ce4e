"""How far the relay and the workers have come, kept beside the views and moved with their rows."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from projections.view import upsert

_metadata = sa.MetaData()
_relayed = sa.Table(
    "kafka_relayed",
    _metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)
_taken = sa.Table(
    "kafka_taken",
    _metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("next_offset", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Of one partition: the offset to be read next, and the last event's position in the store."""

    next_offset: int = 0
    position: int = 0


def prepare(engine: sa.Engine) -> None:
    """Make the tables where they are missing."""
    _metadata.create_all(engine)


def forget_taken(connection: sa.Connection) -> None:
    """Let every partition be taken in from its beginning: the views start anew."""
    _metadata.create_all(connection)
    connection.execute(_taken.delete())


def relayed(connection: sa.Connection, topic: str) -> int:
    """Return the position up to which all events are known to be in the topic."""
    query = sa.select(_relayed.c.position).where(_relayed.c.topic == topic)
    return connection.execute(query).scalar_one_or_none() or 0


def relay_to(connection: sa.Connection, topic: str, position: int) -> None:
    """Keep the position up to which all events are in the topic."""
    upsert(connection, _relayed, [{"topic": topic, "position": position}])


def mark(connection: sa.Connection, topic: str, partition: int) -> Mark:
    """Return how far a partition has been taken in."""
    found = connection.execute(
        sa.select(_taken.c.next_offset, _taken.c.position).where(
            _taken.c.topic == topic, _taken.c.partition == partition
        )
    ).first()
    return Mark(*found) if found else Mark()


def move_mark(connection: sa.Connection, topic: str, partition: int, to: Mark) -> None:
    """Keep how far a partition has been taken in."""
    row = {
        "topic": topic,
        "partition": partition,
        "next_offset": to.next_offset,
        "position": to.position,
    }
    upsert(connection, _taken, [row])
