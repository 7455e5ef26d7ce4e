"""What is answered about the indicators of quality and timeliness."""

from __future__ import annotations

from pydantic import Field

from api.http.schemas.figures import IntervalOut
from api.http.schemas.words import OrganisationRef, Out, Word

_AT_LEAST = (
    "Of how many cases or services; of answers so many at least, in steps: exact numbers would"
    " tell what single persons answered."
)


class CurrentOut(Out):
    """What an indicator came to."""

    share: float
    count: int = Field(description=_AT_LEAST)
    interval: IntervalOut | None
    small: bool = Field(description="There are too few to compare by.")


class IndicatorOut(Out):
    """An indicator. null: nothing was set, or there is nothing (or too little) to tell."""

    indicator: Word
    source: str
    normative: float | None
    target: float | None = Field(description="For the next year.")
    current: CurrentOut | None
    quarters: list[CurrentOut | None]


class IndicatorsOut(Out):
    """The indicators of a year. `operator` set the normative values and targets."""

    year: int
    organisation: OrganisationRef | None
    service: str | None
    operator: str
    document: str
    indicators: list[IndicatorOut]
