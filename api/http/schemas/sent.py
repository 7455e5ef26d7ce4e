"""What is sent: registrations, scans, acts, decisions."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.http.fields import (
    EXAMPLE_INSTANT,
    EXAMPLE_PACKET,
    EXAMPLE_PLACE,
    CounterField,
    IinField,
    InstantField,
    KeptCounter,
    KeptText,
    KeyField,
    OrganisationField,
    PacketField,
    PersonField,
    PlaceField,
    RefField,
)
from api.http.schemas.words import In
from domain.acts import ActKind, Handing, Outcome
from domain.commands import Settlement
from domain.corrections import VoidReason

MOST_AT_ONCE = 500


LONGEST_REMARK = 4000


class Sent(In):
    """What every command says of itself. The person and the device come from the token."""

    ref: RefField
    counter: CounterField = 0
    happened_at: InstantField | None = Field(
        default=None, description="By the device's clock; left out: the moment of arrival."
    )


class SentFrom(Sent):
    """A command given at a place."""

    place: PlaceField


class Applicant(In):
    """Whose papers these are. Goes into the vault, encrypted, and comes back in no answer."""

    surname: str = Field(min_length=1, max_length=200, repr=False)
    given_name: str = Field(min_length=1, max_length=200, repr=False)
    patronymic: str | None = Field(default=None, max_length=200, repr=False)
    iin: IinField | None = Field(default=None, repr=False)
    address: str | None = Field(default=None, max_length=500, repr=False)
    phone: str | None = Field(default=None, max_length=100, repr=False)
    family: list[Annotated[str, Field(min_length=1, max_length=300)]] = Field(
        default_factory=list, max_length=50, repr=False, description="Names of family members."
    )


class Paper(In):
    """An enclosed paper: by its key in the regulation, or by its name."""

    key: KeyField | None = None
    name: str | None = Field(default=None, min_length=1, max_length=300, repr=False)
    count: int = Field(default=1, strict=True, ge=1, le=1000)


def _identified(paper: Paper) -> Paper:
    if paper.key is None and paper.name is None:
        raise PydanticCustomError("no-paper", "neither key nor name")
    return paper


class RegisterIn(SentFrom):
    """Papers that were handed in at a window."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "01J9Z3M8-reg",
                    "service": "003-7",
                    "place": EXAMPLE_PLACE,
                    "began_at": "2026-11-16T09:00:00+05:00",
                    "happened_at": EXAMPLE_INSTANT,
                    "counter": 1,
                    "applicant": {"surname": "Мысалова", "given_name": "Үлгі"},
                    "papers": [{"name": "Өтініш", "count": 1}],
                }
            ]
        }
    )

    service: KeyField = Field(examples=["003-7"])
    number: PacketField | None = Field(
        default=None, description="The number on the label; left out: the next of the issuer."
    )
    authority: OrganisationField | None = Field(
        default=None, description="Who decides, where the directory does not say."
    )
    began_at: InstantField | None = Field(
        default=None, description="When the applicant handed the papers in."
    )
    applicant: Applicant | None = None
    papers: list[Annotated[Paper, AfterValidator(_identified)]] = Field(
        default_factory=list, max_length=200
    )


class ScanIn(BaseModel):
    """A scan as the device has it. Nothing in it is refused but a missing id.

    What cannot be understood is kept and waits until somebody settles it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "01J9Z3M8-17",
                    "code": EXAMPLE_PACKET,
                    "place": EXAMPLE_PLACE,
                    "happened_at": EXAMPLE_INSTANT,
                    "counter": 17,
                }
            ]
        }
    )

    ref: KeptText = Field(
        default="", description="The scan's id, unique among all devices: A-Z a-z 0-9 _ . : -"
    )
    code: KeptText = Field(default="", description="What was read, as it was read.")
    place: KeptText = Field(default="", description="The code of the place.")
    happened_at: KeptText = Field(
        default="", description="ISO 8601 with a zone; else the scan waits to be settled."
    )
    counter: KeptCounter = Field(default=0, description="The device's own count of its scans.")


ScanOfMany = Annotated[ScanIn, BeforeValidator(lambda it: it if isinstance(it, dict) else {})]


_ACTS = [kind.value for kind in ActKind if kind is not ActKind.REGISTERED]


def _desk_act(kind: ActKind) -> ActKind:
    if kind is ActKind.REGISTERED:
        raise PydanticCustomError("not-allowed", "no act", {"expected": ", ".join(_ACTS)})
    return kind


class ActIn(SentFrom):
    """What a person does to a packet at a desk."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "01J9Z3M8-act",
                    "kind": "resolution",
                    "place": "30032500000112",
                    "executor": 6,
                    "happened_at": EXAMPLE_INSTANT,
                    "counter": 4,
                }
            ]
        }
    )

    kind: Annotated[
        ActKind, AfterValidator(_desk_act), WithJsonSchema({"type": "string", "enum": _ACTS})
    ]
    incoming_number: str | None = Field(default=None, max_length=64)
    executor: PersonField | None = Field(default=None, description="Of a resolution.")
    entitled: bool | None = Field(default=None, description="The right that was determined.")
    outcome: Outcome | None = Field(default=None, description="Of a drafted notice.")
    grounds: list[KeyField] = Field(
        default_factory=list, max_length=50, description="Of a refusal, or (one) of a pause: keys."
    )
    text: str | None = Field(
        default=None,
        max_length=LONGEST_REMARK,
        repr=False,
        description="Reasons or a remark; kept in the vault.",
    )
    handing: Handing | None = Field(default=None, description="How the result was given out.")
    began_at: InstantField | None = Field(
        default=None, description="When the applicant came for the result."
    )


class ActOnManyIn(ActIn):
    """The same act on many packets; each may be refused alone."""

    numbers: list[str] = Field(
        min_length=1,
        description=f"Packet numbers, at most {MOST_AT_ONCE}.",
        examples=[[EXAMPLE_PACKET]],
    )


class ComplaintIn(SentFrom):
    """A written complaint about a packet; the applicant gets a slip [002 §24]."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "01J9Z3M8-cmp",
                    "place": "30032500000112",
                    "answer_by": "2026-11-23T17:00:00+05:00",
                    "ask": 6,
                    "happened_at": EXAMPLE_INSTANT,
                    "counter": 5,
                }
            ]
        }
    )

    answer_by: InstantField = Field(description="The date and time of the answer on the slip.")
    ask: PersonField = Field(description="The person who can tell how it is going.")
    text: str | None = Field(
        default=None,
        max_length=LONGEST_REMARK,
        repr=False,
        description="What is complained of; kept in the vault. Left out: on paper only.",
    )


class ComplaintAnswerIn(SentFrom):
    """The answer to a written complaint."""

    text: str | None = Field(
        default=None,
        max_length=LONGEST_REMARK,
        repr=False,
        description="The answer; kept in the vault. Left out: on paper only.",
    )


class VoidIn(Sent):
    """The author takes a scan of less than a minute ago back."""

    reason: VoidReason | None = None


class SettleIn(Sent):
    """A decision about an unsettled scan, with what was wrong put right."""

    decision: Settlement
    number: PacketField | None = Field(default=None, description="The packet that it was.")
    place: PlaceField | None = Field(default=None, description="The place where it was.")
    scanned_at: InstantField | None = Field(default=None, description="When it was.")
    text: str | None = Field(default=None, max_length=LONGEST_REMARK, repr=False)
