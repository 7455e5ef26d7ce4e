"""Who shows views that workers fill knows how far they are, and can wait for what was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from typer.testing import CliRunner

from api.cli import app
from infra.bootstrap import Qolhat, relay, view_worker
from infra.database import sqlite_engine
from infra.settings import Settings, StoreKind, ViewsFrom
from infra.views import fed
from infra.views.fed import FedViews
from infra.views.rebuild import verify
from projections.holdings import Holdings
from tests.infra.kafka.fed import Day, Partitions, Worker, side_by_side
from tests.office import Office
from tests.servers.kafka import KafkaServer

PATIENCE = 60.0


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[sa.Engine]:
    """A SQLite database for views."""
    made = sqlite_engine(tmp_path / "views.db", durable=False)
    yield made
    made.dispose()


@pytest.fixture
def worker(embedded: sa.Engine, day: Day) -> Worker:
    return Worker(embedded, day.knowledge)


@pytest.fixture
def topic(day: Day) -> Partitions:
    """The day in a topic."""
    made = Partitions()
    made.publish(day.identity, day.rows, mark=day.rows[-1][0])
    return made


# --- without a broker -----------------------------------------------------------------------------


def test_whoever_waits_is_told_when_the_slowest_partition_is_there(
    worker: Worker, topic: Partitions, day: Day
) -> None:
    views, last = FedViews(day.log, worker.views), day.rows[-1][0]
    told: list[bool] = []
    views.start()
    assert views.following
    try:
        with side_by_side(lambda: told.append(views.wait_for(last, PATIENCE))):
            worker.take(*topic.everything()[1:])
            assert not views.wait_for(last, 0.2)
            assert told == []
            worker.take(topic.whole(0))
    finally:
        views.stop()
    assert told == [True]
    assert views.position == last
    assert views.lag() == 0
    assert not views.following


def test_without_a_thread_whoever_waits_looks_for_himself(
    worker: Worker, topic: Partitions, day: Day
) -> None:
    views, last = FedViews(day.log, worker.views), day.rows[-1][0]
    assert not views.wait_for(last, 0.1)
    assert views.lag() == last
    worker.take(*topic.everything())
    assert views.wait_for(last, 0.1)
    assert views.catch_up() == last


def test_catching_up_ends_though_no_worker_works(
    worker: Worker, topic: Partitions, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fed, "CATCH_UP_SECONDS", 0.1)
    told: list[tuple[int, int]] = []
    worker.take(*topic.everything()[1:])
    position = FedViews(day.log, worker.views).catch_up(lambda at, of: told.append((at, of)))
    assert position == worker.views.position() < day.rows[-1][0]
    assert told[-1] == (position, day.rows[-1][0])


def test_views_of_another_life_of_the_store_show_nothing_of_this_one(
    worker: Worker, topic: Partitions, day: Day
) -> None:
    worker.take(*topic.everything())
    views = FedViews(day.log, worker.views, lambda: False)
    assert not views.wait_for(1, 0.1)
    assert views.lag() == day.rows[-1][0]


# --- with everything ------------------------------------------------------------------------------


@pytest.fixture(params=[StoreKind.SQLITE, StoreKind.POSTGRES], ids=str)
def settings(
    request: pytest.FixtureRequest, settings: Settings, kafka_server: KafkaServer
) -> Settings:
    """A store whose views come from Kafka."""
    topic = kafka_server.fresh_topic(partitions=3)
    changes: dict[str, object] = {"views": ViewsFrom.KAFKA, "store": request.param}
    changes |= {"kafka_topic": topic, "kafka_group": topic, "kafka_partitions": 3}
    if request.param is StoreKind.POSTGRES:
        changes["postgres_dsn"] = SecretStr(request.getfixturevalue("postgres_dsn"))
    return settings.model_copy(update=changes)


def test_what_was_recorded_is_shown_after_its_way_through_kafka(
    office: Office, settings: Settings
) -> None:
    qolhat: Qolhat = office.qolhat
    qolhat.runner.start()
    publishing = relay(qolhat)
    publishing.start()
    with view_worker(settings) as (working, views), side_by_side(working.follow):
        try:
            for minute in range(10, 40, 10):
                number, answer = office.register(minute)
                assert qolhat.runner.wait_for(answer.position, PATIENCE)
                with qolhat.views.reading() as reading:
                    assert reading.view(Holdings).of(reading.connection, number) is not None
            assert qolhat.runner.catch_up() == qolhat.log.rows.last_position()
            assert qolhat.runner.lag() == 0
            assert views.set_aside() == []
        finally:
            working.stop()
            publishing.stop()
    assert verify(qolhat.log, qolhat.views).differences == ()


def test_the_command_takes_in_what_there_is(
    office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.until_the_courier()
    publishing = relay(office.qolhat)
    last = publishing.catch_up()
    publishing.stop()
    for name in ("data_dir", "store", "kafka_bootstrap", "kafka_topic", "kafka_group"):
        monkeypatch.setenv(f"QOLHAT_{name}".upper(), str(getattr(settings, name)))
    monkeypatch.setenv("QOLHAT_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    done = CliRunner().invoke(app, ["worker", "--once", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["events"], told["position"], told["set_aside"]) == (last, last, 0)
    assert office.qolhat.views.position() == last
