"""Workers and a real Kafka: they share the partitions, come and go, and the views are the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
import sqlalchemy as sa
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from infra.database import postgres_engine, sqlite_engine
from infra.kafka.connection import Cluster
from infra.kafka.figures import serve_figures
from infra.kafka.leading import FileLeader
from infra.kafka.marks import TopicPlace
from infra.kafka.messages import mark_of, message_of
from infra.kafka.relay import Relay
from infra.kafka.relayed import RelayedBook
from infra.kafka.taking import Taking, TopicTooShortError
from infra.kafka.topics import TopicPlan
from infra.kafka.worker import Topic, ViewWorker
from infra.store.log import EventLog
from infra.store.rows import EventRow
from infra.views.group import ViewGroup
from tests.infra.kafka.fed import Day, differing, side_by_side, tables_of
from tests.servers.kafka import KafkaServer

PATIENCE = 60.0
PARTITIONS = 6


class Crew:
    """Workers of one database of views, and the topic they read."""

    def __init__(self, server: KafkaServer, day: Day, engine: sa.Engine, partitions: int) -> None:
        self.server, self.day, self.engine = server, day, engine
        self.name = server.fresh_topic(partitions=partitions)
        self.partitions = partitions
        self.cluster = Cluster(server.bootstrap)
        self.views = self.group()

    def group(self) -> ViewGroup:
        from infra.bootstrap import ALL_VIEWS  # noqa: PLC0415

        made = ViewGroup(self.engine, self.day.knowledge, ALL_VIEWS, TopicPlace(self.name))
        made.prepare()
        return made

    def worker(self, log: EventLog | None = None) -> ViewWorker:
        """One more worker, as it starts."""
        taking = Taking(self.group(), TopicPlace(self.name), log)
        taking.begin()
        return ViewWorker(taking, Topic(self.cluster, self.name, f"{self.name}-views"))

    @contextmanager
    def at_work(self, *workers: ViewWorker) -> Iterator[None]:
        """Let workers follow the topic."""
        with side_by_side(*(each.follow for each in workers)):
            try:
                yield
            finally:
                for each in workers:
                    each.stop()

    def publish(self, rows: Iterable[EventRow], *, mark: int | None = None) -> None:
        """Publish as a relay does that may have forgotten where it was."""
        producer = KafkaProducer(
            bootstrap_servers=self.server.bootstrap, transactional_id=f"{self.name}-relay"
        )
        try:
            producer.init_transactions()
            producer.begin_transaction()
            last = 0
            for row in rows:
                key, value = message_of(self.day.identity, row)
                producer.send(self.name, key=key, value=value)
                last = row[0]
            for partition in range(self.partitions):
                _, value = mark_of(self.day.identity, mark or last)
                producer.send(self.name, value=value, partition=partition)
            producer.commit_transaction()
        finally:
            producer.close()

    def wait_until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def wait_for_the_day(self) -> None:
        last = self.day.rows[-1][0]
        self.wait_until(lambda: self.views.position() >= last)

    def differing(self) -> dict[str, tuple[int, int]]:
        return differing(self.day.tables, tables_of(self.views))


@pytest.fixture
def crew(kafka_server: KafkaServer, day: Day, postgres_dsn: str) -> Iterator[Crew]:
    """Workers on PostgreSQL."""
    engine = postgres_engine(postgres_dsn)
    yield Crew(kafka_server, day, engine, PARTITIONS)
    engine.dispose()


@pytest.fixture
def single(kafka_server: KafkaServer, day: Day, tmp_path: Path) -> Iterator[Crew]:
    """A worker with a file of its own."""
    engine = sqlite_engine(tmp_path / "views.db", durable=False)
    yield Crew(kafka_server, day, engine, PARTITIONS)
    engine.dispose()


@contextmanager
def relaying(crew: Crew, folder: Path) -> Iterator[Relay]:
    """The relay of the day's store."""
    engine = sqlite_engine(folder / "relayed.db", durable=False)
    publishing = Relay(
        crew.day.log,
        RelayedBook(engine, crew.name),
        crew.cluster,
        TopicPlan(crew.name, crew.partitions),
        FileLeader(folder / "relay.lock"),
    )
    yield publishing
    publishing.stop()
    engine.dispose()


# --- both paths -----------------------------------------------------------------------------------


def test_both_paths_give_equal_views(crew: Crew, tmp_path: Path) -> None:
    workers = [crew.worker() for _ in range(3)]
    with crew.at_work(*workers), relaying(crew, tmp_path) as relay:
        crew.wait_until(lambda: all(worker.lag for worker in workers))  # each has its partitions
        relay.catch_up()
        crew.wait_for_the_day()
        crew.wait_until(lambda: not any(sum(worker.lag.values()) for worker in workers))
    assert crew.differing() == {}
    assert not crew.views.set_aside()
    assert all(worker.counts.events for worker in workers)
    assert sum(worker.counts.events for worker in workers) == len(crew.day.rows)


