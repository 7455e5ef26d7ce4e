"""Light that spoils a part of a scene: a hard shadow, and glare that saturates.

No glare is drawn that leaves a bar nowhere to be seen: somewhere along every bar a person reads it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from tests.bench.pictures.camera import project
from tests.bench.pictures.truth import Light, Matrix, Truth

_SEEN = 0.5  # with more of 255 added, little is left between black and white
_FREE = 0.3  # of each bar's length stays free of glare
_TRIES = 12


def box_to_picture(truth: Truth) -> Matrix:
    """Return the square (0..1 along the code, 0..1 down its bars) to the picture."""
    square = np.array(((0, 0), (1, 0), (1, 1), (0, 1)), np.float32)
    seen = np.array(truth.corners, np.float32)
    return np.asarray(cv2.getPerspectiveTransform(square, seen), np.float64)


def cast_shadow(
    scene: Light, truth: Truth, rng: np.random.Generator, *, dark: float, cover: float
) -> None:
    """Darken the scene on one side of a sharp edge, which leaves `cover` of the code in shadow."""
    height, width = scene.shape
    angle = rng.uniform(0, 2 * np.pi)
    normal = np.array((np.cos(angle), np.sin(angle)))
    inside = project(box_to_picture(truth), rng.uniform(0, 1, (400, 2)))
    edge = float(np.quantile(inside @ normal, cover))
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    far = edge - (across * normal[0] + down * normal[1])
    penumbra = rng.uniform(0.5, 2)
    scene *= 1 - dark * np.clip(0.5 + far / penumbra, 0, 1).astype(np.float32)


def shine(
    scene: Light, truths: Sequence[Truth], rng: np.random.Generator, *, most: float, patches: int
) -> None:
    """Add patches of glare on the codes; `most` is how large one is, in heights of its bars."""
    shining: list[_Patch] = []
    for _ in range(patches):
        patch = _fitting(truths, rng, rng.uniform(0.4, 1) * most, shining)
        if patch is not None:
            patch.add(scene)
            shining.append(patch)


def _fitting(
    truths: Sequence[Truth], rng: np.random.Generator, size: float, others: list[_Patch]
) -> _Patch | None:
    """Return a patch on one of the codes that leaves all of them readable beside the others."""
    to_picture = box_to_picture(truths[int(rng.integers(len(truths)))])
    high = float(np.linalg.norm(np.diff(project(to_picture, ((0.5, 0), (0.5, 1))), axis=0)))
    for _ in range(_TRIES):
        middle = project(to_picture, rng.uniform(0.05, 0.95, (1, 2)))[0]
        patch = _Patch(middle, rng, high * size)
        if all(_readable([patch, *others], each) for each in truths):
            return patch
        size *= 0.85
    return None


class _Patch:
    """An elliptic reflection: a saturated middle and a soft rim."""

    def __init__(self, middle: Matrix, rng: np.random.Generator, size: float) -> None:
        angle = rng.uniform(0, np.pi)
        turn = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
        axes = np.array((size * rng.uniform(1, 3), size * rng.uniform(0.5, 1))) / 2
        self._middle, self._to_unit = middle, turn / axes[:, np.newaxis]
        self._strength, self._reach = rng.uniform(1, 1.6), 2.2 * float(axes.max())

    def at(self, points: npt.ArrayLike) -> Matrix:
        """Return how much of full white is added at points (n x 2)."""
        unit = (np.asarray(points, np.float64) - self._middle) @ self._to_unit.T
        return np.asarray(self._strength * np.exp(-((unit**2).sum(1) ** 2)), np.float64)

    def add(self, scene: Light) -> None:
        """Add it to a scene."""
        height, width = scene.shape
        left, top = np.maximum(self._middle - self._reach, 0).astype(int)
        right, bottom = np.minimum(self._middle + self._reach, (width, height)).astype(int)
        if left >= right or top >= bottom:
            return
        across, down = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
        added = self.at(np.column_stack((across.ravel(), down.ravel()))).reshape(across.shape)
        scene[top:bottom, left:right] += (255 * added).astype(np.float32)


def _readable(patches: Sequence[_Patch], truth: Truth) -> bool:
    """Tell whether every bar is seen along enough of its length."""
    along, down = np.meshgrid(np.linspace(0, 1, 60), np.linspace(0.02, 0.98, 24))
    points = project(box_to_picture(truth), np.column_stack((along.ravel(), down.ravel())))
    added = sum(patch.at(points) for patch in patches)
    free = (np.asarray(added) < _SEEN).reshape(along.shape).mean(0)
    return bool(free.min() >= _FREE)
