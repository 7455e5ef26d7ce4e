"""The log as OCEL 2.0 in JSON: packets, applications, bags, registries and runs as objects.

What was done with a bag and a packet in it is recorded in both their streams; here it is one event
that names both. Objects come first, then the events in order of recording. Only the keys of runs
are kept in memory: a few a day for each route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.dispatch.bag import Bag
from domain.dispatch.registry import Registry
from domain.numbers import BagCode, place_role
from domain.packet import Packet
from domain.progress import Visit, VisitKind
from domain.runs import Run
from domain.streams import EPOCH, number_of
from infra.exports.about import About
from infra.exports.bag_runs import BagRuns
from infra.exports.names import EVENT_NAMES, event_urn, iso, organisation_of
from infra.exports.pieces import gathered
from infra.exports.source import BAG, PACKET, REGISTRY, RUN, Source
from infra.exports.stories import Carrier, Gist, PacketStory, bag_contents
from infra.exports.tables import DETAILS, Kind
from infra.exports.xes import name_of

FAMILIES = (PACKET, BAG, REGISTRY, RUN)
# The same deed stands in the packet's stream.
_TWINS = frozenset({"bag.put", "bag.out", "bag.ver"})
_WHILE_UNKNOWN = iso(EPOCH)  # what never changes has been so from the beginning
_OF_APPLICATION = frozenset(
    {"pkt.reg", "pkt.in", "pkt.res", "pkt.rgt", "pkt.drf", "pkt.ret", "pkt.sgn", "pkt.bck",
     "pkt.iss", "pkt.hnd", "pkt.wdr", "pkt.pau", "pkt.rsm", "pkt.cmp", "pkt.cma"}
)  # fmt: skip
_KINDS = {Kind.NUMBER: "integer", Kind.INSTANT: "time", Kind.YES_NO: "boolean"}
_COMMON = (
    ("recorded_at", "time"),
    ("place", "integer"),
    ("organisation", "integer"),
    ("role", "string"),
    ("person", "integer"),
    ("device", "integer"),
    ("ref", "string"),
    ("deviations", "string"),
)
_DETAILS = tuple((name, _KINDS.get(kind, "string")) for name, kind in DETAILS)
_OBJECTS: dict[str, tuple[tuple[str, str], ...]] = {
    "packet": (("papers", "integer"), ("place", "integer"), ("stage", "string")),
    "application": (
        ("edition", "string"),
        ("service", "string"),
        ("accepting", "integer"),
        ("deciding", "integer"),
        ("status", "string"),
        ("outcome", "string"),
    ),
    "bag": (("from", "integer"), ("to", "integer"), ("seal", "string")),
    "registry": (("from", "integer"), ("to", "integer"), ("papers", "integer")),
    "run": (("branch", "integer"), ("authority", "integer"), ("planned_at", "time")),
}
_PACKET_AND_BAG = {
    "pkt.put": "into",
    "pkt.out": "out of",
    "pkt.scan": "out of",
    "pkt.car": "with",
}
_text = msgspec.json.Encoder().encode
Attribute = tuple[str, Any, str]  # name, value, since when
Relation = tuple[str, str]  # object, qualifier


def write_ocel(source: Source, about: About) -> Iterator[bytes]:
    """Yield the file in pieces."""
    source.expect_passes(2)
    return gathered(_Writer(source).log(about))


class _Writer:
    """Writes objects, then events; only what is in the file is referred to."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._bag_runs = BagRuns(source.runs)
        self._objects_of: dict[str, Callable[[Carrier], Iterator[dict[str, Any]]]] = {
            BAG: self._bag,
            REGISTRY: self._registry,
            RUN: self._run,
        }

    def log(self, about: About) -> Iterator[str]:
        types = {"eventTypes": _event_types(), "objectTypes": _object_types()}
        yield "{" + f'"qolhat":{_json(about.facts())}'
        yield from (f',\n"{key}":{_json(value)}' for key, value in types.items())
        yield ',\n"objects":['
        yield from _listed(self._objects())
        yield '],\n"events":['
        yield from _listed(self._events())
        yield "]}\n"

    # --- objects ---------------------------------------------------------------------------------

    def _objects(self) -> Iterator[dict[str, Any]]:
        for thing in self._source.things(FAMILIES):
            if isinstance(thing, PacketStory):
                yield from self._packet(thing)
            else:
                yield from self._objects_of[thing.family](thing)

    def _packet(self, story: PacketStory) -> Iterator[dict[str, Any]]:
        application = _id("application", story.number)
        bags = dict.fromkeys(e.bag for e in story.events if isinstance(e, Packet.PutIntoBag))
        relations = [(application, "papers of")]
        relations += [(_id("bag", bag), "travelled in") for bag in bags if self._has_bag(bag)]
        visits = story.timeline.visits if story.timeline else []
        registered = story.registered
        papers = registered.papers if registered else None
        attributes = [("papers", papers, _WHILE_UNKNOWN), *_moves(visits)]
        yield _object("packet", story.number, attributes, relations)
        yield _object("application", story.number, list(_application(story)), [])

    def _bag(self, bag: Carrier) -> Iterator[dict[str, Any]]:
        begun = next((e for e in bag.events if isinstance(e, Bag.Begun)), None)
        attributes: list[Attribute] = []
        relations: list[Relation] = []
        if begun is not None:
            attributes += _between(begun)
            if self._has(Registry.stream(begun.registry), REGISTRY):
                relations.append((_id("registry", begun.registry), "listed in"))
            for run in self._bag_runs.of(bag.events):
                yield from self._run_once(str(run.key), run.planned_at)
                relations.append((_id("run", run.key), "carried by"))
        attributes += [
            ("seal", e.seal, iso(e.happened_at)) for e in bag.events if isinstance(e, Bag.Sealed)
        ]
        relations += [
            (_id("packet", packet), "held")
            for packet in bag_contents(bag.events)
            if self._has(Packet.stream(packet), PACKET)
        ]
        yield _object("bag", number_of(bag.stream), attributes, relations)

    def _registry(self, registry: Carrier) -> Iterator[dict[str, Any]]:
        attributes: list[Attribute] = []
        for event in registry.events:
            if isinstance(event, Registry.Begun):
                attributes += _between(event)
            elif isinstance(event, Registry.Closed):
                attributes.append(("papers", event.papers, iso(event.happened_at)))
        yield _object("registry", number_of(registry.stream), attributes, [])

    def _run(self, run: Carrier) -> Iterator[dict[str, Any]]:
        key = run.events[0].run
        yield from self._run_once(key, self._bag_runs.planned_at(key))

    def _run_once(self, key: str, planned_at: datetime) -> Iterator[dict[str, Any]]:
        if self._bag_runs.is_new(key):
            branch, authority, _ = key.split("-", 2)
            told = (("branch", branch), ("authority", authority), ("planned_at", planned_at))
            yield _object("run", key, [(*each, _WHILE_UNKNOWN) for each in told], [])

    def _has(self, stream: UUID, family: str) -> bool:
        return self._source.gist(stream, family).wanted

    def _has_bag(self, bag: BagCode) -> bool:
        return self._has(Bag.stream(bag), BAG)

    # --- events ----------------------------------------------------------------------------------

    def _events(self) -> Iterator[dict[str, Any]]:
        for _, event, gist in self._source.events(FAMILIES):
            if event.TOPIC not in _TWINS:
                yield self._event(event, gist)

    def _event(self, event: Any, gist: Gist) -> dict[str, Any]:
        facts = {
            "recorded_at": event.timestamp,
            "place": event.place or None,
            "organisation": organisation_of(event),
            "role": place_role(event.place).value if event.place else None,
            "person": event.person,
            "device": event.device,
            "ref": event.ref,
            "deviations": " ".join(gist.notes.get(event.ref, ())),
        } | {name: getattr(event, name, None) for name, _ in DETAILS}
        return {
            "id": event_urn(event),
            "type": EVENT_NAMES[event.TOPIC],
            "time": iso(event.happened_at),
            "attributes": [
                {"name": name, "value": _value(value)}
                for name, value in facts.items()
                if value not in (None, "")
            ],
            "relationships": [
                {"objectId": each, "qualifier": qualifier}
                for each, qualifier in self._relations(event)
            ],
        }

    def _relations(self, event: Any) -> Iterator[Relation]:
        match event:
            case Packet.Event():
                yield from self._of_packet(event)
            case Bag.Event():
                yield from self._of_bag(event)
            case Registry.Event():
                yield _id("registry", number_of(event.originator_id)), "registry"
                if isinstance(event, Registry.BagAdded) and self._has_bag(event.bag):
                    yield _id("bag", event.bag), "added"
            case Run.Event():
                yield _id("run", event.run), "run"

    def _of_packet(self, event: Any) -> Iterator[Relation]:
        number = number_of(event.originator_id)
        yield _id("packet", number), "packet"
        if event.TOPIC in _OF_APPLICATION:
            yield _id("application", number), "application"
        bag = getattr(event, "bag", None)
        if bag is not None and self._has_bag(bag):
            yield _id("bag", bag), _PACKET_AND_BAG[event.TOPIC]

    def _of_bag(self, event: Bag.Event) -> Iterator[Relation]:
        yield _id("bag", number_of(event.originator_id)), "bag"
        if isinstance(event, Bag.Begun) and self._has(Registry.stream(event.registry), REGISTRY):
            yield _id("registry", event.registry), "for"
        packet = getattr(event, "packet", None)
        if packet is not None and self._has(Packet.stream(packet), PACKET):
            yield _id("packet", packet), "about"


