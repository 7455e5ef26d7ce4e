"""Reads codes from a grey picture: zxing-cpp decodes, the check digits decide.

OpenCV's own decoder is never asked for a text: it invents some.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import zxingcpp

from domain.numbers import BadCodeError, Code, parse
from scanner.found import Corners, FoundCode
from scanner.pictures import open_picture

Grey = npt.NDArray[np.uint8]
OURS = frozenset({"Code128"})
ALL_SYMBOLOGIES = frozenset(
    {"Code128", "Code39", "EAN13", "EAN8", "UPCA", "UPCE", "QRCode", "DataMatrix"}
)


def read(grey: Grey, symbologies: Collection[str] = ALL_SYMBOLOGIES) -> list[FoundCode]:
    """Return every code in an upright grey picture, each text once."""
    formats = zxingcpp.BarcodeFormats([getattr(zxingcpp.BarcodeFormat, s) for s in symbologies])
    found: dict[tuple[str, str], FoundCode] = {}
    for each in zxingcpp.read_barcodes(grey, formats=formats, text_mode=zxingcpp.TextMode.Plain):
        one = FoundCode(
            each.text, each.format.name, _corners(each), code_of(each.text), 0.9, "frame"
        )
        found.setdefault((one.symbology, one.text), one)
    return list(found.values())


def read_codes(picture: bytes) -> list[FoundCode]:
    """Return our codes in a picture of one page, each once. Raises BadPictureError."""
    return [each for each in read(open_picture(picture), OURS) if each.code is not None]


def code_of(text: str) -> Code | None:
    """Return the code that a text is, if its check digits pass and its kind is one of ours."""
    try:
        return parse(text)
    except BadCodeError:
        return None


def _corners(found: zxingcpp.Barcode) -> Corners:
    at = found.position
    left, right, below, beneath = (
        (float(each.x), float(each.y))
        for each in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    )
    return left, right, below, beneath
