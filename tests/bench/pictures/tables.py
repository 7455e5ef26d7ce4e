"""A table of packets from above: labels at any tilt on papers, among codes of others."""

from __future__ import annotations

import numpy as np

from tests.bench.pictures.camera import (
    View,
    centred,
    lay,
    module_px,
    moved,
    project,
    truths_of,
    turned,
)
from tests.bench.pictures.conditions import Conditions, taken
from tests.bench.pictures.grounds import Size, wood
from tests.bench.pictures.lighting import shine
from tests.bench.pictures.printed import (
    Printed,
    foreign,
    paper,
    product_label,
    random_number,
    strip,
)
from tests.bench.pictures.scenes import random_ink
from tests.bench.pictures.truth import Light, Matrix, Picture, Truth

FIVE_MEGAPIXELS = (2592, 1944)
TWELVE_MEGAPIXELS = (4000, 3000)
_LABEL_MM = 74  # corner to corner, with some air


def table(rng: np.random.Generator, size: Size) -> Picture:
    """Photograph 5 to 30 packets laid out, 1.5 pixels a module or more."""
    pages = _pages(rng)
    ppm, view = float(rng.uniform(1.5, 2.2)), _from_above(rng)
    spots = _spots(len(pages), size, rng)
    turns = [float(each) for each in rng.uniform(0, 360, len(pages))]
    scale = _scale(pages, spots, turns, view, size, ppm)
    seen = _camera(view, size, scale)
    scene = wood(size, rng)
    _lay_papers(scene, seen, spots, rng)
    truths: list[Truth] = []
    for page, spot, turn in zip(pages, spots, turns, strict=True):
        matrix = _placed(page, spot, turn, seen)
        lay(scene, page, matrix, random_ink(rng))
        truths += truths_of(page, matrix)
    return _photographed(scene, truths, ppm, rng)


def _photographed(
    scene: Light, truths: list[Truth], ppm: float, rng: np.random.Generator
) -> Picture:
    patches = int(rng.integers(1, 4))
    shine(scene, truths, rng, most=0.8, patches=patches)
    conditions = Conditions(
        blur=float(rng.uniform(0.15, 0.4) * ppm),
        motion=float(rng.uniform(0, 0.7) * ppm) if rng.random() < 0.5 else 0,
        direction=float(rng.uniform(0, 180)),
        noise=float(rng.uniform(1, 4)),
        contrast=float(rng.uniform(0.6, 1)),
        jpeg=int(rng.choice((40, 40, 60, 80))),
        vignetting=float(rng.uniform(0, 0.3)),
        uneven=float(rng.uniform(0, 0.4)),
    )
    grey = taken(scene, conditions, rng)
    made = {"ppm": ppm, "packets": float(len(truths)), "patches": float(patches)}
    return Picture("table", grey, tuple(truths), conditions.told() | made)


def _pages(rng: np.random.Generator) -> list[Printed]:
    """Return the labels of 5 to 30 packets and some codes of others, in any order."""
    labels = [
        strip(random_number(rng)) if rng.random() < 0.2 else product_label(random_number(rng), rng)
        for _ in range(int(rng.integers(5, 31)))
    ]
    others = [_other(rng) for _ in range(int(rng.integers(0, 5)))]
    pages = [*labels, *others]
    return [pages[place] for place in rng.permutation(len(pages))]


def _other(rng: np.random.Generator) -> Printed:
    if rng.random() < 0.5:
        return foreign("EAN13", f"{rng.integers(10**11, 10**12)}", 0.5)
    return foreign("QRCode", f"https://qolhat.example.kz/p/{rng.integers(10**9)}", 0.9)


def _from_above(rng: np.random.Generator) -> View:
    return View(
        float(rng.uniform(0, 20)), float(rng.uniform(0, 180)), float(rng.uniform(700, 1200))
    )


def _spots(count: int, size: Size, rng: np.random.Generator) -> Matrix:
    """Return where the labels lie in the picture: one a cell of a grid, in any order."""
    columns = int(np.ceil(np.sqrt(count * size[0] / size[1])))
    rows = -(-count // columns)
    cells = rng.permutation(columns * rows)[:count]
    at = np.column_stack((cells % columns, cells // columns)) + rng.uniform(0.48, 0.52, (count, 2))
    return np.asarray(at / (columns, rows) * size, np.float64)


def _camera(view: View, size: Size, px_per_mm: float) -> Matrix:
    return moved(size[0] / 2, size[1] / 2) @ view.matrix(px_per_mm)


def _placed(page: Printed, spot: Matrix, turn: float, seen: Matrix) -> Matrix:
    """Return a paper's points to the picture, its middle where the spot of the picture is."""
    back = np.asarray(np.linalg.inv(seen), np.float64)
    plane = project(back, spot[np.newaxis])[0]
    return np.asarray(seen @ moved(*plane) @ turned(turn) @ centred(page), np.float64)


def _scale(
    pages: list[Printed], spots: Matrix, turns: list[float], view: View, size: Size, ppm: float
) -> float:
    """Return pixels a mm in the middle, at which the narrowest of our modules is as asked."""
    scale = 4.0
    for _ in range(4):  # spots are of the picture: nearer means elsewhere in the plane
        seen = _camera(view, size, scale)
        narrowest = min(
            module_px(code, _placed(page, spot, turn, seen))
            for page, spot, turn in zip(pages, spots, turns, strict=True)
            for code in page.codes
            if code.symbology == "Code128"
        )
        scale *= ppm / narrowest
    return scale


def _lay_papers(scene: Light, seen: Matrix, spots: Matrix, rng: np.random.Generator) -> None:
    """Lay a paper under each label, before any label."""
    for spot in spots:
        page = paper(int(rng.integers(9)))
        near = spot + rng.uniform(-40, 40, 2)
        lay(
            scene,
            page,
            _placed(page, np.asarray(near, np.float64), float(rng.uniform(0, 360)), seen),
            (10, 235),
            finer=1,
        )
