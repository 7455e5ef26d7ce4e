"""Commands about Kafka: the topics, what is published, and a store that was restored."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from kafka import KafkaAdminClient

from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.api.cli.program import free_port
from tests.infra.kafka.committed import all_positions, messages_in


@pytest.fixture
def topic(kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Topics that are not there yet, named after this one."""
    name = f"qolhat-test-{secrets.token_hex(6)}"
    monkeypatch.setenv("QOLHAT_KAFKA_BOOTSTRAP", kafka_bootstrap)
    monkeypatch.setenv("QOLHAT_KAFKA_TOPIC", name)
    monkeypatch.setenv("QOLHAT_KAFKA_SCANS_TOPIC", f"{name}-scans")
    monkeypatch.setenv("QOLHAT_KAFKA_ANSWERS_TOPIC", f"{name}-answers")
    monkeypatch.setenv("QOLHAT_KAFKA_PARTITIONS", "2")
    return name


@pytest.fixture(autouse=True)
def _leave_nothing(kafka_bootstrap: str, topic: str) -> Iterator[None]:
    yield
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    admin.delete_topics([topic, f"{topic}-scans", f"{topic}-answers"], raise_errors=False)
    admin.close()


def test_topics_are_made_once_and_what_differs_is_told(
    qolhat: Terminal, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = qolhat("topics", "--json").data
    assert [(each["name"], each["made"], each["partitions"]) for each in made] == [
        (topic, True, 2),
        (f"{topic}-scans", True, 2),
        (f"{topic}-answers", True, 2),
    ]
    assert "differ" not in qolhat("topics").text
    monkeypatch.setenv("QOLHAT_KAFKA_PARTITIONS", "3")
    for said in in_every_language(qolhat, "topics").values():
        assert said.code == 0
        assert f"{topic}: partitions = 2" in said.text
        assert "QOLHAT_KAFKA_TOPIC" in said.text


def test_everything_is_published_by_one_command(
    qolhat: Terminal, day: Day, topic: str, kafka_bootstrap: str
) -> None:
    sent = qolhat("relay", "--once", "--json").data["sent"]
    assert sent > 0
    assert all_positions(messages_in(kafka_bootstrap, topic)) == list(range(1, sent + 1))
    assert qolhat("relay", "--once", "--json").data["sent"] == 0


def test_a_store_that_was_restored_is_published_anew(
    qolhat: Terminal, day: Day, topic: str
) -> None:
    sent = qolhat("relay", "--once", "--json").data["sent"]
    first, second = (qolhat("restored", "--json").data for _ in range(2))
    assert first["store"] == second["store"]
    assert first["epoch"] < second["epoch"]
    assert qolhat("relay", "--once", "--json").data["sent"] == sent
    in_every_language(qolhat, "restored")


@pytest.mark.parametrize(("options", "publishes"), [((), True), (("--without-relay",), False)])
def test_a_server_publishes_unless_a_relay_of_its_own_does(
    qolhat: Terminal,
    day: Day,
    topic: str,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    publishes: bool,
) -> None:
    seen: list[set[str]] = []

    def run(_: uvicorn.Server) -> None:
        seen.append({each.name for each in threading.enumerate()})

    monkeypatch.setattr(uvicorn.Server, "run", run)
    monkeypatch.setattr("api.cli.serving.signal.signal", lambda *_: None)
    assert qolhat("serve", "--port", free_port(), *options).code == 0
    assert ["relay" in threads for threads in seen] == [publishes]
