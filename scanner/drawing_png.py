"""Draws an artefact as PNG in the dots of a printer: black or white, nothing between."""

from __future__ import annotations

import math
from io import BytesIO

from PIL import Image, ImageDraw

from scanner.artefact import Artefact, Bars, Box, NoRoomError, in_dots
from scanner.setting import Line, set_lines
from scanner.typeface import dotted

WHITE, BLACK = 255, 0


def draw(artefact: Artefact, dpi: int) -> bytes:
    """Draw for a printer of this resolution. Raises NoRoomError."""
    image = blank(artefact, dpi)
    pen = ImageDraw.Draw(image)
    for frame in artefact.frames:
        pen.rectangle(corners(frame, dpi), outline=BLACK)
    for texts in artefact.texts:
        for line in set_lines(texts):
            write(pen, line, dpi)
    for bars in artefact.bars:
        _fill(pen, bars, dpi)
    drawn = BytesIO()
    image.save(drawn, "PNG", dpi=(dpi, dpi))
    return drawn.getvalue()


def blank(artefact: Artefact, dpi: int) -> Image.Image:
    """Return an empty artefact: black is 0."""
    return Image.new("1", size(artefact, dpi), WHITE)


def size(artefact: Artefact, dpi: int) -> tuple[int, int]:
    """Return how many dots an artefact is wide and high."""
    return round(in_dots(artefact.width, dpi)), round(in_dots(artefact.height, dpi))


def corners(box: Box, dpi: int) -> tuple[int, int, int, int]:
    """Return the first and last dots of a box, across and down."""
    left, top = round(in_dots(box.x, dpi)), round(in_dots(box.y, dpi))
    right, bottom = in_dots(box.x + box.width, dpi), in_dots(box.y + box.height, dpi)
    return left, top, round(right) - 1, round(bottom) - 1


def write(pen: ImageDraw.ImageDraw, line: Line, dpi: int) -> None:
    """Write a line."""
    pen.fontmode = "1"  # dots, no grey
    anchor = {"start": "ls", "middle": "ms", "end": "rs"}[line.align]
    font = dotted(line.font, in_dots(line.size, dpi))
    at = in_dots(line.x, dpi), in_dots(line.base, dpi)
    pen.text(at, line.text, fill=BLACK, font=font, anchor=anchor)


def top_and_height(bars: Bars, dpi: int) -> tuple[int, int]:
    """Return where bars begin and how high they are, in whole dots; never too low."""
    return round(in_dots(bars.box.y, dpi)), math.ceil(in_dots(bars.box.height, dpi) - 1e-6)


def _fill(pen: ImageDraw.ImageDraw, bars: Bars, dpi: int) -> None:
    if bars.micrometres:
        raise NoRoomError(bars.box, dpi)  # they are no whole dots
    top, height = top_and_height(bars, dpi)
    for left, width in bars.placed(dpi).edges:
        pen.rectangle((left, top, left + width - 1, top + height - 1), fill=BLACK)
