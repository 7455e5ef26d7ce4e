"""What goes over the line between the server and the process that reads pictures: plain data."""

from __future__ import annotations

import msgspec

from scanner.found import Corners


class Asked(msgspec.Struct, frozen=True):
    """A picture to be read; `symbologies` None stands for all of them."""

    picture: bytes
    symbologies: list[str] | None
    pictured: bool
    limits: dict[str, int]


class Found(msgspec.Struct, frozen=True):
    """A code; whether it is one of ours is checked again where it arrives."""

    text: str
    symbology: str
    corners: Corners
    ours: bool
    confidence: float
    how: str


class PageSeen(msgspec.Struct, frozen=True, tag="page"):
    """A page that was read."""

    page: int
    pages: int
    width: int
    height: int
    codes: list[Found]
    image: bytes | None


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """No more comes of this picture; `reason` is empty if all of it was read."""

    reason: str = ""
    facts: dict[str, int] = {}
    told: str = ""


Frame = PageSeen | Ended
