"""What is sent and answered about registries, bags, and what differed.

Verified (scanned out of the bag) and inferred (concluded, for the bag was opened) are told apart
everywhere, counts included.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from api.http.fields import EXAMPLE_INSTANT, EXAMPLE_PACKET, KeptText, OrganisationField, PlaceField
from api.http.schemas.answers import Answer
from api.http.schemas.sent import LONGEST_REMARK, Sent, SentFrom
from api.http.schemas.words import OrganisationRef, Out, PlaceRef, Problem, Word
from domain.dispatch.bag import LONGEST_SEAL
from domain.dispatch.discrepancies import SettledAs

EXAMPLE_BAG = "20267000000108"
EXAMPLE_REGISTRY = "60267000000145"
LONGEST_BADGE = 40
LONGEST_SIGNATURE = 40_000
_SEAL = rf"^[0-9A-Za-z\u0400-\u04ff/.\-]{{1,{LONGEST_SEAL}}}$"  # it stands in events: no free text

# --- sent ----------------------------------------------------------------------------------------


class RegistryIn(SentFrom):
    """A registry for packets of one destination, packed at one's place."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "01J9Z3M8-rgy",
                    "to": 32,
                    "place": "30267200000125",
                    "happened_at": EXAMPLE_INSTANT,
                    "counter": 7,
                }
            ]
        }
    )

    to: OrganisationField = Field(description="The organisation to which the packets go.")


