"""What is printed and then photographed: our labels and registries, others' codes, papers of text.

A `Printed` is drawn once, finely, and laid into pictures by `camera`; lengths are in millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

import cv2
import numpy as np
import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from api.forms import Label, label_pdf
from api.forms.barcodes import DOT
from domain.numbers import PacketNumber, grouped, packet_number
from domain.workdays import Language
from scanner.artefact import QUIET_MODULES, modules_of
from tests.bench.pictures.truth import Grey

POINT_MM = 25.4 / 72
DOTS = 3  # pixels of a drawing for a dot of a 203 dpi printer
_DOT_MM = DOT * POINT_MM
_LANGUAGES: tuple[Language, ...] = ("kk", "ru", "en")
_TEXT = "қарабаламектепқұжатөтінішжәрдемақыорталықбөлімхат"
_SYLLABLES = tuple(_TEXT[at : at + 3] for at in range(0, 45, 3))
_A4_MM = (210, 297)
_BLACK = 128


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """A code on paper: the box of its bars (left, top, right, bottom) and its module, in mm."""

    text: str
    symbology: str
    box: tuple[float, float, float, float]
    module_mm: float


@dataclass(frozen=True, slots=True)
class Printed:
    """A piece of paper as it was printed, with the codes on it."""

    grey: Grey
    px_per_mm: float
    codes: tuple[PrintedCode, ...] = ()

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        height, width = self.grey.shape
        return width / self.px_per_mm, height / self.px_per_mm


# --- ours ---------------------------------------------------------------------------------------


def random_number(rng: np.random.Generator) -> int:
    """Return a packet's number with right check digits."""
    return packet_number(int(rng.integers(1, 9_999)), int(rng.integers(1, 9_999_999)))


def wrong_number(rng: np.random.Generator) -> int:
    """Return 14 digits that are nobody's: a packet's number with wrong check digits."""
    number = random_number(rng)
    return number // 100 * 100 + (number % 100 + int(rng.integers(1, 97))) % 100


def label(rng: np.random.Generator) -> Printed:
    """Print a packet's label: mostly the product's 58 x 40 mm, else a low strip of narrow bars."""
    number = random_number(rng)
    return strip(number, dots=2) if rng.random() < 0.2 else product_label(number, rng)


def product_label(number: int, rng: np.random.Generator) -> Printed:
    """Print the label of api.forms as it is."""
    day = date(2026, int(rng.integers(1, 13)), int(rng.integers(1, 29)))
    made = Label(PacketNumber(number), f"003-{rng.integers(1, 40)}", day)
    page = rendered(label_pdf(made, _LANGUAGES[int(rng.integers(3))]), 0, DOTS / DOT)
    box = _bars_around(page, round(page.shape[0] * 0.55))
    return _coded(page, DOTS / _DOT_MM, str(number), box, 3 * _DOT_MM)


