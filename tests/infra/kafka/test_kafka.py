"""Events leave the store through Kafka and fill the holdings elsewhere, each exactly once."""

from __future__ import annotations

import time

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from domain.roles import Role
from infra.bootstrap import NoKafkaError, Qolhat, relay, view_worker
from infra.kafka.connection import KafkaUnavailableError
from infra.kafka.messages import EventMessage, read_message
from infra.kafka.relay import Relay
from infra.kafka.worker import ViewWorker
from infra.settings import Settings
from infra.views.group import ViewGroup
from projections.holdings import Holding, Holdings
from tests.office import APPLICANT, Office
from tests.servers.kafka import OwnKafka

PATIENCE = 60.0
Far = tuple[ViewWorker, ViewGroup]


def held(views: ViewGroup) -> list[Holding]:
    """What the view of holdings says."""
    with views.reading() as reading:
        return reading.view(Holdings).at(reading.connection)


def published(settings: Settings) -> list[bytes]:
    """Everything in the topic."""
    place = TopicPartition(settings.kafka_topic, 0)
    with_offsets = KafkaConsumer(bootstrap_servers=settings.kafka_bootstrap)
    try:
        with_offsets.assign([place])
        with_offsets.seek_to_beginning(place)
        end = with_offsets.end_offsets([place])[place]
        values: list[bytes] = []
        while len(values) < end:
            for records in with_offsets.poll(timeout_ms=1000).values():
                values += [record.value for record in records]
        return values
    finally:
        with_offsets.close()


def positions(values: list[bytes]) -> list[int]:
    """Which events they are."""
    messages = [read_message(value) for value in values]
    return [each.row[0] for each in messages if isinstance(each, EventMessage)]


def test_the_far_view_of_holdings_equals_the_near_one(
    office: Office, publisher: Relay, far: Far, settings: Settings
) -> None:
    for minute in range(0, 30, 10):
        office.until_the_courier(minute)
    office.scan(60, "12", Role.OFFICE)
    publisher.catch_up()
    worker, views = far
    worker.catch_up()
    office.qolhat.runner.catch_up()
    assert held(views) == held(office.qolhat.views)
    assert len(held(views)) == 3


def test_every_event_is_published_in_the_order_of_the_log_and_none_in_the_clear(
    office: Office, publisher: Relay, settings: Settings
) -> None:
    office.until_the_courier()
    publisher.catch_up()
    values = published(settings)
    assert positions(values) == [row[0] for page in office.qolhat.log.pages(0) for row in page]
    everything = b"".join(values).decode()
    assert not [known for known in APPLICANT.values() if known in everything]


def test_what_was_sent_is_not_sent_again(
    office: Office, publisher: Relay, settings: Settings
) -> None:
    office.register()
    first = office.qolhat.log.rows.last_position()
    assert publisher.catch_up() == first
    assert publisher.catch_up() == 0
    office.register(20)
    last = office.qolhat.log.rows.last_position()
    assert publisher.catch_up() == last - first
    assert len(published(settings)) == last


def test_a_relay_that_forgot_its_place_sends_all_again_and_the_views_stay_right(
    office: Office, publisher: Relay, far: Far, settings: Settings
) -> None:
    office.until_the_courier()
    publisher.catch_up()
    publisher._keep(0)  # killed between Kafka's acknowledgement and its own note
    publisher.catch_up()
    office.until_the_courier(20)
    publisher.catch_up()
    last = office.qolhat.log.rows.last_position()
    assert len(published(settings)) > last
    worker, views = far
    worker.catch_up()
    office.qolhat.runner.catch_up()
    assert held(views) == held(office.qolhat.views)
    assert not views.set_aside()


def test_a_worker_that_was_killed_goes_on_where_its_rows_end(
    office: Office, publisher: Relay, settings: Settings
) -> None:
    office.until_the_courier()
    publisher.catch_up()
    first = office.qolhat.log.rows.last_position()
    with view_worker(settings) as (worker, views):
        assert worker.catch_up() == first
    office.until_the_courier(20)
    publisher.catch_up()
    last = office.qolhat.log.rows.last_position()
    with view_worker(settings) as (worker, views):
        assert worker.catch_up() == last - first
        assert len(held(views)) == 2


def test_what_is_no_event_is_set_aside_and_the_rest_goes_on(
    office: Office, publisher: Relay, far: Far, settings: Settings
) -> None:
    producer = KafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    producer.send(settings.kafka_topic, b"not ours").get(30)
    producer.close()
    office.until_the_courier()
    publisher.catch_up()
    worker, views = far
    worker.catch_up()
    assert [each.source for each in views.set_aside()] == [f"kafka:{settings.kafka_topic}:0"]
    assert len(held(views)) == 1


def test_several_partitions_keep_the_order_of_each_packet(
    office: Office, kafka_server: OwnKafka, settings: Settings
) -> None:
    topic = kafka_server.fresh_topic(partitions=4)
    spread = settings.model_copy(update={"kafka_topic": topic, "kafka_group": topic})
    office.qolhat.settings = spread
    numbers = [office.until_the_courier(minute) for minute in range(0, 50, 5)]
    publisher = relay(office.qolhat)
    publisher.catch_up()
    publisher.stop()
    office.qolhat.runner.catch_up()
    expected = held(office.qolhat.views)
    with view_worker(spread) as (worker, views):
        worker.catch_up()
        assert held(views) == expected
    assert len(expected) == len(numbers)


def test_while_kafka_is_away_nothing_is_lost(office: Office, killable_kafka: OwnKafka) -> None:
    topic = killable_kafka.fresh_topic()
    settings = office.qolhat.settings.model_copy(
        update={"kafka_bootstrap": killable_kafka.bootstrap, "kafka_topic": topic}
    )
    office.qolhat.settings = settings
    publisher = relay(office.qolhat)
    office.register()
    publisher.catch_up()
    killable_kafka.kill()
    office.register(20)  # scanning goes on
    publisher.start()
    time.sleep(1)
    killable_kafka.restart()
    deadline = time.monotonic() + 2 * PATIENCE
    last = office.qolhat.log.rows.last_position()
    while publisher.position() < last:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    publisher.stop()
    assert set(positions(published(settings))) == set(range(1, last + 1))


def test_a_wrong_address_is_told_clearly(qolhat: Qolhat, office: Office) -> None:
    qolhat.settings = qolhat.settings.model_copy(update={"kafka_bootstrap": "no address at all"})
    with pytest.raises(KafkaUnavailableError):
        relay(qolhat).catch_up()


def test_without_an_address_there_is_no_relay(qolhat: Qolhat) -> None:
    qolhat.settings = qolhat.settings.model_copy(update={"kafka_bootstrap": ""})
    with pytest.raises(NoKafkaError):
        relay(qolhat)
