"""What, when, where and why of packets and bags, as GS1's schema has it; and what was put right."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.commands import Settlement
from domain.corrections import VoidReason
from domain.dispatch.bag import EVENTS as BAG_EVENTS
from domain.dispatch.registry import EVENTS as REGISTRY_EVENTS
from domain.numbers import PacketNumber
from domain.packet import EVENTS as PACKET_EVENTS
from domain.roles import Role
from domain.runs.reports import EVENTS as RUN_EVENTS
from infra.bootstrap import Qolhat
from infra.exports import Format, Wanted
from infra.exports.epcis import OF_BAG, OF_PACKET, OF_REGISTRY, OF_RUN
from infra.exports.names import EVENT_NAMES
from tests.infra.demonstration.simulated import Simulated
from tests.infra.exports.conftest import export_of
from tests.infra.exports.schemas import faults
from tests.infra.views.carriage import Carriage
from tests.office import Office
from tests.stories import CENTRE, PEOPLE, place

Told = dict[str, Any]
PAGE = (Path(__file__).parents[3] / "docs" / "exports.md").read_text("utf-8")


def document_of(qolhat: Qolhat, wanted: Wanted | None = None) -> Told:
    document: Told = json.loads(export_of(qolhat, Format.EPCIS, wanted or Wanted()))
    return document


def events_of(qolhat: Qolhat) -> list[Told]:
    listed: list[Told] = document_of(qolhat)["epcisBody"]["eventList"]
    return listed


def about(told: list[Told], number: PacketNumber) -> Iterator[Told]:
    """The events that name a packet."""
    name = f"urn:qolhat:packet:{number}"
    return (e for e in told if name in (*e.get("epcList", ()), *e.get("childEPCs", ())))


@pytest.fixture(scope="module")
def document(day: Simulated) -> Told:
    """The whole day."""
    return document_of(day.qolhat)


# --- the schema --------------------------------------------------------------------------------


def test_a_day_is_valid_under_the_schema_of_gs1(document: Told) -> None:
    assert len(document["epcisBody"]["eventList"]) > 500
    assert faults("epcis-2.0", document) == []


def test_the_schema_finds_what_is_wrong(document: Told) -> None:
    """Else the test above could not fail."""
    for key, wrong in (
        ("bizStep", "carrying"),
        ("disposition", "lost"),
        ("eventTime", "2026-11-16T09:00:00"),
        ("eventID", "no name"),
        ("readPoint", {"id": "at the office"}),
        ("mark", "a field of nobody's"),
    ):
        spoilt = copy.deepcopy(document)
        spoilt["epcisBody"]["eventList"] = [spoilt["epcisBody"]["eventList"][7] | {key: wrong}]
        assert faults("epcis-2.0", spoilt), key


def test_an_event_of_the_document_is_valid_alone(document: Told) -> None:
    first: dict[str, Told] = {}
    for event in document["epcisBody"]["eventList"]:
        first.setdefault(f"{event['type']} {event['bizStep']}", event)
    assert {event["type"] for event in first.values()} == {
        "ObjectEvent",
        "AggregationEvent",
        "TransactionEvent",
    }
    for event in first.values():
        assert faults("epcis-2.0", {"@context": document["@context"], **event}) == []


def test_every_kind_of_event_has_its_place_in_the_tables() -> None:
    assert set(OF_PACKET) == set(PACKET_EVENTS)
    assert set(OF_BAG) == set(BAG_EVENTS)
    assert set(OF_REGISTRY) == set(REGISTRY_EVENTS)
    assert set(OF_RUN) == set(RUN_EVENTS)
    assert {*OF_PACKET, *OF_BAG, *OF_REGISTRY, *OF_RUN} <= set(EVENT_NAMES)


# --- what, when, where, why --------------------------------------------------------------------


def test_the_document_says_of_which_store_and_up_to_where_it_is(
    document: Told, day: Simulated
) -> None:
    assert document["qolhat:position"] == str(day.qolhat.log.rows.last_position())
    assert document["type"] == "EPCISDocument"


def test_a_scan_says_what_when_where_and_why(office: Office) -> None:
    number = office.until_the_courier()
    told = list(about(events_of(office.qolhat), number))
    assert [each["bizStep"] for each in told] == ["commissioning", "accepting", "accepting"]
    taken = told[-1]
    assert taken["disposition"] == "in_transit"
    assert taken["eventTime"] == office.at(60).isoformat().replace("+00:00", "Z")
    assert taken["eventTimeZoneOffset"] == "+05:00"
    assert taken["readPoint"] == {"id": f"urn:qolhat:place:{place(Role.COURIER)}"}
    assert taken["bizLocation"] == {"id": f"urn:qolhat:organisation:{CENTRE}"}
    assert taken["qolhat:person"] == PEOPLE[Role.COURIER]


def test_packing_adds_to_a_bag_and_unpacking_takes_out_of_it(office: Office) -> None:
    carriage = Carriage(office)
    packet, other = carriage.registered(2)
    registry, bag = carriage.begin()
    carriage.put(bag, packet, other)
    carriage.take_out(bag, other)
    carriage.seal(bag, registry)
    told = events_of(office.qolhat)
    found = [
        (each["action"], each["bizStep"], each["childEPCs"])
        for each in told
        if each["type"] == "AggregationEvent" and each["parentID"] == f"urn:qolhat:bag:{bag}"
    ]
    first, second = ([f"urn:qolhat:packet:{number}"] for number in (packet, other))
    assert found == [
        ("ADD", "packing", first),
        ("ADD", "packing", second),
        ("DELETE", "unpacking", second),
    ]
    listed = [each for each in told if each["type"] == "TransactionEvent"]
    assert {each["bizTransactionList"][0]["bizTransaction"] for each in listed} == {
        f"urn:qolhat:registry:{registry}"
    }
    assert listed[-1]["epcList"] == [f"urn:qolhat:bag:{bag}"]


def test_what_is_concluded_is_not_said_to_be_seen(document: Told) -> None:
    concluded = [e for e in document["epcisBody"]["eventList"] if e["qolhat:topic"] == "pkt.car"]
    assert {each["disposition"] for each in concluded} == {"completeness_inferred", "in_transit"}


# --- names, and what was put right -------------------------------------------------------------


def test_an_event_has_the_same_name_in_every_export_and_no_two_share_one(
    day: Simulated, document: Told
) -> None:
    first = document["epcisBody"]["eventList"]
    names = Counter(each["eventID"] for each in first if "errorDeclaration" not in each)
    assert max(names.values()) == 1
    assert [each["eventID"] for each in first] == [e["eventID"] for e in events_of(day.qolhat)]


def test_a_voided_scan_did_not_occur(office: Office) -> None:
    number, _ = office.register()
    office.scan(20, number, Role.COLLECTING, ref="wrong")
    source = office.source(20.5, Role.COLLECTING)
    office.qolhat.desk.void(number, "wrong", source, VoidReason.MISTAKE)
    *_, scan, declared = about(events_of(office.qolhat), number)
    error = declared.pop("errorDeclaration")
    assert error["reason"] == "did_not_occur"
    assert "correctiveEventIDs" not in error
    assert (error["qolhat:person"], error["qolhat:reason"]) == (source.person, "mistake")
    assert faults("epcis-2.0", document_of(office.qolhat)) == []
    assert declared.pop("recordTime") == error["declarationTime"]
    assert declared == {key: value for key, value in scan.items() if key != "recordTime"}


def test_a_settled_scan_names_what_stands_in_its_place(office: Office) -> None:
    number, _ = office.register()
    nowhere = office.scan(20, number, Role.COLLECTING, ref="lost", where="?")
    assert nowhere.ref == "lost"
    office.settle(30, "lost", Settlement.APPLY, number=number, place=place(Role.COLLECTING))
    told = events_of(office.qolhat)
    scan, declared, corrected = list(about(told, number))[1:]
    assert (scan["bizStep"], scan["disposition"]) == ("other", "unknown")
    assert declared["eventID"] == scan["eventID"]
    assert declared["errorDeclaration"]["reason"] == "incorrect_data"
    assert declared["errorDeclaration"]["correctiveEventIDs"] == [corrected["eventID"]]
    assert corrected["readPoint"] == {"id": f"urn:qolhat:place:{place(Role.COLLECTING)}"}
    assert corrected["bizStep"] == "accepting"
    assert faults("epcis-2.0", document_of(office.qolhat)) == []


def test_a_dismissed_scan_did_not_occur(office: Office) -> None:
    number, _ = office.register()
    office.scan(20, number, Role.COLLECTING, ref="lost", where="?")
    office.settle(30, "lost", Settlement.DISMISS, number=number)
    *_, declared = about(events_of(office.qolhat), number)
    assert declared["errorDeclaration"]["reason"] == "did_not_occur"


# --- the page that describes it ----------------------------------------------------------------

_ROW = re.compile(r"^\| `([a-z.]+)`([^|]*) \| (\w+) \| (\w+) \| (\w+) \| (\S+) \|$", re.MULTILINE)


def test_the_page_about_exports_says_what_is_done(document: Told) -> None:
    said = {
        (topic, kind, action, step, disposition)
        for topic, _, kind, action, step, disposition in _ROW.findall(PAGE)
    }
    done = {
        (
            each["qolhat:topic"],
            each["type"],
            each["action"],
            each["bizStep"],
            each.get("disposition", "–"),
        )
        for each in document["epcisBody"]["eventList"]
    }
    assert done <= said
    plain = {
        topic: (action, step, disposition)
        for topic, special, _, action, step, disposition in _ROW.findall(PAGE)
        if not special.strip()
    }
    tables = {**OF_PACKET, **OF_BAG, **OF_REGISTRY, **OF_RUN}
    assert plain == {
        topic: (why.action, why.step, why.disposition or "–")
        for topic, why in tables.items()
        if why is not None
    }
    left_out = PAGE[PAGE.index("Left out, because") : PAGE.index("A registry is the despatch")]
    assert set(re.findall(r"`([a-z.]+)`", left_out)) == set(tables) - set(plain)
