"""What labels lie on: wood, cloth, heaps of paper, printed text, a plain board; drawn by seed."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from tests.bench.pictures.printed import paper
from tests.bench.pictures.truth import Grey, Light

Size = tuple[int, int]  # width and height, in pixels


def noise(size: Size, rng: np.random.Generator, coarse: tuple[float, float]) -> Light:
    """Return smooth noise between about -1 and 1; `coarse` is its grain across and down, pixels."""
    width, height = size
    small = (max(2, round(width / coarse[0])), max(2, round(height / coarse[1])))
    grains = rng.standard_normal((small[1], small[0]), dtype=np.float32)
    return np.asarray(cv2.resize(grains, size, interpolation=cv2.INTER_CUBIC), np.float32)


def wood(size: Size, rng: np.random.Generator) -> Light:
    """Boards with grain along them, and the gaps between."""
    level, scale = rng.uniform(80, 170), max(size) / 1000
    grain = noise(size, rng, (220 * scale, 3 * scale)) * 9 + noise(size, rng, (90 * scale, 12)) * 7
    rings = np.sin(noise(size, rng, (400 * scale, 60 * scale)) * 9) * 8
    ground = level + grain + rings
    for edge in range(int(rng.integers(40, 200)), size[1], max(60, size[1] // 4)):
        ground[edge : edge + max(1, round(2 * scale))] *= 0.55
    return np.asarray(ground if rng.random() < 0.5 else _turned(ground, size), np.float32)


def _turned(ground: Light, size: Size) -> Light:
    return np.asarray(cv2.resize(ground.T, size), np.float32)


def cloth(size: Size, rng: np.random.Generator) -> Light:
    """A weave with folds."""
    width, height = size
    across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    thread = rng.uniform(3, 8)
    weave = (
        np.sin(across * 2 * np.pi / thread)[np.newaxis]
        * np.sin(down * 2 * np.pi / thread)[:, np.newaxis]
    )
    folds = noise(size, rng, (width / 4, height / 4)) * 22
    made = rng.uniform(60, 190) + weave * rng.uniform(4, 14) + folds
    return np.asarray(made + noise(size, rng, (2, 2)) * 4, np.float32)


def board(size: Size, rng: np.random.Generator) -> Light:
    """A painted board: a gradient and fine noise."""
    width, height = size
    slope = np.linspace(-1, 1, width, dtype=np.float32)[np.newaxis] * rng.uniform(-30, 30)
    fall = np.linspace(-1, 1, height, dtype=np.float32)[:, np.newaxis] * rng.uniform(-30, 30)
    grain = noise(size, rng, (3, 3)) * rng.uniform(1, 6)
    return np.asarray(rng.uniform(70, 200) + slope + fall + grain, np.float32)


def printed_text(size: Size, rng: np.random.Generator) -> Light:
    """A printed page that fills the picture."""
    page = paper(int(rng.integers(9))).grey
    scale = max(size[0] / page.shape[1], size[1] / page.shape[0], rng.uniform(0.3, 0.9))
    large = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    left = int(rng.integers(large.shape[1] - size[0] + 1))
    top = int(rng.integers(large.shape[0] - size[1] + 1))
    return np.asarray(large[top : top + size[1], left : left + size[0]], np.float32)


def heap(size: Size, rng: np.random.Generator) -> Light:
    """Papers lying over one another on wood, each with a soft shadow at its edge."""
    ground = wood(size, rng)
    for _ in range(int(rng.integers(4, 9))):
        _drop(ground, paper(int(rng.integers(9))).grey, rng)
    return ground


def _drop(ground: Light, page: Grey, rng: np.random.Generator) -> None:
    height, width = ground.shape
    scale = max(size_of(ground)) / 2200 * rng.uniform(0.8, 1.6)
    turn = cv2.getRotationMatrix2D(
        (page.shape[1] / 2, page.shape[0] / 2), float(rng.uniform(0, 360)), float(scale)
    )
    turn[:, 2] += (
        rng.uniform(0, width) - page.shape[1] / 2,
        rng.uniform(0, height) - page.shape[0] / 2,
    )
    laid = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_AREA)
    covers = cv2.warpAffine(np.full_like(page, 255), turn, (width, height))
    shadow = cv2.GaussianBlur(covers, (0, 0), 2 + 4 * scale).astype(np.float32) / 255
    ground *= 1 - 0.35 * shadow
    np.copyto(ground, laid.astype(np.float32), where=covers > 127)


def size_of(ground: Light) -> Size:
    """Return width and height."""
    return ground.shape[1], ground.shape[0]


GROUNDS: tuple[Callable[[Size, np.random.Generator], Light], ...] = (
    wood, cloth, board, printed_text, heap
)  # fmt: skip


def random_ground(size: Size, rng: np.random.Generator) -> Light:
    """Draw any of the grounds."""
    return GROUNDS[int(rng.integers(len(GROUNDS)))](size, rng)
