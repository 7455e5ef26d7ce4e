"""What is asked and answered in JSON: the models of requests and responses.

Codes are strings of 14 digits, instants ISO 8601 with a zone, lengths of time seconds of working
time. What is a code of the field comes as a `Word`: the stable code and the reader's word for it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

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
from domain.acts import ActKind, Handing, Outcome
from domain.commands import Settlement

MOST_AT_ONCE = 500
LONGEST_REMARK = 4000


class In(BaseModel):
    """What is sent; a misspelt field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


# --- problems ------------------------------------------------------------------------------------


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


# --- words of the field -------------------------------------------------------------------------


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


# --- what is sent ---------------------------------------------------------------------------------


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


# What is no object at all has no id: it is refused alone.
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
        default_factory=list, max_length=50, description="Of a refusal: keys of the edition."
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


class VoidIn(Sent):
    """The author takes a scan of less than a minute ago back."""


class SettleIn(Sent):
    """A decision about an unsettled scan, with what was wrong put right."""

    decision: Settlement
    number: PacketField | None = Field(default=None, description="The packet that it was.")
    place: PlaceField | None = Field(default=None, description="The place where it was.")
    scanned_at: InstantField | None = Field(default=None, description="When it was.")
    text: str | None = Field(default=None, max_length=LONGEST_REMARK, repr=False)


# --- what is answered to commands -----------------------------------------------------------------


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
    deviations: list[Word] = []
    doubt: Word | None = Field(default=None, description="Why it waits to be settled.")
    fault: Word | None = Field(default=None, description="What is wrong with the code.")
    problem: Problem | None = Field(default=None, description="Why it was refused.")


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


# --- what is answered to questions ----------------------------------------------------------------


class HoldingOut(Standing):
    """A packet at its place; `verified` by a scan, or else concluded from an act."""

    verified: bool
    organisation: OrganisationRef | None
    accepting: OrganisationRef | None
    deciding: OrganisationRef | None
    executor: int | None
    outcome: Word | None
    accepted_at: datetime | None
    rendered_at: datetime | None
    closed_at: datetime | None
    deviations: int = Field(description="How many scans and acts deviated.")


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


class PacketOut(HoldingOut):
    """Where a packet is now, by which edition it lives, and what runs out."""

    regulation: EditionMark | None
    due: list[DueOut]


class PlaceHoldings(Out):
    """What a place holds now, the longest there first."""

    place: PlaceRef
    packets: list[HoldingOut]


class Corrected(Out):
    """As what a settled scan counts."""

    place: PlaceRef | None
    happened_at: datetime


class EntryOut(Out):
    """One event of a packet."""

    ref: str
    kind: Word
    happened_at: datetime
    recorded_at: datetime
    claimed_at: datetime | None = Field(description="The device's time, where it was not believed.")
    place: PlaceRef | None
    person: int
    device: int
    deviations: list[Word]
    voided: bool
    in_doubt: bool = Field(description="Waits to be settled and moves nothing.")
    doubt: Word | None = Field(description="Why it had to be settled when it was recorded.")
    settled: str | None = Field(description="`apply` or `dismiss`.")
    counts_as: Corrected | None
    text_kept: bool = Field(description="A text lies in the vault.")
    details: dict[str, Any]


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
    deviations: list[Word]


class History(Out):
    """All that happened to a packet, in the order in which it happened."""

    number: str
    grouped: str
    entries: list[EntryOut]
    visits: list[VisitOut]


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


class DueList(Out):
    """Terms, the most urgent (or longest overdue) first."""

    items: list[DueOut]


class UnsettledOut(Out):
    """A scan that waits, or waited, for somebody's decision."""

    scan: str
    fate: Word
    doubt: Word
    fault: Word | None
    number: str | None
    grouped: str | None
    place: PlaceRef | None
    organisation: OrganisationRef | None
    person: int
    device: int
    happened_at: datetime
    recorded_at: datetime
    waiting_seconds: float | None = Field(description="By the clock on the wall; null if settled.")
    settled_at: datetime | None
    settled_by: int | None


class UnsettledList(Out):
    """What waits, the longest waiting first."""

    items: list[UnsettledOut]


class RawInput(Out):
    """What the device sent, as text. May hold personal data."""

    code: str
    place: str
    time: str


class UnsettledDetail(UnsettledOut):
    """One scan, with the raw input for those who may settle it."""

    may_settle: bool
    raw: RawInput | None


class OrganisationOut(Out):
    """An organisation as the sources list it."""

    code: int
    kind: Word
    name: str
    region: str
    district: str
    address: str
    phone: str
    email: str
    web: str
    source: str
    duplicate_of: int | None


class OrganisationList(Out):
    """Organisations, the best match first."""

    items: list[OrganisationOut]


class PlaceOut(Out):
    """A place inside an organisation."""

    code: str
    grouped: str
    role: Word
    number: int
    sector: Word | None


class Hours(Out):
    """Weekly hours in local time, Monday first; not `given`: the default of the kind."""

    given: bool
    days: list[list[tuple[str, str]]]


class FindingOut(Out):
    """A defect of the sources that concerns the organisation."""

    rule: Word
    codes: list[int]
    detail: str
    mended: bool


class OrganisationDetail(OrganisationOut):
    """An organisation with its places, hours and whom it works with."""

    zone: str
    hours: Hours
    places: list[PlaceOut]
    authority: OrganisationRef | None
    clients: list[OrganisationRef]
    findings: list[FindingOut]


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
