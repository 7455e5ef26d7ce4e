"""Opens pictures that may be anything: grey and upright, or an error that says why."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from domain.errors import RefusedError

MOST_PIXELS = 80_000_000  # below the size at which Pillow warns of a decompression bomb


class BadPictureError(RefusedError):
    """Bytes that are no picture, or one that is too large."""

    code = "bad-picture"


def open_picture(picture: bytes) -> npt.NDArray[np.uint8]:
    """Open a picture in grey. Raises BadPictureError."""
    _check_size(picture)
    try:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise BadPictureError from error
    if image is None:
        raise BadPictureError
    return np.asarray(image, np.uint8)


def _check_size(picture: bytes) -> None:
    """Look at the header alone: a few bytes may claim gigabytes of pixels."""
    try:
        with Image.open(BytesIO(picture)) as header:
            width, height = header.size
    except Exception as error:  # whatever it stumbles over: it is no picture
        raise BadPictureError from error
    if width * height > MOST_PIXELS:
        raise BadPictureError
