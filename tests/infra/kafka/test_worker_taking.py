"""Messages become rows, each event once: whatever is repeated, late, foreign or broken."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain.packet import Packet
from infra.database import postgres_engine, sqlite_engine
from infra.kafka.marks import RepartitionedError, Taken
from infra.kafka.messages import EventMessage, UnreadableMessageError, partition_of
from infra.kafka.taking import Message, TopicTooShortError
from infra.store.rows import EventRow
from infra.views.group import OtherViewsError, ViewsMovedError
from infra.views.rebuild import Comparison, rebuild, verify
from projections.holdings import Holdings
from projections.view import Knowledge
from tests.infra.kafka.fed import (
    PARTITIONS,
    Day,
    Partitions,
    Worker,
    differing,
    side_by_side,
    tables_of,
)

STRANGER = UUID(int=7)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database for views, of each kind."""
    if request.param == "sqlite":
        made = sqlite_engine(tmp_path / "views.db", durable=False)
    else:
        made = postgres_engine(request.getfixturevalue("postgres_dsn"))
    yield made
    made.dispose()


@pytest.fixture
def server(postgres_dsn: str) -> Iterator[sa.Engine]:
    """A PostgreSQL database for views."""
    made = postgres_engine(postgres_dsn)
    yield made
    made.dispose()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[sa.Engine]:
    """A SQLite database for views."""
    made = sqlite_engine(tmp_path / "views.db", durable=False)
    yield made
    made.dispose()


@pytest.fixture
def topic(day: Day) -> Partitions:
    """The day in a topic."""
    made = Partitions()
    made.publish(day.identity, day.rows, mark=day.rows[-1][0])
    return made


# --- each event once ------------------------------------------------------------------------------


def test_partitions_taken_in_out_of_step_give_the_same_views(
    engine: sa.Engine, day: Day, topic: Partitions
) -> None:
    worker, chance = Worker(engine, day.knowledge), random.Random(6)
    at = [0] * PARTITIONS
    while waiting := [n for n in range(PARTITIONS) if at[n] < len(topic.messages[n])]:
        number = chance.choice(waiting)
        until = at[number] + chance.randrange(50, 400)
        delivery = topic.delivery(number, at[number], until)
        worker.take(delivery)
        at[number] = delivery.until
    assert differing(day.tables, tables_of(worker.views)) == {}
    assert worker.positions == (day.rows[-1][0],) * PARTITIONS
    assert worker.taking.counts.events == len(day.rows)
    assert not worker.views.set_aside()


def test_whatever_is_repeated_counts_once(embedded: sa.Engine, day: Day) -> None:
    topic = Partitions()
    for start in (0, 300, 900):  # a relay that forgot where it was, twice
        topic.publish(day.identity, day.rows[start : start + 1000])
        topic.publish(day.identity, day.rows[start : start + 700], mark=start + 1)
    topic.publish(day.identity, day.rows[1900:])
    worker = Worker(embedded, day.knowledge)
    for delivery in topic.everything():
        worker.take(delivery)
        with pytest.raises(ViewsMovedError):  # it tells of more than the rows have
            worker.take(replace(delivery, since=delivery.until + 1))
        worker.take(delivery)  # a worker that does not know it was taken in
    assert differing(day.tables, tables_of(worker.views)) == {}
    assert worker.taking.counts.events == len(day.rows)
    assert worker.taking.counts.repeated > len(day.rows)


def test_several_workers_write_side_by_side(server: sa.Engine, day: Day, topic: Partitions) -> None:
    workers = [Worker(server, day.knowledge) for _ in range(3)]

    def work(worker: Worker, mine: tuple[int, int]) -> None:
        for since in range(0, max(map(len, topic.messages)), 150):
            parts = [topic.delivery(number, since, since + 150) for number in mine]
            worker.take(*[part for part in parts if part.messages])

    with side_by_side(*(lambda n=n: work(workers[n], (n, n + 3)) for n in range(3))):
        pass
    assert differing(day.tables, tables_of(workers[0].views)) == {}


def test_two_workers_that_both_think_a_partition_theirs_take_it_in_once(
    server: sa.Engine, day: Day, topic: Partitions
) -> None:
    workers = [Worker(server, day.knowledge) for _ in range(2)]
    for delivery in topic.everything():
        with side_by_side(*(lambda w=w, d=delivery: w.take(d) for w in workers)):
            pass
    assert sum(worker.taking.counts.events for worker in workers) == len(day.rows)
    assert differing(day.tables, tables_of(workers[0].views)) == {}


def test_a_mark_moves_a_partition_in_which_nothing_happens(embedded: sa.Engine, day: Day) -> None:
    topic, worker = Partitions(), Worker(embedded, day.knowledge)
    topic.publish(day.identity, (), mark=70)
    worker.take(*topic.everything()[:-1])
    assert worker.views.position() == 0
    worker.take(topic.whole(PARTITIONS - 1))
    assert worker.views.position() == 70


