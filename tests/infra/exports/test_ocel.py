"""Packets, applications, bags, registries and runs as objects, with what happened to them."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pytest

from infra.bootstrap import Qolhat
from infra.exports import Format, Wanted
from tests.infra.demonstration.simulated import Simulated
from tests.infra.exports.conftest import export_of
from tests.infra.exports.schemas import faults
from tests.infra.views.carriage import Carriage
from tests.office import Office
from tests.stories import AUTHORITY, CENTRE

Told = dict[str, Any]


def document_of(qolhat: Qolhat, wanted: Wanted | None = None) -> Told:
    document: Told = json.loads(export_of(qolhat, Format.OCEL, wanted or Wanted()))
    return document


@pytest.fixture(scope="module")
def document(day: Simulated) -> Told:
    """The whole day."""
    return document_of(day.qolhat)


def qualifiers(told: Told) -> dict[str, str]:
    return {each["objectId"]: each["qualifier"] for each in told["relationships"]}


def test_a_day_is_valid_under_the_schema(document: Told) -> None:
    assert faults("ocel-2.0", document) == []


def test_the_schema_finds_what_is_wrong(document: Told) -> None:
    spoilt = copy.deepcopy(document)
    spoilt["events"][3]["time"] = "yesterday"
    del spoilt["objects"][3]["type"]
    assert len(faults("ocel-2.0", spoilt)) == 2


def test_only_what_is_in_the_file_is_referred_to(document: Told) -> None:
    objects = [each["id"] for each in document["objects"]]
    assert max(Counter(objects).values()) == 1
    known = set(objects)
    for told in (*document["objects"], *document["events"]):
        assert set(qualifiers(told)) <= known, told["id"]


def test_every_event_names_an_object_and_an_id_of_its_own(document: Told) -> None:
    assert all(each["relationships"] for each in document["events"])
    names = Counter(each["id"] for each in document["events"])
    assert max(names.values()) == 1


def test_what_is_declared_is_what_is_used(document: Told) -> None:
    for types, used in (("eventTypes", "events"), ("objectTypes", "objects")):
        declared = {
            each["name"]: {attribute["name"] for attribute in each["attributes"]}
            for each in document[types]
        }
        for told in document[used]:
            names = {attribute["name"] for attribute in told["attributes"]}
            assert names <= declared[told["type"]], told["id"]


def test_the_file_says_of_which_store_and_up_to_where_it_is(document: Told, day: Simulated) -> None:
    assert document["qolhat"]["position"] == str(day.qolhat.log.rows.last_position())


def test_part_of_a_store_refers_to_nothing_outside_of_it(day: Simulated) -> None:
    part = document_of(day.qolhat, Wanted(service="003-7"))
    known = {each["id"] for each in part["objects"]}
    whole = {each["id"] for each in document_of(day.qolhat)["objects"]}
    assert known < whole
    for told in (*part["objects"], *part["events"]):
        assert set(qualifiers(told)) <= known
    assert any(each["type"] == "bag" for each in part["objects"])


def test_a_packet_knows_its_application_its_bag_and_where_it_was(office: Office) -> None:
    carriage = Carriage(office)
    (packet,) = carriage.registered(1)
    registry, bag = carriage.begin()
    carriage.put(bag, packet)
    carriage.seal(bag, registry)
    document = document_of(office.qolhat)
    objects = {each["id"]: each for each in document["objects"]}
    told = objects[f"packet:{packet}"]
    assert qualifiers(told) == {
        f"application:{packet}": "papers of",
        f"bag:{bag}": "travelled in",
    }
    stages = [each["value"] for each in told["attributes"] if each["name"] == "stage"]
    assert stages == ["accept", "-> collect", "collect"]
    assert qualifiers(objects[f"bag:{bag}"]) == {
        f"registry:{registry}": "listed in",
        f"packet:{packet}": "held",
    }
    facts = {each["name"]: each["value"] for each in objects[f"bag:{bag}"]["attributes"]}
    assert facts == {"from": str(CENTRE), "to": str(AUTHORITY), "seal": "S-1"}
    (put,) = [each for each in document["events"] if each["type"] == "put packet into bag"]
    assert qualifiers(put) == {f"packet:{packet}": "packet", f"bag:{bag}": "into"}


def test_a_bag_that_a_courier_took_went_with_a_run(document: Told) -> None:
    objects = {each["id"]: each for each in document["objects"]}
    bags = [each for each in document["objects"] if each["type"] == "bag"]
    carried = [
        target
        for bag in bags
        for target, qualifier in qualifiers(bag).items()
        if qualifier == "carried by"
    ]
    assert carried
    assert {objects[each]["type"] for each in carried} == {"run"}
    times = {each["name"]: each["value"] for each in objects[carried[0]]["attributes"]}
    assert set(times) == {"branch", "authority", "planned_at"}
