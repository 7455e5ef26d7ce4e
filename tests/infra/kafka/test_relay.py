"""Every event reaches the topic once, in its packet's order, whatever becomes of the relay."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from infra.bootstrap import NoKafkaError, Qolhat, relay
from infra.errors import StorageFullError
from infra.kafka import publishing, tail
from infra.kafka.connection import Cluster, KafkaUnavailableError
from infra.kafka.leading import FileLeader, Leader
from infra.kafka.messages import UnreadableMessageError, message_of, partition_of, read_message
from infra.kafka.publishing import Publisher
from infra.kafka.relay import Relay
from infra.kafka.relayed import Relayed, RelayedBook
from infra.kafka.tail import OtherLifeError
from infra.kafka.topics import TopicPlan, make_topics
from infra.settings import Settings
from infra.store.identity import StoreIdentity, identity_of, renew_epoch
from infra.store.rows import EventRow
from tests.infra.kafka.committed import (
    all_positions,
    marks_of,
    messages_in,
    positions_of,
    records_in,
)
from tests.office import APPLICANT, Office
from tests.servers.kafka import KafkaServer, OwnKafka

PATIENCE = 60.0
PARTITIONS = 3


class Believing:
    """Leads whatever others do: its lock was lost, and it does not know."""

    def leads(self) -> bool:
        """Believe so."""
        return True

    def step_down(self) -> None:
        """There is nothing to leave."""


@pytest.fixture
def plan(kafka_server: KafkaServer) -> TopicPlan:
    """An empty topic of several partitions."""
    return TopicPlan(kafka_server.fresh_topic(PARTITIONS), PARTITIONS)


MakeRelay = Callable[..., Relay]


@pytest.fixture
def relay_of(
    qolhat: Qolhat, kafka_bootstrap: str, plan: TopicPlan, tmp_path: Path
) -> Iterator[MakeRelay]:
    """Makes relays of the store into the topic; they are stopped after the test."""
    made: list[Relay] = []

    def make(leader: Leader | None = None, into: TopicPlan = plan) -> Relay:
        book = RelayedBook(qolhat.views.engine, into.name)
        leader = leader or FileLeader(tmp_path / "lead.lock")
        made.append(Relay(qolhat.log, book, Cluster(kafka_bootstrap), into, leader))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def last(office: Office) -> int:
    """The newest event's position."""
    return office.qolhat.log.rows.last_position()


