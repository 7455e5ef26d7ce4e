"""Events fill the holdings elsewhere through Kafka, each exactly once."""

from __future__ import annotations

from kafka import KafkaProducer

from domain.roles import Role
from infra.bootstrap import relay, view_worker
from infra.kafka.relay import Relay
from infra.kafka.worker import ViewWorker
from infra.settings import Settings
from infra.views.group import ViewGroup
from projections.holdings import Holding, Holdings
from tests.office import Office
from tests.servers.kafka import OwnKafka

PATIENCE = 60.0
Far = tuple[ViewWorker, ViewGroup]


def held(views: ViewGroup) -> list[Holding]:
    """What the view of holdings says."""
    with views.reading() as reading:
        return reading.view(Holdings).at(reading.connection)


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


def test_a_worker_that_was_killed_goes_on_where_its_rows_end(
    office: Office, publisher: Relay, settings: Settings
) -> None:
    office.until_the_courier()
    publisher.catch_up()
    first = office.qolhat.log.rows.last_position()
    with view_worker(settings) as (worker, views):
        assert worker.catch_up() == first + 1  # the events, and a mark
    office.until_the_courier(20)
    publisher.catch_up()
    last = office.qolhat.log.rows.last_position()
    with view_worker(settings) as (worker, views):
        assert worker.catch_up() == last - first + 1
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
