"""Draws the label of a packet: Code 128 by python-barcode, modules of whole printer dots.

Digits only (Code 128-C, 112 modules), quiet zones of ten modules, a module of at least 0.25 mm and
bars of at least 12 mm. The grouped number stands below for reading aloud.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO

import barcode
from barcode.writer import SVGWriter
from PIL import Image, ImageDraw, ImageFont

from domain.numbers import PacketNumber, grouped

MILLIMETRES_PER_INCH = 25.4
LEAST_MODULE_MM = 0.25
QUIET_MODULES = 10
BAR_HEIGHT_MM = 12.0
TEXT_HEIGHT_MM = 4.0


@dataclass(frozen=True, slots=True)
class PacketLabel:
    """What stands on a packet's label."""

    number: PacketNumber

    @property
    def modules(self) -> str:
        """The bars and spaces as python-barcode encodes them."""
        return modules_of(self.number)


def modules_of(code: int) -> str:
    """Encode any of our numbers (a packet, place, badge, card): 1 is black, 0 is white."""
    return "".join(barcode.get("code128", str(code)).build())


def draw_svg(label: PacketLabel) -> bytes:
    """Draw as SVG, in millimetres."""
    drawn = BytesIO()
    options = {
        "module_width": LEAST_MODULE_MM,
        "module_height": BAR_HEIGHT_MM,
        "quiet_zone": QUIET_MODULES * LEAST_MODULE_MM,
        "font_size": 8,
        "text_distance": 4,
    }
    code = barcode.get("code128", str(label.number), writer=SVGWriter())
    code.write(drawn, options, text=grouped(label.number))
    return drawn.getvalue()


def draw_png(label: PacketLabel, dpi: int = 300) -> bytes:
    """Draw as PNG for a printer of this resolution: every module is a whole number of dots."""
    dots = math.ceil(LEAST_MODULE_MM * dpi / MILLIMETRES_PER_INCH)
    bars = f"{'0' * QUIET_MODULES}{label.modules}{'0' * QUIET_MODULES}"
    height, text_height = (round(mm * dpi / MILLIMETRES_PER_INCH) for mm in
                           (BAR_HEIGHT_MM, TEXT_HEIGHT_MM))  # fmt: skip
    image = Image.new("1", (len(bars) * dots, height + text_height), color=1)
    pen = ImageDraw.Draw(image)
    for position, bar in enumerate(bars):
        if bar == "1":
            left = position * dots
            pen.rectangle((left, 0, left + dots - 1, height - 1), fill=0)
    font = ImageFont.load_default(size=text_height * 0.8)
    middle = (image.width / 2, height + text_height / 2)
    pen.text(middle, grouped(label.number), fill=0, font=font, anchor="mm")
    drawn = BytesIO()
    image.save(drawn, "PNG", dpi=(dpi, dpi))
    return drawn.getvalue()
