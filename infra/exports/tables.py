"""The two tables of exports: a row an event, a row a stay. Column names never change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from domain.numbers import PlaceCode, place_organisation, place_role
from domain.progress import Visit, VisitKind
from domain.regulations.edition import Edition, Stage
from domain.streams import number_of
from infra.exports.names import EVENT_NAMES, organisation_of
from infra.exports.source import BAG, PACKET, REGISTRY, Source
from infra.exports.stories import Gist, PacketStory


class Kind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    TEXT = "text"
    INSTANT = "instant"  # UTC
    SECONDS = "seconds"
    YES_NO = "yes-no"


class TableName(StrEnum):
    """Which table."""

    EVENTS = "events"
    VISITS = "visits"


Row = tuple[Any, ...]
Column = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns and where its rows come from."""

    name: TableName
    columns: tuple[Column, ...]
    rows: Callable[[Source], Iterator[Row]]


# --- events ------------------------------------------------------------------------------------

# Attributes that events of many kinds have, each in a column of its own. What the vault holds is
# not among them, nor what a device knows of its own: no text of any person comes into an export.
DETAILS: tuple[Column, ...] = (
    ("bag", Kind.NUMBER),
    ("registry", Kind.NUMBER),
    ("packet", Kind.NUMBER),
    ("run", Kind.TEXT),
    ("scan", Kind.TEXT),
    ("doubt", Kind.TEXT),
    ("settlement", Kind.TEXT),
    ("to_place", Kind.NUMBER),
    ("scanned_at", Kind.INSTANT),
    ("decided_by", Kind.NUMBER),
    ("began_at", Kind.INSTANT),
    ("papers", Kind.NUMBER),
    ("executor", Kind.NUMBER),
    ("entitled", Kind.YES_NO),
    ("outcome", Kind.TEXT),
    ("handing", Kind.TEXT),
    ("to", Kind.NUMBER),
    ("receiver", Kind.NUMBER),
    ("giver", Kind.NUMBER),
    ("seal", Kind.TEXT),
    ("condition", Kind.TEXT),
    ("how", Kind.TEXT),
    ("claimed_at", Kind.INSTANT),
    ("answer_by", Kind.INSTANT),
    ("reason", Kind.TEXT),
    ("ground", Kind.TEXT),
)
_EVENT_COLUMNS: tuple[Column, ...] = (
    ("position", Kind.NUMBER),
    ("stream", Kind.TEXT),
    ("version", Kind.NUMBER),
    ("topic", Kind.TEXT),
    ("event", Kind.TEXT),
    ("number", Kind.NUMBER),
    ("happened_at", Kind.INSTANT),
    ("recorded_at", Kind.INSTANT),
    ("place", Kind.NUMBER),
    ("organisation", Kind.NUMBER),
    ("role", Kind.TEXT),
    ("person", Kind.NUMBER),
    ("device", Kind.NUMBER),
    ("counter", Kind.NUMBER),
    ("ref", Kind.TEXT),
    ("edition", Kind.TEXT),
    ("service", Kind.TEXT),
    ("deviations", Kind.TEXT),
    *DETAILS,
)
_NUMBERED = frozenset({PACKET, BAG, REGISTRY})


def _event_rows(source: Source) -> Iterator[Row]:
    for position, event, gist in source.events():
        yield _event_row(position, event, gist)


def _event_row(position: int, event: Any, gist: Gist) -> Row:
    topic, stream = event.TOPIC, event.originator_id
    return (
        position,
        str(stream),
        event.originator_version,
        topic,
        EVENT_NAMES[topic],
        number_of(stream) if topic[:3] in _NUMBERED else None,
        event.happened_at,
        event.timestamp,
        event.place or None,
        organisation_of(event),
        _role(event.place),
        event.person,
        event.device,
        event.counter,
        event.ref,
        gist.edition,
        gist.service,
        " ".join(gist.notes.get(event.ref, ())),
        *(getattr(event, name, None) for name, _ in DETAILS),
    )


def _role(place: PlaceCode) -> str | None:
    return place_role(place).value if place else None


# --- visits ------------------------------------------------------------------------------------

_VISIT_COLUMNS: tuple[Column, ...] = (
    ("number", Kind.NUMBER),
    ("seq", Kind.NUMBER),
    ("kind", Kind.TEXT),
    ("stage", Kind.TEXT),
    ("loop", Kind.NUMBER),
    ("place", Kind.NUMBER),
    ("organisation", Kind.NUMBER),
    ("role", Kind.TEXT),
    ("person", Kind.NUMBER),
    ("edition", Kind.TEXT),
    ("service", Kind.TEXT),
    ("entered_at", Kind.INSTANT),
    ("left_at", Kind.INSTANT),
    ("ended_by", Kind.TEXT),
    ("norm_amount", Kind.NUMBER),
    ("norm_unit", Kind.TEXT),
    ("due_at", Kind.INSTANT),
    ("provisional", Kind.YES_NO),
    ("working_seconds", Kind.SECONDS),
    ("counted_seconds", Kind.SECONDS),
    ("over_seconds", Kind.SECONDS),
    ("late", Kind.YES_NO),
    ("deviations", Kind.TEXT),
    ("verified", Kind.YES_NO),
    ("stood_seconds", Kind.SECONDS),
)


def _visit_rows(source: Source) -> Iterator[Row]:
    for story in source.packets():
        yield from visit_rows_of(source, story)


def visit_rows_of(source: Source, story: PacketStory) -> Iterator[Row]:
    """Yield the stays of one packet."""
    for visit in story.timeline.visits if story.timeline else ():
        yield _visit_row(source, story, visit)


def stage_of(visit: Visit, edition: Edition | None) -> Stage | None:
    """Return the stage of a stay in one."""
    if edition is None or visit.kind != VisitKind.STAGE.value:
        return None
    return edition.stage(visit.stage)


def _visit_row(source: Source, story: PacketStory, visit: Visit) -> Row:
    edition, stage = story.edition, stage_of(visit, story.edition)
    measured = source.clocks.measure(visit, stage)
    norm, due = stage.norm if stage else None, measured.due
    return (
        story.number,
        visit.seq,
        visit.kind,
        visit.stage,
        visit.loop,
        visit.place,
        place_organisation(visit.place),
        _role(visit.place),
        visit.person,
        edition.id if edition else None,
        edition.service.key if edition else None,
        visit.entered_at,
        visit.left_at,
        visit.ended_by,
        norm.amount if norm else None,
        norm.unit.value if norm else None,
        due.at if due else None,
        due.provisional if due else False,
        _seconds(measured.working),
        _seconds(measured.counted),
        _seconds(measured.over),
        measured.late,
        " ".join(visit.deviations),
        visit.verified,
        _seconds(measured.stood) if visit.left_at else None,
    )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


TABLES: dict[TableName, Table] = {
    TableName.EVENTS: Table(TableName.EVENTS, _EVENT_COLUMNS, _event_rows),
    TableName.VISITS: Table(TableName.VISITS, _VISIT_COLUMNS, _visit_rows),
}


def in_parts(rows: Iterator[Row], size: int) -> Iterator[Sequence[Row]]:
    """Take rows a part at a time."""
    part: list[Row] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
