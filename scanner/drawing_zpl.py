"""Draws artefacts as ZPL II, for label printers that speak it (Zebra and many others).

The printer draws the bars itself (`^BC`, start C), a module as wide as `^BY` says. Every line of
text is sent as a bitmap (`^GFA`): no printer needs a Kazakh font, and no text can be taken for a
command, because none is sent. An artefact wider than a print head is turned by a quarter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from PIL import Image, ImageChops, ImageDraw

from scanner.artefact import Artefact, Bars, Box, NoRoomError
from scanner.drawing_png import blank, corners, size, top_and_height, write
from scanner.setting import Line, set_lines

HEAD_MM = 104.0  # the widest of common print heads, four inches
_MARGIN_MM = 2.0  # an edge that is white anyway may hang over
_BITS = 8
_MOST_REPEATED = 419  # `z` is 400 times, `Y` is 19 times


def fits(artefact: Artefact) -> bool:
    """Tell whether a label printer is wide enough for it, lengthwise or across."""
    return min(artefact.width, artefact.height) <= HEAD_MM + _MARGIN_MM


def draw(pages: Sequence[Artefact], dpi: int) -> bytes:
    """Draw labels for a printer of this resolution, one after another. Raises NoRoomError."""
    return "".join(_label(page, dpi) for page in pages).encode("ascii")


def _label(artefact: Artefact, dpi: int) -> str:
    if not fits(artefact):
        raise NoRoomError(artefact.kind)
    paper = _Paper(artefact, dpi)
    across, down = reversed(paper.size) if paper.turned else paper.size
    head = ["^XA", "^LH0,0", f"^PW{across}", f"^LL{down}"]
    fields = [
        *(paper.frame(each) for each in artefact.frames),
        *(paper.bars(each) for each in artefact.bars),
        *paper.texts(),
    ]
    return "\n".join([*head, *fields, "^XZ", ""])


class _Paper:
    """An artefact in dots, upright or turned clockwise by a quarter."""

    def __init__(self, artefact: Artefact, dpi: int) -> None:
        self._artefact, self._dpi = artefact, dpi
        self.size = size(artefact, dpi)
        self.turned = artefact.width > HEAD_MM + _MARGIN_MM

    def frame(self, box: Box) -> str:
        """Draw a frame, a dot thick."""
        left, top, right, bottom = corners(box, self._dpi)
        width, height = right - left + 1, bottom - top + 1
        at = self._at(left, top, height)
        across, down = (height, width) if self.turned else (width, height)
        return f"{at}^GB{across},{down},1^FS"

    def bars(self, bars: Bars) -> str:
        """Let the printer draw a code; digits in pairs from the first (`>;` is start C)."""
        placed = bars.placed(self._dpi)
        if bars.micrometres:
            raise NoRoomError(bars.box, self._dpi)  # they are no whole dots
        top, height = top_and_height(bars, self._dpi)
        at = self._at(round(placed.first_bar), top, height)
        way = "R" if self.turned else "N"
        return f"{at}^BY{placed.module}^BC{way},{height},N,N,N,N^FD>;{bars.code}^FS"

    def texts(self) -> Iterator[str]:
        """Draw every line of text as a bitmap."""
        for texts in self._artefact.texts:
            for line in set_lines(texts):
                yield from self._line(line)

    def _line(self, line: Line) -> Iterator[str]:
        image = blank(self._artefact, self._dpi)
        write(ImageDraw.Draw(image), line, self._dpi)
        ink = ImageChops.invert(image)
        box = ink.getbbox()
        if box is None:
            return
        cut = ink.crop(box)
        at = self._at(box[0], box[1], cut.height)
        yield f"{at}{_graphic(cut.transpose(Image.Transpose.ROTATE_270) if self.turned else cut)}"

    def _at(self, left: int, top: int, height: int) -> str:
        """Say where a field begins that stands at a place of the upright artefact."""
        if self.turned:
            left, top = self.size[1] - top - height, left
        return f"^FO{left},{top}"


def _graphic(ink: Image.Image) -> str:
    """Return a bitmap as ^GFA: hexadecimal rows, repeated digits counted, equal rows as `:`."""
    row_bytes = (ink.width + _BITS - 1) // _BITS
    data = ink.tobytes()
    rows = [data[at : at + row_bytes].hex().upper() for at in range(0, len(data), row_bytes)]
    packed, before = [], ""
    for row in rows:
        packed.append(":" if row == before else "".join(_packed(row)))
        before = row
    return f"^GFA,{len(data)},{len(data)},{row_bytes},{''.join(packed)}^FS"


def _packed(row: str) -> Iterator[str]:
    """Shorten a row: `,` fills the rest with white, a letter before a digit repeats it."""
    bare = row.rstrip("0")
    if len(bare) % 2:
        bare += "0"
    for digit, run in groupby(bare):
        yield from _repeated(digit, len(list(run)))
    if len(bare) < len(row):
        yield ","


def _repeated(digit: str, times: int) -> Iterator[str]:
    while times > _MOST_REPEATED:
        yield f"zY{digit}"
        times -= _MOST_REPEATED
    twenties, ones = divmod(times, 20)
    if times == 1:
        yield digit
        return
    high = chr(ord("g") + twenties - 1) if twenties else ""
    low = chr(ord("G") + ones - 1) if ones else ""
    yield f"{high}{low}{digit}"
