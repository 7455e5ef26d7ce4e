"""What is answered about a picture of packets that was compared with a bag."""

from __future__ import annotations

from pydantic import Field

from api.http.fields import EXAMPLE_PACKET
from api.http.schemas.dispatch import EXAMPLE_BAG
from api.http.schemas.words import Out, Word

_CORNERS = "Four points (across, down) in pixels of the page, clockwise."


class PicturedPacket(Out):
    """A packet in the picture, and what it is to the bag."""

    number: str = Field(examples=[EXAMPLE_PACKET])
    grouped: str
    what: Word = Field(
        description="`there` (on the list), `checked` (scanned out of the bag before), `fitting` "
        "(may be put in), `other-bag` (of the same registry), `extra`, `misrouted`, or `unknown` "
        "(not registered: it may be misread)."
    )
    bag: str | None = Field(description="Of `other-bag`: which.", examples=[EXAMPLE_BAG])
    corners: list[list[float]] = Field(description=_CORNERS)


class TablePictureOut(Out):
    """A picture beside a bag's list, the first line of the picture first. Nothing was recorded.

    `at_once` may be confirmed together, by `packets` while packing and by `verified` (`how`:
    `photo`) while unpacking; what is in `one_by_one` only after somebody looked at each.
    """

    bag: str = Field(examples=[EXAMPLE_BAG])
    purpose: str = Field(description="`pack`, `unpack`, `carry` or `look`.", examples=["unpack"])
    width: int
    height: int
    packets: list[PicturedPacket]
    missing: list[str] = Field(description="On the list, and not in the picture.")
    at_once: list[str]
    one_by_one: list[str]
    tags: list[str] = Field(description="Tags of other bags in the picture.")
    unsure: list[list[list[float]]] = Field(
        description="Places that show a damaged number: its check digits are wrong."
    )
