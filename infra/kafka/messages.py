"""What a Kafka message looks like: a CloudEvent in JSON, with the stored event's state inside.

The key is the stream: all events of one packet are in one partition, and so in their order. The
state is the JSON that the event store holds, letter by letter; it never has personal data in it.
Between the events there are marks: each says, to whoever reads its partition, that all events up
to a position of the store are before it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import msgspec
from kafka.partitioner import murmur2

from domain.streams import number_of
from infra.store.identity import StoreIdentity
from infra.store.mapper import EPOCH
from infra.store.rows import EventRow

TYPE_PREFIX = "qolhat."
MARK_TYPE = "qolhat.mark"
SOURCE = "/qolhat/stores/{store}/{epoch}"
HEADERS = [("content-type", b"application/cloudevents+json")]
_NUMBERED = 8  # the version of a stream's UUID that has the thing's number written in it
_DIGITS = 16  # of a sequence: it must be in order as a text, too


class UnreadableMessageError(ValueError):
    """A message that no relay of ours has written."""


class EventMessage(NamedTuple):
    """A stored event, and whose it is."""

    identity: StoreIdentity
    row: EventRow


class Mark(NamedTuple):
    """All events of a store up to a position are before this, as far as they are in its partition.

    In other partitions they may be still to be read.
    """

    identity: StoreIdentity
    position: int


class _Recorded(msgspec.Struct, frozen=True):
    """What a stored state says of when it was recorded."""

    r: int | None = None  # microseconds since 1970 (UTC)


class _Message(msgspec.Struct, frozen=True):
    """What is needed of a message to know the event again."""

    source: str
    type: str
    sequence: str
    partitionkey: str = ""
    streamversion: int = 0
    datacontenttype: str = ""
    dataref: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")


_JSON, _TEXT = "application/json", "text/plain"
_recorded = msgspec.json.Decoder(_Recorded).decode
_decode = msgspec.json.Decoder(_Message).decode
_decode_text = msgspec.json.Decoder(str).decode


def message_of(identity: StoreIdentity, row: EventRow) -> tuple[bytes, bytes]:
    """Return the key and the value that stand for a stored event of a store."""
    return row[1].bytes, f"{_about(identity, row)},{_content(row[4])}}}".encode()


def reference_of(identity: StoreIdentity, row: EventRow) -> tuple[bytes, bytes]:
    """Return the key and the value of a message that only says where an event is to be found.

    It stands for an event that Kafka would not take because of its size. Nobody reads it as an
    event: it is set aside, and shown, by whoever fills views.
    """
    place = f"{SOURCE}/events/{row[0]}".format(store=identity.store, epoch=identity.epoch)
    return row[1].bytes, f'{_about(identity, row)},"dataref":"{place}"}}'.encode()


def _about(identity: StoreIdentity, row: EventRow) -> str:
    position, stream, version, topic, _ = row
    key = stream.hex
    subject = str(number_of(stream)) if stream.version == _NUMBERED else key
    return (
        f'{_beginning(identity)}{position}",'
        f'"type":"{TYPE_PREFIX}{topic}","subject":"{subject}",'
        f'"partitionkey":"{key}","streamversion":{version},'
        f'"sequence":"{position:0{_DIGITS}}"'
    )


def mark_of(identity: StoreIdentity, position: int) -> tuple[None, bytes]:
    """Return the key and the value of a mark. It goes to every partition."""
    value = (
        f'{_beginning(identity)}{position}/mark",'
        f'"type":"{MARK_TYPE}","sequence":"{position:0{_DIGITS}}"}}'
    )
    return None, value.encode()


def read_message(value: bytes | None) -> EventMessage | Mark:
    """Return what a message's value stands for. Raises UnreadableMessageError."""
    try:
        message = _decode(value or b"")
        identity, position = _identity(message.source), int(message.sequence)
        if message.type == MARK_TYPE:
            return Mark(identity, position)
        return EventMessage(identity, _row(position, message))
    except (msgspec.DecodeError, ValueError) as error:
        raise UnreadableMessageError(str(error)) from error


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition that the producer chooses for a key."""
    hashed: int = murmur2(key)
    return (hashed & 0x7FFFFFFF) % partitions


def _row(position: int, message: _Message) -> EventRow:
    state, topic = bytes(message.data), message.type.removeprefix(TYPE_PREFIX)
    if message.dataref:
        raise ValueError(f"{message.type} was too large to be published: {message.dataref}")
    if not state or topic == message.type:
        raise ValueError("no event of ours")
    if message.datacontenttype == _TEXT:
        state = _decode_text(state).encode()
    return position, UUID(hex=message.partitionkey), message.streamversion, topic, state


@lru_cache(maxsize=64)
def _beginning(identity: StoreIdentity) -> str:
    source = SOURCE.format(store=identity.store, epoch=identity.epoch)
    return f'{{"specversion":"1.0","source":"{source}","id":"{identity.store}/{identity.epoch}/'


@lru_cache(maxsize=64)
def _identity(source: str) -> StoreIdentity:
    _, qolhat, stores, store, epoch = source.split("/")
    if (qolhat, stores) != ("qolhat", "stores"):
        raise ValueError(f"source {source}")
    return StoreIdentity(UUID(store), int(epoch))


def _content(state: str | bytes) -> str:
    text = state if isinstance(state, str) else bytes(state).decode(errors="replace")
    try:
        recorded = _recorded(text).r
    except msgspec.DecodeError:
        return _unlike_ours(text)
    if recorded is None:
        return f'"datacontenttype":"{_JSON}","data":{text}'
    at = (EPOCH + timedelta(microseconds=recorded)).isoformat().replace("+00:00", "Z")
    return f'"time":"{at}","datacontenttype":"{_JSON}","data":{text}'


def _unlike_ours(state: str) -> str:
    """Carry even what nobody could read in the store, and leave it to the readers."""
    try:
        msgspec.json.decode(state)
    except msgspec.DecodeError:
        return f'"datacontenttype":"{_TEXT}","data":{msgspec.json.encode(state).decode()}'
    return f'"datacontenttype":"{_JSON}","data":{state}'
