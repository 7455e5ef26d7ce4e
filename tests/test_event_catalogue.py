"""Events are forever: the catalogue names every topic and key, and neither may change silently."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from domain.blocks import EVENTS as BLOCK_EVENTS
from domain.dispatch.bag import EVENTS as BAG_EVENTS
from domain.dispatch.device_log import EVENTS as DEVICE_LOG_EVENTS
from domain.dispatch.registry import EVENTS as REGISTRY_EVENTS
from domain.held_places import EVENTS as PLACE_EVENTS
from domain.loose_pages import EVENTS as LOOSE_PAGE_EVENTS
from domain.packet import EVENTS as PACKET_EVENTS
from domain.runs import EVENTS as RUN_EVENTS
from domain.staff import EVENTS as STAFF_EVENTS
from domain.unsettled import EVENTS as UNSETTLED_EVENTS
from infra.store.mapper import KEYS

CATALOGUE = Path(__file__).parent.parent / "docs" / "events.md"
EVENTS: dict[str, Any] = {
    **PACKET_EVENTS,
    **UNSETTLED_EVENTS,
    **STAFF_EVENTS,
    **PLACE_EVENTS,
    **BLOCK_EVENTS,
    **RUN_EVENTS,
    **REGISTRY_EVENTS,
    **BAG_EVENTS,
    **DEVICE_LOG_EVENTS,
    **LOOSE_PAGE_EVENTS,
}
OF_EVERY_EVENT = {"originator_id", "originator_version", "timestamp"}
ROW = re.compile(r"^\| `(\w+\.\w+)` \| (\d+) \| (.*?) \|", re.MULTILINE)
FAMILY = re.compile(r"^\| `(\w+)` \| [^|]* \| (.*?) \|", re.MULTILINE)


def keys_of(names: list[str]) -> str:
    """Keys as the catalogue writes them: `key` name, in the order of the class."""
    return ", ".join(f"`{KEYS.get(name, name)}` {name}" for name in names)


def names_of(event: Any) -> list[str]:
    """The fields of a class, without those that every event has."""
    return [f.name for f in dataclasses.fields(event) if f.name not in OF_EVERY_EVENT]


def rows() -> dict[str, tuple[str, str]]:
    """What the code writes, by topic: the version and the keys beside those of the family."""
    written = {}
    for topic, event in EVENTS.items():
        family = names_of(event.__base__)
        own = [name for name in names_of(event) if name not in family]
        written[topic] = (str(getattr(event, "class_version", 1)), keys_of(own))
    return written


def families() -> dict[str, str]:
    """The keys that all events of a family have, by the first part of their topics."""
    return {topic[:3]: keys_of(names_of(event.__base__)) for topic, event in EVENTS.items()}


def test_the_catalogue_is_what_the_code_writes() -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    listed = {topic: (version, keys) for topic, version, keys in ROW.findall(text)}
    assert listed == rows()
    assert dict(FAMILY.findall(text)) == families()


def test_topics_are_short() -> None:
    assert max(len(topic) for topic in EVENTS) <= 8


def test_no_two_fields_share_a_key() -> None:
    for event in EVENTS.values():
        keys = [KEYS.get(field.name, field.name) for field in dataclasses.fields(event)]
        assert len(set(keys)) == len(keys)
