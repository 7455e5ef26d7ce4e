"""The typeface of the forms: DejaVu Sans, which has every Kazakh letter; registered once, embedded.

Of each font only the glyphs of a document are embedded. The licence stands beside the fonts.
"""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

rl_config.useA85 = 0  # streams as they are: half the time of a long registry goes into ASCII


def _registered(name: str) -> str:
    font = files("api.forms").joinpath("fonts", f"{name}.ttf").read_bytes()
    pdfmetrics.registerFont(TTFont(name, BytesIO(font)))
    return name


REGULAR = _registered("DejaVuSans")
BOLD = _registered("DejaVuSans-Bold")


def width_of(text: str, font: str, size: float) -> float:
    """Return how wide a text is, in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


def size_to_fit(text: str, font: str, size: float, width: float) -> float:
    """Return the size, in points, at which a text fits a width: at most the given one."""
    natural = width_of(text, font, size)
    return size if natural <= width else size * width / natural
