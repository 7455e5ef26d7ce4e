"""A message carries a stored event whole; whatever else is in the topic is not taken for one."""

from __future__ import annotations

from uuid import uuid4

import pytest

from infra.kafka.messages import UnreadableMessageError, message_of, row_of


@pytest.mark.parametrize("state", ['{"p":31,"h":1}', b'{"p":31,"h":1}'], ids=["text", "bytes"])
def test_an_event_is_the_same_at_the_other_end(state: str | bytes) -> None:
    stream = uuid4()
    key, value = message_of((17, stream, 3, "pkt.scanned", state))
    assert key == stream.bytes
    assert row_of(value) == (17, stream, 3, "pkt.scanned", b'{"p":31,"h":1}')


@pytest.mark.parametrize(
    "value", [None, b"", b"hello", b"{}", b"[]", b'{"p":1,"s":"no","v":1,"t":"x","d":{}}']
)
def test_what_no_relay_has_written_is_told_from_events(value: bytes | None) -> None:
    with pytest.raises(UnreadableMessageError):
        row_of(value)