# --- what is none of ours -------------------------------------------------------------------------


def test_what_cannot_be_read_is_set_aside(embedded: sa.Engine, day: Day) -> None:
    topic, worker = Partitions(), Worker(embedded, day.knowledge)
    topic.publish(day.identity, day.rows[:100])
    topic.add(2, UnreadableMessageError("no event at all"))
    topic.publish(day.identity, day.rows[100:])
    worker.take(*topic.everything())
    (aside,) = worker.views.set_aside()
    assert (aside.source, aside.error) == ("kafka:events:2", "no event at all")
    assert differing(day.tables, tables_of(worker.views)) == {}


def poisoned(row: EventRow) -> EventRow:
    """An event that no version of the program has ever understood."""
    return (*row[:4], b'{"strange":"thing"}')


def test_a_poison_event_is_set_aside_and_the_others_of_its_batch_are_not(
    engine: sa.Engine, day: Day
) -> None:
    last = max(n for n, row in enumerate(day.rows) if row[3] == Packet.Scanned.TOPIC)
    rows = [poisoned(row) if n == last else row for n, row in enumerate(day.rows)]
    topic, worker = Partitions(), Worker(engine, day.knowledge)
    topic.publish(day.identity, rows)
    for delivery in topic.everything():
        worker.take(delivery)
    (aside,) = worker.views.set_aside()
    assert (aside.source, aside.position) == ("events", day.rows[last][0])
    assert len(tables_of(worker.views)["journal"]) == len(day.tables["journal"]) - 1
    assert worker.taking.counts.set_aside == 1


def test_another_store_in_the_same_topic_is_counted_and_shown_once(
    embedded: sa.Engine, day: Day
) -> None:
    topic, worker = Partitions(), Worker(embedded, day.knowledge)
    topic.publish(day.identity, day.rows[:200])
    topic.publish(replace(day.identity, store=STRANGER), day.rows[:300])
    topic.publish(day.identity, day.rows[200:])
    worker.take(*topic.everything())
    aside = worker.views.set_aside()
    assert {each.source for each in aside} == {f"kafka:events:{n}" for n in range(PARTITIONS)}
    assert len(aside) == PARTITIONS
    assert worker.taking.counts.foreign == 300
    assert differing(day.tables, tables_of(worker.views)) == {}


def test_the_store_that_the_settings_name_is_the_one_whoever_published_first(
    embedded: sa.Engine, day: Day, topic: Partitions
) -> None:
    first = Worker(embedded, day.knowledge)
    mixed = Partitions()
    mixed.publish(replace(day.identity, store=STRANGER), day.rows[:300])
    mixed.publish(day.identity, day.rows)
    first.take(*mixed.everything())
    assert first.taking.counts.foreign == len(day.rows)
    second = Worker(embedded, day.knowledge, day.log)
    assert second.offsets == [0] * PARTITIONS
    second.take(*mixed.everything())
    assert differing(day.tables, tables_of(second.views)) == {}


# --- a store's lives ------------------------------------------------------------------------------


def test_a_restored_store_lets_the_views_begin_anew_once(server: sa.Engine, day: Day) -> None:
    workers = [Worker(server, day.knowledge) for _ in range(2)]
    later = replace(day.identity, epoch=day.identity.epoch + 1)
    topic = Partitions()
    lost = [(row[0], uuid4(), 1, row[3], row[4]) for row in day.rows[:50]]
    topic.publish(day.identity, [*day.rows[:1000], *lost])  # what the backup did not have
    ends = [len(messages) for messages in topic.messages]
    for number, end in enumerate(ends):
        workers[number % 2].take(topic.delivery(number, 0, end))
    topic.publish(later, day.rows)
    topic.publish(day.identity, day.rows[1000:1500])  # from before, delayed
    for number, since in enumerate(ends):
        workers[number % 2].take(topic.delivery(number, since))
    assert differing(day.tables, tables_of(workers[0].views)) == {}
    with workers[0].views.connected() as connection:
        assert workers[0].place.identity_in(connection) == later
        assert workers[0].views.generations(connection)["holdings"] == 2


def test_a_store_that_was_restored_while_no_worker_ran_is_known_at_once(
    embedded: sa.Engine, day: Day, topic: Partitions
) -> None:
    earlier = replace(day.identity, epoch=day.identity.epoch - 1)
    before = Partitions()
    before.publish(earlier, day.rows[:1500])
    worker = Worker(embedded, day.knowledge)
    worker.take(*before.everything())
    assert tables_of(worker.views)["journal"] != []
    again = Worker(embedded, day.knowledge, day.log)
    assert again.positions == (0,) * PARTITIONS
    assert tables_of(again.views)["journal"] == []
    assert again.offsets == [len(messages) for messages in before.messages]


# --- what the topic does not hold -----------------------------------------------------------------