def strip(number: int, dots: int = 3, height_mm: float = 12) -> Printed:
    """Print bars and number alone, with modules of so many dots and ten modules of quiet."""
    bars = _row(modules_of(number)).repeat(dots * DOTS)
    high = round(height_mm / _DOT_MM * DOTS)
    quiet, foot = QUIET_MODULES * dots * DOTS, 4 * 8 * DOTS
    page = np.full((high + 2 * foot, bars.size + 2 * quiet), 255, np.uint8)
    page[foot // 2 : foot // 2 + high, quiet : quiet + bars.size] = bars
    below = foot // 2 + high
    page[below:] = _written((grouped(number),), page.shape[1], page.shape[0] - below, foot // 2)
    box = (quiet, foot // 2, quiet + bars.size, below)
    return _coded(page, DOTS / _DOT_MM, str(number), box, dots * _DOT_MM)


def rendered(pdf: bytes, page: int, scale: float) -> Grey:
    """Render a page of a PDF in grey; `scale` is pixels a point."""
    with pypdfium2.PdfDocument(pdf) as document:
        image = document[page].render(scale=scale, grayscale=True).to_pil().convert("L")
        return np.array(image, np.uint8)


def _row(modules: str) -> Grey:
    return np.array([0 if each == "1" else 255 for each in modules], np.uint8)


def _coded(
    page: Grey, px_per_mm: float, text: str, box: tuple[int, int, int, int], module: float
) -> Printed:
    left, top, right, bottom = (each / px_per_mm for each in box)
    code = PrintedCode(text, "Code128", (left, top, right, bottom), module)
    return Printed(page, px_per_mm, (code,))


def _bars_around(page: Grey, row: int) -> tuple[int, int, int, int]:
    """Return the box of the bars that cross a row: the first bar tells how high they are."""
    dark = np.flatnonzero(page[row] < _BLACK)
    left, right = int(dark[0]), int(dark[-1]) + 1
    light = np.flatnonzero(page[:, left + 1] >= _BLACK)
    above, below = light[light < row], light[light > row]
    return left, int(above[-1]) + 1, right, int(below[0])


# --- others' codes ------------------------------------------------------------------------------


def foreign(symbology: str, text: str, module_mm: float = 0.33) -> Printed:
    """Print a code of another's by zxing-cpp, with its quiet zone and its text below."""
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology))
    scale = 8
    drawn = np.array(made.to_image(scale=scale, add_quiet_zones=True), np.uint8)
    if symbology not in {"QRCode", "DataMatrix"}:
        drawn = _heightened(drawn, round(drawn.shape[1] * 0.4))
    foot = _written((text,), drawn.shape[1], 12 * scale, 8 * scale)
    quiet = 4 * scale
    page = np.pad(np.vstack((drawn, foot)), quiet, constant_values=255)
    rows, columns = np.nonzero(drawn < _BLACK)
    per_mm = scale / module_mm
    box = tuple((int(edge) + quiet) / per_mm for edge in
                (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))  # fmt: skip
    left, top, right, bottom = box
    code = PrintedCode(made.text, symbology, (left, top, right, bottom), module_mm)
    return Printed(page, per_mm, (code,))


def _heightened(drawn: Grey, height: int) -> Grey:
    """Give linear bars a height, white above and below."""
    row = drawn[drawn.shape[0] // 2]
    bars = np.repeat(row[np.newaxis], height, axis=0)
    return np.pad(bars, ((16, 0), (0, 0)), constant_values=255)


# --- papers -------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def font(size: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """Open the forms' own typeface: it has every Kazakh letter."""
    data = files("scanner").joinpath("fonts", f"{name}.ttf").read_bytes()
    return ImageFont.truetype(BytesIO(data), size)


def words(rng: np.random.Generator, count: int) -> str:
    """Invent so many words: nobody's text."""
    return " ".join("".join(rng.choice(_SYLLABLES, int(rng.integers(1, 5)))) for _ in range(count))


def _written(lines: tuple[str, ...], width: int, height: int, size: int) -> Grey:
    """Write lines in the middle of a white strip."""
    image = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(image)
    for place, text in enumerate(lines):
        middle = (width / 2, size * (0.75 + 1.3 * place))
        pen.text(middle, text, fill=0, font=font(max(6, round(size * 0.7))), anchor="mm")
    return np.array(image, np.uint8)


@lru_cache(maxsize=12)
def paper(kind: int, px_per_mm: float = 6) -> Printed:
    """Print an A4 page: a letter, a form with rules, a table of figures, a bar chart; by kind."""
    rng = np.random.default_rng((4, kind))
    width, height = (round(side * px_per_mm) for side in _A4_MM)
    image = Image.new("L", (width, height), int(rng.integers(215, 245)))
    pen = ImageDraw.Draw(image)
    size, y = round(px_per_mm * rng.uniform(2.6, 4)), round(20 * px_per_mm)
    draw = (_letter_line, _form_line, _figures_line)[kind % 3]
    while y < height - 20 * px_per_mm:
        draw(pen, rng, (round(20 * px_per_mm), y), width - round(30 * px_per_mm), size)
        y += round(size * 1.55)
    return Printed(np.array(image, np.uint8), px_per_mm)


def _letter_line(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: tuple[int, int], right: int, size: int
) -> None:
    if rng.random() < 0.85:
        count = int(rng.integers(3, 11))
        pen.text(at, words(rng, count), fill=40, font=font(size))


def _form_line(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: tuple[int, int], right: int, size: int
) -> None:
    x, y = at
    pen.line((x, y + size, right, y + size), fill=60, width=max(1, size // 12))
    if rng.random() < 0.5:
        pen.text((x, y - size // 6), words(rng, 2), fill=40, font=font(round(size * 0.8)))


def _figures_line(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, at: tuple[int, int], right: int, size: int
) -> None:
    x, y = at
    for column in range(x, right, size * 7):
        pen.line((column, y, column, y + round(size * 1.55)), fill=90, width=max(1, size // 14))
        figure = f"{rng.integers(10**6):,}".replace(",", " ")
        pen.text((column + size // 2, y), figure, fill=40, font=font(round(size * 0.85)))
    pen.line((x, y, right, y), fill=90, width=max(1, size // 14))


def crumpled(page: Printed, rng: np.random.Generator, depth_mm: float) -> Printed:
    """Bend a paper in mild waves: points move by at most the depth, slopes are lit unevenly."""
    height, width = page.grey.shape
    across, down = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    moved = np.zeros((2, height, width), np.float32)
    for _ in range(3):
        length = rng.uniform(15, 40) * page.px_per_mm
        angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
        wave = np.sin(
            (across * np.cos(angle) + down * np.sin(angle)) * (2 * np.pi / length) + phase
        )
        moved[int(rng.integers(2))] += wave / 3
    reach = depth_mm * page.px_per_mm
    bent = cv2.remap(page.grey, across + reach * moved[0], down + reach * moved[1],
                     cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    lit = bent * (0.92 + 0.08 * (moved[0] + moved[1]))
    return Printed(lit.clip(0, 255).astype(np.uint8), page.px_per_mm, page.codes)
