"""The models that all others use: words of the field, references, problems."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.http.fields import EXAMPLE_PLACE


class In(BaseModel):
    """What is sent; a misspelt field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


class FieldError(Out):
    """One wrong field of a request."""

    where: str = Field(examples=["body"], description="`body`, `query` or `path`.")
    field: str = Field(examples=["applicant.iin"])
    code: str = Field(examples=["bad-iin"])
    detail: str = Field(description="What is wrong, in the reader's language.")


class Problem(Out):
    """An error (RFC 9457). `code` is stable; the words are in the language of the request."""

    type: str = Field(examples=["/problems/unknown-packet"])
    title: str
    status: int = Field(examples=[404])
    detail: str
    instance: str | None = None
    code: str = Field(examples=["unknown-packet"])
    errors: list[FieldError] | None = None


class Word(Out):
    """A code of the field and the reader's word for it."""

    code: str = Field(examples=["courier"])
    text: str = Field(examples=["тасушы"])


class OrganisationRef(Out):
    """An organisation of the directory."""

    code: int
    name: str


class PlaceRef(Out):
    """A place where a packet can be."""

    code: str = Field(examples=[EXAMPLE_PLACE])
    role: Word
    organisation: OrganisationRef


class StageRef(Out):
    """A stage of the route."""

    key: str = Field(examples=["collect"])
    name: str


class ServiceRef(Out):
    """A state service."""

    key: str = Field(examples=["003-7"])
    name: str


class EditionRef(Out):
    """An edition of a regulation; `repealed`: its text is no longer in legal force."""

    id: str = Field(examples=["s7c-2012"])
    repealed: bool


class EditionMark(EditionRef):
    """The edition by which a packet lives.

    `adopted_by` names the operator who applies the text where or when it is not law.
    """

    service: ServiceRef
    way: Word
    adopted_by: str | None


class NormOut(Out):
    """A legal term."""

    amount: int
    unit: Word
