"""What is answered about a picture: its pages, and the codes on each."""

from __future__ import annotations

from pydantic import Field

from api.http.fields import EXAMPLE_PACKET
from api.http.schemas.words import Out

_AT = [[108.0, 40.0], [555.0, 40.0], [555.0, 181.0], [108.0, 181.0]]


class CodeOut(Out):
    """A code in a picture."""

    text: str = Field(examples=[EXAMPLE_PACKET])
    symbology: str = Field(
        description="Code128, Code39, EAN13, EAN8, UPCA, UPCE, QRCode or DataMatrix.",
        examples=["Code128"],
    )
    kind: str = Field(
        description="packet, bag, place, badge, action-card, registry, or foreign.",
        examples=["packet"],
    )
    corners: list[list[float]] = Field(
        description="Four points (across, down) in pixels of the page as it is looked at, "
        "clockwise from the left of the code's first line.",
        examples=[_AT],
    )
    confidence: float = Field(description="Between 0 and 1.", examples=[0.999])
    registered: bool | None = Field(
        description="Whether this code is known here: the packet registered, the bag or registry "
        "begun, the place there, the badge worn by somebody. None for foreign codes."
    )


class PictureCodesOut(Out):
    """A page of a picture or document, upright."""

    page: int = Field(description="From 1.")
    pages: int
    width: int
    height: int
    codes: list[CodeOut]


class PictureOut(Out):
    """A picture that was read. Nothing of it was recorded."""

    pages: list[PictureCodesOut]
