"""What is answered about scans that wait for a decision."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.http.schemas.words import OrganisationRef, Out, PlaceRef, Word


class UnsettledOut(Out):
    """A scan that waits, or waited, for somebody's decision."""

    scan: str
    fate: Word
    doubt: Word
    fault: Word | None
    number: str | None
    grouped: str | None
    place: PlaceRef | None
    organisation: OrganisationRef | None
    person: int
    device: int
    happened_at: datetime
    recorded_at: datetime
    waiting_seconds: float | None = Field(description="By the clock on the wall; null if settled.")
    settled_at: datetime | None
    settled_by: int | None


class UnsettledList(Out):
    """What waits, the longest waiting first."""

    items: list[UnsettledOut]


class RawInput(Out):
    """What the device sent, as text. May hold personal data."""

    code: str
    place: str
    time: str


class UnsettledDetail(UnsettledOut):
    """One scan, with the raw input for those who may settle it."""

    may_settle: bool
    raw: RawInput | None
