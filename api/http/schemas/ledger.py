"""What is answered about the legal clock of one packet."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.http.schemas.words import EditionRef, NormOut, Out, PlaceRef, StageRef, Word


class LedgerLineOut(Out):
    """A stretch of the packet's time: `since` is inside, `until` is not."""

    since: datetime
    until: datetime
    seconds: float
    label: Word
    counts: bool = Field(description="It uses the norm's budget up, or exceeds it.")
    seq: int = Field(description="The stay, as in the packet's history.")
    stage: StageRef | None
    loop: int
    place: PlaceRef
    person: int
    source: str | None = Field(description="The paragraph that gives the norm or the stage.")
    scans: list[str] = Field(description="The ids of the entries that began or fell into it.")


class StageClockOut(Out):
    """A stay against its norm, by the norm's own counting."""

    seq: int
    stage: StageRef | None
    loop: int
    norm: NormOut | None
    source: str
    since: datetime | None
    due_at: datetime | None
    budget_seconds: float | None
    consumed_seconds: float
    over_seconds: float
    open: bool


class LabelSumOut(Out):
    """How much of the packet's time has one label."""

    label: Word
    seconds: float


class LedgerOut(Out):
    """Every second of a packet's time from the handing-in, labelled; without a gap."""

    number: str
    grouped: str
    edition: EditionRef | None
    norms: EditionRef | None = Field(description="By whose norms it is scored: a what-if, or own.")
    sums: list[LabelSumOut]
    clocks: list[StageClockOut]
    lines: list[LedgerLineOut]
