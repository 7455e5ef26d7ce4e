"""What was read in a picture, told to programs and drawn for people: asked by API and console."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from typing import Any

from PIL import Image, ImageDraw

from api.messages import word
from domain.numbers import grouped
from infra.reading import PageRead
from scanner.found import FoundCode, Point
from scanner.typeface import REGULAR, dotted

MOST_DRAWN = 16_000_000  # pixels: a larger page is drawn at half its size, or a quarter
_OURS, _FOREIGN, _PAPER = "#00702e", "#0a4bd6", "#ffffff"
_LINE, _TEXT = 250, 55  # the longer side of a page in widths of a line, in heights of a text
_LEAST_LINE, _LEAST_TEXT = 2, 14  # pixels
_DASH, _GAP = 4, 3  # widths of a line
_LONGEST = 40  # letters
_QUALITY = 85


def page_told(page: PageRead) -> dict[str, Any]:
    """Tell a page and its codes; corners are in pixels, clockwise, from the left of a code."""
    return {
        "page": page.page,
        "pages": page.pages,
        "width": page.width,
        "height": page.height,
        "codes": [code_told(code) for code in page.codes],
    }


def code_told(code: FoundCode) -> dict[str, Any]:
    """Tell a code."""
    return {
        "text": code.text,
        "symbology": code.symbology,
        "kind": code.kind,
        "corners": [[round(across, 1), round(down, 1)] for across, down in code.corners],
        "confidence": round(code.confidence, 3),
    }


def code_text(code: FoundCode) -> str:
    """Write a code for reading: ours in groups."""
    return code.text if code.code is None else grouped(code.code.value)


def annotated(page: PageRead, language: str) -> bytes:
    """Return the page as a JPEG, every code outlined, with its kind and text.

    Ours have a whole line, others a broken one. The page must have been read with its picture.
    """
    if page.image is None:
        raise ValueError("read without its picture")
    image = drawable(page.image)
    scale = image.width / page.width
    pen = _Pen(image, language)
    for code in page.codes:
        pen.outline(code, [(across * scale, down * scale) for across, down in code.corners])
    for code in page.codes:  # no outline crosses a text
        pen.name(code, [(across * scale, down * scale) for across, down in code.corners])
    made = BytesIO()
    image.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def drawable(picture: bytes) -> Image.Image:
    """Decode our own JPEG, a large one at a fraction of its size."""
    image = Image.open(BytesIO(picture), formats=("JPEG",))
    part = 1
    while image.width * image.height > MOST_DRAWN * part * part and part < 8:
        part *= 2
    image.draft("RGB", (image.width // part, image.height // part))
    return image.convert("RGB")


class _Pen:
    """Draws on one page."""

    def __init__(self, image: Image.Image, language: str) -> None:
        longer = max(image.size)
        self._width = max(_LEAST_LINE, longer // _LINE)
        self._font = dotted(REGULAR, max(_LEAST_TEXT, longer // _TEXT))
        self._draw = ImageDraw.Draw(image)
        self._size = image.size
        self._language = language

    def outline(self, code: FoundCode, corners: list[Point]) -> None:
        """Draw around a code."""
        colour, around = _colour(code), [*corners, corners[0]]
        if code.code is not None:
            self._draw.line(around, fill=colour, width=self._width, joint="curve")
            return
        for begin, end in pairwise(around):
            for dash in dashes(begin, end, _DASH * self._width, _GAP * self._width):
                self._draw.line(dash, fill=colour, width=self._width)

    def name(self, code: FoundCode, corners: list[Point]) -> None:
        """Write above a code what it is; below its top where there is no room above."""
        said = f"{word('code', code.kind, self._language)} {_one_line(code_text(code))}"
        left, top, right, bottom = self._draw.textbbox((0, 0), said, font=self._font)
        wide, high = right - left + 2 * self._width, bottom - top + 2 * self._width
        across = min(*(x for x, _ in corners), self._size[0] - wide)
        down = min(y for _, y in corners) - high - self._width
        x, y = max(0.0, across), max(0.0, down)
        self._draw.rectangle((x, y, x + wide, y + high), fill=_PAPER, outline=_colour(code))
        at = (x + self._width - left, y + self._width - top)
        self._draw.text(at, said, fill=_colour(code), font=self._font)


def _colour(code: FoundCode) -> str:
    return _FOREIGN if code.code is None else _OURS


def _one_line(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def dashes(begin: Point, end: Point, dash: float, gap: float) -> Iterator[tuple[Point, Point]]:
    """Cut a line into dashes."""
    length = ((end[0] - begin[0]) ** 2 + (end[1] - begin[1]) ** 2) ** 0.5
    done = 0.0
    while done < length:
        yield (_between(begin, end, done / length),
               _between(begin, end, min(1.0, (done + dash) / length)))  # fmt: skip
        done += dash + gap


def _between(begin: Point, end: Point, share: float) -> Point:
    return (begin[0] + (end[0] - begin[0]) * share, begin[1] + (end[1] - begin[1]) * share)
