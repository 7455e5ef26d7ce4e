"""Takes what a topic delivers into the views, each event of their store exactly once.

A message whose position in the store was taken in is left out, however often and wherever it is
delivered. Messages of an earlier life of the store (before it was restored) are left out, the first
of a later life lets the views begin anew. What is no event of the store is set aside and shown.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from uuid import UUID

from infra.errors import StorageError
from infra.kafka.marks import Taken, TopicPlace
from infra.kafka.messages import EventMessage, Mark, UnreadableMessageError, read_message
from infra.store.identity import StoreIdentity, identity_of
from infra.store.log import EventLog
from infra.store.rows import EventRow
from infra.views.group import SetAside, ViewGroup, ViewsMovedError
from infra.views.rebuild import rebuild
from infra.views.runner import ViewRunner

_log = logging.getLogger(__name__)


class TopicTooShortError(StorageError):
    """The topic does not hold what the views lack any more, and the store is not at hand."""

    code = "topic-too-short"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Kafka delivered it, read: an event, a mark, or why it is neither."""

    offset: int
    told: EventMessage | Mark | UnreadableMessageError

    @classmethod
    def read(cls, offset: int, value: bytes | None) -> Message:
        """Read a message's value."""
        try:
            return cls(offset, read_message(value))
        except UnreadableMessageError as error:
            return cls(offset, error)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Messages of one partition; `since` and `until` are the offsets read from and up to."""

    partition: int
    since: int
    until: int
    messages: Sequence[Message]


@dataclass(slots=True)
class Counts:
    """What a worker has done since it began."""

    batches: int = 0
    messages: int = 0
    events: int = 0
    repeated: int = 0
    foreign: int = 0
    set_aside: int = 0


@dataclass(slots=True)
class _Gathered:
    """What is new in the deliveries of one transaction."""

    rows: list[EventRow] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)
    to: dict[int, Taken] = field(default_factory=dict)
    repeated: int = 0
    foreign: int = 0


class Taking:
    """The views of one database, as one worker fills them from one topic.

    `log` is the store itself if it is at hand: for what the topic does not hold any more.
    """

    def __init__(self, views: ViewGroup, place: TopicPlace, log: EventLog | None) -> None:
        self.views = views
        self.counts = Counts()
        self._place = place
        self._store = log
        self._identity: StoreIdentity | None = None
        self._strangers: set[tuple[int, UUID]] = set()

    # --- beginning --------------------------------------------------------------------------------

    def begin(self) -> None:
        """Know whose events they are; compute anew what was computed with other norms or hours.

        Raises StorageError.
        """
        if self._store is not None:
            self._follow(identity_of(self._store), sure=True)
        with self.views.renewing():
            if self.views.outdated():
                self._renew()

    def _renew(self) -> None:
        if self._store is None:
            self.views.begin_anew()
        else:
            rebuild(self._store, self.views)

    def meet(self, topic_id: str, partitions: int) -> None:
        """Know the topic and all its partitions. Raises RepartitionedError, StorageError."""
        with self.views.connected() as connection:
            if self._place.is_met(connection, topic_id, partitions):
                return
        with self.views.alone() as connection:
            if not self._place.meet(connection, topic_id, partitions):
                self.views.begin_anew_in(connection)

    def places(self, partitions: Sequence[int]) -> dict[int, Taken]:
        """Return how far these partitions have been taken in. Raises StorageError."""
        with self.views.among_others() as connection:
            return self._place.hold(connection, partitions)

    def bridge(self, starts: Mapping[int, int]) -> None:
        """Take in from the store what the topic has lost; go on at these offsets of partitions.

        Raises TopicTooShortError if the store is not at hand, StorageError.
        """
        if self._store is None:
            raise TopicTooShortError(topic=self._place.source)
        position = ViewRunner(self._store, self.views).catch_up()
        _log.warning("the topic is too short: taken in from the store up to %s", position)
        with self.views.among_others() as connection:
            held = self._place.hold(connection, list(starts))
            self._place.move(
                connection, {n: Taken(starts[n], taken.position) for n, taken in held.items()}
            )

    # --- taking -----------------------------------------------------------------------------------

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Take in what was delivered, in one transaction.

        Raises ViewsMovedError if somebody has begun the views anew meanwhile, StorageError.
        """
        self._look_at_the_stores(deliveries)
        gathered = _Gathered()
        with self.views.among_others() as connection:
            held = self._place.hold(connection, [each.partition for each in deliveries])
            identity = self._place.identity_in(connection)
            for each in deliveries:
                self._gather(gathered, each, held.get(each.partition, Taken(-1)), identity)
            gathered.rows.sort(key=itemgetter(0))
            if gathered.rows:
                gathered.aside += self.views.write(connection, gathered.rows)
            self.views.put_aside(connection, gathered.aside)
            self._place.move(connection, gathered.to)
        self._count(deliveries, gathered)

    def _gather(
        self,
        gathered: _Gathered,
        delivery: Delivery,
        before: Taken,
        identity: StoreIdentity | None,
    ) -> None:
        if before.next_offset < delivery.since:
            raise ViewsMovedError
        position = before.position
        for message in delivery.messages:
            told = message.told
            if message.offset < before.next_offset:
                gathered.repeated += 1  # another worker had the partition and has taken it in
            elif isinstance(told, UnreadableMessageError):
                gathered.aside.append(self._aside(delivery, message, str(told)))
            elif identity is None or told.identity.store != identity.store:
                gathered.foreign += 1
                gathered.aside += self._stranger(delivery, message, told)
            elif told.identity != identity or _position(told) <= position:
                gathered.repeated += isinstance(told, EventMessage)
            else:
                gathered.rows += [told.row] if isinstance(told, EventMessage) else []
                position = _position(told)
        gathered.to[delivery.partition] = Taken(max(before.next_offset, delivery.until), position)

    def _stranger(
        self, delivery: Delivery, message: Message, told: EventMessage | Mark
    ) -> list[SetAside]:
        """Show the first message of another store; the rest, perhaps millions, are counted."""
        store = told.identity.store
        if (delivery.partition, store) in self._strangers:
            return []
        self._strangers.add((delivery.partition, store))
        return [self._aside(delivery, message, f"of another store: {store}")]

    def _aside(self, delivery: Delivery, message: Message, why: str) -> SetAside:
        source = f"kafka:{self._place.source}:{delivery.partition}"
        row = message.told.row if isinstance(message.told, EventMessage) else None
        topic, stream = (row[3], str(row[1])) if row else ("", "")
        return SetAside(source, message.offset, topic, stream, why[:500])

    def _count(self, deliveries: Sequence[Delivery], gathered: _Gathered) -> None:
        counts = self.counts
        counts.batches += 1
        counts.messages += sum(len(each.messages) for each in deliveries)
        counts.events += len(gathered.rows)
        counts.repeated += gathered.repeated
        counts.foreign += gathered.foreign
        counts.set_aside += len(gathered.aside)

    # --- whose events they are --------------------------------------------------------------------

    def _look_at_the_stores(self, deliveries: Sequence[Delivery]) -> None:
        """Begin anew at the first message of a later life of the store.

        While it is not known whose views they are, they are those of the first message's store.
        """
        told = dict.fromkeys(
            message.told.identity
            for each in deliveries
            for message in each.messages
            if not isinstance(message.told, UnreadableMessageError)
        )
        for identity in told:
            if self._identity is None or _is_earlier(self._identity, identity):
                self._learn(identity)

    def _learn(self, identity: StoreIdentity) -> None:
        with self.views.connected() as connection:
            self._identity = self._place.identity_in(connection)
        if self._identity is None or _is_earlier(self._identity, identity):
            self._follow(identity)

    def _follow(self, identity: StoreIdentity, *, sure: bool = False) -> None:
        """Let the views be made of this store's events, in this life of it; one worker does it.

        What was made of others is thrown away. Of another store only if `sure`: it is the one that
        the settings name.
        """
        with self.views.alone() as connection:
            known = self._identity = self._place.identity_in(connection)
            if known == identity or (known and not sure and known.store != identity.store):
                return
            if known and _is_earlier(identity, known):
                return
            self.views.expect_made_alike(connection)
            if self.views.frontier_in(connection).most:
                _log.warning("the views begin anew: it is another life of the store, or another")
                self.views.clear(connection)
            self._place.begin_life(connection, identity)
            self._identity = identity


def _is_earlier(one: StoreIdentity, other: StoreIdentity) -> bool:
    return one.store == other.store and one.epoch < other.epoch


def _position(told: EventMessage | Mark) -> int:
    return told.row[0] if isinstance(told, EventMessage) else told.position
