"""Pytest's fixtures for the real servers, and what happens where a server cannot be had."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.servers.offer import ServerUnavailableError, in_ci

# The clients take half a second to import: only runs that use a server shall pay for it.
if TYPE_CHECKING:
    from tests.servers.kafka import KafkaServer, OwnKafka
    from tests.servers.postgres import OwnPostgres, PostgresServer

_SERVER_OF_FIXTURE = {
    "postgres_server": "postgres",
    "_own_postgres": "postgres",
    "kafka_server": "kafka",
    "browser": "browser",  # see tests/browser
}
_IMPATIENT = frozenset({"browser", "kafka"})
_ORDER = ("kafka", "postgres", "browser")
Server = TypeVar("Server")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for everybody: use fresh databases of it, do not stop it."""
    from tests.servers.postgres import any_postgres  # noqa: PLC0415

    yield from _opened(any_postgres())


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> str:
    """The name of a database after `qolhat migrate`: others are copied from it, quicker."""
    from tests.servers.migrated import migrated_database  # noqa: PLC0415

    return migrated_database(postgres_server)


@pytest.fixture
def postgres_dsn(postgres_server: PostgresServer, migrated_database: str) -> Iterator[str]:
    """The address of a store without an event, as `qolhat migrate` leaves it; dropped later."""
    dsn = postgres_server.fresh_database(migrated_database)
    yield dsn
    postgres_server.drop(dsn)


@pytest.fixture
def empty_postgres_dsn(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a database in which there is nothing, dropped after the test."""
    dsn = postgres_server.fresh_database()
    yield dsn
    postgres_server.drop(dsn)


@pytest.fixture(scope="session")
def _own_postgres() -> Iterator[OwnPostgres]:
    from tests.servers.postgres import own_postgres  # noqa: PLC0415

    yield from _opened(own_postgres())


@pytest.fixture
def killable_postgres(_own_postgres: OwnPostgres) -> Iterator[OwnPostgres]:
    """A durable PostgreSQL, always started here: `kill()` and `restart()` it as you like."""
    yield _own_postgres
    _own_postgres.ensure_running()


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaServer]:
    """A Kafka for everybody: use fresh topics of it, do not stop it."""
    from tests.servers.kafka import any_kafka  # noqa: PLC0415

    yield from _opened(any_kafka())


@pytest.fixture
def kafka_bootstrap(kafka_server: KafkaServer) -> str:
    """The address of a Kafka, as clients want it."""
    return kafka_server.bootstrap


@pytest.fixture
def kafka_topic(kafka_server: KafkaServer) -> str:
    """An empty topic with one partition."""
    return kafka_server.fresh_topic()


@pytest.fixture(scope="session")
def _own_kafka(kafka_server: KafkaServer) -> Iterator[OwnKafka]:
    from tests.servers.kafka import OwnKafka, own_kafka  # noqa: PLC0415

    if isinstance(kafka_server, OwnKafka):
        yield kafka_server  # a second broker would take another 300 MB
    else:
        yield from _opened(own_kafka())


@pytest.fixture
def killable_kafka(_own_kafka: OwnKafka) -> Iterator[OwnKafka]:
    """A Kafka, always started here: `kill()` and `restart()` it as you like."""
    yield _own_kafka
    _own_kafka.ensure_running()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: browsers, brokers and databases are waited for."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    """Leave out what kafka-python does at its import: two hundred warnings on Python 3.11."""
    for name in ("read_text", "open_text"):
        config.addinivalue_line("filterwarnings", f"ignore:{name} is deprecated:DeprecationWarning")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test that uses a server, and put it into the group of that server."""
    for item in items:
        servers = _servers_of(item)
        if not servers:
            continue
        for server in sorted(servers):
            item.add_marker(pytest.mark.server(server))
        if servers & _IMPATIENT and config.pluginmanager.hasplugin("rerunfailures"):
            # They share the machine with all other tests. What fails is tried once more, and the
            # report counts it as a rerun; what fails twice has failed.
            item.add_marker(pytest.mark.flaky(reruns=1))
        if not item.get_closest_marker("xdist_group"):
            # Kafka first: it is the one too dear to be started by two workers. Two browsers at
            # once make each other miss their moments.
            item.add_marker(pytest.mark.xdist_group(min(servers, key=_ORDER.index)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that needs a server and does not run is a failure."""
    report = yield
    needs_server = item.get_closest_marker("server") is not None
    if report.skipped and needs_server and in_ci() and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"skipped although this is CI: {why}"
    return report


def _opened(server: AbstractContextManager[Server]) -> Iterator[Server]:
    try:
        opened = server.__enter__()
    except ServerUnavailableError as missing:
        pytest.skip(str(missing))
    try:
        yield opened
    finally:
        server.__exit__(None, None, None)


def _servers_of(item: pytest.Item) -> set[str]:
    fixtures = getattr(item, "fixturenames", ())
    used = {_SERVER_OF_FIXTURE[name] for name in fixtures if name in _SERVER_OF_FIXTURE}
    return used | {str(mark.args[0]) for mark in item.iter_markers("server")}
