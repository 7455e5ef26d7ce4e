"""What is answered about the legal clock of one packet."""

from __future__ import annotations

from datetime import date, datetime

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
    source: str | None = Field(
        description="The paragraph that gives the norm or the stage, or the ground for a pause."
    )
    ground: str | None = Field(description="Of stopped time: the key of the ground.")
    stopped_by: int | None = Field(description="Of stopped time: who stopped the clock.")
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
    stands_since: datetime | None = Field(
        description="The clock was stopped then and stands; the budget is as if it ran again now."
    )


class LabelSumOut(Out):
    """How much of the packet's time has one label."""

    label: Word
    seconds: float


class RescoringOut(Out):
    """What a late record changed of a stay that was known; null: it is not there any more."""

    ref: str
    entry: Word
    person: int = Field(description="Who recorded it.")
    reason: Word = Field(description="Why it changed what was known: it came late, or corrects.")
    text_kept: bool = Field(description="The author wrote a text, which lies in the vault.")
    recorded_at: datetime
    kind: Word
    stage: StageRef | None
    loop: int
    counted_seconds_before: float | None
    late_before: bool | None
    counted_seconds_after: float | None
    late_after: bool | None


class ChangedDayOut(Out):
    """A day that became known to be worked, or not."""

    day: date
    kind: Word
    source: str = Field(description="Where it was published.")


class CalendarRescoringOut(Out):
    """What a changed calendar made of a stay that had ended before the change was known."""

    known_from: date
    days: list[ChangedDayOut]
    kind: Word
    stage: StageRef | None
    loop: int
    counted_seconds_before: float | None
    late_before: bool | None
    counted_seconds_after: float | None
    late_after: bool | None


class LedgerOut(Out):
    """Every second of a packet's time from the handing-in, labelled; without a gap."""

    number: str
    grouped: str
    edition: EditionRef | None
    norms: EditionRef | None = Field(description="By whose norms it is scored: a what-if, or own.")
    sums: list[LabelSumOut]
    clocks: list[StageClockOut]
    lines: list[LedgerLineOut]
    rescored: list[RescoringOut] = Field(description="What came late, and what it changed.")
    recalendared: list[CalendarRescoringOut] = Field(
        description="What days that became known later changed."
    )


class ChangedStayOut(Out):
    """A stay whose figures are others than were known; null before or after: it was not there."""

    number: str
    grouped: str
    edition: EditionRef | None
    kind: Word
    stage: StageRef | None
    loop: int
    place: PlaceRef
    left_at: datetime = Field(description="When it had ended, as was known before.")
    counted_seconds_before: float | None
    late_before: bool | None
    counted_seconds_after: float | None
    late_after: bool | None
    reason: Word = Field(description="Recorded late, corrected, or another calendar.")
    ref: str | None = Field(description="The record that changed it.")
    entry: Word | None
    person: int | None = Field(description="Who recorded it.")
    recorded_at: datetime | None
    text_kept: bool
    known_from: date | None = Field(description="Of a changed calendar: since when it is known.")
    days: list[ChangedDayOut]


class ChangedStaysOut(Out):
    """The changed stays of some packets of an organisation."""

    stays: list[ChangedStayOut]
    looked_at: int = Field(description="How many packets were looked at.")
    past: str | None = Field(description="Ask for those `past` it next; null: there are none.")
