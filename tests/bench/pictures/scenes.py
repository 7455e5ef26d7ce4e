"""The scenes: one label, a table of packets, a registry's page, hard shadow, glare, others' codes.

Each is a function of a seeded generator; `ppm` is pixels a module where a code is narrowest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tests.bench.pictures.camera import (
    View,
    centred,
    lay,
    module_px,
    moved,
    outline,
    truths_of,
    turned,
)
from tests.bench.pictures.conditions import Conditions, taken
from tests.bench.pictures.grounds import random_ground
from tests.bench.pictures.lighting import cast_shadow, shine
from tests.bench.pictures.printed import Printed, crumpled, label
from tests.bench.pictures.truth import Light, Matrix, Picture

_LEAST_FRAME = (400, 320)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How a label lies before the camera."""

    ppm: float  # pixels a module where it is seen at its narrowest, or:
    frontal: bool = False  # if it were looked at from straight above, at the same distance
    tilt: float = 0  # degrees in the plane
    perspective: float = 0  # degrees out of the plane
    axis: float = 0  # about which axis of the plane, degrees
    distance_mm: float = 250

    @property
    def view(self) -> View:
        """How the camera looks."""
        return View(self.perspective, self.axis, self.distance_mm)


def random_pose(rng: np.random.Generator, ppm: float) -> Pose:
    """Return any tilt, and perspective to 45 degrees about any axis."""
    return Pose(
        ppm=ppm,
        tilt=float(rng.uniform(0, 180)),
        perspective=float(rng.uniform(0, 45)),
        axis=float(rng.uniform(0, 180)),
        distance_mm=float(rng.uniform(180, 400)),
    )


def mild(rng: np.random.Generator, ppm: float) -> Conditions:
    """Return what a steady hand and a fair light do."""
    return Conditions(
        blur=float(rng.uniform(0.1, 0.35) * ppm),
        motion=float(rng.uniform(0, 0.7) * ppm) if rng.random() < 0.4 else 0,
        direction=float(rng.uniform(0, 180)),
        noise=float(rng.uniform(1, 5)),
        contrast=float(rng.uniform(0.5, 1)),
        jpeg=int(rng.integers(50, 96)),
        vignetting=float(rng.uniform(0, 0.3)),
        uneven=float(rng.uniform(0, 0.4)),
    )


def random_ink(rng: np.random.Generator) -> tuple[float, float]:
    """Return how bright the black and the white of a print are."""
    return float(rng.uniform(15, 60)), float(rng.uniform(195, 245))


@dataclass(frozen=True, slots=True)
class Laid:
    """A label on a ground, seen but not yet taken."""

    scene: Light
    page: Printed
    matrix: Matrix


def laid(page: Printed, pose: Pose, rng: np.random.Generator) -> Laid:
    """Lay a label on a ground of its own, in a frame with some room around it."""
    plane = turned(pose.tilt) @ centred(page)
    unit = pose.view.matrix(1) @ plane
    module = min(code.module_mm if pose.frontal else module_px(code, unit) for code in page.codes)
    matrix = pose.view.matrix(pose.ppm / module) @ plane
    corners = outline(page, matrix)
    room = np.ptp(corners, axis=0)
    size = np.maximum(room * rng.uniform(1.15, 1.8, 2), _LEAST_FRAME).astype(int)
    at = rng.uniform(0.08, 0.92, 2) * (size - room) - corners.min(0)
    matrix = moved(*at) @ matrix
    scene = random_ground((int(size[0]), int(size[1])), rng)
    lay(scene, page, matrix, random_ink(rng))
    return Laid(scene, page, matrix)


def single(
    rng: np.random.Generator, pose: Pose, conditions: Conditions, *, shadow: float = 0
) -> Picture:
    """Photograph one label; a hard shadow takes this much of the light from a part of it."""
    page = label(rng)
    if rng.random() < 0.5:
        page = crumpled(page, rng, float(rng.uniform(0, 0.4)))
    seen = laid(page, pose, rng)
    truths = truths_of(page, seen.matrix)
    if shadow:
        cast_shadow(seen.scene, truths[0], rng, dark=shadow, cover=float(rng.uniform(0.3, 0.85)))
    grey = taken(seen.scene, conditions, rng)
    made = {"ppm": pose.ppm, "tilt": pose.tilt, "perspective": pose.perspective, "axis": pose.axis}
    return Picture("single", grey, truths, made | conditions.told())


def random_single(rng: np.random.Generator) -> Picture:
    """Photograph one label: any tilt, perspective to 45 degrees, 1.5 to 6 pixels a module."""
    ppm = float(1.5 * 4 ** rng.random())
    return single(rng, random_pose(rng, ppm), mild(rng, ppm))


def random_frontal(rng: np.random.Generator, ppm: float) -> Picture:
    """Photograph one label likewise, so fine as if it were seen from straight above.

    That is harder: at 45 degrees its modules are narrower by a third, and more at its far end.
    """
    pose = replace(random_pose(rng, ppm), frontal=True)
    return single(rng, pose, mild(rng, ppm))


# --- light that spoils a part -------------------------------------------------------------------


def hard_shadow(rng: np.random.Generator) -> Picture:
    """Photograph one label that a sharp shadow falls on: 15 to 30 % of the light is left in it."""
    ppm = float(rng.uniform(1.8, 4))
    page, dark, cover = label(rng), float(rng.uniform(0.7, 0.85)), float(rng.uniform(0.3, 0.85))
    seen = laid(page, _easier(random_pose(rng, ppm)), rng)
    truths = truths_of(page, seen.matrix)
    cast_shadow(seen.scene, truths[0], rng, dark=dark, cover=cover)
    conditions = replace(mild(rng, ppm), contrast=1, motion=0, uneven=0.1)
    grey = taken(seen.scene, conditions, rng)
    return Picture(
        "shadow", grey, truths, conditions.told() | {"dark": dark, "cover": cover, "ppm": ppm}
    )


def glare(rng: np.random.Generator) -> Picture:
    """Photograph one label on which lamps shine: the paper saturates in patches."""
    ppm = float(rng.uniform(1.8, 4))
    page = label(rng)
    seen = laid(page, _easier(random_pose(rng, ppm)), rng)
    truths = truths_of(page, seen.matrix)
    patches = int(rng.integers(1, 4))
    shine(seen.scene, truths, rng, most=0.9, patches=patches)
    conditions = replace(mild(rng, ppm), motion=0)
    grey = taken(seen.scene, conditions, rng)
    return Picture("glare", grey, truths, conditions.told() | {"patches": patches, "ppm": ppm})


def _easier(pose: Pose) -> Pose:
    return replace(pose, perspective=pose.perspective * 0.6)
