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
from domain.filing import PageDoubt
from domain.numbers import BagCode, PacketNumber, PlaceCode, RegistryCode
from domain.route import Deviation
from scanner.found import FoundCode


@dataclass(frozen=True, slots=True)
class Source:
    """Who asks: the person, the device, its counter, the id it gave to this request.

    `layout`: what the scanner's keyboard stood at, where the code had to be put right.
    """

    ref: str
    person: int
    device: int
    counter: int
    place: PlaceCode
    happened_at: datetime
    layout: str | None = None


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


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A page as it was read: its place in the file (from 1), its codes, an upright JPEG of it."""

    page: int
    codes: tuple[FoundCode, ...]
    picture: bytes


@dataclass(frozen=True, slots=True)
class FilingRequest:
    """The pages of one file, in their order; `digest` (SHA-256) knows the file again.

    `begun`: the packet whose pages went on at the end of the file before, in the same stack;
    `given`: the packet to which somebody files them all.
    """

    source: Source
    digest: str
    pages: tuple[ScannedPage, ...]
    begun: PacketNumber | None = None
    given: PacketNumber | None = None


@dataclass(frozen=True, slots=True)
class PageSettleRequest:
    """A decision about a page that waits: it belongs to this packet, or (None) it is nothing."""

    source: Source
    page: str
    packet: PacketNumber | None
    text: str | None = None


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
    """The answer to one scan, act or registration. `position` is what a view must reach.

    `layout`: what the scanner's keyboard stood at, where the code had to be put right.
    """

    ref: str
    status: Status
    position: int
    standing: Standing | None = None
    deviations: tuple[Deviation, ...] = ()
    doubt: str | None = None
    fault: str | None = None
    error: Exception | None = None
    layout: str | None = None


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


@dataclass(frozen=True, slots=True)
class FiledPage:
    """What became of one page: filed to the packet; or (with a doubt) it waits.

    `known`: it was recorded before, so nothing was done to it now.
    """

    ref: str
    page: int
    packet: PacketNumber | None
    doubt: PageDoubt | None
    known: bool = False


@dataclass(frozen=True, slots=True)
class FilingAnswer:
    """What became of a file's pages; `ends` is the packet whose pages go on in the next file."""

    pages: tuple[FiledPage, ...]
    separators: int
    ends: PacketNumber | None
    position: int

    @property
    def waiting(self) -> tuple[FiledPage, ...]:
        """The pages that wait for a decision."""
        return tuple(page for page in self.pages if page.doubt is not None)


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What became of a decision about a page."""

    ref: str
    status: Status
    position: int