def test_what_the_topic_has_lost_is_taken_in_from_the_store(
    engine: sa.Engine, day: Day, topic: Partitions
) -> None:
    worker = Worker(engine, day.knowledge, day.log)
    worker.take(topic.delivery(1, 0, 100), topic.delivery(4, 0, 50))
    starts = {number: len(topic.messages[number]) - 20 for number in (0, 1, 2)}
    worker.taking.bridge(starts)
    assert differing(day.tables, tables_of(worker.views)) == {}
    for number, start in starts.items():
        worker.take(topic.delivery(number, start))
    worker.take(topic.delivery(4, 50), topic.whole(3), topic.whole(5))
    assert differing(day.tables, tables_of(worker.views)) == {}
    assert worker.positions == (day.rows[-1][0],) * PARTITIONS


def test_without_the_store_it_is_told_that_the_topic_is_too_short(
    embedded: sa.Engine, day: Day
) -> None:
    with pytest.raises(TopicTooShortError):
        Worker(embedded, day.knowledge).taking.bridge({0: 10})


def test_a_topic_made_anew_is_read_from_its_beginning(
    embedded: sa.Engine, day: Day, topic: Partitions
) -> None:
    worker = Worker(embedded, day.knowledge)
    worker.take(*topic.everything())
    again = Worker(embedded, day.knowledge, topic_id="another of that name")
    assert again.offsets == [0] * PARTITIONS
    again.take(*topic.everything())
    assert again.taking.counts.events == 0
    assert differing(day.tables, tables_of(again.views)) == {}


def test_a_topic_made_anew_with_other_partitions_lets_the_views_begin_anew(
    embedded: sa.Engine, day: Day, topic: Partitions
) -> None:
    Worker(embedded, day.knowledge).take(*topic.everything())
    fewer = Partitions(3)
    fewer.publish(day.identity, day.rows)
    again = Worker(embedded, day.knowledge, topic_id="another of that name", partitions=3)
    again.take(*fewer.everything())
    assert differing(day.tables, tables_of(again.views)) == {}


def test_partitions_added_to_a_topic_are_refused(embedded: sa.Engine, day: Day) -> None:
    worker = Worker(embedded, day.knowledge)
    with pytest.raises(RepartitionedError):
        worker.taking.meet("the topic", PARTITIONS + 2)


@pytest.mark.parametrize("again", [verify, rebuild])
def test_views_are_compared_where_partitions_are_out_of_step(
    engine: sa.Engine, day: Day, topic: Partitions, again: Callable[..., Comparison]
) -> None:
    worker = Worker(engine, day.knowledge, day.log)
    worker.take(topic.whole(0), topic.delivery(1, 0, 100), topic.whole(4))
    assert again(day.log, worker.views).differences == ()
    assert worker.positions == (day.rows[-1][0],) * PARTITIONS
    assert differing(day.tables, tables_of(worker.views)) == {}
    worker.take(*(topic.whole(n) for n in (2, 3, 5)), topic.delivery(1, 100))
    assert differing(day.tables, tables_of(worker.views)) == {}


# --- who makes the tables -------------------------------------------------------------------------


def test_many_prepare_the_same_views_at_once(server: sa.Engine, day: Day) -> None:
    with side_by_side(*[lambda: Worker(server, day.knowledge)] * 6):
        pass
    with Worker(server, day.knowledge).views.connected() as connection:
        found = connection.exec_driver_sql("SELECT DISTINCT generation FROM view_generations")
        assert found.scalars().all() == [1]


def test_a_worker_of_another_version_sets_nothing_aside(
    embedded: sa.Engine, day: Day, topic: Partitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Worker(embedded, day.knowledge)
    monkeypatch.setattr(Holdings, "revision", 2)
    new = Worker(embedded, day.knowledge)
    monkeypatch.undo()
    with pytest.raises(OtherViewsError):
        old.take(*topic.everything())
    assert not old.views.set_aside()
    assert new.positions == (0,) * PARTITIONS


def test_with_other_norms_the_first_worker_computes_anew_from_the_store(
    server: sa.Engine, day: Day, topic: Partitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    Worker(server, day.knowledge).take(*topic.everything())
    other = Knowledge(day.knowledge.regulations, day.knowledge.clocks)
    other.__dict__["version"] = "other norms"
    workers: list[Worker] = []
    with side_by_side(*[lambda: workers.append(Worker(server, other, day.log))] * 2):
        pass
    assert not workers[0].views.outdated()
    with workers[0].views.connected() as connection:
        assert workers[0].views.generations(connection)["holdings"] == 2
    workers[1].take(*topic.everything())
    assert differing(day.tables, tables_of(workers[0].views)) == {}


def test_places_are_those_of_the_partitions_asked_for(embedded: sa.Engine, day: Day) -> None:
    topic, worker = Partitions(), Worker(embedded, day.knowledge)
    row = day.rows[0]
    number = partition_of(row[1].bytes, PARTITIONS)
    topic.add(number, EventMessage(day.identity, row))
    worker.take(topic.whole(number))
    assert worker.taking.places([number]) == {number: Taken(1, row[0])}
    assert Message.read(3, b"nothing").offset == 3
