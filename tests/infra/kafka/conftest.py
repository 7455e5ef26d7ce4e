"""A real Kafka with an empty topic beside the embedded store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.bootstrap import Qolhat, relay, view_worker
from infra.kafka.relay import Relay
from infra.kafka.worker import ViewWorker
from infra.settings import Settings
from infra.views.group import ViewGroup


@pytest.fixture
def settings(tmp_path: Path, kafka_bootstrap: str, kafka_topic: str) -> Settings:
    """Settings of an embedded store that publishes its events."""
    return Settings(
        data_dir=tmp_path,
        kafka_bootstrap=kafka_bootstrap,
        kafka_topic=kafka_topic,
        kafka_group=f"{kafka_topic}-views",
    )


@pytest.fixture
def publisher(qolhat: Qolhat) -> Iterator[Relay]:
    """What publishes the store's events."""
    publishing = relay(qolhat)
    yield publishing
    publishing.stop()


@pytest.fixture
def far(settings: Settings) -> Iterator[tuple[ViewWorker, ViewGroup]]:
    """A worker, and the views it fills from Kafka."""
    with view_worker(settings) as both:
        yield both
