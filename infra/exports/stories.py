"""What the events of one stream mean together: all that an export needs to know of one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.dispatch.bag import Bag
from domain.dispatch.registry import Registry
from domain.numbers import PacketNumber, place_organisation
from domain.packet import Packet
from domain.regulations.edition import Edition
from domain.runs import Run, RunKey
from domain.streams import number_of
from domain.timeline import Timeline


@dataclass(frozen=True, slots=True)
class PacketStory:
    """A packet; `timeline` is None where its edition is gone."""

    number: PacketNumber
    events: Sequence[Packet.Event]
    timeline: Timeline | None
    edition: Edition | None

    @property
    def registered(self) -> Packet.Registered | None:
        """How it was accepted."""
        return next((e for e in self.events if isinstance(e, Packet.Registered)), None)

    @property
    def begun(self) -> datetime:
        """When it was registered; if it is not, when it was first seen."""
        registered = self.registered
        if registered is not None:
            return registered.happened_at
        return min(event.happened_at for event in self.events)

    @property
    def organisations(self) -> frozenset[int]:
        """Whose business it is: who accepted it, decides about it, or ever had it."""
        registered = self.registered
        been = {place_organisation(event.place) for event in self.events if event.place}
        been |= {
            place_organisation(event.to_place)
            for event in self.events
            if isinstance(event, Packet.ScanSettled) and event.to_place
        }
        return frozenset(been | ({registered.decided_by} if registered else set()))

    def corrections(self) -> dict[str, Packet.Scanned]:
        """Return, by the ref of what corrected it, every scan that was taken back or settled."""
        if self.timeline is None:
            return {}
        scans = {event.ref: event for event in self.events if isinstance(event, Packet.Scanned)}
        settled = {e.scan: e.ref for e in self.events if isinstance(e, Packet.ScanSettled)}
        found = {ref: scans[scan] for scan, ref in settled.items() if scan in scans}
        voids = (event for event in self.events if isinstance(event, Packet.ScanVoided))
        for void in voids:
            if void.scan in self.timeline.voided and void.ref not in self.timeline.notes:
                found[void.ref] = scans[void.scan]
        return found


@dataclass(frozen=True, slots=True)
class Gist:
    """What is kept of a thing while the log is read: whether it is meant, and what came of it.

    `notes`: deviations by the ref of the event; `corrected`: scans by the ref of the event that
    took them back or settled them. `contents`: packets and bags that it ever held.
    """

    wanted: bool
    edition: str | None = None
    service: str | None = None
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    corrected: dict[str, Packet.Scanned] = field(default_factory=dict)
    contents: tuple[int, ...] = ()


def gist_of_packet(story: PacketStory, *, wanted: bool) -> Gist:
    """Keep what later events of the log are told with."""
    edition, timeline = story.edition, story.timeline
    notes = timeline.notes if timeline else {}
    return Gist(
        wanted,
        edition.id if edition else None,
        edition.service.key if edition else None,
        {ref: tuple(each.value for each in said) for ref, said in notes.items()},
        story.corrections(),
    )


# --- what carries packets ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Carrier:
    """A bag, a registry or a run; `family` is the beginning of its topics."""

    family: str
    stream: UUID
    events: Sequence[Any]


def bag_contents(events: Sequence[Any]) -> tuple[PacketNumber, ...]:
    """Return every packet that was ever in a bag, in order of packing."""
    held = (e.packet for e in events if isinstance(e, Bag.Put | Bag.Verified))
    return tuple(dict.fromkeys(held))


def bags_of(events: Sequence[Any]) -> tuple[int, ...]:
    """Return the bags of a registry."""
    return tuple(dict.fromkeys(e.bag for e in events if isinstance(e, Registry.BagAdded)))


def parties_of(events: Sequence[Any]) -> frozenset[int]:
    """Return every organisation in which a thing was, to which it goes or between which it runs."""
    found = {place_organisation(event.place) for event in events if event.place}
    for event in events:
        if isinstance(event, Bag.Begun | Registry.Begun):
            found.add(event.to)
        elif isinstance(event, Run.Event):
            key = RunKey.parse(event.run)
            found |= {key.branch, key.authority}
    return frozenset(found)


def begun_at(events: Sequence[Any]) -> datetime:
    """Return when the first of these happened."""
    first: datetime = min(event.happened_at for event in events)
    return first


def packet_of(stream: UUID) -> PacketNumber:
    """Return the number of a packet's stream."""
    return PacketNumber(number_of(stream))
