"""Works out once for all views what a batch of stored events means for packets and bags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from domain.dispatch.bag import EVENTS as BAG_EVENTS
from domain.dispatch.bag import Bag
from domain.dispatch.device_log import EVENTS as DEVICE_LOG_EVENTS
from domain.dispatch.device_log import DeviceLog
from domain.dispatch.journey import Journey, journey_of
from domain.dispatch.registry import EVENTS as REGISTRY_EVENTS
from domain.dispatch.registry import Registry
from domain.loose_pages import EVENTS as LOOSE_PAGE_EVENTS
from domain.loose_pages import LoosePage
from domain.numbers import BagCode, PacketNumber, RegistryCode
from domain.packet import EVENTS as PACKET_EVENTS
from domain.packet import Packet
from domain.progress import Progress
from domain.runs.reports import EVENTS as RUN_EVENTS
from domain.runs.reports import Run
from domain.streams import number_of
from domain.timeline import in_doubt, is_late, timeline_of
from domain.unsettled import EVENTS as UNSETTLED_EVENTS
from domain.unsettled import UnsettledScan
from domain.walk import Walk
from infra.store.mapper import read_event
from infra.store.rows import EventRow
from projections.journal import Journal
from projections.view import BagChange, Batch, Knowledge, Landmarks, PacketChange

OTHER_EVENTS = frozenset().union(
    UNSETTLED_EVENTS,
    BAG_EVENTS,
    REGISTRY_EVENTS,
    RUN_EVENTS,
    DEVICE_LOG_EVENTS,
    LOOSE_PAGE_EVENTS,
)


class PastEvents:
    """What the journal holds, read once a batch and only where it is asked for.

    `journeys`: those of bags of which all events are known already.
    """

    def __init__(
        self,
        connection: sa.Connection,
        journal: Journal,
        journeys: dict[BagCode, Journey | None] | None = None,
    ) -> None:
        self._connection = connection
        self._journal = journal
        self._journeys = journeys or {}
        self._packets: dict[PacketNumber, list[Packet.Event]] = {}

    def events_of(self, packet: PacketNumber) -> Sequence[Packet.Event]:
        """Return all events of a packet."""
        if packet not in self._packets:
            self._packets[packet] = self._read(packet, Packet.stream(packet))
        return self._packets[packet]

    def journey(self, bag: BagCode) -> Journey | None:
        """Work out a bag's journey from all its events."""
        if bag not in self._journeys:
            self._journeys[bag] = journey_of(bag, self._read(bag, Bag.stream(bag)))
        return self._journeys[bag]

    def registry_of(self, bag: BagCode) -> RegistryCode | None:
        """Return the registry of a bag; None while its beginning is not known."""
        journey = self._journeys.get(bag)
        if journey is not None:
            return journey.registry
        begun = self._journal.entries_about(self._connection, bag, Bag.Begun.TOPIC)
        return read_event(Bag.stream(bag), *begun[0]).registry if begun else None

    def _read(self, number: int, stream: UUID) -> list[Any]:
        entries = self._journal.entries_of(self._connection, number)
        return [read_event(stream, *entry) for entry in entries]


class Digest:
    """Works out what a batch of stored events means for the packets and bags in it."""

    def __init__(self, connection: sa.Connection, journal: Journal, knowledge: Knowledge) -> None:
        self._connection = connection
        self._journal = journal
        self._editions = knowledge.regulations
        self._history = PastEvents(connection, journal)
        self._batch = Batch(self._history)
        self._changes: dict[int, PacketChange] = {}
        self._walks: dict[int, Walk] = {}
        self._registered: set[int] = set()
        self._bags: dict[BagCode, list[Bag.Event]] = {}

    def of(self, rows: Sequence[EventRow]) -> Batch:
        """Read the events, let the packets walk on, and start anew those with late events."""
        packet_rows = [row for row in rows if row[3] in PACKET_EVENTS]
        self._load({number_of(row[1]) for row in packet_rows})
        kept = []
        for _, stream, version, topic, state in rows:
            if topic in PACKET_EVENTS:
                self._take(number_of(stream), read_event(stream, version, topic, state))
                kept.append(journal_row(stream, version, topic, state))
            elif topic in OTHER_EVENTS:
                event = read_event(stream, version, topic, state)
                if isinstance(event, Bag.Event):
                    self._bags.setdefault(BagCode(number_of(stream)), []).append(event)
                    kept.append(journal_row(stream, version, topic, state))
                else:
                    sort_in(self._batch, event)
        self._journal.append(self._connection, kept)
        for number, change in self._changes.items():
            if change.anew:
                self._start_anew(number, change)
        self._batch.packets = list(self._changes.values())
        self._batch.bags = [
            BagChange(bag, events, self._history.journey(bag)) for bag, events in self._bags.items()
        ]
        return self._batch

    def look_again(self) -> None:
        """Forget what was read of other streams than those of the batch: others have gone on."""
        own = {change.number: change.journey for change in self._batch.bags}
        self._batch.history = PastEvents(self._connection, self._journal, own)

    def _load(self, numbers: set[int]) -> None:
        known = self._journal.load(self._connection, sorted(numbers))
        for number in sorted(numbers):
            progress = known.get(number) or Progress()
            change = PacketChange(PacketNumber(number), progress, before=Landmarks.of(progress))
            self._changes[number] = change
            self._walks[number] = Walk(progress, self._editions)
            if progress.edition:
                self._registered.add(number)
            else:
                change.absorbs = progress.place is not None

    def _take(self, number: int, event: Packet.Event) -> None:
        change = self._changes[number]
        change.events.append(event)
        if type(event) is Packet.Registered:
            self._registered.add(number)
            change.absorbs = change.absorbs or bool(change.early)
        elif number not in self._registered:
            change.early.add(event.ref)
        if change.anew or in_doubt(event):
            return
        if is_late(change.progress, event) or _names_earlier_stays(change, event):
            change.anew = True
            return
        walk = self._walks[number]
        walk.take(event)
        if walk.touched:
            change.visits.update(walk.touched)

    def _start_anew(self, number: int, change: PacketChange) -> None:
        stream = Packet.stream(PacketNumber(number))
        entries = self._journal.entries_of(self._connection, number)
        timeline = timeline_of([read_event(stream, *entry) for entry in entries], self._editions)
        change.progress = timeline.progress
        change.visits = {visit.seq: visit for visit in timeline.visits}


def sort_in(batch: Batch, event: Any) -> None:
    """Put an event that is neither a packet's nor a bag's to those of its kind."""
    match event:
        case UnsettledScan.Event():
            batch.unsettled.append(event)
        case Registry.Event():
            batch.registries.append(event)
        case Run.Event():
            batch.runs.append(event)
        case DeviceLog.Received():
            batch.logs.append(event)
        case LoosePage.Event():
            batch.pages.append(event)


def _names_earlier_stays(change: PacketChange, event: Packet.Event) -> bool:
    """A registration tells the service of what was recorded before it."""
    return type(event) is Packet.Registered and change.progress.visits > 0


def journal_row(stream: UUID, version: int, topic: str, state: Any) -> dict[str, Any]:
    """Return how the journal keeps an event."""
    text = state if isinstance(state, str) else bytes(state).decode()
    return {"packet": number_of(stream), "version": version, "topic": topic, "state": text}
