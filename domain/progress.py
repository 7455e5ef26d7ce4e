"""Where a packet has got to, and its stays: what the walk along its route leaves behind."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.numbers import PlaceCode
from domain.packet import OrderKey
from domain.route import Parties


class VisitKind(StrEnum):
    """What a stretch of a packet's time is."""

    STAGE = "stage"
    HANDOVER = "handover"  # a stage has ended by an act, the next holder has not accepted yet
    ASTRAY = "astray"  # at a place that is not on the route
    LOST = "lost"


class Status(StrEnum):
    """What has become of the packet."""

    UNREGISTERED = "unregistered"
    ON_THE_WAY = "on-the-way"
    RENDERED = "rendered"  # the result is at the centre, not yet given out
    LOST = "lost"
    ISSUED = "issued"
    HANDED_BACK = "handed-back"
    WITHDRAWN = "withdrawn"


CLOSED = frozenset({Status.ISSUED, Status.HANDED_BACK, Status.WITHDRAWN})
ENDED_BY_SCAN = "scan"


class Pause(msgspec.Struct, frozen=True):
    """From when (UTC) to when the clock of a stage stood, by an act of `person`.

    `ground` is a key of the packet's edition, `organisation` where the packet lay; `until` None: it
    stands still. `resumed_by` None: it ended with the stay. `ref` is the act's own id.
    """

    ref: str
    ground: str
    organisation: int
    person: int
    since: datetime
    until: datetime | None = None
    resumed_by: int | None = None


class Visit(msgspec.Struct):
    """A stretch of a packet's time, with the place and the person who held it. Times are UTC.

    `stage` is the stage's key (of a hand-over: the stage it leads to); `loop` counts how often the
    stage was begun; `clock_from` is when its norm began to run, None while that is not known.
    """

    seq: int
    kind: str
    stage: str
    loop: int
    place: PlaceCode
    person: int
    entered_at: datetime
    clock_from: datetime | None
    left_at: datetime | None = None
    ended_by: str | None = None
    deviations: tuple[str, ...] = ()
    verified: bool = True  # false: nobody scanned the packet in; concluded from an act or a bag
    pauses: tuple[Pause, ...] = ()

    @property
    def standing(self) -> Pause | None:
        """The pause that no act has ended yet."""
        last = self.pauses[-1] if self.pauses else None
        return last if last is not None and last.until is None else None


class Progress(msgspec.Struct):
    """Where a packet has got to: enough to go on with the next event in order."""

    edition: str = ""
    accepting: int = 0
    deciding: int = 0
    stage: int = -1
    accepted: bool = False
    last_act: str | None = None
    place: PlaceCode | None = None
    person: int | None = None
    since: datetime | None = None
    verified: bool = False
    executor: int | None = None
    outcome: str | None = None
    accepted_at: datetime | None = None
    rendered_at: datetime | None = None
    closed_at: datetime | None = None
    ending: str | None = None
    lost: bool = False
    deviating: int = 0
    visits: int = 0
    loops: dict[str, int] = {}
    open: Visit | None = None
    last_key: OrderKey | None = None
    bag: int | None = None  # in which it lies, or is taken to lie
    pauses: tuple[Pause, ...] = ()  # of all its stays

    @property
    def status(self) -> Status:
        """What has become of the packet."""
        if self.ending is not None:
            return Status(self.ending)
        if self.lost:
            return Status.LOST
        if not self.edition:
            return Status.UNREGISTERED
        return Status.RENDERED if self.rendered_at is not None else Status.ON_THE_WAY

    @property
    def parties(self) -> Parties:
        """The packet's two organisations."""
        return Parties(self.accepting, self.deciding)
