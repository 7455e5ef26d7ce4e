"""The AsyncAPI document says what is so: of the topics, of their messages, of their keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
import yaml
from jsonschema import Draft7Validator
from jsonschema.protocols import Validator

from domain.streams import numbered_stream
from infra.branches.envelope import (
    ANSWER_SOURCE,
    ANSWER_TYPE,
    Told,
    ToldStanding,
    answer_of,
    headers_of,
    sealed,
)
from infra.kafka.messages import HEADERS, mark_of, message_of, reference_of
from infra.kafka.topics import TopicPlan, plans
from infra.requests import Status
from infra.settings import Settings
from infra.store.identity import StoreIdentity, identity_of
from infra.store.rows import EventRow
from tests.office import Office

ROOT = Path(__file__).parents[3]
STORE = StoreIdentity(UUID("6ba7b810-9dad-41d1-80b4-00c04fd430c8"), 1_795_336_200_123_456)
STATE = b'{"r":1795336200000001,"h":1795336199000000,"i":"a-ref","p":31}'
ROW: EventRow = (17, numbered_stream(7, 12_345_678_901_234), 3, "pkt.scan", STATE)
TOLD = Told(STORE.store, STORE.epoch, 17, "pkt.scan", Status.ACCEPTED, 1795336201000000, 4711)
WRITTEN = {
    "event": message_of(STORE, ROW)[1],
    "reference": reference_of(STORE, ROW)[1],
    "mark": mark_of(STORE, 17)[1],
    "envelope": sealed(STORE, ROW)[1],
    "answer": answer_of(TOLD),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The embedded store: no Kafka is needed to know what is written."""
    return Settings(data_dir=tmp_path)


@cache
def document() -> dict[str, Any]:
    """The document."""
    return cast("dict[str, Any]", yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text("utf-8")))


def payload(message: str) -> Validator:
    """What a message of this name must be like."""
    schema = document()["components"]["messages"][message]["payload"]
    return Draft7Validator(
        {**schema, "components": document()["components"]},
        format_checker=Draft7Validator.FORMAT_CHECKER,
    )


def faults(validator: Validator, instance: Any) -> list[str]:
    """What is wrong with it."""
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(instance)]


def test_the_document_is_one_of_asyncapi_3() -> None:
    schema = json.loads((ROOT / "tests/schemas/asyncapi-3.0.0.json").read_text())
    validator = Draft7Validator(schema)
    assert faults(validator, document()) == []
    broken = document() | {"channels": {"events": {"adress": "qolhat.events"}}}
    assert faults(validator, broken)


def test_it_names_every_topic_with_its_settings() -> None:
    channels = document()["channels"]
    assert list(channels) == ["events", "scans", "answers"]
    for plan, channel in zip(plans(Settings()), channels.values(), strict=True):
        assert channel["address"] == plan.name
        assert stated(channel["bindings"]["kafka"]) == planned(plan)


def stated(binding: dict[str, Any]) -> dict[str, Any]:
    """What the document says of a topic."""
    configs = {
        name: value[0] if isinstance(value, list) else str(value)
        for name, value in binding["topicConfiguration"].items()
    }
    of_it = {name: binding[name] for name in ("topic", "partitions", "replicas")}
    return of_it | {"configs": configs}


def planned(plan: TopicPlan) -> dict[str, Any]:
    """What the program makes of it."""
    return {
        "topic": plan.name,
        "partitions": plan.partitions,
        "replicas": plan.replicas,
        "configs": plan.configs,
    }


def test_every_message_has_an_example() -> None:
    assert set(document()["components"]["messages"]) == set(WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_an_example_is_what_is_written(name: str) -> None:
    (example,) = document()["components"]["messages"][name]["examples"]
    assert example["payload"] == json.loads(WRITTEN[name])
    assert list(example["payload"]) == list(json.loads(WRITTEN[name]))
    assert faults(payload(name), example["payload"]) == []


@pytest.mark.parametrize("name", WRITTEN)
def test_its_schema_does_not_take_everything(name: str) -> None:
    message = json.loads(WRITTEN[name])
    for attribute in message:
        without = {key: value for key, value in message.items() if key != attribute}
        assert faults(payload(name), without) or attribute == "time"
    assert faults(payload(name), message | {"iin": "850312401235"})
    assert faults(payload(name), message | {"id": "17"})


def test_headers_are_as_they_are_said_to_be() -> None:
    messages = document()["components"]["messages"]
    for name in set(WRITTEN) - {"envelope"}:
        assert faults(Draft7Validator(messages[name]["headers"]), as_text(HEADERS)) == []
    of_branches = Draft7Validator(messages["envelope"]["headers"])
    assert faults(of_branches, as_text(headers_of("aul"))) == []
    assert faults(of_branches, as_text(HEADERS))


def as_text(headers: list[tuple[str, bytes]]) -> dict[str, str]:
    """Headers by their names."""
    return {name: value.decode() for name, value in headers}


def test_all_that_an_office_records_is_as_it_is_said_to_be(office: Office) -> None:
    office.until_the_courier()
    identity = identity_of(office.qolhat.log)
    validator = payload("event")
    messages = [message_of(identity, row)[1] for row in rows_of(office)]
    assert len(messages) > 10
    assert [each for each in messages if faults(validator, json.loads(each))] == []
    unlike_ours = message_of(identity, (1, ROW[1], 1, "pkt.scan", b"no json"))[1]
    assert faults(validator, json.loads(unlike_ours)) == []


def rows_of(office: Office) -> Iterator[EventRow]:
    """All that is stored."""
    return (row for page in office.qolhat.log.pages(0) for row in page)


def test_answers_with_everything_in_them_are_as_they_are_said_to_be() -> None:
    standing = ToldStanding(12_345_678_901_234, "at-place", 31, "delivery")
    full = Told(
        *(STORE.store, STORE.epoch, 17, "pkt.scan", Status.DEVIATION, 1795336201000000, 4711),
        standing=standing,
        deviations=("not-expected-here",),
        doubt="clock",
        error="unknown-place",
        detail="31",
    )
    answer = json.loads(answer_of(full))
    assert faults(payload("answer"), answer) == []
    assert (answer["type"], answer["source"]) == (ANSWER_TYPE, ANSWER_SOURCE)
    statuses = document()["components"]["schemas"]["answer"]["properties"]["data"]["properties"]
    assert statuses["status"]["enum"] == [str(each) for each in Status]
