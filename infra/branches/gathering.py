"""Gathers what branches send: records it, answers, and only then is done with it.

Offsets are committed after the events are durable and the answers are sent, so that whatever kills
a gatherer, the next one does the same again, which changes nothing. What cannot be read or recorded
is set aside with the reason and holds nobody up.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import CommitFailedError, RebalanceInProgressError

from domain.errors import QolhatError
from infra.branches.country import CountryBook, SetAside
from infra.branches.deciding import Deciding, Decision
from infra.branches.envelope import Envelope, Told, answer_of, headers_of, opened, sealed
from infra.branches.line import Line, let_go
from infra.desk.counter import Counter
from infra.errors import StorageError
from infra.kafka.connection import failing_clearly
from infra.kafka.messages import HEADERS, UnreadableMessageError
from infra.requests import Status
from infra.store.mapper import to_micros

PAGE = 500
POLL_MILLISECONDS = 200
RETRY_SECONDS = 2.0
_LONGEST_KEPT = 2**16
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What became of a batch."""

    recorded: int = 0
    known: int = 0
    aside: int = 0

    def __add__(self, other: Gathered) -> Gathered:
        """Add another batch's figures."""
        return Gathered(
            self.recorded + other.recorded, self.known + other.known, self.aside + other.aside
        )

    @property
    def all(self) -> int:
        """How many messages it was."""
        return self.recorded + self.known + self.aside


