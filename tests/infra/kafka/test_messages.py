"""A message is a CloudEvent that carries a stored event whole; nothing else is taken for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from kafka.cluster import ClusterMetadata
from kafka.partitioner import DefaultPartitioner

from domain.streams import numbered_stream
from infra.kafka.messages import (
    HEADERS,
    EventMessage,
    Mark,
    UnreadableMessageError,
    mark_of,
    message_of,
    partition_of,
    read_message,
)
from infra.store.identity import StoreIdentity
from infra.store.rows import EventRow

STORE = StoreIdentity(UUID("6ba7b810-9dad-41d1-80b4-00c04fd430c8"), 1_795_336_200_123_456)
STREAM = numbered_stream(7, 12_345_678_901_234)
STATE = b'{"r":1795336200000001, "p":31,"\xd2\x9b":"\xd2\x93"}'
ROW: EventRow = (17, STREAM, 3, "pkt.scan", STATE)


def as_cloud_event(key: bytes | None, value: bytes) -> CloudEvent:
    """What the library reads in a message of ours."""
    del key  # ours is the stream's bytes; the library would take it for a text
    message = KafkaMessage(headers=dict(HEADERS), key=None, value=value)
    event = from_kafka(message, JSONFormat())
    assert isinstance(event, CloudEvent)
    return event


def whose(value: bytes) -> tuple[object, ...]:
    """What is read in a message, but for the spaces in its state."""
    read = read_message(value)
    if isinstance(read, Mark):
        return read
    *row, state = read.row
    return read.identity, *row, json.loads(state)


def facts(event: CloudEvent) -> dict[str, object]:
    """The attributes without the time, which the library sets to now where there is none."""
    return {name: value for name, value in event.get_attributes().items() if name != "time"}


@pytest.mark.parametrize("state", [STATE, STATE.decode()], ids=["bytes", "text"])
def test_an_event_is_the_same_at_the_other_end(state: str | bytes) -> None:
    key, value = message_of(STORE, (17, STREAM, 3, "pkt.scan", state))
    assert key == STREAM.bytes
    assert read_message(value) == EventMessage(STORE, ROW)


def test_a_mark_is_the_same_at_the_other_end() -> None:
    key, value = mark_of(STORE, 17)
    assert key is None
    assert read_message(value) == Mark(STORE, 17)


def test_the_library_reads_in_an_event_what_it_is() -> None:
    event = as_cloud_event(*message_of(STORE, ROW))
    assert event.get_attributes() == {
        "specversion": "1.0",
        "id": f"{STORE.store}/{STORE.epoch}/17",
        "source": f"/qolhat/stores/{STORE.store}/{STORE.epoch}",
        "type": "qolhat.pkt.scan",
        "subject": "12345678901234",
        "time": datetime(2026, 11, 22, 8, 30, 0, 1, UTC),
        "datacontenttype": "application/json",
        "partitionkey": STREAM.hex,
        "streamversion": 3,
        "sequence": "0000000000000017",
    }
    assert event.get_data() == {"r": 1795336200000001, "p": 31, "қ": "ғ"}


def test_the_library_reads_in_a_mark_what_it_is() -> None:
    event = as_cloud_event(*mark_of(STORE, 17))
    assert facts(event) == {
        "specversion": "1.0",
        "id": f"{STORE.store}/{STORE.epoch}/17/mark",
        "source": f"/qolhat/stores/{STORE.store}/{STORE.epoch}",
        "type": "qolhat.mark",
        "sequence": "0000000000000017",
    }
    assert event.get_data() is None


@pytest.mark.parametrize(
    "message", [message_of(STORE, ROW), mark_of(STORE, 17)], ids=["event", "mark"]
)
def test_what_is_written_here_is_what_the_library_writes(
    message: tuple[bytes | None, bytes],
) -> None:
    event = as_cloud_event(*message)
    written = to_structured(event, JSONFormat())
    ours, theirs = json.loads(message[1]), json.loads(written.value)
    assert {"time": theirs["time"], **ours} == theirs  # a mark has no time, the library adds one
    assert list(written.headers.items()) == HEADERS
    assert whose(written.value) == whose(message[1])


def test_what_has_no_number_is_called_by_its_stream_and_time_is_not_invented() -> None:
    stream = uuid4()
    _, value = message_of(STORE, (1, stream, 1, "uns.new", b"{}"))
    assert as_cloud_event(None, value).get_subject() == stream.hex
    assert "time" not in json.loads(value)


@pytest.mark.parametrize("state", [b'{"r":', b'{"r":1', b"\xd2", b'{"r":"x"} y', b"", b'"'])
def test_even_what_cannot_be_read_in_the_store_arrives(state: bytes) -> None:
    _, value = message_of(STORE, (1, STREAM, 1, "pkt.scan", state))
    as_cloud_event(None, value)
    read = read_message(value)
    assert isinstance(read, EventMessage)
    assert read.row == (1, STREAM, 1, "pkt.scan", state.decode(errors="replace").encode())


@pytest.mark.parametrize("state", [b"[]", b'{"r":"x"}', b"7"])
def test_what_is_json_but_no_state_of_ours_arrives_too(state: bytes) -> None:
    _, value = message_of(STORE, (1, STREAM, 1, "pkt.scan", state))
    assert read_message(value) == EventMessage(STORE, (1, STREAM, 1, "pkt.scan", state))


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"hello",
        b"{}",
        b"[]",
        message_of(STORE, ROW)[1].replace(b'"qolhat.pkt', b'"other.pkt'),
        message_of(STORE, ROW)[1].replace(b'"/qolhat/stores', b'"/qolhat/shops'),
        message_of(STORE, ROW)[1].replace(STREAM.hex.encode(), b"no"),
        mark_of(STORE, 17)[1].replace(b"0000000000000017", b"many"),
        mark_of(STORE, 17)[1].replace(b"qolhat.mark", b"qolhat.book"),
    ],
)
def test_what_no_relay_has_written_is_told_from_events(value: bytes | None) -> None:
    with pytest.raises(UnreadableMessageError):
        read_message(value)


class _Cluster(ClusterMetadata):  # type: ignore[misc]  # the library is not typed
    """A cluster with one topic of seven partitions."""

    def topics(self, exclude_internal_topics: bool = True) -> set[str]:
        """Name the topic."""
        return {"qolhat.events"} if exclude_internal_topics else set()

    def partitions_for_topic(self, topic: str) -> set[int]:
        """Return its partitions."""
        return set(range(7)) if topic in self.topics() else set()

    def available_partitions_for_topic(self, topic: str) -> set[int]:
        """All of them."""
        return self.partitions_for_topic(topic)


def test_a_partition_is_known_before_the_producer_chooses_it() -> None:
    choose, cluster = DefaultPartitioner().partition, _Cluster()
    for key in (uuid4().bytes for _ in range(200)):
        assert partition_of(key, 7) == choose("qolhat.events", key, key, None, None, cluster)