# --- what changes with time --------------------------------------------------------------------


def _moves(visits: list[Visit]) -> Iterator[Attribute]:
    """Tell where a packet was, and in which stage, from when on."""
    place = stage = None
    for visit in visits:
        since = iso(visit.entered_at)
        if visit.place != place:
            place = visit.place
            yield "place", place, since
        name = f"-> {visit.stage}" if visit.kind == VisitKind.HANDOVER.value else name_of(visit)
        if name != stage:
            stage = name
            yield "stage", stage, since


def _application(story: PacketStory) -> Iterator[Attribute]:
    """Tell of which service an application is, and what became of it, from when on."""
    if story.timeline is None or story.edition is None:
        return
    progress, edition = story.timeline.progress, story.edition
    yield "edition", edition.id, _WHILE_UNKNOWN
    yield "service", edition.service.key, _WHILE_UNKNOWN
    yield "accepting", progress.accepting, _WHILE_UNKNOWN
    yield "deciding", progress.deciding, _WHILE_UNKNOWN
    steps = (
        ("on-the-way", progress.accepted_at),
        ("rendered", progress.rendered_at),
        (progress.ending, progress.closed_at),
    )
    yield from (("status", status, iso(at)) for status, at in steps if status and at)
    for event in story.timeline.entries:
        if isinstance(event, Packet.NoticeDrafted):
            yield "outcome", event.outcome, iso(event.happened_at)


