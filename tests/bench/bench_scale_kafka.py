"""Relay and workers, end to end, against kafka-python alone moving the same bytes.

Ours: `qolhat relay` and two `qolhat worker` run on an empty store on PostgreSQL and have taken in
the first thousand events. Then some days of the demonstration are recorded as quickly as the store
takes them (about 40,000 events, a thousand a commit), and the clock runs from the first of them
until all views on PostgreSQL show the last. Theirs: a producer (idempotent, acks=all) and two
consumers of plain kafka-python are connected, and the clock runs while the producer sends the keys
and values that ours has sent, until the consumers have received the last of them and done nothing
with it. In turns, in the same broker; the best of each is compared, since whatever disturbs makes
either slower.

`QOLHAT_BENCH_DAYS` records more days, `QOLHAT_BENCH_ROUNDS` takes more turns.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic
from kafka.consumer.fetcher import ConsumerRecord
from rich.console import Console

from infra.bootstrap import bootstrap
from infra.database import postgres_engine
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.kafka.marks import TopicPlace
from infra.settings import Settings
from infra.store.log import postgres_log
from tests.bench.country import PARTITIONS, Country
from tests.bench.report import Row, ratio_row
from tests.bench.stations import ROOT
from tests.infra.demonstration.simulated import hasty
from tests.servers.kafka import own_kafka
from tests.servers.postgres import own_postgres

DAYS, PACKETS, ROUNDS = 6, 400, 2
A_COMMIT = 1000  # events: they are to be there, not to be measured
MEMBERS = 2
AIM = 0.5
SERVER = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
_PATIENCE = 600.0
_console = Console(stderr=True)


def run() -> list[Row]:
    """Record, then let both move it in turns; return the row of the table."""
    rounds = int(os.environ.get("QOLHAT_BENCH_ROUNDS", ROUNDS))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="qolhat-bench-")))
        postgres = stack.enter_context(own_postgres(settings=SERVER))
        kafka = stack.enter_context(own_kafka(quick=False))
        recorded = _record(folder / "demonstration")
        ours, theirs = [], []
        for turn in range(rounds):
            country = Country(folder, postgres, kafka)
            country.topic = f"ours-{turn}"
            ours.append(_ours(country, recorded))
            theirs.append(_theirs(country, f"theirs-{turn}", folder / "messages"))
            _console.print(f"  {ours[-1]:,.0f} and {theirs[-1]:,.0f} a second", style="dim")
    events = sum(map(len, recorded[1:]))
    what = f"relay and {MEMBERS} workers, {events:,} events from PostgreSQL to all views there"
    against = f"kafka-python alone: 1 producer, {MEMBERS} consumers"
    return [ratio_row(what, against, max(ours), max(theirs), AIM)]


def _record(folder: Path) -> list[list[StoredEvent]]:
    """Let days of the demonstration happen in a store of its own; return its events by pages."""
    days = int(os.environ.get("QOLHAT_BENCH_DAYS", DAYS))
    clock = SimulatedClock()
    with hasty(), bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        run_demonstration(qolhat, clock, Plan(days=days, packets=PACKETS))
        rows = [row for page in qolhat.log.pages(0) for row in page]
    events = [StoredEvent(*row[1:4], str(row[4]).encode()) for row in rows]
    return [events[first : first + A_COMMIT] for first in range(0, len(events), A_COMMIT)]


# --- ours ---------------------------------------------------------------------------------------


def _ours(country: Country, recorded: list[list[StoredEvent]]) -> float:
    """Publish everything to an empty topic and take it into empty views; events a second."""
    country.make()
    engine = postgres_engine(country.dsn, schema="public_kafka")
    try:
        for number in range(MEMBERS):
            country.start(f"worker-{number}", "worker")
        country.start("relay", "relay")
        first, *others = recorded
        with postgres_log(country.dsn) as log:
            log.rows.insert_events(first)
            _await_position(country, engine, len(first))
            with country.measured(sum(map(len, others))):
                begun = perf_counter()
                for events in others:
                    last = log.rows.insert_events(events)
                assert last is not None
                _await_position(country, engine, last[-1])
                return (last[-1] - len(first)) / (perf_counter() - begun)
    finally:
        country.stop()
        engine.dispose()


def _await_position(country: Country, engine: sa.Engine, position: int) -> None:
    place, deadline = TopicPlace(country.topic), time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(sa.exc.ProgrammingError), engine.connect() as connection:  # no tables yet
            if place.frontier_in(connection).least >= position:
                return
        time.sleep(0.05)
    raise AssertionError(f"the views do not get there:\n{country.last_lines()}")


# --- theirs -------------------------------------------------------------------------------------


def _dump(country: Country, file: Path) -> int:
    """Write down what ours has published: keys, values and partitions, in the order of reading."""
    with file.open("wb") as out:
        messages = [
            (record.partition, record.key, record.value)
            for record in _messages(country.bootstrap_servers, country.topic)
        ]
        pickle.dump(messages, out)
    return len(messages)


def _messages(bootstrap_servers: str, topic: str) -> Iterator[ConsumerRecord]:
    """Read what is committed in a topic to its end."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, isolation_level="read_committed")
    try:
        places = [TopicPartition(topic, each) for each in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(timeout_ms=200).values():
                yield from records
    finally:
        consumer.close()


def _theirs(country: Country, topic: str, file: Path) -> float:
    """Send and receive what ours has sent and received; messages a second."""
    count = _dump(country, file)
    admin = KafkaAdminClient(bootstrap_servers=country.bootstrap_servers)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    admin.close()
    receiving = [_plain(country, "receive", topic, f"{topic}.group") for _ in range(MEMBERS)]
    sending = _plain(country, "send", topic, str(file))
    try:
        for process in (*receiving, sending):
            _await_line(process, "ready")
        begun = perf_counter()
        sending.communicate("go\n", _PATIENCE)
        _await_received(receiving, count)
        return count / (perf_counter() - begun)
    finally:
        for process in receiving:
            process.kill()
            process.wait()


def _plain(country: Country, *words: str) -> subprocess.Popen[str]:
    what, *rest = words
    command = [sys.executable, "-m", "tests.bench.plain_kafka", what, country.bootstrap_servers]
    return subprocess.Popen(
        [*command, *rest], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _await_line(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().strip() == line, "a consumer has ended"


def _await_received(receiving: list[subprocess.Popen[str]], count: int) -> None:
    """Wait until the consumers have received that many messages together."""
    received = [0] * len(receiving)

    def follow(index: int) -> None:
        for line in receiving[index].stdout or ():
            received[index] = int(line)

    for index in range(len(receiving)):
        threading.Thread(target=follow, args=(index,), daemon=True).start()
    deadline = time.monotonic() + _PATIENCE
    while sum(received) < count:
        assert time.monotonic() < deadline, f"{received} of {count}"
        time.sleep(0.005)