class PackedIn(SentFrom):
    """Packets that are put into a bag, or taken out of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ref": "01J9Z3M8-put",
                    "place": "30267200000125",
                    "codes": [EXAMPLE_PACKET],
                    "happened_at": EXAMPLE_INSTANT,
                    "counter": 8,
                }
            ]
        }
    )

    codes: list[KeptText] = Field(
        min_length=1,
        description="What was read, as it was read; at most 500. Of several, each gets the `ref`"
        " and its own number as its id.",
        examples=[[EXAMPLE_PACKET]],
    )


class SealIn(SentFrom):
    """A bag is closed with a numbered seal."""

    seal: str = Field(max_length=LONGEST_SEAL, examples=["S-4711"])


class OfferIn(SentFrom):
    """A bag is held out to somebody; it stays with the giver until the receiver accepts."""

    receiver: str | None = Field(
        default=None, max_length=LONGEST_BADGE, description="The code of the receiver's badge."
    )


class AcceptIn(Sent):
    """A bag is taken over: custody moves to the receiver."""

    place: PlaceField | None = Field(
        default=None, description="Where the bag is now; left out: where the receiver works."
    )
    receiver: str | None = Field(
        default=None,
        max_length=LONGEST_BADGE,
        description="The code of the receiver's badge; left out: who sends this.",
    )
    giver: str | None = Field(
        default=None,
        max_length=LONGEST_BADGE,
        description="The code of the giver's badge; left out: who sends this, unless it is the"
        " receiver.",
    )
    seal: str | None = Field(
        default=None, pattern=_SEAL, description="The number that is on the seal."
    )
    signature: str | None = Field(
        default=None,
        max_length=LONGEST_SIGNATURE,
        pattern=r"^data:image/png;base64,[A-Za-z0-9+/=]+$",
        repr=False,
        description="The receiver's drawn signature; kept in the vault.",
    )


class BrokenSealIn(SentFrom):
    """A seal was found broken, or another one than the registry names."""

    seal: str | None = Field(
        default=None, pattern=_SEAL, description="The number that is on it, if any."
    )
    text: str | None = Field(
        default=None,
        max_length=LONGEST_REMARK,
        repr=False,
        description="How it was found; kept in the vault.",
    )


class VerifiedIn(PackedIn):
    """Packets that came out of a bag, each of them seen."""

    condition: Literal["damaged", "twice"] | None = Field(
        default=None, description="What is wrong with them."
    )
    how: Literal["scan", "photo"] = Field(
        default="scan", description="`photo`: read from a photograph of the table."
    )


class DiscrepancySettleIn(Sent):
    """A decision about what differed."""

    packet: str | None = Field(
        default=None, description="The packet; left out only for a seal.", examples=[EXAMPLE_PACKET]
    )
    settled_as: SettledAs
    text: str | None = Field(
        default=None,
        max_length=LONGEST_REMARK,
        repr=False,
        description="Reasons; kept in the vault. Needed for `declared-lost` and `explained`.",
    )


# --- answered: registries ------------------------------------------------------------------------


class RegistryAnswered(Out):
    """A registry was begun, got another bag, or was closed; `bag` is the new one."""

    registry: str = Field(examples=[EXAMPLE_REGISTRY])
    grouped: str
    bag: str | None = Field(default=None, examples=[EXAMPLE_BAG])
    position: int


class RegistryLine(Out):
    """A registry in a list."""

    number: str = Field(examples=[EXAMPLE_REGISTRY])
    grouped: str
    sender: OrganisationRef
    to: OrganisationRef
    state: str = Field(description="`open` or `closed`.")
    begun_at: datetime
    closed_at: datetime | None
    closed_by: int | None
    bags: int
    packets: int


class RegistryList(Out):
    """Registries: the open ones first, then the last closed first."""

    items: list[RegistryLine]


class ListedPacket(Out):
    """A packet of a registry; `service` None: nobody knows its registration."""

    number: str = Field(examples=[EXAMPLE_PACKET])
    grouped: str
    service: str | None = Field(examples=["003-7"])


class ListedBag(Out):
    """A bag of a registry with what was put into it."""

    number: str = Field(examples=[EXAMPLE_BAG])
    grouped: str
    state: Word
    seal: str | None
    packets: list[ListedPacket]


class RegistryOut(Out):
    """A registry as data; of a closed one it is what was printed and signed."""

    number: str = Field(examples=[EXAMPLE_REGISTRY])
    grouped: str
    sender: OrganisationRef
    to: OrganisationRef
    state: str = Field(description="`open` or `closed`.")
    begun_at: datetime
    begun_by: int
    closed_at: datetime | None
    closed_by: int | None
    packets: int
    bags: list[ListedBag]


# --- answered: bags ------------------------------------------------------------------------------


class BagCounts(Out):
    """How many packets of the registry's list arrived how surely."""

    packed: int = Field(description="Of the list.")
    verified: int = Field(description="Of the list, scanned out of the bag.")
    inferred: int = Field(description="Of the list: the bag was opened, nobody has scanned them.")
    missing: int = Field(description="Of the list, not scanned before the bag was reconciled.")
    extra: int = Field(description="Not of the list, scanned out of the bag.")


class HandOverOut(Out):
    """One change of custody; `inferred`: nobody told of it, the bag was opened there."""

    ref: str
    happened_at: datetime
    recorded_at: datetime
    giver: int | None
    receiver: int
    place: PlaceRef | None
    state: Word = Field(description="What the bag is from then on.")
    by_badge: bool = Field(description="The receiver's badge was read.")
    inferred: bool
    seal: str | None = Field(description="What was seen on the seal.")
    proof: str | None = Field(description="The code by which it can be looked up.")
    signed: bool = Field(description="A drawn signature lies in the vault.")
    confirmed: int = Field(description="How many further devices told of the same.")
    clock_off_seconds: int | None
    deviations: list[Word]


class BagSummary(Out):
    """Where a bag is, with whom, and what is known of its packets."""

    number: str = Field(examples=[EXAMPLE_BAG])
    grouped: str
    registry: str = Field(examples=[EXAMPLE_REGISTRY])
    sender: OrganisationRef
    to: OrganisationRef
    state: Word
    holder: int
    place: PlaceRef | None
    since: datetime | None
    seal: str | None
    counts: BagCounts


class BagList(Out):
    """Bags, the longest where they are first."""

    items: list[BagSummary]


