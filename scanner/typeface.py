"""The typeface of all that is printed: DejaVu Sans, which has every Kazakh letter, and ₸.

Registered once for PDF, where of each font only the glyphs of a document are embedded; the same
files draw texts for printers that have no Kazakh letters. The licence stands beside the fonts.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from io import BytesIO

from PIL import ImageFont
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

rl_config.useA85 = 0  # streams as they are: half the time of a long registry goes into ASCII


def _font_file(name: str) -> BytesIO:
    return BytesIO(files("scanner").joinpath("fonts", f"{name}.ttf").read_bytes())


def _registered(name: str) -> str:
    pdfmetrics.registerFont(TTFont(name, _font_file(name)))
    return name


REGULAR = _registered("DejaVuSans")
BOLD = _registered("DejaVuSans-Bold")


def width_of(text: str, font: str, size: float) -> float:
    """Return how wide a text is, in the unit of the size."""
    return float(pdfmetrics.stringWidth(text, font, size))


def size_to_fit(text: str, font: str, size: float, width: float) -> float:
    """Return the size at which a text fits a width (in its unit): at most the given one."""
    natural = width_of(text, font, size)
    return size if natural <= width else size * width / natural


@lru_cache(maxsize=128)  # a label has few sizes
def dotted(font: str, size: float) -> ImageFont.FreeTypeFont:
    """Return a font for drawing dots; the size of its em in dots."""
    return ImageFont.truetype(_font_file(font), size, layout_engine=ImageFont.Layout.BASIC)
