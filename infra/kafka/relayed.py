"""How far the relay has come, kept beside the views: for figures, and as a last resort.

Kafka itself knows it better: this is what is left where Kafka has kept nothing of the store.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from infra.database import database_error
from infra.store.identity import StoreIdentity
from projections.tables import upsert

_metadata = sa.MetaData()
_table = sa.Table(
    "kafka_published",
    _metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("store", sa.Text, primary_key=True),
    sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("sent", sa.BigInteger, nullable=False),
    sa.Column("failures", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Relayed:
    """All events up to a position are in the topic.

    How many were sent, and how often sending failed, is counted over all relays there have been.
    """

    position: int = 0
    sent: int = 0
    failures: int = 0


class RelayedBook:
    """What is kept of one topic, in the database of the views."""

    def __init__(self, engine: sa.Engine, topic: str) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writing=True)
        self._topic = topic
        self._prepared = False

    def read(self, identity: StoreIdentity) -> Relayed:
        """Return how far a store was relayed when it was last noted. Raises StorageError."""
        columns = (_table.c.position, _table.c.sent, _table.c.failures)
        query = sa.select(*columns).where(
            _table.c.topic == self._topic,
            _table.c.store == str(identity.store),
            _table.c.epoch == identity.epoch,
        )
        try:
            with self._engine.connect() as connection:
                if not sa.inspect(connection).has_table(_table.name):
                    return Relayed()
                found = connection.execute(query).first()
        except sa.exc.DBAPIError as error:
            raise database_error(error) from error
        return Relayed(*found) if found else Relayed()

    def note(self, identity: StoreIdentity, relayed: Relayed) -> None:
        """Keep how far a store was relayed; only one relay may do so. Raises StorageError."""
        row = {
            "topic": self._topic,
            "store": str(identity.store),
            "epoch": identity.epoch,
            **asdict(relayed),
        }
        try:
            with self._writing.begin() as connection:
                if not self._prepared:
                    _metadata.create_all(connection)
                upsert(connection, _table, [row])
            self._prepared = True
        except sa.exc.DBAPIError as error:
            raise database_error(error) from error