class BagPacket(Out):
    """A packet of a bag, or one that came out of it; `found` tells how surely it arrived."""

    number: str = Field(examples=[EXAMPLE_PACKET])
    grouped: str
    found: Word = Field(description="`packed`, `inferred`, `verified`, `missing` or `extra`.")
    put_at: datetime | None
    put_by: int | None
    verified_at: datetime | None
    verified_by: int | None
    how: str | None = Field(description="`scan` or `photo`.")
    conditions: list[Word] = Field(description="`damaged`, `twice`: as which discrepancy.")


class SightingOut(Out):
    """Somebody had the packet there and then."""

    at: datetime
    person: int
    place: PlaceRef | None
    bag: str | None


class TraceOut(Out):
    """Between whom a packet got lost.

    `last`: who had it in hand last for certain. Nobody saw it from then on, until `until` (none:
    to this day); `steps` are those to whom it was handed within its bag meanwhile.
    """

    last: SightingOut | None
    since: datetime | None
    until: datetime | None
    steps: list[SightingOut]
    people: list[int]
    places: list[PlaceRef]
    bags: list[str]


class DiscrepancyOut(Out):
    """What did not come out of a bag as it went in; open while `settled_as` is none."""

    bag: str = Field(examples=[EXAMPLE_BAG])
    registry: str | None = Field(examples=[EXAMPLE_REGISTRY])
    kind: Word
    packet: str | None = Field(examples=[EXAMPLE_PACKET])
    grouped: str | None
    owner: OrganisationRef = Field(description="Who must settle it.")
    opened_at: datetime
    found_by: int
    age_seconds: float | None = Field(description="How long it has been open; none: settled.")
    settled_as: Word | None
    settled_at: datetime | None
    settled_by: int | None
    text_kept: bool = Field(description="Reasons lie in the vault.")
    trace: TraceOut | None = Field(description="Of a missing packet.")


class DiscrepancyList(Out):
    """What differed, the longest open first."""

    items: list[DiscrepancyOut]


class DiscrepancyAnswered(Out):
    """A decision about what differed, and the item as it is now."""

    ref: str
    status: str = Field(description="`accepted` or `duplicate`.")
    status_text: str
    discrepancy: DiscrepancyOut
    position: int


class BagOut(BagSummary):
    """The whole journey of a bag."""

    begun_at: datetime
    packer: int
    sealed_at: datetime | None
    offered_at: datetime | None
    opened_at: datetime | None
    opened_by: int | None
    reconciled_at: datetime | None
    reconciled_by: int | None
    complete: bool = Field(description="Everything came out of it, unharmed, and nothing else.")
    hand_overs: list[HandOverOut]
    packets: list[BagPacket]
    discrepancies: list[DiscrepancyOut]
    deviations: list[Word]


class BagAnswered(Out):
    """The answer to one step of a bag's journey, and the bag as it is now."""

    ref: str
    status: str = Field(description="`accepted`, `duplicate` or `deviation`.")
    status_text: str
    bag: BagSummary
    deviations: list[Word] = Field(description="Of this step.")
    proof: str | None = Field(default=None, description="Of a hand-over: its code.")
    position: int


class PacketAnswered(Out):
    """The answer to one code that was read at a bag; `number` None: it is no packet's."""

    ref: str
    number: str | None = Field(examples=[EXAMPLE_PACKET])
    status: str = Field(
        description="`accepted`, `duplicate`, `deviation`, `unsettled` or `refused`."
    )
    status_text: str
    found: Word | None = Field(default=None, description="At unpacking: `verified` or `extra`.")
    problem: Problem | None = Field(
        default=None, description="Why it was refused; it was seen there all the same."
    )
    scan: Answer | None = Field(
        default=None, description="What is no packet's number is kept as a scan and waits."
    )


class PacketsAnswered(Out):
    """An answer for each packet, in the order of the request, and the bag as it is now."""

    answers: list[PacketAnswered]
    bag: BagSummary
    position: int
