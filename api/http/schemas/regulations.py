"""What is answered about editions of regulations."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from api.http.schemas.words import EditionRef, NormOut, Out, ServiceRef, StageRef, Word


class PeriodOut(Out):
    """Days of local law; `until` is the first day outside."""

    first: date
    until: date | None


class AdoptionOut(Out):
    """An operator's decision to apply the text beyond the law."""

    operator: str
    territory: list[str]
    period: PeriodOut


class RegulationOut(EditionRef):
    """An edition of a regulation."""

    service: ServiceRef
    way: Word
    territory: list[str]
    legal: PeriodOut
    adopted: list[AdoptionOut]


class RegulationList(Out):
    """All editions known."""

    items: list[RegulationOut]


class RegulationNorm(NormOut):
    """A term as the edition counts it."""

    not_counted: list[str]
    closed_end: str


class EndingOut(Out):
    """What ends a stage: an act of its holder, or the acceptance by the next."""

    act: Word | None
    scan: Word | None
    after: str | None
    to: str | None


class AllowedOut(Out):
    """An act that may be done in a stage without ending it."""

    act: Word
    after: str | None


class StageOut(StageRef):
    """A stage of the route, in full."""

    holder: Word
    side: str
    ends: list[EndingOut]
    allows: list[AllowedOut]
    norm: RegulationNorm | None
    source: str
    norm_source: str | None
    renders: bool
    waits_for_applicant: bool


class Item(Out):
    """A paper or a ground, by its key."""

    key: str
    name: str


class Held(Out):
    """A list that the sources hold, or the word that they do not."""

    held: bool
    note: str | None = Field(description="Says so where the sources do not hold it.")
    source: str
    items: list[Item]


class TotalOut(Out):
    """The deadline of the whole service."""

    norm: RegulationNorm | None
    note: str | None
    calendar: str
    source: str
    remark: str | None


class KeptOut(Out):
    """How long an uncollected result is kept."""

    norm: RegulationNorm
    source: str


class LimitOut(Item):
    """The longest time for queueing or serving."""

    norm: RegulationNorm
    source: str


class PauseGroundOut(Item):
    """A ground on which the clock of a stage may be stopped."""

    label: Word
    stages: list[str]
    roles: list[Word]
    longest: RegulationNorm | None
    source: str


class FormOut(Item):
    """A form as the list of its fields."""

    fields: list[str]
    source: str


class ReadingOut(Out):
    """How a silence of the sources is read here."""

    about: str
    read: str


class RegulationDetail(RegulationOut):
    """Everything that the edition says, with the paragraph that each fact comes from."""

    document: str
    source: str
    result: str
    handing: list[str]
    stages: list[StageOut]
    total: TotalOut
    papers: Held
    refusal: Held
    suspension: str | None
    uncollected: KeptOut | None
    limits: list[LimitOut]
    forms: list[FormOut]
    readings: list[ReadingOut]
    pauses: list[PauseGroundOut]
