"""Sets texts into their boxes: lines break at spaces, and shrink until all of them fit.

The lines are the same in every format, because all of them are measured with the same font.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.artefact import MILLIMETRES_PER_INCH, Align, Paragraph, Texts
from scanner.typeface import BOLD, REGULAR, size_to_fit, width_of

POINT = MILLIMETRES_PER_INCH / 72  # in millimetres
_LEADING = 1.25  # from line to line, in sizes
_ASCENT = 0.98  # from the top of a line to its base: the highest letters stay within
_SHRINK = 0.95
_SMALLEST = 0.05  # nothing is clipped, even where nobody could read it any more


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is drawn: `x` is its start, middle or end, `base` its base line, all in mm."""

    text: str
    x: float
    base: float
    size: float
    font: str
    align: Align

    @property
    def width(self) -> float:
        """How wide it is."""
        return width_of(self.text, self.font, self.size)

    @property
    def left(self) -> float:
        """Where it begins."""
        shift = {Align.START: 0.0, Align.MIDDLE: 0.5, Align.END: 1.0}
        return self.x - shift[self.align] * self.width


def set_lines(texts: Texts) -> list[Line]:
    """Return the lines of texts, each at its place."""
    scale = 1.0
    lines = _broken(texts, scale)
    while _height(lines) > texts.box.height and scale > _SMALLEST:
        scale *= _SHRINK
        lines = _broken(texts, scale)
    return list(_placed(texts, lines))


_Sized = list[tuple[str, float, str]]  # text, size in millimetres, font


def _broken(texts: Texts, scale: float) -> _Sized:
    if texts.unbroken:
        return [_whole(each, scale, texts.box.width) for each in texts.paragraphs if each.text]
    return [
        (line, each.size * POINT * scale, _font(each))
        for each in texts.paragraphs
        for line in _lines(each, each.size * POINT * scale, texts.box.width)
    ]


def _whole(paragraph: Paragraph, scale: float, width: float) -> tuple[str, float, str]:
    font = _font(paragraph)
    size = size_to_fit(paragraph.text, font, paragraph.size * POINT * scale, width)
    return paragraph.text, size, font


def _font(paragraph: Paragraph) -> str:
    return BOLD if paragraph.bold else REGULAR


def _height(lines: _Sized) -> float:
    return sum(size * _LEADING for _, size, _ in lines)


def _lines(paragraph: Paragraph, size: float, width: float) -> Iterator[str]:
    """Break a paragraph; a word wider than the box is broken anywhere."""
    font, line = _font(paragraph), ""
    for word in paragraph.text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer, font, size) <= width:
            line = longer
            continue
        if line:
            yield line
        *whole, line = _cut(word, font, size, width)
        yield from whole
    if line:
        yield line


def _cut(word: str, font: str, size: float, width: float) -> list[str]:
    parts = [""]
    for letter in word:
        if parts[-1] and width_of(parts[-1] + letter, font, size) > width:
            parts.append("")
        parts[-1] += letter
    return parts


def _placed(texts: Texts, lines: _Sized) -> Iterator[Line]:
    box = texts.box
    across = {Align.START: box.x, Align.MIDDLE: box.x + box.width / 2, Align.END: box.x + box.width}
    top = box.y + (max(box.height - _height(lines), 0) / 2 if texts.middle else 0)
    for text, size, font in lines:
        yield Line(text, across[texts.align], top + _ASCENT * size, size, font, texts.align)
        top += size * _LEADING
