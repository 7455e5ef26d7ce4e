"""Where the store is on PostgreSQL, the lead hangs on a connection; losing it loses no event."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from infra.bootstrap import relay
from infra.settings import Settings, StoreKind
from tests.infra.kafka.committed import all_positions, marks_of, messages_in
from tests.office import Office

PATIENCE = 60.0


@pytest.fixture
def settings(tmp_path: Path, kafka_bootstrap: str, kafka_topic: str, postgres_dsn: str) -> Settings:
    """Settings of a store on a server that publishes its events."""
    return Settings(
        data_dir=tmp_path,
        store=StoreKind.POSTGRES,
        postgres_dsn=SecretStr(postgres_dsn),
        kafka_bootstrap=kafka_bootstrap,
        kafka_topic=kafka_topic,
    )


def until(true: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_leader_whose_connection_is_cut_is_followed_by_another(
    office: Office, settings: Settings, postgres_dsn: str
) -> None:
    rivals = [relay(office.qolhat), relay(office.qolhat)]
    for each in rivals:
        each.start()
    for minute in (10, 20, 30):
        office.register(minute)
        until(lambda: rivals[0].position() == office.qolhat.log.rows.last_position())
        with psycopg.connect(postgres_dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'qolhat-relay' AND datname = current_database()"
            )
    office.register(40)
    last = office.qolhat.log.rows.last_position()
    until(lambda: rivals[0].position() == last)
    for each in rivals:
        each.stop()
    messages = messages_in(settings.kafka_bootstrap, settings.kafka_topic)
    assert all_positions(messages) == list(range(1, last + 1))
    assert marks_of(messages[0]) == sorted(marks_of(messages[0]))
