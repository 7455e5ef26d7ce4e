"""Works out what whole streams mean: all events of a packet at once, walked through but once.

What `Digest` finds out event by event, and in part again when one comes late, is plain when all
events of a stream are there. Nothing is read beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from domain.dispatch.bag import EVENTS as BAG_EVENTS
from domain.dispatch.bag import Bag
from domain.dispatch.journey import Journey, journey_of
from domain.numbers import BagCode, PacketNumber, RegistryCode
from domain.packet import EVENTS as PACKET_EVENTS
from domain.packet import Packet
from domain.streams import number_of
from domain.timeline import timeline_of
from infra.store.mapper import read_event
from infra.store.rows import EventRow
from infra.views.digest import OTHER_EVENTS, journal_row, sort_in
from projections.journal import Journal
from projections.tables import Loading
from projections.view import BagChange, Batch, Knowledge, PacketChange

_stream = itemgetter(1)


class LooksAcrossError(Exception):
    """A view asked for other streams than those of its batch."""


class NothingElse:
    """The history of what stands on single streams: whoever asks for others learns nothing."""

    def events_of(self, packet: PacketNumber) -> Sequence[Packet.Event]:
        """Raise LooksAcrossError."""
        raise LooksAcrossError(packet)

    def journey(self, bag: BagCode) -> Journey | None:
        """Raise LooksAcrossError."""
        raise LooksAcrossError(bag)

    def registry_of(self, bag: BagCode) -> RegistryCode | None:
        """Raise LooksAcrossError."""
        raise LooksAcrossError(bag)


def batch_of(
    streams: Iterable[Sequence[EventRow]], knowledge: Knowledge, journal: Journal, target: Loading
) -> Batch:
    """Return what the streams mean, each with all its events in order; fill the journal.

    Raises MapperDeserialisationError and whatever else an event's facts lead to.
    """
    batch = Batch(NothingElse())
    entries: list[dict[str, Any]] = []
    for rows in streams:
        stream, topic = rows[0][1], rows[0][3]
        events = [read_event(*row[1:]) for row in rows]
        if topic in PACKET_EVENTS:
            batch.packets.append(_packet(stream, events, knowledge))
        elif topic in BAG_EVENTS:
            batch.bags.append(_bag(stream, events))
        else:
            for event in events:
                sort_in(batch, event)
            continue
        entries += [journal_row(*row[1:]) for row in rows]
    journal.append(target, entries)
    return batch


def streams_of(rows: Iterable[EventRow]) -> list[list[EventRow]]:
    """Part rows, which come stream by stream; those that no view knows are left out."""
    known = (row for row in rows if row[3] in PACKET_EVENTS or row[3] in OTHER_EVENTS)
    return [list(part) for _, part in groupby(known, key=_stream)]


def _packet(stream: UUID, events: list[Packet.Event], knowledge: Knowledge) -> PacketChange:
    timeline = timeline_of(events, knowledge.regulations)
    visits = {visit.seq: visit for visit in timeline.visits}
    number = PacketNumber(number_of(stream))
    change = PacketChange(number, timeline.progress, visits, events, anew=True)
    for event in events:
        if type(event) is Packet.Registered:
            change.absorbs = bool(change.early)
            break
        change.early.add(event.ref)
    return change


def _bag(stream: UUID, events: list[Bag.Event]) -> BagChange:
    number = BagCode(number_of(stream))
    return BagChange(number, events, journey_of(number, events))
