"""Finds where bars stand in a picture: places whose edges are strong and of one direction.

The structure tensor of small cells tells how strong the edges are and how well they agree
(the coherence). Edges are taken from the logarithm of the light: a bar in a hard shadow is as
strong as one in the sun.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice
from math import cos, hypot, sin

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Box = tuple[slice, slice]  # rows, columns

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
_ALIKE = 0.1  # sine of the angle between two parts of one label
_ALIKE_TALL = 0.6
_BRIDGE = 0.35  # of the parts' lengths
_MOST_BRIDGES = 20  # a page of text has many neighbours in a row
_THICK = np.ones((5, 5), np.uint8)  # cells: bars are as wide, an edge is not
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
        along, across = self.seen_from(x, y)
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

    def seen_from(self, x: float, y: float) -> tuple[float, float]:
        """Return how far along the bars' row, and across it, a point is from the middle."""
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
    regions = [region for _, region in found]
    return [
        Region(r.x * larger, r.y * larger, r.angle, r.length * larger, r.height * larger)
        for r in (*regions, *islice(_bridged(regions), _MOST_BRIDGES))
    ]


def _bridged(regions: Sequence[Region]) -> Iterator[Region]:
    """Yield what pairs of regions make together: a shadow or a glare may stand between them."""
    for one, other in combinations(regions, 2):
        along, across = one.seen_from(other.x, other.y)
        gap = abs(along) - (one.length + other.length) / 2
        if (
            abs(sin(one.angle - other.angle)) < _ALIKE
            and _ALIKE_TALL < one.height / other.height < 1 / _ALIKE_TALL
            and abs(across) < 0.35 * max(one.height, other.height)
            and -0.2 * min(one.length, other.length) < gap < _BRIDGE * (one.length + other.length)
        ):
            towards = 1 if along > 0 else -1
            first, last = -towards * one.length / 2, along + towards * other.length / 2
            x, y = one.at((first + last) / 2, across / 2)
            yield Region(x, y, one.angle, abs(last - first), max(one.height, other.height))


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
    for box, inside in _patches(closed):
        region = _outline(box, inside & alike[box], doubled, cell)
        if region is not None:
            yield int(np.count_nonzero(inside)), region
            continue
        # Perhaps a thin long edge runs into the bars: without it they are a box again.
        thick = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_OPEN, _THICK)
        for part, within in _patches(thick):
            placed = _within(box, part)
            region = _outline(placed, within & alike[placed], doubled, cell)
            if region is not None:
                yield int(np.count_nonzero(within)), region


def _patches(cells: cv2.typing.MatLike) -> Iterator[tuple[Box, npt.NDArray[np.bool_]]]:
    """Yield every patch of neighbouring cells that is large enough: its box, and which in it."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cells, connectivity=4)
    for label in range(1, count):
        x, y, width, height, area = (int(each) for each in stats[label])
        if area >= _LEAST_CELLS:
            box = (slice(y, y + height), slice(x, x + width))
            yield box, labels[box] == label


def _within(box: Box, part: Box) -> Box:
    """Return where a part of a box stands in the whole."""
    down, across = box[0].start, box[1].start
    return (
        slice(part[0].start + down, part[0].stop + down),
        slice(part[1].start + across, part[1].stop + across),
    )


def _outline(
    box: Box, inside: npt.NDArray[np.bool_], doubled: Floats, cell: float
) -> Region | None:
    """Return the region of some cells of a box."""
    rows, columns = np.nonzero(inside)
    if not len(rows):
        return None
    corner = np.array([box[1].start + 0.5, box[0].start + 0.5])
    points = (np.column_stack([columns, rows]) + corner) * cell
    return _region(points, doubled[box][inside])


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
