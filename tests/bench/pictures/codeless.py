"""Pictures in which none of our codes stands: patterns like bars, and others' codes badly taken.

Some hold 14 digits in Code 128 with wrong check digits: a text, but no code of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tests.bench.pictures.camera import truths_of
from tests.bench.pictures.conditions import taken
from tests.bench.pictures.grounds import GROUNDS
from tests.bench.pictures.printed import Printed, foreign, strip, wrong_number
from tests.bench.pictures.scenes import laid, mild, random_pose
from tests.bench.pictures.truth import Light, Picture

_SIZE = (1000, 750)
SYMBOLOGIES = ("EAN13", "UPCA", "Code39", "QRCode", "DataMatrix")


def codeless(rng: np.random.Generator) -> Picture:
    """Photograph something without codes: a ground, or a pattern of bars that is none."""
    kinds: tuple[Callable[[np.random.Generator], Light], ...] = (
        _ground, fence, piano, shelf, chart, grid
    )  # fmt: skip
    kind = kinds[int(rng.integers(len(kinds)))]
    scene = kind(rng)
    conditions = mild(rng, 2)
    return Picture(f"codeless-{kind.__name__.strip('_')}", taken(scene, conditions, rng), ())


def nobodys(rng: np.random.Generator) -> Picture:
    """Photograph a label of 14 digits with wrong check digits."""
    return _photographed(strip(wrong_number(rng)), rng, "nobodys")


def others(rng: np.random.Generator, symbology: str) -> Picture:
    """Photograph a code of another's, as badly as phones do."""
    page = foreign(symbology, _text(symbology, rng))
    return _photographed(page, rng, symbology)


def _photographed(page: Printed, rng: np.random.Generator, name: str) -> Picture:
    ppm = float(rng.uniform(1.5, 4) if name != "QRCode" else rng.uniform(2, 5))
    pose = random_pose(rng, ppm)
    seen = laid(page, replace(pose, perspective=pose.perspective * 0.7), rng)
    conditions = mild(rng, ppm)
    grey = taken(seen.scene, conditions, rng)
    return Picture(name, grey, truths_of(page, seen.matrix), conditions.told() | {"ppm": ppm})


def _text(symbology: str, rng: np.random.Generator) -> str:
    """Return what a code of a symbology may say; zxing-cpp adds the check digit of products."""
    if symbology == "EAN13":
        return str(rng.integers(10**11, 10**12))
    if symbology == "UPCA":
        return str(rng.integers(10**10, 10**11))
    if symbology == "Code39":
        return "".join(rng.choice(tuple("ABCDEFGHKLMNPRSTUVXYZ0123456789"), 8))
    return f"https://qolhat.example.kz/p/{rng.integers(10**9)}"


# --- patterns -----------------------------------------------------------------------------------


def _ground(rng: np.random.Generator) -> Light:
    return GROUNDS[int(rng.integers(len(GROUNDS)))](_SIZE, rng)


def _filled(rng: np.random.Generator) -> Light:
    return np.full(_SIZE[::-1], rng.uniform(180, 240), np.float32)


def _striped(scene: Light, rng: np.random.Generator, widths: tuple[int, int]) -> Light:
    """Draw upright stripes of random widths and darkness."""
    left = 0
    while left < scene.shape[1]:
        right = left + int(rng.integers(*widths))
        if rng.random() < 0.5:
            scene[:, left:right] = rng.uniform(10, 120)
        left = right
    return scene


def fence(rng: np.random.Generator) -> Light:
    """Narrow stripes over the whole picture, as of a fence or corrugated iron."""
    return _striped(_filled(rng), rng, (2, 9))


def shelf(rng: np.random.Generator) -> Light:
    """Rows of spines of books."""
    scene, high = _filled(rng), int(rng.integers(90, 250))
    for top in range(0, scene.shape[0], high):
        _striped(scene[top : top + high - 12], rng, (6, 40))
    return scene


def piano(rng: np.random.Generator) -> Light:
    """Keys: white ones of a width, black ones between some of them."""
    scene, key = _filled(rng), int(rng.integers(12, 60))
    for place, left in enumerate(range(0, scene.shape[1], key)):
        scene[100:600, left : left + 2] = 60
        if place % 7 not in {0, 3}:
            scene[100:420, max(0, left - key // 4) : left + key // 4] = 15
    return scene


def chart(rng: np.random.Generator) -> Light:
    """Bars of different heights on one line."""
    scene, wide = _filled(rng), int(rng.integers(3, 25))
    for left in range(60, scene.shape[1] - 60, 2 * wide):
        scene[int(rng.integers(80, 600)) : 650, left : left + wide] = rng.uniform(20, 120)
    return scene


def grid(rng: np.random.Generator) -> Light:
    """Squared paper."""
    scene, step = _filled(rng), int(rng.integers(5, 30))
    scene[::step] = 90
    scene[:, ::step] = 90
    return scene
