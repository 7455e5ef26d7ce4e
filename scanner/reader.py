"""Reads codes from a picture: OpenCV opens it, zxing-cpp decodes, the check digits decide.

The first thread of the scanner (tilted, crowded and shadowed pictures come with its own issue):
OpenCV's own decoder is never asked for a text, it invents some.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from domain.errors import RefusedError
from domain.numbers import BadCodeError, Code, parse

_CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)


class BadPictureError(RefusedError):
    """Bytes that are no picture."""

    code = "bad-picture"


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code of ours found in a picture."""

    code: Code
    text: str
    symbology: str


def read_codes(picture: bytes) -> list[ReadCode]:
    """Return our codes in a picture, each once; anything else in it is left out.

    Raises BadPictureError.
    """
    pixels = np.frombuffer(picture, np.uint8)
    image = cv2.imdecode(pixels, cv2.IMREAD_GRAYSCALE) if pixels.size else None
    if image is None:
        raise BadPictureError
    found: dict[str, ReadCode] = {}
    for read in zxingcpp.read_barcodes(image, formats=_CODE_128):
        try:
            code = parse(read.text)
        except BadCodeError:
            continue
        found.setdefault(read.text, ReadCode(code, read.text, "Code128"))
    return list(found.values())