def _between(begun: Bag.Begun | Registry.Begun) -> list[Attribute]:
    return [
        ("from", organisation_of(begun), _WHILE_UNKNOWN),
        ("to", begun.to, _WHILE_UNKNOWN),
    ]


# --- writing -----------------------------------------------------------------------------------


def _id(kind: str, name: object) -> str:
    return f"{kind}:{name}"


def _object(
    kind: str, name: object, attributes: list[Attribute], relations: list[Relation]
) -> dict[str, Any]:
    return {
        "id": _id(kind, name),
        "type": kind,
        "attributes": [
            {"name": each, "value": _value(value), "time": since}
            for each, value, since in attributes
            if value is not None
        ],
        "relationships": [
            {"objectId": target, "qualifier": qualifier} for target, qualifier in relations
        ],
    }


def _value(value: Any) -> str:
    """Write a value as the format has it: everything is a text."""
    if isinstance(value, bool):
        return str(value).lower()
    return iso(value) if isinstance(value, datetime) else str(value)


def _event_types() -> list[dict[str, Any]]:
    attributes = [{"name": name, "type": kind} for name, kind in (*_COMMON, *_DETAILS)]
    return [
        {"name": name, "attributes": attributes}
        for topic, name in EVENT_NAMES.items()
        if topic[:3] in FAMILIES and topic not in _TWINS
    ]


def _object_types() -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": each, "type": kind} for each, kind in attributes]}
        for name, attributes in _OBJECTS.items()
    ]


def _listed(items: Iterator[dict[str, Any]]) -> Iterator[str]:
    between = "\n"
    for item in items:
        yield between + _json(item)
        between = ",\n"


def _json(value: Any) -> str:
    return _text(value).decode()
