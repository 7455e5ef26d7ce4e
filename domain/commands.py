"""What is asked of the system, in the imperative: register, scan, act, void, settle.

Every command carries a stamp: who did it, where, on which device and when. A command has its own
`ref` made by the device, so that a repeated delivery is recognised and gives one event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from domain.acts import ActKind, Handing, Outcome
from domain.corrections import VoidReason
from domain.numbers import PacketNumber, PlaceCode


class Stamp(msgspec.Struct, frozen=True):
    """Who, where, when. `happened_at` is the device's clock (UTC), `counter` its own count.

    `layout`: what the scanner's keyboard stood at, where the code had to be put right.
    """

    ref: str
    place: PlaceCode
    person: int
    device: int
    counter: int
    happened_at: datetime
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterPacket:
    """Accept a packet: `began_at` (UTC) is when the applicant handed the papers in."""

    stamp: Stamp
    number: PacketNumber
    edition: str
    decided_by: int
    began_at: datetime
    papers: int
    claimed_at: datetime | None = None  # the device's time where it lay in the future


class ScanPacket(msgspec.Struct, frozen=True):
    """The packet is at the stamp's place. `doubt` keeps the scan unsettled: it moves nothing."""

    stamp: Stamp
    number: PacketNumber
    doubt: str | None = None
    raw_ref: str | None = None


@dataclass(frozen=True, slots=True)
class VoidScan:
    """The author takes back a scan of less than a minute ago."""

    stamp: Stamp
    number: PacketNumber
    scan: str
    reason: VoidReason | None = None


class Settlement(StrEnum):
    """What somebody decided about an unsettled scan."""

    APPLY = "apply"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True)
class SettleScan:
    """Decide about an unsettled scan; `place` and `scanned_at` correct it where it is applied."""

    stamp: Stamp
    number: PacketNumber
    scan: str
    settlement: Settlement
    place: PlaceCode | None = None
    scanned_at: datetime | None = None
    reason_ref: str | None = None


@dataclass(frozen=True, slots=True)
class ActOnPacket:
    """A person does something at a desk. Texts that may name people are references to the vault."""

    stamp: Stamp
    number: PacketNumber
    kind: ActKind
    claimed_at: datetime | None = None  # the device's time where it lay in the future
    incoming_number: str | None = None
    executor: int | None = None
    entitled: bool | None = None
    outcome: Outcome | None = None
    grounds: tuple[str, ...] = ()
    text_ref: str | None = None
    handing: Handing | None = None
    began_at: datetime | None = None
