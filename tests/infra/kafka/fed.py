"""A recorded day, dealt into the partitions of a topic; and views that are filled from there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from infra.bootstrap import ALL_VIEWS
from infra.kafka.marks import TopicPlace
from infra.kafka.messages import EventMessage, Mark, partition_of
from infra.kafka.taking import Delivery, Message, Taking
from infra.store.identity import StoreIdentity
from infra.store.log import EventLog
from infra.store.rows import EventRow
from infra.views.group import ViewGroup
from projections.view import Knowledge

Tables = dict[str, list[tuple[Any, ...]]]
TOPIC = "events"
PARTITIONS = 6


@dataclass(frozen=True)
class Day:
    """What was recorded, by whom it is known, and what views of it show."""

    log: EventLog
    identity: StoreIdentity
    rows: Sequence[EventRow]
    knowledge: Knowledge
    tables: Tables


def tables_of(group: ViewGroup) -> Tables:
    """Every row of every table of every view."""
    with group.reading() as reading:
        return {
            name: sorted(map(tuple, reading.connection.execute(sa.select(table))), key=repr)
            for kind in group.kinds
            for name, table in reading.view(kind).tables.items()
        }


def differing(one: Tables, other: Tables) -> dict[str, tuple[int, int]]:
    """The tables that are not equal, and how many rows each side has for itself."""
    found = {
        name: (len(set(one[name]) - set(other[name])), len(set(other[name]) - set(one[name])))
        for name in one.keys() | other.keys()
    }
    return {name: counts for name, counts in found.items() if any(counts)}


class Worker:
    """One worker's way of taking messages in, without a broker: they are handed to it."""

    def __init__(
        self,
        engine: sa.Engine,
        knowledge: Knowledge,
        log: EventLog | None = None,
        topic_id: str = "the topic",
        partitions: int = PARTITIONS,
    ) -> None:
        self.place = TopicPlace(TOPIC)
        self.views = ViewGroup(engine, knowledge, ALL_VIEWS, self.place)
        self.views.prepare()
        self.taking = Taking(self.views, self.place, log)
        self.taking.begin()
        self.taking.meet(topic_id, partitions)

    def take(self, *deliveries: Delivery) -> None:
        self.taking.take(deliveries)

    @property
    def positions(self) -> tuple[int, ...]:
        with self.views.connected() as connection:
            return self.views.frontier_in(connection).positions

    @property
    def offsets(self) -> list[int]:
        held = self.taking.places(range(PARTITIONS))
        return [held[number].next_offset for number in sorted(held)]


class Partitions:
    """A topic in memory: messages at their offsets."""

    def __init__(self, count: int = PARTITIONS) -> None:
        self.messages: list[list[Message]] = [[] for _ in range(count)]

    def publish(
        self, identity: StoreIdentity, rows: Iterable[EventRow], mark: int | None = None
    ) -> None:
        """Deal events out by their streams; then tell every partition how far that is."""
        for row in rows:
            number = partition_of(row[1].bytes, len(self.messages))
            self.add(number, EventMessage(identity, row))
        for number in range(len(self.messages)) if mark is not None else ():
            self.add(number, Mark(identity, mark or 0))

    def add(self, partition: int, told: Any) -> None:
        found = self.messages[partition]
        found.append(Message(len(found), told))

    def delivery(self, partition: int, since: int, until: int | None = None) -> Delivery:
        """What a consumer gets that reads from one offset to before another."""
        messages = self.messages[partition][since:until]
        return Delivery(partition, since, since + len(messages), messages)

    def whole(self, partition: int) -> Delivery:
        return self.delivery(partition, 0)

    def everything(self) -> list[Delivery]:
        return [self.whole(number) for number in range(len(self.messages))]


@contextmanager
def side_by_side(*works: Callable[[], object]) -> Iterator[list[threading.Thread]]:
    """Let all work at once; at the end whatever one of them raised is raised."""
    failed: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  raised below, where a test can see it
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if failed:
        raise failed[0]
