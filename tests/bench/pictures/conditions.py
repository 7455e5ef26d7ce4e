"""What light, lens, hand, sensor and file do to a picture, in the order in which they do it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import cv2
import numpy as np

from tests.bench.pictures.grounds import noise, size_of
from tests.bench.pictures.truth import Grey, Light


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a picture is taken; lengths in pixels. Without any: sharp, clean and evenly lit."""

    blur: float = 0  # sigma of the defocus
    motion: float = 0  # how far the hand moved while the shutter was open
    direction: float = 0  # degrees in which it moved
    noise: float = 0  # sigma, in greys of 255
    contrast: float = 1
    jpeg: int = 0  # quality; 0: not compressed
    vignetting: float = 0  # how much darker the corners are
    uneven: float = 0  # how much the light differs over the picture

    def told(self) -> dict[str, float]:
        """Return the conditions by name."""
        return {name: round(float(value), 3) for name, value in asdict(self).items()}


def taken(scene: Light, conditions: Conditions, rng: np.random.Generator) -> Grey:
    """Take the picture of a lit scene."""
    seen = scene * _light(scene, conditions, rng)
    if conditions.blur > 0.05:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), conditions.blur), np.float32)
    if conditions.motion > 1:
        seen = _shaken(seen, conditions.motion, conditions.direction)
    seen = 128 + (np.minimum(seen, 255) - 128) * conditions.contrast
    if conditions.noise:
        seen += rng.standard_normal(seen.shape, dtype=np.float32) * conditions.noise
    return compressed(np.clip(seen, 0, 255).astype(np.uint8), conditions.jpeg)


def compressed(grey: Grey, quality: int) -> Grey:
    """Return what is left after JPEG of this quality; 0 leaves all."""
    if not quality:
        return grey
    _, data = cv2.imencode(".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def _light(scene: Light, conditions: Conditions, rng: np.random.Generator) -> Light:
    """Return how much light falls on and through: 1 is all."""
    height, width = scene.shape
    light = np.ones((height, width), np.float32)
    if conditions.vignetting:
        across = np.linspace(-1, 1, width, dtype=np.float32)[np.newaxis] ** 2
        down = np.linspace(-1, 1, height, dtype=np.float32)[:, np.newaxis] ** 2
        light -= conditions.vignetting / 2 * (across + down)
    if conditions.uneven:
        slow = noise(size_of(scene), rng, (width / 2, height / 2))
        light *= 1 - conditions.uneven * (0.5 + 0.5 * np.tanh(slow))
    return light


def _shaken(seen: Light, length: float, direction: float) -> Light:
    """Smear along a line of this length, whole pixels and the rest of its ends."""
    reach = int(np.ceil(length / 2)) + 1
    fine, middle = 8, reach + 0.5
    kernel = np.zeros(((2 * reach + 1) * fine,) * 2, np.float32)
    angle = np.deg2rad(direction)
    step = np.array((np.cos(angle), np.sin(angle))) * length / 2
    ends = [
        tuple(int(each) for each in np.rint((middle + sign * step) * fine - 0.5))
        for sign in (-1, 1)
    ]
    cv2.line(kernel, ends[0], ends[1], 1, fine // 2)
    small = cv2.resize(kernel, (2 * reach + 1,) * 2, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.filter2D(seen, -1, small / small.sum()), np.float32)
