"""The topics, as they are to be: partitions, copies, how long they keep what is in them.

They are made by command or, where one is missing, by whoever needs it, always from the same plan.
What exists with other settings is told and left as it is: with other partitions, later events of a
packet would be in another partition than its earlier ones, and no longer in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError

from infra.kafka.connection import Cluster, failing_clearly
from infra.settings import Settings

MOST_MESSAGE_BYTES = 2 * 2**20
MESSAGES_OF_BRANCHES_KEPT = timedelta(days=30)
_FOR_EVER = "-1"
_LIMIT = "max.message.bytes"
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """A topic as it is to be; without `kept` it keeps everything for ever."""

    name: str
    partitions: int = 1
    replicas: int = 1
    kept: timedelta | None = None

    @property
    def configs(self) -> dict[str, str]:
        """The settings of the topic, as Kafka names them."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.kept // _MILLISECOND) if self.kept else _FOR_EVER,
            "retention.bytes": _FOR_EVER,
            "min.insync.replicas": str(max(1, self.replicas - 1)),
            _LIMIT: str(MOST_MESSAGE_BYTES),
        }


class Difference(NamedTuple):
    """A setting of a topic that is not what the plan says."""

    setting: str
    planned: str
    found: str


@dataclass(frozen=True, slots=True)
class TopicFound:
    """A topic as it is, and what of it is not as planned."""

    name: str
    made: bool
    partitions: int
    most_bytes: int  # of one batch of messages
    differences: tuple[Difference, ...]


def plan_of_events(settings: Settings) -> TopicPlan:
    """Return the plan of the topic that has every event of the store."""
    days = settings.kafka_retention_days
    return _plan(settings, settings.kafka_topic, timedelta(days=days) if days else None)


def plans(settings: Settings) -> tuple[TopicPlan, ...]:
    """Return the plans of all topics: events, what far branches send, what they are answered."""
    return (
        plan_of_events(settings),
        _plan(settings, settings.kafka_scans_topic, MESSAGES_OF_BRANCHES_KEPT),
        _plan(settings, settings.kafka_answers_topic, MESSAGES_OF_BRANCHES_KEPT),
    )


def _plan(settings: Settings, name: str, kept: timedelta | None) -> TopicPlan:
    return TopicPlan(name, settings.kafka_partitions, settings.kafka_replicas, kept)


def make_topics(cluster: Cluster, planned: Sequence[TopicPlan]) -> list[TopicFound]:
    """Make the topics that are missing, and tell how all of them are. Several may do so at once.

    Raises KafkaUnavailableError.
    """
    with failing_clearly(cluster.bootstrap):
        admin = KafkaAdminClient(**cluster.of_clients)
        try:
            known = _partitions(admin, planned)
            made = {plan.name for plan in planned if plan.name not in known and _make(admin, plan)}
            missing = [plan.name for plan in planned if plan.name not in known]
            admin.wait_for_topics(missing, timeout_ms=cluster.patience_milliseconds)
            return _found(admin, planned, made)
        finally:
            admin.close()


def _make(admin: KafkaAdminClient, plan: TopicPlan) -> bool:
    wanted = {
        plan.name: {
            "num_partitions": plan.partitions,
            "replication_factor": plan.replicas,
            "configs": plan.configs,
        }
    }
    try:
        admin.create_topics(wanted)
    except TopicAlreadyExistsError:
        return False  # somebody else was faster
    return True


def _partitions(
    admin: KafkaAdminClient, planned: Sequence[TopicPlan]
) -> dict[str, list[dict[str, Any]]]:
    try:
        described = admin.describe_topics([plan.name for plan in planned])
    except UnknownTopicOrPartitionError:
        return {}
    return {each["name"]: each["partitions"] for each in described if not each["error_code"]}


def _found(
    admin: KafkaAdminClient, planned: Sequence[TopicPlan], made: set[str]
) -> list[TopicFound]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, plan.name) for plan in planned]
    described = admin.describe_configs(resources, config_filter="all")["topic"]
    partitions = _partitions(admin, planned)
    found = []
    for plan in planned:
        values = {name: each["value"] for name, each in described[plan.name].items()}
        of_it = partitions[plan.name]
        differences = _differences(plan, of_it, values)
        most = int(values[_LIMIT])
        found.append(TopicFound(plan.name, plan.name in made, len(of_it), most, differences))
    return found


def _differences(
    plan: TopicPlan, partitions: Sequence[dict[str, Any]], values: dict[str, str]
) -> tuple[Difference, ...]:
    replicas = min(len(each["replica_nodes"]) for each in partitions)
    compared = [
        Difference("partitions", str(plan.partitions), str(len(partitions))),
        Difference("replicas", str(plan.replicas), str(replicas)),
        *(Difference(name, value, values[name]) for name, value in plan.configs.items()),
    ]
    return tuple(each for each in compared if each.planned != each.found)
