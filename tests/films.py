"""Films of labels before a camera."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.photographs import label

SIZE = (720, 480)
RATE = 10.0  # frames in a second
_TABLE = (90, 110, 120)


def frame(*codes: object, turned: float = 4) -> Image.Image:
    """What the camera sees: labels one below the other, turned a little."""
    scene = Image.new("RGB", SIZE, _TABLE)
    for nth, code in enumerate(codes):
        drawn = label(code).rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=_TABLE)
        scene.paste(drawn, (90, 10 + nth * 235))
    return scene


def film(file: Path, shots: Iterable[tuple[tuple[object, ...], int]]) -> Path:
    """Write a film: each shot is what is seen, and for how many frames."""
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(file), codec, RATE, SIZE)
    assert writer.isOpened()
    for codes, frames in shots:
        seen = cv2.cvtColor(np.asarray(frame(*codes)), cv2.COLOR_RGB2BGR)
        for _ in range(frames):
            writer.write(seen)
    writer.release()
    return file
