"""Reads codes from a picture: OpenCV opens it, zxing-cpp decodes, the check digits decide.

The first thread of the scanner (tilted, crowded and shadowed pictures come with its own issue):
OpenCV's own decoder is never asked for a text, it invents some.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
import zxingcpp
from PIL import Image

from domain.errors import RefusedError
from domain.numbers import BadCodeError, Code, parse

MOST_PIXELS = 80_000_000  # below the size at which Pillow warns of a decompression bomb
_CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)


class BadPictureError(RefusedError):
    """Bytes that are no picture, or one that is too large."""

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
    image = _opened(picture)
    found: dict[str, ReadCode] = {}
    for read in zxingcpp.read_barcodes(image, formats=_CODE_128):
        try:
            code = parse(read.text)
        except BadCodeError:
            continue
        found.setdefault(read.text, ReadCode(code, read.text, "Code128"))
    return list(found.values())


def _opened(picture: bytes) -> cv2.typing.MatLike:
    """Open a picture in grey. Raises BadPictureError."""
    _check_size(picture)
    try:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise BadPictureError from error
    if image is None:
        raise BadPictureError
    return image


def _check_size(picture: bytes) -> None:
    """Look at the header alone: a few bytes may claim gigabytes of pixels."""
    try:
        with Image.open(BytesIO(picture)) as header:
            width, height = header.size
    except Exception as error:  # whatever it stumbles over: it is no picture
        raise BadPictureError from error
    if width * height > MOST_PIXELS:
        raise BadPictureError
