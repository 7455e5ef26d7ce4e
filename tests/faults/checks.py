"""What must be so after every fault: all that was acknowledged is stored once and shown once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from domain.packet import Packet
from domain.unsettled import UnsettledScan
from infra.kafka.messages import Mark, read_message
from infra.store.log import EventLog, postgres_log
from infra.store.mapper import read_event
from infra.store.rows import EventRow
from tests.faults.country import Country

_PATIENCE = 60.0
_EXAMPLES = 5


@dataclass(slots=True)
class Found:
    """What a look at everything has found; each of the first four must be nothing."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    events: int = 0
    level_after: float = 0.0  # seconds until the views showed everything

    @property
    def sound(self) -> bool:
        """Tell whether all is as it must be."""
        return not (self.lost or self.twice or self.differing or self.wrong)

    def __str__(self) -> str:
        """Say how much is wrong, with a few examples of each."""
        kinds = ("lost", "twice", "differing", "wrong")
        found = {kind: getattr(self, kind) for kind in kinds}
        shown = (
            f"{kind}: {len(all_)}, as {all_[:_EXAMPLES]}" for kind, all_ in found.items() if all_
        )
        return "; ".join(shown) or "sound"


class Auditor:
    """Looks at one country again and again; what it has read it remembers."""

    def __init__(self, country: Country) -> None:
        self._country = country
        self._position = 0
        self._refs: Counter[str] = Counter()  # of scans
        self._known: set[str] = set()  # refs of anything
        self._offsets: dict[TopicPartition, int] = {}
        self._published: Counter[int] = Counter()
        self._marks: Counter[int] = Counter()  # the highest of each partition

    def check(self) -> Found:
        """Compare what was acknowledged with the store, with Kafka and with the views."""
        found, diary = Found(), self._country.load.diary
        began = time.monotonic()
        self._read_log(found)
        found.events = self._position
        late = self._country.await_views(self._position)
        found.level_after = time.monotonic() - began
        found.wrong += [*diary.wrong, *late]
        for each in diary.acknowledged:
            if each.ref not in self._known:
                found.lost.append(f"{each.kind} {each.ref}")
        if not late:
            self._read_topic(found)
            self._compare_views(found)
        return found

    def _read_log(self, found: Found) -> None:
        country = self._country
        log = postgres_log(country.dsn)
        try:
            for row in _rows(log, self._position):
                if row[0] != self._position + 1:
                    found.wrong.append(f"position {row[0]} follows {self._position}")
                self._position = row[0]
                self._note(row, found)
        finally:
            log.close()

    def _note(self, row: EventRow, found: Found) -> None:
        event = read_event(*row[1:])
        ref = getattr(event, "ref", None)
        if ref is None:
            return
        self._known.add(ref)
        if isinstance(event, (Packet.Scanned, UnsettledScan.Event)):
            self._refs[ref] += 1
            if self._refs[ref] > 1:
                found.twice.append(f"{row[3]} {ref}")

    def _read_topic(self, found: Found) -> None:
        """Read what is committed in the topic: each event once, and no mark lies."""
        for record in self._messages():
            message = read_message(record.value)
            partition = record.partition
            if isinstance(message, Mark):
                self._marks[partition] = max(self._marks[partition], message.position)
                continue
            position = message.row[0]
            self._published[position] += 1
            if self._published[position] > 1:
                found.twice.append(f"in Kafka: {position}")
            if position <= self._marks[partition]:
                found.wrong.append(f"{position} comes after a mark of {self._marks[partition]}")
        missing = set(range(1, self._position + 1)) - set(self._published)
        found.lost += [f"in Kafka: {position}" for position in sorted(missing)]

    def _messages(self) -> Iterator[Any]:
        """Read the messages of all partitions that were not read yet, but for those put in."""
        consumer = KafkaConsumer(
            bootstrap_servers=self._country.kafka.bootstrap, isolation_level="read_committed"
        )
        try:
            parts = consumer.partitions_for_topic(self._country.topic)
            places = [TopicPartition(self._country.topic, part) for part in sorted(parts)]
            consumer.assign(places)
            for place in places:
                consumer.seek(place, self._offsets.get(place, 0))
            for record in _until_the_end(consumer, places):
                if (record.partition, record.offset) not in self._country.repeated:
                    yield record
            self._offsets = {place: consumer.position(place) for place in places}
        finally:
            consumer.close()

    def _compare_views(self, found: Found) -> None:
        """Let `qolhat verify` compare the views with rebuilt ones."""
        code, said = self._country.run("verify", "--json")
        if code:
            found.differing.append(said)


def _until_the_end(consumer: KafkaConsumer, places: list[TopicPartition]) -> Iterator[Any]:
    ends = consumer.end_offsets(places)
    deadline = time.monotonic() + _PATIENCE
    while any(consumer.position(place) < ends[place] for place in places):
        assert time.monotonic() < deadline, "the topic cannot be read to its end"
        for records in consumer.poll(timeout_ms=200).values():
            yield from records


def _rows(log: EventLog, after: int) -> Iterator[EventRow]:
    for page in log.pages(after):
        yield from page
