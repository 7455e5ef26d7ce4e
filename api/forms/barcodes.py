"""Barcodes of a form, as scanner.labels describes them: vector bars, the grouped number below.

A module is three dots of a 203 dpi label printer, the coarsest we print on; the quiet zones of ten
modules belong to the drawing, so that nothing can be set too close.
"""

from __future__ import annotations

from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import inch, mm

from scanner.artefact import BAR_HEIGHT_MM, QUIET_MODULES
from scanner.drawing_pdf import drawing_of
from scanner.labels import COMMON_DPI, code_block

DOT = inch / COMMON_DPI
MODULE = 3 * DOT
QUIET_ZONE = QUIET_MODULES * MODULE
LEAST_HEIGHT = BAR_HEIGHT_MM * mm


def barcode(code: int, height: float = LEAST_HEIGHT, text_size: float = 10.0) -> Drawing:
    """Draw a code: bars of a height in points, the grouped number below."""
    return drawing_of(code_block(code, height=height / mm, size=text_size), COMMON_DPI)
