"""What was re-scored: known figures of a packet's stays that a later record changed, and why.

A scan that comes late, one that is settled or taken back changes what was known of stays that had
ended. It is found out from the events alone, in the order in which they were recorded: the same
whenever it is asked. So does a holiday or a transferred day that became known after they had ended
(Labour Code article 85): the file of working days says when it did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.clocks import Clocks, Measured
from domain.numbers import PlaceCode, place_organisation
from domain.packet import Packet
from domain.progress import Progress, Visit, VisitKind
from domain.regulations.edition import Edition
from domain.timeline import Timeline, in_doubt, is_late, timeline_of
from domain.walk import Editions, Walk
from domain.workdays import Change, ChangedDay

_StayKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Rescored:
    """A stay's figures before and after something became known.

    `place` and `left_at` (UTC) are the stay's as it was known before. `after` says nothing where
    the stay is not there any more, or has not ended after all.
    """

    kind: str
    stage: str
    loop: int
    place: PlaceCode
    left_at: datetime
    before: Measured
    after: Measured


@dataclass(frozen=True, slots=True)
class Rescoring(Rescored):
    """What an event that was recorded later made of a stay."""

    event: Packet.Event


@dataclass(frozen=True, slots=True)
class CalendarRescoring(Rescored):
    """What it made of a stay that other days were known to be worked.

    `days` are those of the change that lie in the stay or before its due instant.
    """

    known_from: date
    days: tuple[ChangedDay, ...]


def calendar_rescorings_of(
    timeline: Timeline, editions: Editions, clocks: Clocks
) -> list[CalendarRescoring]:
    """List what changes of the calendar made of stays that had ended, in order of these changes.

    Raises UnknownOrganisationError.
    """
    edition = _edition_of(timeline, editions)
    return [
        found
        for change in clocks.workdays.changes
        for found in _recalendared(timeline, edition, clocks, change)
    ]


def _recalendared(
    timeline: Timeline, edition: Edition | None, clocks: Clocks, change: Change
) -> Iterator[CalendarRescoring]:
    before, after = clocks.by(change.before), clocks.by(change.after)
    for visit in timeline.visits:
        calendar = clocks.calendar(place_organisation(visit.place))
        left = visit.left_at
        if left is None or left >= calendar.midnight(change.known_from):
            continue
        old, new = (_measured(visit, edition, each) for each in (before, after))
        if old != new:
            ends = max(left, *(each.due.at for each in (old, new) if each.due is not None), left)
            first, last = calendar.local_date(visit.entered_at), calendar.local_date(ends)
            days = tuple(each for each in change.days if first <= each.day <= last)
            stay = visit.kind, visit.stage, visit.loop, visit.place, left
            yield CalendarRescoring(*stay, old, new, change.known_from, days)


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
        new = _scores(after, editions, clocks)
        found += _compared(event, _ended(before), _scores(before, editions, clocks), new)
        progress = after.progress
        walk = Walk(progress, editions)
    return found


def _tells_service(progress: Progress, event: Packet.Event) -> bool:
    """A registration tells the service of what was recorded before it."""
    return type(event) is Packet.Registered and progress.visits > 0


def _compared(
    event: Packet.Event,
    stays: dict[_StayKey, tuple[Visit, datetime]],
    before: dict[_StayKey, Measured],
    after: dict[_StayKey, Measured],
) -> Iterator[Rescoring]:
    for key, (visit, left) in stays.items():
        old, new = before[key], after.get(key, Measured())
        if (old.counted, old.late) != (new.counted, new.late):
            yield Rescoring(*key, visit.place, left, old, new, event)


def _ended(timeline: Timeline) -> dict[_StayKey, tuple[Visit, datetime]]:
    return {
        (visit.kind, visit.stage, visit.loop): (visit, visit.left_at)
        for visit in timeline.visits
        if visit.left_at is not None
    }


def _scores(timeline: Timeline, editions: Editions, clocks: Clocks) -> dict[_StayKey, Measured]:
    edition = _edition_of(timeline, editions)
    ended = _ended(timeline).items()
    return {key: _measured(visit, edition, clocks) for key, (visit, _) in ended}


def _edition_of(timeline: Timeline, editions: Editions) -> Edition | None:
    own = timeline.progress.edition
    return editions.edition(own) if own else None


def _measured(visit: Visit, edition: Edition | None, clocks: Clocks) -> Measured:
    is_stage = edition is not None and visit.kind == VisitKind.STAGE.value
    return clocks.measure(visit, edition.stage(visit.stage) if edition and is_stage else None)
