"""What goes over the line: events and answers as CloudEvents that others can read as well."""

from __future__ import annotations

from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka
from cloudevents.core.formats.json import JSONFormat

from domain.numbers import packet_number, place_code
from domain.packet import Packet
from domain.roles import Role
from domain.staff import Person, numbers_of_far_people
from infra.branches.envelope import (
    Envelope,
    Told,
    ToldStanding,
    answer_of,
    concerns_everything,
    headers_of,
    leaves,
    opened,
    read_answer,
    sealed,
)
from infra.kafka.messages import HEADERS, UnreadableMessageError, mark_of
from infra.requests import Status
from infra.store.identity import StoreIdentity
from infra.store.rows import EventRow

IDENTITY = StoreIdentity(UUID(int=7), 1_790_000_000_000_000)
NUMBER = packet_number(267, 8_000_001)
ROW: EventRow = (12, Packet.stream(NUMBER), 1, "pkt.scan", '{"r":5,"i":"s1"}')


def _row(topic: str, stream: UUID = ROW[1]) -> EventRow:
    return (1, stream, 1, topic, "{}")


def test_an_envelope_comes_as_it_was_sent() -> None:
    """With the store, its life, the position, and the branch's name beside."""
    key, value = sealed(IDENTITY, ROW)
    assert key == ROW[1].bytes
    envelope = opened(value, headers_of("aksu"))
    assert envelope == Envelope("aksu", IDENTITY, (*ROW[:4], ROW[4].encode()))
    assert envelope.id == f"{UUID(int=7)}/1790000000000000/12"


@pytest.mark.parametrize(
    ("value", "branch"),
    [
        (b"noise", "aksu"),
        (None, "aksu"),
        (mark_of(IDENTITY, 3)[1], "aksu"),
        (sealed(IDENTITY, ROW)[1], ""),
        (sealed(IDENTITY, ROW)[1], "a" * 65),
    ],
)
def test_what_is_no_envelope_is_told(value: bytes | None, branch: str) -> None:
    """Noise, nothing, a relay's mark, a sender without a name or with an endless one."""
    with pytest.raises(UnreadableMessageError):
        opened(value, headers_of(branch))


def test_an_answer_comes_as_it_was_given() -> None:
    """And is a CloudEvent for everybody who can read one."""
    place = place_code(267, Role.INSPECTOR, 1)
    standing = ToldStanding(NUMBER, "on-the-way", place, "carry")
    told = Told(IDENTITY.store, IDENTITY.epoch, 12, "pkt.scan", Status.DEVIATION, 9, 4, standing)
    value = answer_of(told)
    assert read_answer(value) == told
    read = from_kafka(KafkaMessage(dict(HEADERS), None, value), JSONFormat())
    assert (read.get_type(), read.get_source()) == ("qolhat.answer", "/qolhat/gatherer")
    assert read.get_id() == f"{IDENTITY.store}/{IDENTITY.epoch}/12"
    for noise in (b"", b"{}", value.replace(b"qolhat.answer", b"qolhat.other")):
        with pytest.raises(UnreadableMessageError):
            read_answer(noise)


def test_what_concerns_the_branch_alone_stays_there() -> None:
    """Devices, numbers, pages; and of people those whom the country has appointed itself."""
    stays = ("dev.new", "blk.res", "clm.reg", "pag.new", "pkt.doc")
    goes = ("pkt.reg", "bag.put", "rgy.cls", "run.dep", "uns.new", "log.got", "plc.new", "tms.set")
    assert [topic for topic in (*stays, *goes) if leaves(_row(topic))] == list(goes)
    far = numbers_of_far_people(267).start
    assert leaves(_row("prs.new", Person.stream(far)))
    assert not leaves(_row("prs.new", Person.stream(267)))
    assert [topic for topic in goes if concerns_everything(_row(topic))] == ["plc.new", "tms.set"]
