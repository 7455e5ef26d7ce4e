"""What is answered about the same history by another edition's norms."""

from __future__ import annotations

from pydantic import Field

from api.http.schemas.words import EditionRef, NormOut, Out, StageRef


class ShareByNormOut(Out):
    """How the stays of a stage did by one norm; without a norm none is judged."""

    norm: NormOut | None
    judged: int
    within: int
    share_within: float | None = Field(description="0 to 1; null if none could be judged.")
    overrun_seconds: float = Field(description="How much more than the norm was used in all.")


class ComparedStageOut(Out):
    """One stage of the edition under which the stays were."""

    edition: EditionRef | None
    stage: StageRef | None
    count: int
    own: ShareByNormOut
    other: ShareByNormOut


class WhatIfOut(Out):
    """The stays of a period by their own norms, and by those of an edition."""

    norms: EditionRef | None
    stages: list[ComparedStageOut]
