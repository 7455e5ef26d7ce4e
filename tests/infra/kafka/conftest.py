"""A real Kafka with an empty topic beside the embedded store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.bootstrap import EVENTS_FILE, Qolhat, relay, view_worker
from infra.demonstration import Plan
from infra.kafka.relay import Relay
from infra.kafka.worker import ViewWorker
from infra.settings import Settings
from infra.store.identity import identity_of
from infra.store.log import sqlite_log
from infra.views.group import ViewGroup
from tests.infra.demonstration.simulated import simulated
from tests.infra.kafka.fed import Day, tables_of


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


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """Two days of a centre and its authority, recorded once; and the views that follow the log."""
    folder = tmp_path_factory.mktemp("day")
    with simulated(folder, Plan(days=2, packets=30)) as done:
        tables, knowledge = tables_of(done.qolhat.views), done.qolhat.views.knowledge
    log = sqlite_log(folder / EVENTS_FILE)
    rows = [row for page in log.pages(0) for row in page]
    yield Day(log, identity_of(log), rows, knowledge, tables)
    log.close()
