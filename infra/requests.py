"""What the ways in (HTTP, command line, replay) ask of the desk, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from domain.acts import ActKind, Handing, Outcome
from domain.commands import Settlement
from domain.dispatch.journey import Journey
from domain.numbers import BagCode, PacketNumber, PlaceCode, RegistryCode
from domain.route import Deviation


@dataclass(frozen=True, slots=True)
class Source:
    """Who asks: the person, the device, its counter, the id it gave to this request."""

    ref: str
    person: int
    device: int
    counter: int
    place: PlaceCode
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """Papers handed in: `began_at` is when, `applicant` and `papers` go into the vault."""

    source: Source
    service: str
    number: PacketNumber | None = None
    decided_by: int | None = None
    began_at: datetime | None = None
    applicant: dict[str, Any] | None = None
    papers: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ActRequest:
    """An act on one packet or on many; the text goes into the vault."""

    source: Source
    kind: ActKind
    incoming_number: str | None = None
    executor: int | None = None
    entitled: bool | None = None
    outcome: Outcome | None = None
    grounds: tuple[str, ...] = ()
    text: str | None = None
    handing: Handing | None = None
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SettleRequest:
    """A decision about an unsettled scan, with what was wrong put right."""

    source: Source
    scan: str
    settlement: Settlement
    number: PacketNumber | None = None
    place: PlaceCode | None = None
    scanned_at: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ComplaintRequest:
    """A written complaint: answered by `answer_by` (UTC), `ask` is the person who can tell.

    The text goes into the vault; without one the complaint is on paper only.
    """

    source: Source
    number: PacketNumber
    answer_by: datetime
    ask: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ComplaintAnswerRequest:
    """The answer to the complaint that was taken under this id; the text goes into the vault."""

    source: Source
    number: PacketNumber
    complaint: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class AcceptRequest:
    """A hand-over of a bag: `receiver` takes it, known by the badge; `giver` None: whoever sent it.

    The source's place is where the bag is then (none: where the receiver works). `signature` is a
    picture (base64) for the vault; `clock_off` seconds by which the device's clock was seen to
    differ from ours, positive when ahead.
    """

    source: Source
    bag: BagCode
    receiver: int
    giver: int | None = None
    by_badge: bool = False
    seal: str | None = None
    proof: str | None = None
    signature: str | None = None
    clock_off: int | None = None


class Status(StrEnum):
    """What became of a request."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    DEVIATION = "deviation"
    UNSETTLED = "unsettled"
    REFUSED = "refused"


class Standing(msgspec.Struct, frozen=True):
    """Where a packet stands after a request."""

    number: PacketNumber
    status: str
    place: PlaceCode | None
    person: int | None
    since: datetime | None
    edition: str | None
    stage: str | None
    waiting: bool


class Answer(msgspec.Struct, frozen=True):
    """The answer to one scan, act or registration. `position` is what a view must reach."""

    ref: str
    status: Status
    position: int
    standing: Standing | None = None
    deviations: tuple[Deviation, ...] = ()
    doubt: str | None = None
    fault: str | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class RegistryAnswer:
    """The registry that was begun, added to or closed; `bag` is the new one."""

    registry: RegistryCode
    bag: BagCode | None
    position: int


@dataclass(frozen=True, slots=True)
class PackAnswer:
    """What became of one packet at a bag; `count` is how many lie in it now."""

    ref: str
    status: Status
    packet: PacketNumber
    count: int
    position: int
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class BagAnswer:
    """What became of one step of a bag's journey, and the journey as it is now."""

    ref: str
    bag: BagCode
    status: Status
    position: int
    journey: Journey | None = None
    error: Exception | None = None
