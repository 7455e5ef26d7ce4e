"""Topics are made as they are planned, by whoever comes first; what exists is left as it is."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from kafka import KafkaAdminClient

from infra.bootstrap import NoKafkaError, kafka_topics
from infra.kafka.connection import Cluster, KafkaUnavailableError
from infra.kafka.topics import TopicPlan, make_topics, plans
from infra.settings import Settings


@pytest.fixture
def cluster(kafka_bootstrap: str) -> Cluster:
    """Where topics are made."""
    return Cluster(kafka_bootstrap)


@pytest.fixture
def name(kafka_bootstrap: str) -> Iterator[str]:
    """The name of a topic that is not there yet, and not there any more after the test."""
    fresh = f"qolhat-test-{secrets.token_hex(6)}"
    yield fresh
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    admin.delete_topics([fresh], raise_errors=False)
    admin.close()


def test_a_topic_is_made_as_planned(cluster: Cluster, name: str) -> None:
    plan = TopicPlan(name, 3, kept=timedelta(days=7))
    (made,) = make_topics(cluster, [plan])
    assert (made.made, made.partitions, made.differences) == (True, 3, ())
    assert made.most_bytes == 2 * 2**20
    (found,) = make_topics(cluster, [plan])
    assert (found.made, found.partitions, found.differences) == (False, 3, ())


def test_several_who_make_it_at_once_do_not_fail(cluster: Cluster, name: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: make_topics(cluster, [TopicPlan(name, 2)])[0], range(4)))
    assert [each.made for each in told].count(True) == 1
    assert {(each.partitions, each.differences) for each in told} == {(2, ())}


def test_what_differs_is_told_and_left(cluster: Cluster, name: str) -> None:
    make_topics(cluster, [TopicPlan(name, 2)])
    wished = TopicPlan(name, 5, replicas=3, kept=timedelta(days=1))
    for _ in range(2):
        (found,) = make_topics(cluster, [wished])
        assert found.partitions == 2
        assert {(each.setting, each.planned, each.found) for each in found.differences} == {
            ("partitions", "5", "2"),
            ("replicas", "3", "1"),
            ("retention.ms", "86400000", "-1"),
            ("min.insync.replicas", "2", "1"),
        }


def test_the_plans_follow_the_settings() -> None:
    settings = Settings(kafka_partitions=12, kafka_replicas=3, kafka_retention_days=400)
    events, scans, answers = plans(settings)
    assert [plan.name for plan in plans(settings)] == [
        "qolhat.events", "qolhat.scans", "qolhat.answers",
    ]  # fmt: skip
    assert {(plan.partitions, plan.replicas) for plan in plans(settings)} == {(12, 3)}
    assert (events.kept, scans.kept, answers.kept) == (
        timedelta(days=400), timedelta(days=30), timedelta(days=30),
    )  # fmt: skip
    assert events.configs["min.insync.replicas"] == "2"


def test_events_are_kept_for_ever_unless_said_otherwise() -> None:
    events, *others = plans(Settings())
    assert events.configs["retention.ms"] == "-1"
    assert {plan.configs["retention.ms"] for plan in others} == {"2592000000"}
    assert {plan.configs["min.insync.replicas"] for plan in plans(Settings())} == {"1"}


def test_a_kafka_that_does_not_answer_is_told_clearly() -> None:
    with pytest.raises(KafkaUnavailableError):
        make_topics(Cluster("127.0.0.1:1", patience=0.2), plans(Settings()))


def test_without_an_address_there_are_no_topics() -> None:
    with pytest.raises(NoKafkaError):
        kafka_topics(Settings(kafka_bootstrap=""))
