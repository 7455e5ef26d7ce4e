"""What is answered about stays, the figures of stages, and terms."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.http.schemas.words import (
    EditionRef,
    NormOut,
    OrganisationRef,
    Out,
    PlaceRef,
    ServiceRef,
    StageRef,
    Word,
)


class DueOut(Out):
    """A term that is running."""

    number: str
    grouped: str
    clock: Word
    due_at: datetime
    overdue: bool
    provisional: bool = Field(description="The transfers of working days are not known that far.")
    organisation: OrganisationRef
    place: PlaceRef
    person: int
    stage: StageRef
    edition: EditionRef
    service: ServiceRef


class VisitOut(Out):
    """A stay; `working_seconds` and `over_seconds` are working time."""

    number: str
    grouped: str
    seq: int
    kind: Word
    stage: StageRef | None
    loop: int
    place: PlaceRef
    organisation: OrganisationRef
    person: int
    edition: EditionRef | None
    service: ServiceRef | None
    entered_at: datetime
    left_at: datetime | None
    ended_by: str | None
    norm: NormOut | None
    due_at: datetime | None
    provisional: bool
    working_seconds: float | None
    counted_seconds: float | None = Field(
        description="The part that the norm is about: where the applicant is waited for, it begins"
        " when they come."
    )
    over_seconds: float | None = Field(description="Negative: what was left of the norm.")
    late: bool | None
    stood_seconds: float | None = Field(description="For which acts stopped the clock.")
    deviations: list[Word]


class VisitPage(Out):
    """A page of stays, the latest first."""

    items: list[VisitOut]
    limit: int
    offset: int


class TimingOut(Out):
    """The figures of a stage over the stays that ended."""

    edition: EditionRef | None
    service: ServiceRef | None
    kind: Word
    stage: StageRef | None
    norm: NormOut | None
    count: int
    median_seconds: float
    percentile_90_seconds: float
    judged: int = Field(description="How many could be compared with a norm.")
    within: int
    share_within: float | None


class Timings(Out):
    """Stages in the order of their edition."""

    items: list[TimingOut]
