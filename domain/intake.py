"""What a scan from outside is, before anything is recorded: certain, in doubt, or no packet's.

Nothing is refused here: a damaged code, an unknown place or a clock gone wrong makes a scan wait
for somebody's decision, it does not make it vanish.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from domain.commands import ScanPacket, Stamp
from domain.directory import Directory
from domain.errors import UnknownPlaceError
from domain.numbers import BadCodeError, Code, CodeKind, PacketNumber, PlaceCode, parse
from domain.unsettled import Doubt

NO_PLACE = PlaceCode(0)
EARLIEST = datetime(2012, 1, 1, tzinfo=UTC)  # no scanner ran before; a reset clock says 1970


class RawScan(msgspec.Struct, frozen=True):
    """A scan as it comes: texts as read, the time None where it is missing or has no zone.

    `layout`: what the keyboard stood at, where the texts had to be put right.
    """

    ref: str
    code: str
    place: str
    person: int
    device: int
    counter: int
    happened_at: datetime | None
    time_text: str = ""
    layout: str | None = None


class Doubtful(msgspec.Struct, frozen=True):
    """A scan whose code is no packet's number."""

    stamp: Stamp
    doubt: Doubt
    fault: str | None


class Assignments(Protocol):
    """What must be known of the people."""

    def __contains__(self, person: int) -> bool: ...

    def works_at(self, person: int, place: PlaceCode, at: datetime) -> bool:
        """Tell whether the place was the person's at that instant."""


class Intake(msgspec.Struct, frozen=True):
    """Judges scans at one moment. `tolerance`: how far a device's clock may be ahead."""

    directory: Directory
    assignments: Assignments
    now: datetime
    tolerance: timedelta

    def judge(self, scan: RawScan) -> ScanPacket | Doubtful:
        """Tell what a scan is; a packet's number stays with the packet whatever else is wrong."""
        place = self._place(scan.place)
        stamp = Stamp(
            scan.ref,
            place or NO_PLACE,
            scan.person,
            scan.device,
            scan.counter,
            scan.happened_at or self.now,
            scan.layout,
        )
        try:
            code = parse(scan.code)
        except BadCodeError as error:
            return Doubtful(stamp, Doubt.BAD_CODE, error.fault.value)
        if code.kind is not CodeKind.PACKET:
            return Doubtful(stamp, Doubt.OTHER_KIND, code.kind.name.lower().replace("_", "-"))
        doubt = self._doubt(scan, place)
        return ScanPacket(stamp, PacketNumber(code.value), doubt.value if doubt else None)

    def _place(self, text: str) -> PlaceCode | None:
        try:
            code: Code = parse(text)
            if code.kind is not CodeKind.PLACE:
                return None
            return self.directory.place(PlaceCode(code.value)).code
        except (BadCodeError, UnknownPlaceError):
            return None

    def _doubt(self, scan: RawScan, place: PlaceCode | None) -> Doubt | None:
        if place is None:
            return Doubt.UNKNOWN_PLACE
        if scan.person not in self.assignments:
            return Doubt.UNKNOWN_PERSON
        doubt = self._time_doubt(scan.happened_at)
        if doubt is None and scan.happened_at is not None:
            theirs = self.assignments.works_at(scan.person, place, scan.happened_at)
            return None if theirs else Doubt.NOT_THEIR_PLACE
        return doubt

    def _time_doubt(self, at: datetime | None) -> Doubt | None:
        if at is None:
            return Doubt.NO_ZONE
        if at > self.now + self.tolerance:
            return Doubt.IN_THE_FUTURE
        return Doubt.IMPLAUSIBLE_TIME if at < EARLIEST else None
