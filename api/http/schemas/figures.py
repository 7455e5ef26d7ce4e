"""What is answered about figures: what stays add up to, and the reports made of them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from api.http.schemas.words import (
    EditionRef,
    NormOut,
    OrganisationRef,
    Out,
    ServiceRef,
    StageRef,
    Word,
)


class IntervalOut(Out):
    """Between which shares the true one lies, in 19 of 20 cases."""

    low: float
    high: float


class FigureOut(Out):
    """What stays that ended add up to; lengths are working time, in seconds.

    The first fields say which stays; null where the figures are not told apart by it.
    """

    period: date | None = Field(description="The first day of the week or the month.")
    organisation: OrganisationRef | None
    person: int | None
    service: ServiceRef | None
    edition: EditionRef | None
    kind: Word | None
    stage: StageRef | None
    norm: NormOut | None = Field(description="Null also where the stays are not of one stage.")
    norm_source: str | None = Field(description="The paragraph that has the norm.")
    count: int
    judged: int = Field(description="How many could be compared with a norm.")
    within: int
    late: int
    share_within: float | None
    interval: IntervalOut | None
    small: bool = Field(description="Too few were judged for the share to say much.")
    median_seconds: float | None
    percentile_90_seconds: float | None
    percentile_99_seconds: float | None
    longest_seconds: float | None
    counted_seconds: float = Field(description="All together, as the norms count it.")
    overrun_seconds: float = Field(description="All together, past the due instants.")
    repeated: int = Field(description="Stays in a stage that had been begun before.")
    repeated_seconds: float
    deviating: int


class DeviationOut(Out):
    """How many stays had a deviation."""

    deviation: Word
    count: int


class FiguresOut(Out):
    """Figures of whole weeks or months. Quantiles are within two per cent."""

    span: str = Field(examples=["week"])
    since: date
    until: date = Field(description="The last day inside.")
    known: datetime = Field(description="Only what was recorded until then.")
    settled: bool = Field(description="`known` is past: the figures do not change any more.")
    one_norm: bool = Field(
        description="Every figure is of one stage of one edition, so that they can be compared."
    )
    items: list[FigureOut]
    deviations: list[DeviationOut]


class ReportPeriodOut(Out):
    """A week, a month or a quarter."""

    code: str = Field(examples=["2026-W41"])
    kind: str = Field(examples=["week"])
    first: date
    last: date


class TurnoverOut(Out):
    """What became of the packets of a service; `granted` and `refused` are of the rendered."""

    service: ServiceRef
    received: int
    rendered: int
    granted: int
    refused: int
    issued: int
    handed_back: int
    withdrawn: int
    open: int = Field(description="At the end of the period, or when it was known.")


class ReportOut(Out):
    """A report: services rendered, and how timely. The same as known on the same past day."""

    period: ReportPeriodOut
    organisation: OrganisationRef | None = Field(description="Null: all in reach.")
    known: datetime = Field(description="Only what was recorded until then.")
    settled: bool = Field(description="`known` is past: the figures do not change any more.")
    knowledge: str = Field(description="Names the norms, worked days and hours used.")
    services: list[TurnoverOut]
    stages: list[FigureOut]
    deviations: list[DeviationOut]
    trend: list[FigureOut] = Field(description="By week, of all stages, without quantiles.")
