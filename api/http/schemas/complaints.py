"""What is answered about written complaints."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.http.schemas.words import OrganisationRef, Out, PlaceRef


class ComplaintOut(Out):
    """A written complaint as its slip has it, and what became of it."""

    number: str
    grouped: str
    ref: str = Field(description="The complaint's id.")
    place: PlaceRef = Field(description="Where it was taken.")
    organisation: OrganisationRef
    taken_at: datetime
    recorded_at: datetime
    taken_by: int
    answer_by: datetime = Field(description="The date and time of the answer on the slip.")
    ask: int = Field(description="The person who can tell how it is going.")
    text_kept: bool = Field(description="The complaint's text lies in the vault.")
    late: bool = Field(description="Answered after that time, or not answered and past it.")
    answer: str | None = Field(description="The id of the answer.")
    answered_at: datetime | None
    answered_by: int | None
    answer_kept: bool = Field(description="The answer's text lies in the vault.")


class ComplaintList(Out):
    """Complaints, in the order that was asked for."""

    items: list[ComplaintOut]