def test_both_paths_give_equal_views_on_one_machine(single: Crew, tmp_path: Path) -> None:
    worker = single.worker(single.day.log)
    with relaying(single, tmp_path) as relay:
        relay.catch_up()
    worker.catch_up()
    worker.disconnect()
    assert single.differing() == {}
    assert single.views.position() == single.day.rows[-1][0]


def test_workers_come_and_go_while_much_is_published_some_of_it_twice(crew: Crew) -> None:
    rows, step = crew.day.rows, 250
    with ExitStack() as working:
        crew.publish(rows[:step])
        crews = [crew.worker() for _ in range(4)]
        working.enter_context(crew.at_work(crews[0]))
        for nth, since in enumerate(range(step, len(rows), step)):
            crew.publish(rows[max(0, since - 100) : since + step])
            if nth in (1, 3, 5):
                working.enter_context(crew.at_work(crews[nth // 2 + 1]))
            if nth == 6:
                crews[0].stop()
        crew.wait_for_the_day()
        working.close()
    assert crew.differing() == {}
    assert not crew.views.set_aside()
    assert sum(worker.counts.events for worker in crews) == len(rows)


def test_a_worker_that_is_dealt_the_same_partitions_again_goes_on(single: Crew) -> None:
    rows = single.day.rows
    single.publish(rows[:100])
    worker = single.worker()
    worker.catch_up()
    worker._connected()._coordinator.request_rejoin()  # as when another comes and goes
    single.publish(rows[100:])
    single.wait_until(lambda: worker.step() == 0 and single.views.position() >= rows[-1][0])
    worker.disconnect()
    assert single.differing() == {}


def test_a_worker_too_many_waits_and_takes_over(
    kafka_server: KafkaServer, day: Day, postgres_dsn: str
) -> None:
    engine = postgres_engine(postgres_dsn)
    crew = Crew(kafka_server, day, engine, 1)
    first, second = crew.worker(), crew.worker()
    with crew.at_work(second), crew.at_work(first):
        crew.publish(day.rows[:1500])
        crew.wait_until(lambda: crew.views.position() == day.rows[1499][0])
        busy, idle = (first, second) if first.counts.events else (second, first)
        assert idle.counts.events == 0
        busy.stop()
        crew.publish(day.rows[1500:])
        crew.wait_for_the_day()
        assert idle.counts.events
    assert crew.differing() == {}
    engine.dispose()


# --- a topic that is cut off, or made anew --------------------------------------------------------


def cut_off(crew: Crew, keep: int) -> None:
    """Let the broker forget all but the newest messages of each partition."""
    admin = KafkaAdminClient(bootstrap_servers=crew.server.bootstrap)
    worker = crew.worker()
    worker.step()
    places = [TopicPartition(crew.name, number) for number in range(crew.partitions)]
    with worker._failing_clearly():
        ends = worker._connected().end_offsets(places)
    worker.disconnect()
    admin.delete_records({place: max(0, ends[place] - keep) for place in places})
    admin.close()


def test_what_retention_has_taken_comes_from_the_store(single: Crew) -> None:
    single.publish(single.day.rows)
    cut_off(single, keep=30)
    with pytest.raises(TopicTooShortError):
        single.worker().catch_up()
    worker = single.worker(single.day.log)
    worker.catch_up()
    worker.disconnect()
    assert single.differing() == {}
    assert worker.counts.events == 0  # all that is left was among what the store gave
    assert single.views.position() == single.day.rows[-1][0]


def test_a_topic_that_was_deleted_and_made_again_is_read_again(single: Crew) -> None:
    rows = single.day.rows
    single.publish(rows[:1500])
    worker = single.worker()
    worker.catch_up()
    worker.disconnect()
    admin = KafkaAdminClient(bootstrap_servers=single.server.bootstrap)
    admin.delete_topics([single.name])
    single.wait_until(lambda: single.name not in admin.list_topics())
    from kafka.admin import NewTopic  # noqa: PLC0415

    admin.create_topics([NewTopic(single.name, single.partitions, 1)])
    admin.close()
    single.publish(rows)  # longer than what was read: offsets alone would not tell
    worker = single.worker()
    worker.catch_up()
    worker.disconnect()
    assert single.differing() == {}
    assert worker.counts.repeated == 1500


# --- figures --------------------------------------------------------------------------------------


def test_a_worker_tells_prometheus_what_it_has_done(single: Crew) -> None:
    worker = single.worker()
    port = serve_figures(worker, 0, "127.0.0.1")
    single.publish(single.day.rows[:300])
    worker.catch_up()
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    worker.disconnect()
    assert "qolhat_worker_events_total 300.0" in text
    assert "qolhat_worker_set_aside_total 0.0" in text
    assert 'qolhat_worker_lag_messages{partition="5"} 0.0' in text
