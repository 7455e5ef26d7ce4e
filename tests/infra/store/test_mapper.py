"""Events are written small, read back whole, and understood for ever."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar

import pytest
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from domain import blocks, held_places, loose_pages, packet, runs, staff, unsettled
from domain.dispatch import bag, device_log, registry
from domain.numbers import PacketNumber, PlaceCode, place_code
from domain.packet import Packet
from domain.roles import Role, Scope
from domain.streams import Happening, Stream, Topics
from infra.store.mapper import KEYS, CompactMapper, from_micros, read_event, state_of, to_micros

MODULES = (
    packet, unsettled, staff, held_places, blocks, runs, bag, registry, device_log, loose_pages,
)  # fmt: skip
EVENTS = {topic: event for module in MODULES for topic, event in module.EVENTS.items()}
AT = datetime(2026, 11, 16, 4, 0, 0, 123456, tzinfo=UTC)
VALUES: dict[str, Any] = {
    "datetime": AT,
    "int": 7,
    "str": "text",
    "bool": True,
    "tuple": ("a", "b"),
    "PlaceCode": place_code(1, Role.HEAD, 1),
    "PacketNumber": 10267000000123,
    "BadgeCode": 40267000000101,
    "BagCode": 20267000000108,
    "RegistryCode": 60267000000145,
}


def example(event_class: type[Any]) -> Any:
    """Make an event of the class with every field filled."""
    facts: dict[str, Any] = {"originator_version": 3}
    for field in dataclasses.fields(event_class):
        if field.name == "originator_id":
            facts[field.name] = Packet.stream(PacketNumber(10267000000123))
        elif field.name not in facts:
            kind = str(field.type).replace(" | None", "").split("[")[0]
            facts[field.name] = VALUES[kind]
    return event_class(**facts)


def test_every_topic_is_short_and_none_is_used_twice() -> None:
    classes = [c for module in MODULES for c in module.EVENTS.values()]
    assert len({c.TOPIC for c in classes}) == len(classes)
    assert all(len(c.TOPIC) <= 8 for c in classes)


def test_the_topics_in_use_are_those_of_the_first_day() -> None:
    """A topic, once stored, is for ever: this list only grows."""
    assert set(EVENTS) == {
        "pkt.reg", "pkt.scan", "pkt.void", "pkt.set", "pkt.in", "pkt.res", "pkt.rgt", "pkt.drf",
        "pkt.ret", "pkt.sgn", "pkt.bck", "pkt.iss", "pkt.hnd", "pkt.wdr", "pkt.los", "pkt.fnd",
        "pkt.lbl", "pkt.era", "pkt.cmp", "pkt.cma", "pkt.put", "pkt.out", "pkt.car",
        "uns.new", "uns.set",
        "prs.new", "prs.plc", "prs.npl", "prs.std", "prs.nsd", "prs.bdg", "prs.nbg", "prs.end",
        "dev.new", "dev.rev", "plc.new", "plc.end",
        "blk.res", "clm.reg",
        "tms.set", "run.dep", "run.arr",
        "bag.new", "bag.put", "bag.out", "bag.cls", "bag.off", "bag.tak", "bag.brk", "bag.opn",
        "bag.ver", "bag.rec", "bag.stl", "rgy.new", "rgy.bag", "rgy.cls", "log.got",
        "pkt.doc", "pag.new", "pag.set", "pkt.pau", "pkt.rsm",
    }  # fmt: skip


def test_the_short_keys_are_those_of_the_first_day() -> None:
    assert len(set(KEYS.values())) == len(KEYS)
    assert KEYS["timestamp"] == "r"
    assert KEYS["happened_at"] == "h"
    assert KEYS["ref"] == "i"


def test_an_appointment_of_before_there_were_scopes_is_read() -> None:
    state = b'{"r":1,"w":5,"z":0,"g":1,"organisation":32,"roles":["manager"]}'
    event = read_event(staff.Person.stream(5), 1, "prs.new", state)
    assert event.scope is None
    assert staff.StaffRegister([event]).member(5).scope is Scope.ORGANISATION


@pytest.mark.parametrize("topic", EVENTS)
def test_every_event_is_read_back_as_it_was_written(topic: str) -> None:
    event = example(EVENTS[topic])
    stored = CompactMapper().to_stored_event(event)
    assert stored.topic == topic
    assert CompactMapper().to_domain_event(stored) == event


def test_a_scan_takes_about_a_hundred_bytes() -> None:
    facts: dict[str, Any] = {
        "originator_id": Packet.stream(PacketNumber(10267000000123)),
        "originator_version": 5,
        "timestamp": AT,
        "ref": "018f6b1e7c9a7d3e8f2a1b3c4d5e6f70",
        "place": place_code(267, Role.COLLECTING, 1),
        "person": 123456,
        "device": 23456,
        "counter": 34567,
        "happened_at": AT,
    }
    scan = Packet.Scanned(**facts)
    state = state_of(scan)
    assert len(state) < 140
    assert set(json.loads(state)) == {"r", "i", "p", "w", "d", "n", "h"}


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001
def test_instants_keep_every_microsecond_whatever_their_zone(naive: datetime, hours: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert from_micros(to_micros(at)) == at


def test_what_cannot_be_understood_is_an_error_that_names_the_event() -> None:
    stream = Packet.stream(PacketNumber(10267000000123))
    for topic, state in (("pkt.scan", b"{"), ("pkt.scan", b'{"zz":1}'), ("no.such", b"{}")):
        with pytest.raises(MapperDeserialisationError) as error:
            CompactMapper().to_domain_event(StoredEvent(stream, 4, topic, state))
        assert topic in str(error.value)


class Changed(Stream):
    """A stream whose event has changed twice since it was first stored."""

    class Event(Happening):
        """Base."""

    class Moved(Event):
        """Third version: the place was renamed, then got a floor."""

        TOPIC = "tst.mov"
        class_version: ClassVar[int] = 3
        place: PlaceCode
        floor: int

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Renamed."""
            state["p"] = state.pop("location")

        @staticmethod
        def upcast_v2_v3(state: dict[str, Any]) -> None:
            """New, with what it had always been."""
            state["floor"] = 0

    TOPIC = "tst"


def test_events_of_older_versions_are_understood() -> None:
    assert Topics.of(Changed)
    first = read_event(Changed, 1, "tst.mov", b'{"r":0,"location":30267100000109}')
    assert (first.place, first.floor) == (30267100000109, 0)
    second = read_event(Changed, 1, "tst.mov", b'{"v":2,"r":0,"p":30267100000109}')
    assert second.floor == 0
    assert json.loads(state_of(first))["v"] == 3
