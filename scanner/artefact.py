"""What is printed, described once and drawn four ways: as SVG, PNG, PDF and ZPL.

All lengths are millimetres from the upper left corner. Code 128 by python-barcode, digits only
(Code 128-C, 112 modules); quiet zones of ten modules belong to the bars; a module is as many whole
dots of the printer as the room allows and at least 0.25 mm, bars are at least 12 mm high.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

import barcode

MILLIMETRES_PER_INCH = 25.4
LEAST_MODULE_MM = 0.25
QUIET_MODULES = 10
BAR_HEIGHT_MM = 12.0
MOST_DOTS = 10  # of a module: what label printers draw by themselves (ZPL's ^BY)
_REMEMBERED = 4096  # a registry's codes are drawn several times
_ROUNDING = 1e-6  # of a dot


@lru_cache(maxsize=_REMEMBERED)
def modules_of(code: int) -> str:
    """Encode any of our numbers (a packet, place, badge, card): 1 is black, 0 is white."""
    return "".join(barcode.get("code128", str(code)).build())


@lru_cache(maxsize=_REMEMBERED)
def bars_of(code: int) -> tuple[tuple[int, int], ...]:
    """Return the bars of a code in modules: where each begins after the quiet zone, how wide."""
    bars, position = [], 0
    for black, run in groupby(modules_of(code)):
        width = len(list(run))
        if black == "1":
            bars.append((position, width))
        position += width
    return tuple(bars)


class NoRoomError(ValueError):
    """Bars that would be too narrow, or too low, to be read."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on an artefact: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> Box:
        """Return the same box elsewhere."""
        return Box(self.x + x, self.y + y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class PlacedBars:
    """Bars as a printer draws them, in its dots across: the quiet zone's left edge, a module."""

    left: float
    module: float
    code: int

    @property
    def first_bar(self) -> float:
        """Where the quiet zone ends."""
        return self.left + QUIET_MODULES * self.module

    @property
    def edges(self) -> list[tuple[float, float]]:
        """Where each bar begins, and how wide it is."""
        return [(self.first_bar + at * self.module, width * self.module)
                for at, width in bars_of(self.code)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bars:
    """A barcode in the middle of its box, quiet zones within, as high as the box.

    `dots` fixes the module for a test strip, where bars may be narrower than they should;
    `micrometres` fixes it for a printer whose dots are not known (SVG and PDF only). Raises
    NoRoomError if the box is too low.
    """

    code: int
    box: Box
    dots: int = 0
    micrometres: int = 0

    def __post_init__(self) -> None:
        if self.box.height < BAR_HEIGHT_MM:
            raise NoRoomError(self.box)

    @property
    def modules(self) -> int:
        """How many modules they take with their quiet zones."""
        return len(modules_of(self.code)) + 2 * QUIET_MODULES

    def placed(self, dpi: int) -> PlacedBars:
        """Place them for a printer. Raises NoRoomError."""
        room = math.floor(in_dots(self.box.width, dpi) + _ROUNDING)
        if self.micrometres:
            module = in_dots(self.micrometres / 1000, dpi)
        else:
            module = self.dots or self._widest(room, dpi)
        if self.modules * module > room:
            raise NoRoomError(self.box, dpi)
        spare = (room - self.modules * module) / 2
        return PlacedBars(round(in_dots(self.box.x, dpi) + spare), module, self.code)

    def _widest(self, room: int, dpi: int) -> int:
        least = math.ceil(in_dots(LEAST_MODULE_MM, dpi) - _ROUNDING)
        dots = min(room // self.modules, max(MOST_DOTS, least))
        if dots < least:
            raise NoRoomError(self.box, dpi)
        return dots


class Align(StrEnum):
    """Where a line of text stands in its box; named as SVG names it."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text in one size (in points); its lines break where they must."""

    text: str
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Texts:
    """Paragraphs below one another, from the top of a box or in its middle; they shrink to fit."""

    box: Box
    paragraphs: tuple[Paragraph, ...]
    align: Align = Align.START
    middle: bool = False
    unbroken: bool = False  # a line each: what is too wide is set smaller


@dataclass(frozen=True, slots=True)
class Artefact:
    """One printed page or label: codes, texts, and frames along which something is cut."""

    kind: str
    width: float
    height: float
    bars: tuple[Bars, ...] = ()
    texts: tuple[Texts, ...] = ()
    frames: tuple[Box, ...] = ()

    def moved(self, x: float, y: float) -> Artefact:
        """Return it with everything on it shifted."""
        return replace(
            self,
            bars=tuple(replace(each, box=each.box.moved(x, y)) for each in self.bars),
            texts=tuple(replace(each, box=each.box.moved(x, y)) for each in self.texts),
            frames=tuple(each.moved(x, y) for each in self.frames),
        )


def composed(kind: str, width: float, height: float, parts: Sequence[Artefact]) -> Artefact:
    """Put artefacts, moved to their places, on one page."""
    return Artefact(
        kind,
        width,
        height,
        tuple(each for part in parts for each in part.bars),
        tuple(each for part in parts for each in part.texts),
        tuple(each for part in parts for each in part.frames),
    )


def stacked(pages: Sequence[Artefact]) -> Artefact:
    """Put pages below one another: for a picture, which has but one page."""
    if len(pages) == 1:
        return pages[0]
    tops = [sum(page.height for page in pages[:place]) for place in range(len(pages))]
    parts = [page.moved(0, top) for page, top in zip(pages, tops, strict=True)]
    width = max(page.width for page in pages)
    return composed(pages[0].kind, width, sum(page.height for page in pages), parts)


def in_dots(length: float, dpi: int) -> float:
    """Turn millimetres into dots."""
    return length * dpi / MILLIMETRES_PER_INCH


def in_millimetres(dots: float, dpi: int) -> float:
    """Turn dots into millimetres."""
    return dots * MILLIMETRES_PER_INCH / dpi
