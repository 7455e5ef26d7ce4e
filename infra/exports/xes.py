"""Packets as an event log in XES (IEEE 1849): a trace a packet, written one after the other.

Stays have a start and a complete event, acts a complete one. An act comes before the end of the
stage that it ends, although both happen at the same instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from xml.sax.saxutils import quoteattr

from domain.numbers import PlaceCode, place_organisation, place_role
from domain.packet import Packet
from domain.progress import Visit, VisitKind
from infra.exports.about import About
from infra.exports.names import iso
from infra.exports.pieces import gathered
from infra.exports.source import Source
from infra.exports.stories import PacketStory
from infra.exports.tables import stage_of

_EXTENSIONS = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
)
_ALWAYS = (
    ("trace", ('<string key="concept:name" value=""/>',)),
    (
        "event",
        (
            '<string key="concept:name" value=""/>',
            '<string key="lifecycle:transition" value="complete"/>',
            '<date key="time:timestamp" value="1970-01-01T00:00:00Z"/>',
        ),
    ),
)
ACT = "act:"  # before the name of an act, so that no stage is taken for it
Value = str | int | float | bool | datetime | None
_happened_at = attrgetter("happened_at")


def write_xes(source: Source, about: About) -> Iterator[bytes]:
    """Yield the file in pieces."""
    return gathered(_log(source, about))


def _log(source: Source, about: About) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
    for name, prefix, uri in _EXTENSIONS:
        yield f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'
    for scope, attributes in _ALWAYS:
        yield f'<global scope="{scope}">{"".join(attributes)}</global>\n'
    yield '<classifier name="What and transition" keys="concept:name lifecycle:transition"/>\n'
    yield '<string key="concept:name" value="Qolhat"/>\n'
    yield from (_attribute(key, value) for key, value in about.facts().items())
    for story in source.packets():
        yield from _trace(source, story)
    yield "</log>\n"


def _trace(source: Source, story: PacketStory) -> Iterator[str]:
    yield "<trace>"
    yield from _attributes(_trace_facts(story))
    # Sorting keeps what is equal in its order: acts, then the stays one after the other.
    told = [*_acts(story), *_stays(source, story)]
    for at, facts in sorted(told, key=lambda each: each[0]):
        yield "<event>"
        yield from _attributes({"time:timestamp": at, **facts})
        yield "</event>"
    yield "</trace>\n"


def _trace_facts(story: PacketStory) -> dict[str, Value]:
    edition = story.edition
    facts: dict[str, Value] = {
        "concept:name": str(story.number),
        "edition": edition.id if edition else None,
        "service": edition.service.key if edition else None,
    }
    if story.timeline is not None:
        progress = story.timeline.progress
        facts |= {
            "accepting": progress.accepting or None,
            "deciding": progress.deciding or None,
            "status": progress.status.value,
            "outcome": progress.outcome,
            "deviating": progress.deviating,
        }
    return facts


def _acts(story: PacketStory) -> Iterator[tuple[datetime, dict[str, Value]]]:
    notes = story.timeline.notes if story.timeline else {}
    for event in sorted(story.events, key=_happened_at):
        if event.kind:
            yield (
                event.happened_at,
                {
                    "concept:name": f"{ACT}{event.kind}",
                    "lifecycle:transition": "complete",
                    "ref": event.ref,
                    "deviations": " ".join(notes.get(event.ref, ())),
                    **_whose(event),
                },
            )


def _whose(of: Packet.Event | Visit) -> dict[str, Value]:
    """Say who had it: people are numbers here."""
    facts: dict[str, Value] = {"org:resource": str(of.person), "place": of.place or None}
    return facts | _of_place(of.place)


def _of_place(place: PlaceCode) -> dict[str, Value]:
    if not place:
        return {}
    return {"org:role": place_role(place).value, "org:group": str(place_organisation(place))}


def _stays(source: Source, story: PacketStory) -> Iterator[tuple[datetime, dict[str, Value]]]:
    for visit in story.timeline.visits if story.timeline else ():
        facts: dict[str, Value] = {
            "concept:name": name_of(visit),
            "concept:instance": str(visit.seq),
            "kind": visit.kind,
            "stage": visit.stage or None,
            "loop": visit.loop,
            "verified": visit.verified,
            **_whose(visit),
        }
        yield visit.entered_at, {"lifecycle:transition": "start", **facts}
        if visit.left_at is not None:
            ended = _ended(source, story, visit)
            yield visit.left_at, {"lifecycle:transition": "complete", **facts, **ended}


def name_of(visit: Visit) -> str:
    """Name a stay: a stage by its key, all else by its kind."""
    return visit.stage if visit.kind == VisitKind.STAGE.value else visit.kind


def _ended(source: Source, story: PacketStory, visit: Visit) -> dict[str, Value]:
    stage = stage_of(visit, story.edition)
    measured = source.clocks.measure(visit, stage)
    spans = {
        "working_seconds": measured.working,
        "counted_seconds": measured.counted,
        "over_seconds": measured.over,
        "stood_seconds": measured.stood or None,
    }
    return {
        "ended_by": visit.ended_by,
        "late": measured.late,
        "due_at": measured.due.at if measured.due else None,
        "deviations": " ".join(visit.deviations),
        **{key: None if span is None else span.total_seconds() for key, span in spans.items()},
    }


# --- writing -------------------------------------------------------------------------------------


def _attributes(facts: dict[str, Value]) -> Iterable[str]:
    """Write what is known; what is not, is left out."""
    return (_attribute(key, value) for key, value in facts.items() if value not in (None, ""))


def _attribute(key: str, value: Value) -> str:
    if isinstance(value, bool):
        return f'<boolean key="{key}" value="{str(value).lower()}"/>'
    if isinstance(value, datetime):
        return f'<date key="{key}" value="{iso(value)}"/>'
    if isinstance(value, str):
        return f'<string key="{key}" value={quoteattr(value)}/>'
    kind = "int" if isinstance(value, int) else "float"
    return f'<{kind} key="{key}" value="{value}"/>'
