"""Ways to make bars clearer for the decoder, from the cheapest to the most patient.

The best by far: the mean along the bars of a band of rows, which takes the noise away, sharpened
and stretched to the light around it, which takes blur, shadow and glare away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from scanner.locating import Grey

_ENLARGED = 4
_ROWS = 24  # of a band that is handed to the decoder


@dataclass(frozen=True, slots=True)
class Way:
    """A way to make bars clearer; it may give several pictures of the same bars."""

    name: str
    pictures: Callable[[Grey], Iterable[Grey]]


def bands(cut: Grey, count: int = 5, sigma: float = 2.0, amount: float = 3.0) -> Iterator[Grey]:
    """Yield overlapping bands: the mean along the bars, sharpened, stretched to the local light."""
    height = cut.shape[0]
    rows = cut.astype(np.float32)
    for step in range(count):
        top = int(height * step / (count + 1))
        bottom = max(top + 1, int(height * (step + 2) / (count + 1)))
        line = rows[top:bottom].mean(0)[None]
        line = cv2.resize(line, (line.shape[1] * _ENLARGED, 1), interpolation=cv2.INTER_CUBIC)
        if amount:
            line = line + amount * (line - cv2.GaussianBlur(line, (0, 0), sigma * _ENLARGED))
        yield np.repeat(_stretched(np.asarray(line, np.float32)), _ROWS, 0)


def _stretched(line: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Grey:
    """Return a line between black and white, as measured in its neighbourhood."""
    wide = max(9, line.shape[1] // 14) | 1
    window = np.ones((1, wide), np.uint8)
    light = cv2.blur(cv2.dilate(line, window), (wide, 1))
    dark = cv2.blur(cv2.erode(line, window), (wide, 1))
    stretched = (line - dark) / np.maximum(light - dark, 12) * 255
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)


def _as_it_is(cut: Grey) -> Iterator[Grey]:
    yield cut


def _unsharp(cut: Grey, sigma: float, amount: float) -> Iterator[Grey]:
    soft = cv2.GaussianBlur(cut, (0, 0), sigma)
    yield np.asarray(cv2.addWeighted(cut, 1 + amount, soft, -amount, 0), np.uint8)


def _equalised(cut: Grey) -> Iterator[Grey]:
    yield np.asarray(cv2.createCLAHE(3.0, (4, 4)).apply(cut), np.uint8)


def _flattened(cut: Grey) -> Iterator[Grey]:
    """The light behind the bars, divided away."""
    wide = max(9, cut.shape[1] // 10) | 1
    closed = cv2.morphologyEx(cut, cv2.MORPH_CLOSE, np.ones((1, wide), np.uint8))
    yield np.asarray(cv2.divide(cut, cv2.blur(closed, (wide // 3 | 1, 1)), scale=235), np.uint8)


QUICK_WAYS = (Way("raw", _as_it_is), Way("bands", bands))
PATIENT_WAYS = (
    Way("unsharp", lambda cut: _unsharp(cut, 2.5, 3.0)),
    Way("soft unsharp", lambda cut: _unsharp(cut, 1.5, 4.0)),
    Way("hard unsharp", lambda cut: _unsharp(cut, 4.0, 4.0)),
    Way("plain bands", lambda cut: bands(cut, amount=0)),
    Way("equalised", _equalised),
    Way("flattened", _flattened),
    Way("soft bands", lambda cut: bands(cut, count=9, sigma=1.5, amount=1.5)),
    Way("hard bands", lambda cut: bands(cut, count=3, sigma=3.0, amount=5.0)),
)