def until(true: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rows_of(office: Office) -> list[EventRow]:
    """All that is stored."""
    return [row for page in office.qolhat.log.pages(0) for row in page]


def identity(office: Office) -> StoreIdentity:
    """Which store it is."""
    return identity_of(office.qolhat.log)


def test_every_event_is_published_in_its_packets_order_and_none_in_the_clear(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    for minute in range(0, 30, 10):
        office.until_the_courier(minute)
    assert relay_of().catch_up() == last(office)
    messages = messages_in(kafka_bootstrap, plan.name)
    rows = {row[0]: row for row in rows_of(office)}
    assert all_positions(messages) == sorted(rows)
    for partition, part in messages.items():
        assert positions_of(part) == sorted(positions_of(part))
        for position in positions_of(part):
            assert partition_of(rows[position][1].bytes, PARTITIONS) == partition
    found = records_in(kafka_bootstrap, plan.name)
    everything = b"".join(each.value for part in found.values() for each in part).decode()
    assert not [known for known in APPLICANT.values() if known in everything]


def test_every_partition_is_told_how_far_the_store_is_published(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    relay_ = relay_of()
    relay_.catch_up()
    first = last(office)
    office.register()
    relay_.catch_up()
    for part in messages_in(kafka_bootstrap, plan.name).values():
        assert marks_of(part) == [first, last(office)]
        assert {each.identity for each in part} == {identity(office)}


def test_what_was_sent_is_not_sent_again(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    first = relay_of()
    assert first.catch_up() == last(office)
    assert first.catch_up() == 0
    first.stop()
    sent = last(office)
    office.register(20)
    assert relay_of().catch_up() == last(office) - sent
    assert all_positions(messages_in(kafka_bootstrap, plan.name)) == list(
        range(1, last(office) + 1)
    )


def test_a_relay_that_has_noted_nothing_asks_the_topic_where_it_was(
    office: Office, relay_of: MakeRelay, qolhat: Qolhat, plan: TopicPlan
) -> None:
    first = relay_of()
    first.catch_up()
    first.stop()
    RelayedBook(qolhat.views.engine, plan.name).note(identity(office), Relayed())
    assert relay_of().catch_up() == 0


def test_its_place_is_found_behind_much_that_others_have_left(
    office: Office,
    relay_of: MakeRelay,
    plan: TopicPlan,
    kafka_bootstrap: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = relay_of()
    first.catch_up()
    first.stop()
    monkeypatch.setattr(tail, "_FIRST_LOOK", 4)
    stranger = KafkaProducer(bootstrap_servers=kafka_bootstrap)
    for n in range(100):
        stranger.send(plan.name, b"not ours %d" % n, partition=0)
    stranger.close()
    other = replace(identity(office), store=UUID(int=7))
    (topic,) = make_topics(Cluster(kafka_bootstrap), [plan])
    foreign = Publisher(Cluster(kafka_bootstrap), topic, other)
    foreign.send(office.qolhat.log.rows.rows_after(0, 5), 5)
    foreign.drop()
    assert relay_of().catch_up() == 0


def test_what_a_killed_relay_has_not_committed_nobody_sees_and_the_next_one_sends(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    (topic,) = make_topics(Cluster(kafka_bootstrap), [plan])
    killed = Publisher(Cluster(kafka_bootstrap), topic, identity(office))
    killed._producer.begin_transaction()
    for row in office.qolhat.log.rows.rows_after(0, 5):
        key, value = message_of(identity(office), row)
        killed._producer.send(plan.name, key=key, value=value)
    killed._producer.flush()  # in the topic, but not committed
    killed._producer._sender.force_close()
    assert relay_of().catch_up() == last(office)
    messages = messages_in(kafka_bootstrap, plan.name)
    assert all_positions(messages) == list(range(1, last(office) + 1))


def test_of_two_relays_one_leads_and_the_other_takes_over(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    first, second = relay_of(), relay_of()
    first.start()
    until(lambda: first.position() == last(office))
    second.start()
    office.register()
    until(lambda: first.position() == last(office))
    assert second._publisher is None
    first.stop()
    office.register(20)
    until(lambda: second.position() == last(office))
    messages = messages_in(kafka_bootstrap, plan.name)
    assert all_positions(messages) == list(range(1, last(office) + 1))


def test_asked_once_while_another_leads_it_waits_until_all_is_sent(
    office: Office, relay_of: MakeRelay
) -> None:
    first, second = relay_of(), relay_of()
    first.start()
    until(lambda: first.position() > 0)
    office.register()
    assert second.catch_up() == 0
    assert second.position() == last(office)


def test_two_that_both_believe_they_lead_send_everything_once(
    office: Office,
    relay_of: MakeRelay,
    plan: TopicPlan,
    kafka_bootstrap: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.kafka.relay.RETRY_SECONDS", 0.05)
    monkeypatch.setattr("infra.kafka.relay.PAGE", 3)
    stop = threading.Event()

    def work() -> None:
        minute = 0.0
        while not stop.is_set():
            office.register(minute := minute + 1)
            time.sleep(0.01)

    working = threading.Thread(target=work)
    working.start()
    try:
        for _ in range(3):  # each shuts the others out, and is killed in what it does
            rivals = [relay_of(Believing()), relay_of(Believing())]
            for each in rivals:
                each.start()
            time.sleep(1)
            for each in rivals:
                with suppress(AttributeError):
                    each._publisher._producer._sender.force_close()  # type: ignore[union-attr]
                each.end()
    finally:
        stop.set()
        working.join()
    until(lambda: not any(each.name == "relay" for each in threading.enumerate()))
    relay_of(Believing()).catch_up()
    messages = messages_in(kafka_bootstrap, plan.name)
    assert all_positions(messages) == list(range(1, last(office) + 1))
    for part in messages.values():
        assert positions_of(part) == sorted(positions_of(part))
        assert marks_of(part) == sorted(marks_of(part))


def test_another_life_of_the_store_is_published_from_its_beginning(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    before = relay_of(Believing())
    before.catch_up()
    renewed = renew_epoch(office.qolhat.log)
    assert relay_of(Believing()).catch_up() == last(office)
    found = [each for part in messages_in(kafka_bootstrap, plan.name).values() for each in part]
    assert len({each.identity for each in found}) == 2
    assert renewed in {each.identity for each in found}
    office.register()
    with pytest.raises(KafkaUnavailableError):  # the former life's is shut out
        before.catch_up()


def test_a_copy_of_the_store_that_is_behind_the_topic_sends_nothing(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    (topic,) = make_topics(Cluster(kafka_bootstrap), [plan])
    more = Publisher(Cluster(kafka_bootstrap), topic, identity(office))
    more.send([], last(office) + 1)
    more.drop()
    with pytest.raises(OtherLifeError):
        relay_of().catch_up()
    renew_epoch(office.qolhat.log)
    assert relay_of().catch_up() == last(office)


def test_a_copy_that_has_gone_another_way_sends_nothing(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    (topic,) = make_topics(Cluster(kafka_bootstrap), [plan])
    other = Publisher(Cluster(kafka_bootstrap), topic, identity(office))
    rows = office.qolhat.log.rows.rows_after(0, 5)
    other.send([(*row[:2], row[2] + 1, *row[3:]) for row in rows], 5)
    other.drop()
    office.register()
    with pytest.raises(OtherLifeError):
        relay_of().catch_up()


def test_an_elder_life_sends_nothing_any_more(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    (topic,) = make_topics(Cluster(kafka_bootstrap), [plan])
    younger = replace(identity(office), epoch=identity(office).epoch + 1)
    restored = Publisher(Cluster(kafka_bootstrap), topic, younger)
    restored.send([], 1)
    restored.drop()
    with pytest.raises(OtherLifeError):
        relay_of().catch_up()


def test_where_retention_has_left_nothing_its_own_note_counts(
    office: Office, relay_of: MakeRelay, plan: TopicPlan, kafka_bootstrap: str
) -> None:
    first = relay_of()
    sent = first.catch_up()
    first.stop()
    empty_by_retention(kafka_bootstrap, plan)
    office.register()
    assert relay_of().catch_up() == last(office) - sent


def test_an_event_too_large_for_kafka_is_referred_to_and_the_rest_goes_on(
    office: Office,
    relay_of: MakeRelay,
    plan: TopicPlan,
    kafka_bootstrap: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = [len(message_of(identity(office), row)[1]) for row in rows_of(office)]
    monkeypatch.setattr(publishing, "_MOST_REQUEST_BYTES", max(sizes) + 1023)
    assert relay_of().catch_up() == last(office)
    records = [each for part in records_in(kafka_bootstrap, plan.name).values() for each in part]
    referred = [each for each in map(why_unreadable, records) if each]
    assert len(referred) == sizes.count(max(sizes))
    assert all("too large" in each for each in referred)
    assert len(records) == last(office) + PARTITIONS


def why_unreadable(record: Any) -> str:
    """Say why a record is not taken for an event; nothing if it is."""
    try:
        read_message(record.value)
    except UnreadableMessageError as error:
        return str(error)
    return ""


def test_what_cannot_be_noted_is_no_reason_not_to_publish(
    office: Office,
    relay_of: MakeRelay,
    plan: TopicPlan,
    kafka_bootstrap: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise StorageFullError(detail="no space left")

    monkeypatch.setattr(RelayedBook, "note", fail)
    publishing_ = relay_of()
    assert publishing_.catch_up() == last(office)
    assert "cannot be noted" in caplog.text
    assert publishing_.position() == 0
    assert all_positions(messages_in(kafka_bootstrap, plan.name))[-1] == last(office)


def test_a_quiet_store_leaves_a_mark_now_and_then(
    office: Office,
    relay_of: MakeRelay,
    plan: TopicPlan,
    kafka_bootstrap: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.kafka.relay.MARK_SECONDS", 0.2)
    quiet = relay_of()
    quiet.start()
    until(lambda: quiet.position() == last(office))
    until(lambda: len(marks_of(messages_in(kafka_bootstrap, plan.name)[0])) > 2)
    quiet.stop()
    for part in messages_in(kafka_bootstrap, plan.name).values():
        assert set(marks_of(part)) == {last(office)}


def test_a_failure_nobody_thought_of_does_not_end_the_relay(
    office: Office,
    relay_of: MakeRelay,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("infra.kafka.relay.RETRY_SECONDS", 0.05)
    stumbling, send = relay_of(), Publisher.send
    stumbles = iter([True, True])

    def stumble(self: Publisher, rows: list[EventRow], position: int) -> int:
        if next(stumbles, False):
            raise RuntimeError("a bug")
        return send(self, rows, position)

    monkeypatch.setattr(Publisher, "send", stumble)
    stumbling.start()
    until(lambda: stumbling.position() == last(office))
    stumbling.stop()
    assert stumbling.relayed().failures == 2
    assert "a bug" in caplog.text


def test_while_kafka_is_away_nothing_is_lost(
    office: Office, killable_kafka: OwnKafka, relay_of: MakeRelay, qolhat: Qolhat, tmp_path: Path
) -> None:
    plan = TopicPlan(killable_kafka.fresh_topic())
    cluster = Cluster(killable_kafka.bootstrap, patience=5)
    book = RelayedBook(qolhat.views.engine, plan.name)
    following = Relay(qolhat.log, book, cluster, plan, FileLeader(tmp_path / "lead.lock"))
    following.start()
    until(lambda: following.position() == last(office))
    killable_kafka.kill()
    office.register(20)  # scanning goes on
    until(lambda: following._failing)
    killable_kafka.restart()
    until(lambda: following.position() == last(office))
    following.stop()
    assert following.relayed().failures > 0
    messages = messages_in(killable_kafka.bootstrap, plan.name)
    assert all_positions(messages) == list(range(1, last(office) + 1))


@pytest.mark.parametrize("address", ["no address at all", "127.0.0.1:1"])
def test_a_wrong_address_is_told_clearly(
    office: Office, address: str, plan: TopicPlan, tmp_path: Path
) -> None:
    qolhat = office.qolhat
    book, leader = RelayedBook(qolhat.views.engine, plan.name), FileLeader(tmp_path / "lead.lock")
    wrong = Relay(qolhat.log, book, Cluster(address, patience=0.2), plan, leader)
    with pytest.raises(KafkaUnavailableError):
        wrong.catch_up()
    wrong.stop()


def test_without_an_address_there_is_no_relay(qolhat: Qolhat) -> None:
    qolhat.settings = qolhat.settings.model_copy(update={"kafka_bootstrap": ""})
    with pytest.raises(NoKafkaError):
        relay(qolhat)


def test_settings_say_where_to_publish(office: Office, settings: Settings) -> None:
    publishing_ = relay(office.qolhat)
    assert publishing_.catch_up() == last(office)
    publishing_.stop()
    messages = messages_in(settings.kafka_bootstrap, settings.kafka_topic)
    assert all_positions(messages) == list(range(1, last(office) + 1))


def empty_by_retention(bootstrap: str, plan: TopicPlan) -> None:
    """Remove everything from the topic, as time does."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    ends = {TopicPartition(plan.name, n): -1 for n in range(plan.partitions)}
    admin.delete_records(ends)
    admin.close()
