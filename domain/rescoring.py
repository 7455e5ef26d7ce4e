"""What was re-scored: known figures of a packet's stays that a later record changed, and why.

A scan that comes late, one that is settled or taken back changes what was known of stays that had
ended. It is found out from the events alone, in the order in which they were recorded: the same
whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.clocks import Clocks, Measured
from domain.packet import Packet
from domain.progress import Progress, Visit, VisitKind
from domain.regulations.edition import Edition
from domain.timeline import Timeline, in_doubt, is_late, timeline_of
from domain.walk import Editions, Walk

_StayKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Rescoring:
    """A stay's figures before and after an event was recorded; spans are working time.

    After: None where the stay is not there any more, or has not ended after all.
    """

    event: Packet.Event
    kind: str
    stage: str
    loop: int
    counted_before: timedelta | None
    late_before: bool | None
    counted_after: timedelta | None
    late_after: bool | None


def rescorings_of(
    events: Sequence[Packet.Event], editions: Editions, clocks: Clocks
) -> list[Rescoring]:
    """List what later events changed of stays that had ended, in order of recording.

    `events` as they are stored. Raises UnknownOrganisationError.
    """
    found: list[Rescoring] = []
    progress = Progress()
    walk = Walk(progress, editions)
    for count, event in enumerate(events):
        if in_doubt(event):
            continue
        if not (is_late(progress, event) or _tells_service(progress, event)):
            walk.take(event)
            continue
        before = timeline_of(events[:count], editions)
        after = timeline_of(events[: count + 1], editions)
        scores = (_scores(each, editions, clocks) for each in (before, after))
        found += _compared(event, *scores)
        progress = after.progress
        walk = Walk(progress, editions)
    return found


def _tells_service(progress: Progress, event: Packet.Event) -> bool:
    """A registration tells the service of what was recorded before it."""
    return type(event) is Packet.Registered and progress.visits > 0


def _compared(
    event: Packet.Event, before: dict[_StayKey, Measured], after: dict[_StayKey, Measured]
) -> Iterator[Rescoring]:
    for key, old in before.items():
        new = after.get(key, Measured())
        if (old.counted, old.late) != (new.counted, new.late):
            yield Rescoring(event, *key, old.counted, old.late, new.counted, new.late)


def _scores(timeline: Timeline, editions: Editions, clocks: Clocks) -> dict[_StayKey, Measured]:
    edition = None
    if timeline.progress.edition:
        edition = editions.edition(timeline.progress.edition)
    ended = (visit for visit in timeline.visits if visit.left_at is not None)
    return {(v.kind, v.stage, v.loop): _measured(v, edition, clocks) for v in ended}


def _measured(visit: Visit, edition: Edition | None, clocks: Clocks) -> Measured:
    is_stage = edition is not None and visit.kind == VisitKind.STAGE.value
    return clocks.measure(visit, edition.stage(visit.stage) if edition and is_stage else None)
