"""Finds where bars stand in a picture: places whose edges are strong and of one direction.

The structure tensor of small cells tells how strong the edges are and how well they agree
(the coherence). Edges are taken from the logarithm of the light: a bar in a hard shadow is as
strong as one in the sun.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, sin

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

CELL = 4  # pixels of the shrunk picture: coarse enough to be quick, fine enough for small labels
_WINDOW = 3  # cells whose edges are looked at together
_LEAST_COHERENCE = 0.7
_LEAST_CELLS = 18
_LEAST_LENGTH = 9 * CELL
_LEAST_FILL = 0.3  # of the box around the cells; bars fill it, a frame does not
_LEAST_AGREEMENT = 0.5  # of the directions of one region
_MOST_REGIONS = 80
_SECTORS = 6  # directions that are looked at by themselves; neighbours overlap
_SECTOR = 0.5  # cosine of half a sector, in doubled angles: 30 degrees to either side
_GAP = np.ones((3, 3), np.uint8)  # cells that a shadow's edge across the bars may take away
_DARK = 12.0  # light below it is noise, not contrast


@dataclass(frozen=True, slots=True)
class Region:
    """Bars seen somewhere: middle, direction across them (radians), length, height; in pixels."""

    x: float
    y: float
    angle: float
    length: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies in it."""
        along, across = self._seen_from(x, y)
        return abs(along) < 0.5 * self.length and abs(across) < 0.7 * max(self.height, 16)

    def resembles(self, other: Region) -> bool:
        """Tell whether both are about the same place, size and direction."""
        return (
            hypot(self.x - other.x, self.y - other.y) < 0.06 * other.length
            and abs(self.length / other.length - 1) < 0.12
            and abs(sin(self.angle - other.angle)) < 0.06
        )

    def at(self, along: float, across: float) -> tuple[float, float]:
        """Return the point of the picture at a distance from the middle."""
        turn, rise = cos(self.angle), sin(self.angle)
        return self.x + turn * along - rise * across, self.y + rise * along + turn * across

    def _seen_from(self, x: float, y: float) -> tuple[float, float]:
        turn, rise = cos(self.angle), sin(self.angle)
        right, down = x - self.x, y - self.y
        return right * turn + down * rise, down * turn - right * rise


def shrunk(grey: Grey, longest: int) -> Grey:
    """Return the picture with at most this many pixels a side."""
    scale = longest / max(grey.shape)
    if scale >= 1:
        return grey
    size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def find_bars(small: Grey, larger: float = 1.0) -> list[Region]:
    """Return where bars may stand, the largest first, in a picture that is so many times larger."""
    if min(small.shape) < _WINDOW * CELL:
        return []
    found = sorted(_regions(small), key=lambda each: -each[0])[:_MOST_REGIONS]
    return [
        Region(r.x * larger, r.y * larger, r.angle, r.length * larger, r.height * larger)
        for _, r in found
    ]


@lru_cache(maxsize=1)
def _logarithm() -> Grey:
    light = np.arange(256, dtype=np.float64)
    raised = np.log1p(light / _DARK) / np.log1p(255 / _DARK)
    return np.asarray(np.round(255 * raised), np.uint8)


def _tensor(small: Grey) -> tuple[Floats, Floats, Floats]:
    """Return per cell how strong edges are, how coherent, and twice their direction."""
    light = cv2.LUT(small, _logarithm())
    right = cv2.Scharr(light, cv2.CV_32F, 1, 0, scale=1 / 16)
    down = cv2.Scharr(light, cv2.CV_32F, 0, 1, scale=1 / 16)
    size = (small.shape[1] // CELL, small.shape[0] // CELL)

    def mean(products: cv2.typing.MatLike) -> Floats:
        cells = cv2.resize(products, size, interpolation=cv2.INTER_AREA)
        return cv2.boxFilter(cells, -1, (_WINDOW, _WINDOW))  # type: ignore[return-value]

    xx, yy, xy = mean(right * right), mean(down * down), mean(right * down)
    strength = xx + yy
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (strength + 1e-3)
    return strength, coherence, np.arctan2(2 * xy, xx - yy)


def _regions(small: Grey) -> Iterator[tuple[int, Region]]:
    """Yield places of like edges with how many cells they have, in pixels of the shrunk picture.

    Each direction is looked at by itself: the edge of a shadow or of a sheet that touches the bars
    does not spoil them.
    """
    strength, coherence, doubled = _tensor(small)
    least = max(8.0, 0.03 * float(np.percentile(strength, 99.5)))
    sharp = (coherence > _LEAST_COHERENCE) & (strength > least)
    turns = np.exp(1j * doubled)
    for sector in range(_SECTORS):
        towards = np.exp(2j * np.pi * sector / _SECTORS)
        alike = sharp & ((turns * towards.conjugate()).real > _SECTOR)
        yield from _joined(alike, doubled, small.shape[1] / alike.shape[1])


def _joined(
    alike: npt.NDArray[np.bool_], doubled: Floats, cell: float
) -> Iterator[tuple[int, Region]]:
    """Yield the regions of neighbouring cells."""
    closed = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_CLOSE, _GAP)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    for label in range(1, count):
        x, y, width, height, cells = (int(each) for each in stats[label])
        if cells < _LEAST_CELLS:
            continue
        box = np.s_[y : y + height, x : x + width]
        inside = (labels[box] == label) & alike[box]
        rows, columns = np.nonzero(inside)
        points = np.column_stack([columns + x + 0.5, rows + y + 0.5]) * cell
        region = _region(points, doubled[box][inside])
        if region is not None:
            yield cells, region


def _region(points: npt.NDArray[np.float64], doubled: Floats) -> Region | None:
    """Return the box around the points, turned as their edges are; None if it is no label's."""
    turn, rise = float(np.cos(doubled).mean()), float(np.sin(doubled).mean())
    if hypot(turn, rise) < _LEAST_AGREEMENT:
        return None
    angle = 0.5 * float(np.arctan2(rise, turn))
    along = points @ np.array([cos(angle), sin(angle)])
    across = points @ np.array([-sin(angle), cos(angle)])
    left, right = _spread(along, 0.01)
    top, bottom = _spread(across, 0.02)
    length, height = right - left + CELL, bottom - top + CELL
    area = len(points) * CELL * CELL
    if length < _LEAST_LENGTH or area < _LEAST_FILL * length * height:
        return None
    middle, level = (left + right) / 2, (top + bottom) / 2
    x = cos(angle) * middle - sin(angle) * level
    y = sin(angle) * middle + cos(angle) * level
    # What the window has blurred away at the ends comes back.
    return Region(x, y, angle, length + _WINDOW * CELL * 0.6, height)


def _spread(values: npt.NDArray[np.float64], outside: float) -> tuple[float, float]:
    """Return between which values all but a part at either end lie."""
    ordered = np.sort(values)
    left_out = round(outside * (len(ordered) - 1))
    return float(ordered[left_out]), float(ordered[-1 - left_out])