class Gatherer:
    """One member of the group that records what branches send. Use from one thread."""

    def __init__(self, counter: Counter, book: CountryBook, line: Line, group: str) -> None:
        self._counter = counter
        self._deciding = Deciding(counter)
        self._book = book
        self._line = line
        self._group = group
        self._consumer: KafkaConsumer | None = None
        self._producer: KafkaProducer | None = None
        self._stopping = threading.Event()

    def step(self, patience: int = POLL_MILLISECONDS) -> Gathered:
        """Take in what is delivered within the patience (milliseconds).

        Raises KafkaUnavailableError, StorageError.
        """
        try:
            with failing_clearly(self._line.cluster.bootstrap):
                delivered = self._connected().poll(timeout_ms=patience, max_records=PAGE)
            records = [record for part in delivered.values() for record in part]
            gathered = self._take(records) if records else Gathered()
            if records:
                self._commit()
        except StorageError:
            self.disconnect()  # begins again at the offsets that are committed
            raise
        return gathered

    def _commit(self) -> None:
        """Keep where to go on; while partitions are dealt out, whoever gets them reads it again."""
        with (
            failing_clearly(self._line.cluster.bootstrap),
            suppress(RebalanceInProgressError, CommitFailedError),
        ):
            self._connected().commit()

    def catch_up(self, patience: float = 90.0) -> Gathered:
        """Take in all that the topic holds now.

        Gives up when no partition was assigned within the patience (seconds): others have them all.
        Raises KafkaUnavailableError, StorageError.
        """
        gathered, deadline = self.step(), time.monotonic() + patience
        while not self._at_the_end() and time.monotonic() < deadline:
            got = self.step()
            gathered += got
            deadline = time.monotonic() + patience if got.all else deadline
        return gathered

    def _at_the_end(self) -> bool:
        with failing_clearly(self._line.cluster.bootstrap):
            consumer = self._connected()
            assigned = list(consumer.assignment())
            ends = consumer.end_offsets(assigned) if assigned else {}
            return bool(ends) and all(consumer.position(p) >= end for p, end in ends.items())

    def again(self) -> Gathered:
        """Try again to record what was set aside. Raises KafkaUnavailableError, StorageError."""
        gathered = Gathered()
        for each in self._book.set_aside():
            try:
                envelope = opened(each.value, headers_of(each.branch))
            except UnreadableMessageError:
                gathered += Gathered(aside=1)
                continue
            gathered += self._answer(self._decide([envelope]), [])
        return gathered

    # --- a batch --------------------------------------------------------------------------------

    def _take(self, records: Sequence[Any]) -> Gathered:
        envelopes: list[Envelope] = []
        unread: list[SetAside] = []
        for record in records:
            try:
                envelopes.append(opened(record.value, record.headers))
            except UnreadableMessageError as error:
                unread.append(self._unread(record, error))
        return self._answer(self._decide(envelopes), unread)

    def _decide(self, envelopes: Sequence[Envelope]) -> list[Decision]:
        return self._deciding.decide(envelopes)

    def _answer(self, decisions: Sequence[Decision], unread: Sequence[SetAside]) -> Gathered:
        """Set aside what must be, then tell the branches; both may be done twice."""
        refused = [self._refused(each) for each in decisions if each.status is Status.REFUSED]
        aside = [*unread, *refused]
        for each in aside:
            _log.warning("set aside from %s: %s %s", each.branch, each.error, each.detail)
        self._book.note(decisions, aside)
        self._tell(decisions)
        known = sum(each.status is Status.DUPLICATE for each in decisions)
        return Gathered(len(decisions) - known - len(refused), known, len(aside))

    def _tell(self, decisions: Iterable[Decision]) -> None:
        now = to_micros(self._counter.now())
        with failing_clearly(self._line.cluster.bootstrap):
            producer = self._answering()
            sent = [
                producer.send(
                    self._line.answers.name,
                    key=each.envelope.branch.encode(),
                    value=answer_of(_told(each, now)),
                    headers=HEADERS,
                )
                for each in decisions
            ]
        self._line.see_through(producer, sent)

    def _unread(self, record: Any, error: UnreadableMessageError) -> SetAside:
        place = f"{record.topic}/{record.partition}/{record.offset}"
        branch = bytes(dict(record.headers).get("branch", b"")).decode(errors="replace")
        value = bytes(record.value or b"")[:_LONGEST_KEPT]
        now = to_micros(self._counter.now())
        return SetAside(place, branch, "", "unreadable-envelope", str(error)[:500], now, value)

    def _refused(self, decision: Decision) -> SetAside:
        envelope, (code, detail) = decision.envelope, _why(decision.error)
        _, value = sealed(envelope.identity, envelope.row)
        now = to_micros(self._counter.now())
        return SetAside(envelope.id, envelope.branch, envelope.row[3], code, detail, now, value)

    # --- connections ------------------------------------------------------------------------------

    def _connected(self) -> KafkaConsumer:
        if self._consumer is None:
            self._line.prepare()
            self._consumer = self._line.member(self._group)
        return self._consumer

    def _answering(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = self._line.producer()
        return self._producer

    def follow(self) -> None:
        """Gather until `stop`; failures are logged and tried again."""
        while not self._stopping.is_set():
            try:
                self.step()
            except StorageError as error:
                _log.warning("branches' scans wait: %s", error.facts.get("detail"))
                self._stopping.wait(RETRY_SECONDS)
        self.disconnect()

    def stop(self) -> None:
        """Let `follow` end after the batch at hand."""
        self._stopping.set()

    def disconnect(self) -> None:
        """Leave the group; what is not committed is delivered again, to whoever is next."""
        consumer, self._consumer = self._consumer, None
        producer, self._producer = self._producer, None
        let_go(consumer, producer)


def _told(decision: Decision, now: int) -> Told:
    envelope = decision.envelope
    code, detail = _why(decision.error) if decision.error else (None, None)
    return Told(
        envelope.identity.store,
        envelope.identity.epoch,
        envelope.row[0],
        envelope.row[3],
        decision.status,
        now,
        decision.recorded,
        decision.standing,
        decision.deviations,
        decision.doubt,
        code,
        detail,
    )


def _why(error: Exception | None) -> tuple[str, str]:
    """Name an error for who reads it at the branch: its code, and its facts."""
    if isinstance(error, QolhatError):
        facts = " ".join(f"{name}={value}" for name, value in error.facts.items())
        return error.code, facts[:500]
    return "unreadable-envelope", f"{type(error).__name__}: {error}"[:500]
