"""Relay and workers, end to end, against kafka-python alone moving the same bytes.

Ours: a store on PostgreSQL holds some days of the demonstration (about 40,000 events), the topic
is empty, two workers have their partitions; `qolhat relay` is started, and the clock runs until all
views on PostgreSQL show the last event. Theirs: two consumers of plain kafka-python have their
partitions of another topic; a producer (idempotent, acks=all) is started that sends the keys and
values that ours has sent, and the clock runs until the consumers have received the last of them
and done nothing with it. So both include the start of a process, theirs a quicker one. In turns, in
the same broker; the best of each is compared, since whatever disturbs makes either slower.

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
from kafka.errors import KafkaError
from rich.console import Console

from infra.bootstrap import EVENTS_FILE, bootstrap
from infra.database import postgres_engine
from infra.demonstration import Plan, SimulatedClock, run_demonstration
from infra.kafka.marks import TopicPlace
from infra.settings import Settings
from infra.store.log import postgres_log, sqlite_log
from tests.bench.country import PARTITIONS, Country
from tests.bench.report import Row, ratio_row
from tests.bench.stations import ROOT
from tests.infra.demonstration.simulated import hasty
from tests.servers.kafka import own_kafka
from tests.servers.postgres import own_postgres

DAYS, PACKETS, ROUNDS = 6, 400, 2
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
        country = Country(folder, postgres.dsn(), kafka.bootstrap)
        country.once("migrate")
        events = _record(country)
        ours, theirs = [], []
        for turn in range(rounds):
            ours.append(events / _ours(country, turn, events))
            messages = folder / "messages"
            count = _dump(country, messages)
            theirs.append(count / _theirs(country, turn, messages, count))
            _console.print(f"  {ours[-1]:,.0f} and {theirs[-1]:,.0f} a second", style="dim")
    what = f"relay and {MEMBERS} workers, {events:,} events from PostgreSQL to all views there"
    against = f"kafka-python alone: 1 producer, {MEMBERS} consumers"
    return [ratio_row(what, against, max(ours), max(theirs), AIM)]


def _record(country: Country) -> int:
    """Fill the store on PostgreSQL with days of the demonstration; return how many events."""
    days = int(os.environ.get("QOLHAT_BENCH_DAYS", DAYS))
    folder, clock = country.folder / "demonstration", SimulatedClock()
    with hasty(), bootstrap(Settings(data_dir=folder), now=clock) as qolhat:
        run_demonstration(qolhat, clock, Plan(days=days, packets=PACKETS))
    with sqlite_log(folder / EVENTS_FILE) as recorded, postgres_log(country.dsn) as log:
        for page in recorded.pages(0):
            log.rows.insert_events([StoredEvent(*row[1:4], _bytes(row[4])) for row in page])
        return log.rows.last_position()


def _bytes(state: str | bytes) -> bytes:
    return state.encode() if isinstance(state, str) else bytes(state)


# --- ours ---------------------------------------------------------------------------------------


def _ours(country: Country, turn: int, events: int) -> float:
    """Publish everything to an empty topic and take it into empty views; return the seconds."""
    country.topic = f"ours-{turn}"
    country.once("topics")
    engine = postgres_engine(country.dsn, schema="public_kafka")
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA IF EXISTS public_kafka CASCADE"))
    try:
        for number in range(MEMBERS):
            country.start(f"worker-{number}", "worker")
        _await_members(country, f"{country.topic}.views")
        begun = perf_counter()
        country.start("relay", "relay")
        with country.measured():
            _await_position(country, engine, events)
        return perf_counter() - begun
    finally:
        country.stop()
        engine.dispose()


def _await_position(country: Country, engine: sa.Engine, position: int) -> None:
    place, deadline = TopicPlace(country.topic), time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if place.frontier_in(connection).least >= position:
                return
        time.sleep(0.05)
    raise AssertionError(f"the views do not get there:\n{country.last_lines()}")


def _await_members(country: Country, group: str) -> None:
    """Wait until the members of a consumer group have all partitions among them."""
    admin = KafkaAdminClient(bootstrap_servers=country.bootstrap_servers)
    deadline = time.monotonic() + _PATIENCE
    try:
        while time.monotonic() < deadline:
            with suppress(KafkaError):  # the broker makes the groups' own topic at first
                described = admin.describe_groups([group])[group]
                members = described.get("members", [])
                if described.get("group_state") == "Stable" and len(members) == MEMBERS:
                    return
            time.sleep(0.2)
    finally:
        admin.close()
    raise AssertionError(f"the group does not come together:\n{country.last_lines()}")


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


def _theirs(country: Country, turn: int, messages: Path, count: int) -> float:
    """Send and receive the same messages; return the seconds."""
    topic = f"theirs-{turn}"
    admin = KafkaAdminClient(bootstrap_servers=country.bootstrap_servers)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    admin.close()
    receiving = [_plain(country, "receive", topic, f"{topic}.group") for _ in range(MEMBERS)]
    try:
        for process in receiving:
            _await_line(process, "ready")
        begun = perf_counter()
        sending = _plain(country, "send", topic, str(messages))
        _await_received(receiving, count)
        took = perf_counter() - begun
        assert sending.wait(_PATIENCE) == 0
        return took
    finally:
        for process in receiving:
            process.kill()
            process.wait()


def _plain(country: Country, *words: str) -> subprocess.Popen[str]:
    what, *rest = words
    command = [sys.executable, "-m", "tests.bench.plain_kafka", what, country.bootstrap_servers]
    return subprocess.Popen([*command, *rest], cwd=ROOT, stdout=subprocess.PIPE, text=True)


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
