"""Barcodes of a form as vector bars, in the modules of python-barcode (scanner.labels).

A module is three dots of a 203 dpi label printer, the coarsest we print on; the quiet zones of ten
modules belong to the drawing, so that nothing can be set too close.
"""

from __future__ import annotations

from itertools import groupby

from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.units import inch, mm

from domain.numbers import grouped
from scanner.labels import QUIET_MODULES, modules_of
from scanner.typeface import REGULAR

DOT = inch / 203
MODULE = 3 * DOT
QUIET_ZONE = QUIET_MODULES * MODULE
LEAST_HEIGHT = 12 * mm
_TEXT_SIZE = 10.0
_GAP = 1.2 * mm  # between the bars and the number


def barcode(code: int, height: float = LEAST_HEIGHT, text_size: float = _TEXT_SIZE) -> Drawing:
    """Draw a code: bars of a height in points, the grouped number below."""
    modules, foot = modules_of(code), text_size + _GAP
    drawing = Drawing(len(modules) * MODULE + 2 * QUIET_ZONE, height + foot)
    for left, width in _bars(modules):
        drawing.add(Rect(left, foot, width, height, strokeColor=None, strokeWidth=0))
    number = String(drawing.width / 2, text_size * 0.25, grouped(code),
                    fontName=REGULAR, fontSize=text_size, textAnchor="middle")  # fmt: skip
    drawing.add(number)
    return drawing


def _bars(modules: str) -> list[tuple[float, float]]:
    """Join neighbouring black modules to bars: left edge and width, in points."""
    bars, position = [], 0
    for black, run in groupby(modules):
        length = len(list(run))
        if black == "1":
            bars.append((QUIET_ZONE + position * MODULE, length * MODULE))
        position += length
    return bars
