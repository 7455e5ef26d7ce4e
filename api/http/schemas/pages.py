"""What is asked and answered about scanned pages."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.http.fields import PacketField
from api.http.schemas.sent import LONGEST_REMARK, Sent
from api.http.schemas.words import OrganisationRef, Out, PlaceRef, Word
from domain.commands import Settlement


class FiledPageOut(Out):
    """A scanned page of a packet; its picture is at `…/pages/{ref}`."""

    seq: int = Field(description="Its number among the packet's pages, from 1.")
    ref: str
    filed_at: datetime
    person: int
    place: PlaceRef | None


class FiledPageList(Out):
    """The pages of a packet, in the order of filing."""

    number: str
    grouped: str
    items: list[FiledPageOut]


class LoosePageOut(Out):
    """A scanned page that waits, or waited, for a decision."""

    ref: str
    fate: Word
    doubt: Word
    number: str | None = Field(description="The number on it; then that of its packet.")
    grouped: str | None
    file: str = Field(description="Pages of one file have the same.")
    page: int = Field(description="Its place in the file, from 1.")
    place: PlaceRef | None
    organisation: OrganisationRef | None
    person: int
    happened_at: datetime
    recorded_at: datetime
    settled_at: datetime | None
    settled_by: int | None


class LoosePageList(Out):
    """Pages that wait, in the order of scanning."""

    items: list[LoosePageOut]


class SettlePageIn(Sent):
    """A decision: `apply` with the packet to which the page belongs, or `dismiss` with a reason."""

    decision: Settlement
    number: PacketField | None = Field(default=None, description="The packet, for `apply`.")
    text: str | None = Field(default=None, max_length=LONGEST_REMARK, repr=False)


class PageSettled(Out):
    """What became of a decision about a page."""

    ref: str
    status: str
    status_text: str
    position: int
