"""A far branch and its country at two command lines, with a real Kafka between them."""

from __future__ import annotations

from pathlib import Path

import pytest
from kafka import KafkaProducer

from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language, written
from tests.servers.kafka import KafkaServer


class Line:
    """Who sits where: the same terminal at the branch, or in the country."""

    def __init__(self, patch: pytest.MonkeyPatch, kafka: KafkaServer, day: Day, other: Path):
        self._patch = patch
        self._folders = {"branch": day.folder, "country": other}
        self.address = kafka.bootstrap
        self.scans = kafka.fresh_topic(2)
        patch.setenv("QOLHAT_KAFKA_BOOTSTRAP", kafka.bootstrap)
        patch.setenv("QOLHAT_KAFKA_SCANS_TOPIC", self.scans)
        patch.setenv("QOLHAT_KAFKA_ANSWERS_TOPIC", kafka.fresh_topic(2))

    def sit(self, where: str) -> None:
        """Take a seat."""
        self._patch.setenv("QOLHAT_DATA_DIR", str(self._folders[where]))
        self._patch.setenv("QOLHAT_BRANCH", "aksu" if where == "branch" else "")


@pytest.fixture
def line(
    monkeypatch: pytest.MonkeyPatch, kafka_server: KafkaServer, day: Day, tmp_path: Path
) -> Line:
    """A branch that has worked for a day, and a country that knows nothing of it."""
    return Line(monkeypatch, kafka_server, day, tmp_path / "country")


def test_a_branch_sends_the_country_gathers_and_answers(
    qolhat: Terminal, line: Line, day: Day
) -> None:
    """Told at both ends: what was sent, what was recorded, what waits for a decision."""
    line.sit("branch")
    sent = qolhat("send", "--once", "--patience", 0, "--json").data
    assert sent["waiting"] == sent["sent"] > 30
    line.sit("country")
    gathered = qolhat("gather", "--once", "--json").data
    assert (gathered["recorded"] + gathered["known"], gathered["aside"]) == (sent["sent"], 0)
    assert written(day.carried) in qolhat("where", day.carried).out
    line.sit("branch")
    assert qolhat("send", "--once", "--json").data == {"sent": 0, "waiting": 0, "in_doubt": 2}
    told = qolhat("branch", "--json").data
    assert [told[name] for name in ("branch", "unsent", "waiting")] == ["aksu", 0, 0]
    assert {each["doubt"] for each in told["in_doubt"]} == {"bad-code", "other-kind"}
    in_every_language(qolhat, "branch")
    again = qolhat("send", "--once", "--again", "--json").data
    assert again["sent"] == 0
    line.sit("country")
    in_every_language(qolhat, "branch")


def test_what_was_set_aside_is_shown_and_tried_again(qolhat: Terminal, line: Line) -> None:
    """Noise in the topic is listed with its reason, and stays listed."""
    line.sit("country")
    producer = KafkaProducer(bootstrap_servers=line.address)
    producer.send(line.scans, b"noise", headers=[("branch", b"aksu")]).get(30)
    producer.close()
    assert qolhat("gather", "--once", "--json").data["aside"] == 1
    assert qolhat("gather", "--again", "--json").data["aside"] == 1
    (aside,) = qolhat("branch", "--json").data["set_aside"]
    assert (aside["branch"], aside["error"]) == ("aksu", "unreadable-envelope")
    assert "aksu" in qolhat("branch").out


def test_what_belongs_to_the_other_end_is_refused(
    qolhat: Terminal, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A branch gathers and publishes nothing, the country sends nothing; both need an address."""
    line.sit("branch")
    for command in ("gather", "relay"):
        assert qolhat(command, "--once").code == 1
    line.sit("country")
    assert qolhat("send", "--once").code == 1
    monkeypatch.setenv("QOLHAT_KAFKA_BOOTSTRAP", "")
    assert qolhat("gather", "--once").code == 1
