"""Prints artefacts as a printer of some resolution would, whatever the format they are drawn in."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree as ET

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from scanner.artefact import MILLIMETRES_PER_INCH
from scanner.labels import Format
from tests.scanner.zpl import Dots, Printer

SVG = "{http://www.w3.org/2000/svg}"


def printed(drawn: bytes, form: Format, dpi: int) -> list[Dots]:
    """Return the pages in dots: 0 is black."""
    if form is Format.PNG:
        return [np.asarray(Image.open(BytesIO(drawn)).convert("L"))]
    if form is Format.SVG:
        return [picture_of_svg(drawn, dpi)]
    if form is Format.ZPL:
        return Printer().run(drawn)
    return list(pages_of_pdf(drawn, dpi))


def pages_of_pdf(drawn: bytes, dpi: int, *, smooth: bool = True) -> Iterator[Dots]:
    """Return the pages of a PDF, with greys at the edges or without."""
    for page in pypdfium2.PdfDocument(drawn):
        picture = page.render(
            scale=dpi / 72, grayscale=True, no_smoothtext=not smooth, no_smoothpath=not smooth
        )
        yield np.asarray(picture.to_pil().convert("L"))


def picture_of_svg(drawn: bytes, dpi: int) -> Dots:
    """Draw the filled rectangles of an SVG; its texts are left to viewers."""
    root = ET.fromstring(drawn)  # our own
    across, down = (
        round(float(root.attrib[side].removesuffix("mm")) * dpi / MILLIMETRES_PER_INCH)
        for side in ("width", "height")
    )
    picture = np.full((down, across), 255, np.uint8)
    for rect in root.iter(f"{SVG}rect"):
        if rect.get("fill") is not None:
            continue  # the paper, frames
        x, y, width, height = (
            float(rect.attrib[name]) * dpi / MILLIMETRES_PER_INCH
            for name in ("x", "y", "width", "height")
        )
        assert abs(x - round(x)) < 0.01, "whole dots"
        assert abs(width - round(width)) < 0.01, "whole dots"
        picture[round(y) : round(y + height), round(x) : round(x) + round(width)] = 0
    return picture
