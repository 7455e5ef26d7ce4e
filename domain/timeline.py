"""What the events of a packet mean together: every stay in every stage, in order of happened-at.

The same events give the same timeline in whatever order they arrive: `arrange` sorts them and
takes out what was voided or is still in doubt, `Walk.take` moves by one event. A view that
keeps a `Progress` may go on from it while events come in order, and must start anew when one comes
late (`is_late`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from domain.packet import Packet, order_key, why_void_fails
from domain.progress import Progress, Visit
from domain.route import Deviation
from domain.walk import Editions, Walk

_CORRECTS: dict[object, bool] = {Packet.ScanVoided: True, Packet.ScanSettled: True}


def is_late(progress: Progress, event: Packet.Event) -> bool:
    """Tell whether the event changes what came before it, so that the timeline starts anew."""
    if _CORRECTS.get(type(event)):
        return True
    return progress.last_key is not None and order_key(event) <= progress.last_key


def in_doubt(event: Packet.Event) -> bool:
    """Tell whether the event is a scan that waits to be settled."""
    return type(event) is Packet.Scanned and event.doubt is not None


class Timeline(msgspec.Struct):
    """A packet's whole history in order, and what deviated at which entry."""

    progress: Progress
    entries: list[Packet.Event] = []
    visits: list[Visit] = []
    notes: dict[str, tuple[Deviation, ...]] = {}
    doubted: list[Packet.Scanned] = []
    voided: set[str] = set()


def timeline_of(events: Sequence[Packet.Event], editions: Editions) -> Timeline:
    """Work out the whole timeline of one packet from all its events, in any order."""
    timeline = arrange(events)
    walk = Walk(timeline.progress, editions)
    visits: dict[int, Visit] = {}
    for event in timeline.entries:
        deviations = walk.take(event)
        visits.update(walk.touched)
        if deviations:
            timeline.notes[event.ref] = deviations
    timeline.visits = [visits[seq] for seq in sorted(visits)]
    _remember_voids(timeline, events)
    return timeline


def _remember_voids(timeline: Timeline, events: Iterable[Packet.Event]) -> None:
    """Let an event before a voiding count as late: it may be what overrules the voiding."""
    progress = timeline.progress
    for event in events:
        if type(event) is Packet.ScanVoided:
            key = order_key(event)
            progress.last_key = key if progress.last_key is None else max(progress.last_key, key)


def arrange(events: Sequence[Packet.Event]) -> Timeline:
    """Sort the events and take out what moves nothing: doubts, dismissed and voided scans."""
    ordered = sorted(events, key=order_key)
    timeline = Timeline(Progress())
    if not any(_CORRECTS.get(type(event)) or in_doubt(event) for event in ordered):
        timeline.entries = ordered
        return timeline
    _find_voided(timeline, ordered)
    settled = {e.scan: e for e in ordered if isinstance(e, Packet.ScanSettled)}
    for event in ordered:
        if isinstance(event, Packet.Scanned):
            _admit(timeline, event, settled.get(event.ref))
        elif not _CORRECTS.get(type(event)):
            timeline.entries.append(event)
    timeline.entries.sort(key=order_key)
    return timeline


def _find_voided(timeline: Timeline, ordered: list[Packet.Event]) -> None:
    scans = {e.ref: e for e in ordered if isinstance(e, Packet.Scanned)}
    for event in ordered:
        if isinstance(event, Packet.ScanVoided):
            scan = scans.get(event.scan)
            if scan is not None and why_void_fails(scan, event, ordered) is None:
                timeline.voided.add(event.scan)
            else:
                timeline.notes[event.ref] = (Deviation.VOID_OVERRULED,)


def _admit(timeline: Timeline, scan: Packet.Scanned, settled: Packet.ScanSettled | None) -> None:
    if scan.ref in timeline.voided:
        return
    if settled is not None:
        if settled.settlement == "apply":
            timeline.entries.append(_corrected(scan, settled))
    elif scan.doubt is not None:
        timeline.doubted.append(scan)
    else:
        timeline.entries.append(scan)


def _corrected(scan: Packet.Scanned, settled: Packet.ScanSettled) -> Packet.Scanned:
    corrected = {
        "place": settled.to_place or scan.place,
        "happened_at": settled.scanned_at or scan.happened_at,
        "doubt": None,
    }
    return Packet.Scanned(**(vars(scan) | corrected))
