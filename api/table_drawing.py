"""Draws on a picture of packets what each is to the bag; below it, what is missing.

Kinds differ by sign and by line as well as by colour.
"""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageDraw

from api.messages import page_count, page_text, word
from api.pictures import dashes, drawable
from api.table_picture import TablePicture, middle
from domain.dispatch.table_picture import Pictured
from domain.numbers import grouped
from scanner.found import Point
from scanner.typeface import BOLD, dotted

SIGNS = {
    Pictured.THERE: "✔",
    Pictured.CHECKED: "✔✔",
    Pictured.FITTING: "→",
    Pictured.OTHER_BAG: "⇄",
    Pictured.EXTRA: "✚",
    Pictured.MISROUTED: "▲",
    Pictured.UNKNOWN: "?",
}
MISSING = "✖"
_COLOURS = {
    Pictured.THERE: "#12602d",
    Pictured.CHECKED: "#3f4a54",
    Pictured.FITTING: "#0b4f6c",
    Pictured.OTHER_BAG: "#7a4b00",
    Pictured.EXTRA: "#a01313",
    Pictured.MISROUTED: "#a01313",
    Pictured.UNKNOWN: "#7a4b00",
}
_WHOLE = frozenset({Pictured.THERE, Pictured.CHECKED, Pictured.FITTING})
_UNSURE, _PAPER, _INK = "#7a4b00", "#ffffff", "#1d2329"
_LINE, _TEXT = 200, 40  # the longer side of a picture in widths of a line, in heights of a text
_LEAST_TEXT = 14  # pixels
_DASH, _GAP, _DOT = 6, 3, 1  # widths of a line
_LEADING = 1.4
_QUALITY = 85


def drawn_table(picture: TablePicture, language: str) -> bytes:
    """Return the picture as a JPEG with its marks. It must have been read with its page."""
    if picture.page.image is None:
        raise ValueError("read without its page")
    photograph = drawable(picture.page.image)
    pen = _Pen(photograph, photograph.width / picture.page.width)
    for corners in picture.unsure:
        pen.outline(list(corners), _UNSURE, _DOT)
    for nth, each in enumerate(picture.comparison.seen, start=1):
        corners = picture.places[each.number]
        pen.outline(list(corners), _COLOURS[each.what], 0 if each.what in _WHOLE else _DASH)
        pen.sign(middle(corners), f"{nth} {SIGNS[each.what]}", _COLOURS[each.what])
    made = BytesIO()
    pen.with_lines(_told(picture, language)).save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def _told(picture: TablePicture, language: str) -> list[str]:
    """Say what the signs mean that are in the picture, and what is not in it."""
    found = picture.comparison
    kinds = [each.what for each in found.seen]
    lines = [
        f"{SIGNS[kind]} {word('pictured', kind.value, language)}: {kinds.count(kind)}"
        for kind in Pictured
        if kind in kinds
    ]
    if not kinds:
        lines.append(page_text("dispatch.picture.none", language))
    if found.missing:
        count = page_count("dispatch.missing-count", len(found.missing), language)
        lines.append(f"{MISSING} {count}:")
        lines += [f"   {grouped(number)}" for number in found.missing]
    return lines


class _Pen:
    """Draws on one photograph, in the units in which it was read."""

    def __init__(self, photograph: Image.Image, scale: float) -> None:
        longer = max(photograph.size)
        self._photograph = photograph
        self._scale = scale
        self._width = max(2, longer // _LINE)
        self._font = dotted(BOLD, max(_LEAST_TEXT, longer // _TEXT))
        self._draw = ImageDraw.Draw(photograph)

    def _at(self, point: Point) -> Point:
        return point[0] * self._scale, point[1] * self._scale

    def outline(self, corners: list[Point], colour: str, dash: int) -> None:
        """Draw around a code, whole or in dashes."""
        around = [self._at(point) for point in (*corners, corners[0])]
        if not dash:
            self._draw.line(around, fill=colour, width=self._width, joint="curve")
            return
        for begin, end in pairwise(around):
            for each in dashes(begin, end, dash * self._width, _GAP * self._width):
                self._draw.line(each, fill=colour, width=self._width)

    def sign(self, point: Point, text: str, colour: str) -> None:
        """Write a sign onto the middle of a code."""
        x, y = self._at(point)
        box = self._draw.textbbox((x, y), text, font=self._font, anchor="mm")
        edge = 2 * self._width
        around = (box[0] - edge, box[1] - edge, box[2] + edge, box[3] + edge)
        self._draw.rounded_rectangle(around, radius=edge, fill=colour, outline=_PAPER)
        self._draw.text((x, y), text, fill=_PAPER, font=self._font, anchor="mm")

    def with_lines(self, lines: list[str]) -> Image.Image:
        """Return the photograph with lines of text on paper below it."""
        step = round(self._font.size * _LEADING)
        wide, high = self._photograph.size
        made = Image.new("RGB", (wide, high + step * (len(lines) + 1)), _PAPER)
        made.paste(self._photograph)
        pen = ImageDraw.Draw(made)
        for nth, line in enumerate(lines):
            at = (step, high + step // 2 + step * nth)
            pen.text(at, line, fill=_INK, font=self._font)
        return made
