"""What is answered about packets: where they are, what happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.http.schemas.answers import Standing
from api.http.schemas.visits import DueOut, VisitOut
from api.http.schemas.words import EditionMark, OrganisationRef, Out, PlaceRef, Word


class PausedOut(Out):
    """A clock that stands by somebody's act, on a ground of the edition."""

    ground: str = Field(description="A key of the edition.")
    name: str
    label: Word
    source: str = Field(description="The paragraph that gives the ground.")
    since: datetime
    until: datetime | None = Field(description="When it runs again by itself, if it does.")
    person: int = Field(description="Who stopped it.")


class HoldingOut(Standing):
    """A packet at its place; `verified` by a scan, or else concluded from an act."""

    verified: bool
    organisation: OrganisationRef | None
    accepting: OrganisationRef | None
    deciding: OrganisationRef | None
    executor: int | None
    outcome: Word | None
    accepted_at: datetime | None
    rendered_at: datetime | None
    closed_at: datetime | None
    deviations: int = Field(description="How many scans and acts deviated.")
    paused: PausedOut | None = Field(description="What has stopped the stage's clock.")


class PacketOut(HoldingOut):
    """Where a packet is now, by which edition it lives, and what runs out."""

    regulation: EditionMark | None
    due: list[DueOut]


class DueList(Out):
    """Terms, the most urgent (or longest overdue) first; packets whose clock stands."""

    items: list[DueOut]
    paused: list[HoldingOut] = Field(description="The longest paused first.")


class PlaceHoldings(Out):
    """What a place holds now, the longest there first."""

    place: PlaceRef
    verified: int = Field(description="So many of them somebody has scanned in.")
    inferred: int = Field(description="Of so many that is concluded, from a bag or from an act.")
    packets: list[HoldingOut]


class Corrected(Out):
    """As what a settled scan counts."""

    place: PlaceRef | None
    happened_at: datetime


class EntryOut(Out):
    """One event of a packet."""

    ref: str
    kind: Word
    happened_at: datetime
    recorded_at: datetime
    claimed_at: datetime | None = Field(description="The device's time, where it was not believed.")
    place: PlaceRef | None
    person: int
    device: int
    deviations: list[Word]
    voided: bool
    in_doubt: bool = Field(description="Waits to be settled and moves nothing.")
    doubt: Word | None = Field(description="Why it had to be settled when it was recorded.")
    settled: str | None = Field(description="`apply` or `dismiss`.")
    counts_as: Corrected | None
    reason: Word | None = Field(description="Of a correction: why its author made it.")
    text_kept: bool = Field(description="A text lies in the vault.")
    details: dict[str, Any]


class History(Out):
    """All that happened to a packet, in the order in which it happened."""

    number: str
    grouped: str
    entries: list[EntryOut]
    visits: list[VisitOut]
