"""Cuts bars out of a picture so that they stand upright, and tells bars from mere texture."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import cos, sin

import cv2
import numpy as np
import numpy.typing as npt

from scanner.locating import Grey, Region

WIDTH = 700  # pixels of a cut: four to five a module of our labels
_MARGIN = 0.16  # of the length, on both sides: the quiet zones, and what was missed of the bars
_MOST_ENLARGED = 4.0
_LEAST_CORRELATION = 0.4
_LEAST_EDGES = 24
_MANY_EDGES = 56  # as many as a number of ours has
_TREMBLE = 0.15  # of the standard deviation
_REACH = 5  # pixels by which neighbouring bands may be shifted


def cut_out(grey: Grey, region: Region, margin: float = _MARGIN, width: int = WIDTH) -> Grey:
    """Return the region, turned so that its bars stand upright, about `width` pixels wide."""
    length, height = region.length * (1 + 2 * margin), max(12.0, region.height)
    across = min(_MOST_ENLARGED, width / length)
    down = min(across, 2.0)
    size = (max(8, round(length * across)), max(8, round(height * down)))
    turn, rise = cos(region.angle), sin(region.angle)
    left, top = region.at(-length / 2, -height / 2)
    back = np.array(
        [[turn / across, -rise / down, left], [rise / across, turn / down, top]], np.float64
    )
    smooth = cv2.INTER_CUBIC if across >= 1 else cv2.INTER_AREA
    cut = cv2.warpAffine(
        grey, back, size, flags=smooth | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cut, np.uint8)


@dataclass(frozen=True, slots=True)
class Bars:
    """What a cut shows at a glance: how far bars lean (pixels a row), how many edges they have."""

    skew: float
    edges: int
    agreement: float  # of neighbouring bands: 1 is the same

    @property
    def promise(self) -> float:
        """How much they promise to be a code, for putting the best first."""
        return self.agreement * min(self.edges, _MANY_EDGES)


def bars_in(cut: Grey) -> Bars | None:
    """Return what bars a cut shows; None where there are none.

    Neighbouring bands of bars show the same edges, perhaps shifted a little; texture does not. It
    is far cheaper than to ask the decoder.
    """
    bands, tall = _bands(cut)
    first, last = int(0.1 * cut.shape[1]), int(0.9 * cut.shape[1])
    shifts = [_best_shift(*both, first, last) for both in pairwise(np.diff(bands, axis=1))]
    agreed = sorted((each for each in shifts if each[0] >= _LEAST_CORRELATION), reverse=True)
    edges = _edges_in(bands.mean(0)[first:last])
    if len(agreed) < min(2, len(shifts)) or edges < _LEAST_EDGES:
        return None
    skew = float(np.mean([shift for _, shift in agreed[:3]])) / tall
    return Bars(skew, edges, agreed[min(1, len(agreed) - 1)][0])


def upright(cut: Grey, skew: float) -> Grey:
    """Return the cut with its bars set upright."""
    height, width = cut.shape
    if abs(skew) * height < 1.5:
        return cut
    back = np.array([[1, skew, -skew * height / 2], [0, 1, 0]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    set_up = cv2.warpAffine(
        cut, back, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(set_up, np.uint8)


def _bands(cut: Grey) -> tuple[npt.NDArray[np.float32], int]:
    """Return the means of up to six bands of rows, and how many rows each has."""
    tall = max(1, cut.shape[0] // 6)
    count = max(2, min(6, cut.shape[0] // tall))
    soft = cv2.GaussianBlur(cut, (0, 0), 1.0).astype(np.float32)
    return np.stack([soft[i * tall : (i + 1) * tall].mean(0) for i in range(count)]), tall


def _best_shift(
    above: npt.NDArray[np.float32], below: npt.NDArray[np.float32], first: int, last: int
) -> tuple[float, int]:
    """Return the best correlation of two bands' edges, and the shift at which it is."""
    still = above[first:last] - above[first:last].mean()
    reach = min(_REACH, first)
    moved = np.lib.stride_tricks.sliding_window_view(
        below[first - reach : last + reach], last - first
    )
    moved = moved - moved.mean(1, keepdims=True)
    norms = np.sqrt((moved * moved).sum(1) * float((still * still).sum())) + 1e-3
    sure = moved @ still / norms
    best = int(sure.argmax())
    return float(sure[best]), best - reach


def _edges_in(profile: npt.NDArray[np.float32]) -> int:
    """Count how often a profile crosses its own moving mean, and not merely trembles about it."""
    wide = max(9, len(profile) // 14) | 1
    level = profile - cv2.blur(profile[None], (wide, 1))[0]
    clear = level[np.abs(level) > _TREMBLE * level.std()]
    return int(np.count_nonzero(np.diff(np.sign(clear))))
