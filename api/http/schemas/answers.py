"""What is answered to commands: one answer a scan or an act."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.http.fields import EXAMPLE_PACKET
from api.http.schemas.words import EditionMark, EditionRef, Out, PlaceRef, Problem, StageRef, Word


class Standing(Out):
    """Where a packet stands after a command."""

    number: str = Field(examples=[EXAMPLE_PACKET])
    grouped: str = Field(examples=["1026 7000 0001 23"])
    status: Word
    place: PlaceRef | None
    person: int | None
    since: datetime | None
    stage: StageRef | None
    waiting: bool = Field(description="The holder of the stage has not accepted it yet.")
    edition: EditionRef | None


class Answer(Out):
    """The answer to one scan, act or decision."""

    ref: str
    status: str = Field(
        description="`accepted`, `duplicate`, `deviation`, `unsettled` or `refused`."
    )
    status_text: str
    packet: Standing | None = None
    deviations: list[Word] = Field(default=[])
    doubt: Word | None = Field(default=None, description="Why it waits to be settled.")
    fault: Word | None = Field(default=None, description="What is wrong with the code.")
    problem: Problem | None = Field(default=None, description="Why it was refused.")
    repaired: Word | None = Field(
        default=None,
        description="The code was put right: what the scanner's keyboard stood at.",
    )


class PositionedAnswer(Answer):
    """An answer, and the position that shows it: `?after=<position>` of every question."""

    position: int


class Answers(Out):
    """An answer for each, in the order of the request; `position` shows them all."""

    answers: list[Answer]
    position: int


class Registered(Out):
    """A packet was accepted (201), or had been by this very request before (200)."""

    number: str = Field(examples=[EXAMPLE_PACKET])
    grouped: str = Field(examples=["1026 7000 0001 23"])
    ref: str
    status: str
    status_text: str
    edition: EditionMark
    packet: Standing
    deviations: list[Word]
    position: int
