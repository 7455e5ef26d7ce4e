"""What a Kafka message of an event looks like: its stream as the key, the stored row as JSON.

The key keeps the events of one packet in one partition, and so in their order. The state is the
JSON that the event store holds, which never has personal data in it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from infra.store.rows import EventRow


class UnreadableMessageError(ValueError):
    """A message that no relay of ours has written."""


class _Message(msgspec.Struct, frozen=True):
    p: int  # position in the store's notification log
    s: str  # stream
    v: int  # version in the stream
    t: str  # topic of the event
    d: msgspec.Raw  # state


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Message).decode


def message_of(row: EventRow) -> tuple[bytes, bytes]:
    """Return the key and the value that stand for a stored event."""
    position, stream, version, topic, state = row
    text = state.encode() if isinstance(state, str) else bytes(state)
    return stream.bytes, _encode(_Message(position, stream.hex, version, topic, msgspec.Raw(text)))


def row_of(value: bytes | None) -> EventRow:
    """Return the stored event that a message's value stands for. Raises UnreadableMessageError."""
    try:
        message: Any = _decode(value or b"")
        return message.p, UUID(message.s), message.v, message.t, bytes(message.d)
    except (msgspec.DecodeError, ValueError) as error:
        raise UnreadableMessageError(str(error)) from error
