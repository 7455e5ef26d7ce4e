"""The servers of the tests are real: they answer, keep what they acknowledged, and go away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer

from tests.servers.kafka import KafkaServer, OwnKafka
from tests.servers.postgres import OwnPostgres, PostgresServer
from tests.servers.process import lives

ROOT = Path(__file__).parents[2]


def _send(bootstrap: str, topic: str, *messages: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    for message in messages:
        producer.send(topic, message).get(timeout=30)
    producer.close()


def _received(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=20_000,
    )
    messages = [message.value for _, message in zip(range(count), consumer, strict=False)]
    consumer.close()
    return messages


def _left_by_a_killed_run(script: str) -> tuple[Path, list[int]]:
    """Run a script that starts a `process` and kills itself; what it leaves behind at first."""
    code = (
        f"import os\n{script}\n"
        "from tests.servers.process import children\n"
        "print(process.folder, process.pid, *children(process.pid), flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    folder, *processes = done.stdout.split()
    return Path(folder), list(map(int, processes))


def _assert_all_goes(folder: Path, processes: list[int]) -> None:
    deadline = time.monotonic() + 10
    while (folder.exists() or any(map(lives, processes))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not [process for process in processes if lives(process)]


@pytest.mark.server("postgres")
def test_postgres_answers_with_a_version_that_is_supported(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.info.server_version >= 15_00_00


@pytest.mark.server("postgres")
def test_postgres_knows_the_cases_of_kazakh_letters(killable_postgres: OwnPostgres) -> None:
    with psycopg.connect(killable_postgres.dsn()) as connection:
        assert connection.execute("SELECT lower('ҚОЛХАТ Әлі')").fetchone() == ("қолхат әлі",)


@pytest.mark.server("postgres")
def test_fresh_databases_are_separate(postgres_server: PostgresServer) -> None:
    first, second = postgres_server.fresh_database(), postgres_server.fresh_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE packet (number text)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('packet')").fetchone() == (None,)
    for dsn in (first, second):
        postgres_server.drop(dsn)
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(dsn)


def test_an_address_is_a_url_with_all_its_parts() -> None:
    server = PostgresServer("host=db.local user=a password=p@ss/1 dbname=main sslmode=require")
    assert server.dsn("other") == "postgresql://a:p%40ss%2F1@db.local/other?sslmode=require"
    sockets = PostgresServer("host=/run/pg dbname=main port=5433")
    assert sockets.dsn() == "postgresql:///main?host=%2Frun%2Fpg&port=5433"


@pytest.mark.server("postgres")
def test_a_committed_row_survives_kill_9(killable_postgres: OwnPostgres) -> None:
    dsn = killable_postgres.fresh_database()
    connection = psycopg.connect(dsn)
    connection.execute("CREATE TABLE packet (number text)")
    connection.execute("INSERT INTO packet VALUES ('committed')")
    connection.commit()
    connection.execute("INSERT INTO packet VALUES ('not committed')")
    killable_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    killable_postgres.restart()
    with psycopg.connect(dsn) as again:
        assert again.execute("SELECT number FROM packet").fetchall() == [("committed",)]


@pytest.mark.server("postgres")
def test_postgres_goes_when_its_tests_are_killed() -> None:
    folder, processes = _left_by_a_killed_run(
        "from tests.servers.postgres import OwnPostgres\n"
        "server = OwnPostgres(durable=False)\n"
        "server.start()\n"
        "process = server._process"
    )
    assert len(processes) > 1, "the postmaster and its children"
    _assert_all_goes(folder, processes)


@pytest.mark.server("kafka")
def test_what_is_produced_is_consumed_in_order(kafka_bootstrap: str, kafka_topic: str) -> None:
    _send(kafka_bootstrap, kafka_topic, b"accepted", b"handed over", b"confirmed")
    received = _received(kafka_bootstrap, kafka_topic, 3)
    assert received == [b"accepted", b"handed over", b"confirmed"]


@pytest.mark.server("kafka")
def test_topics_are_fresh_and_have_their_partitions(kafka_server: KafkaServer) -> None:
    first, second = kafka_server.fresh_topic(), kafka_server.fresh_topic(partitions=3)
    assert first != second
    consumer = KafkaConsumer(bootstrap_servers=kafka_server.bootstrap)
    assert consumer.partitions_for_topic(second) == {0, 1, 2}
    consumer.close()


@pytest.mark.server("kafka")
def test_no_topic_appears_because_somebody_asks(killable_kafka: OwnKafka) -> None:
    consumer = KafkaConsumer(bootstrap_servers=killable_kafka.bootstrap)
    consumer.partitions_for_topic("never-created")
    assert "never-created" not in consumer.topics()
    consumer.close()


@pytest.mark.server("kafka")
def test_an_acknowledged_message_survives_kill_9(killable_kafka: OwnKafka) -> None:
    topic = killable_kafka.fresh_topic()
    _send(killable_kafka.bootstrap, topic, b"before")
    killable_kafka.kill()
    killable_kafka.restart()
    _send(killable_kafka.bootstrap, topic, b"after")
    assert _received(killable_kafka.bootstrap, topic, 2) == [b"before", b"after"]


@pytest.mark.parametrize(
    "server",
    [pytest.param(name, marks=pytest.mark.server(name)) for name in ("postgres", "kafka")],
)
def test_the_tests_of_a_server_run_on_one_worker(
    server: str, request: pytest.FixtureRequest
) -> None:
    """pytest 9.2 and pytest-xdist 3.8 do not agree on groups, and nothing fails by itself."""
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith(f"@{server}")


def test_any_server_goes_when_its_tests_are_killed() -> None:
    folder, processes = _left_by_a_killed_run(
        "from tests.servers.process import GuardedProcess\n"
        "process = GuardedProcess('sleeper')\n"
        "process.start(['sleep', '600'])"
    )
    assert len(processes) == 1
    _assert_all_goes(folder, processes)


def test_a_missing_server_is_a_skip_on_a_machine_and_a_failure_in_ci(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(
        "import pytest\n@pytest.mark.server('kafka')\ndef test_one(): pytest.skip('needs Java')\n"
    )
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), str(tmp_path)]
    command += ["-p", "xdist.plugin", "-p", "tests.servers.plugin", "-p", "no:cacheprovider"]
    quick = {
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    said = {}
    for ci in ("false", "true"):
        env = os.environ | quick | {"CI": ci}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        said[ci] = (done.returncode, done.stdout)
    assert said["false"][0] == 0, said
    assert "1 skipped" in said["false"][1]
    assert said["true"][0] == 1
    assert "skipped although this is CI: Skipped: needs Java" in said["true"][1]
