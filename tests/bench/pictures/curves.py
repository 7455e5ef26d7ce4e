"""`python -m tests.bench.pictures.curves`: draws read rates against what makes reading hard.

One thing is varied, the rest stays fair (see `_fair`); each point of a curve is the same number of
labels, photographed by seed. Sizes are those of a label seen from straight above. The figure is
written to docs/scanner-curves.svg, the rates are printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console

from scanner.reader import OURS as OUR_SYMBOLOGIES
from tests.bench.pictures import scenes
from tests.bench.pictures.conditions import Conditions
from tests.bench.pictures.readers import OURS, ZBAR, ZXING, score
from tests.bench.pictures.scenes import Pose
from tests.bench.pictures.truth import Picture

_FIGURE = Path(__file__).parents[3] / "docs" / "scanner-curves.svg"
_PICTURES = 24
_WORKERS = 2
_PPM = 2.0
# Colours of Okabe and Ito, told apart by the colour-blind; strokes and marks say the same in grey.
_LOOKS: dict[str, dict[str, Any]] = {
    OURS: {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    ZXING: {"color": "#D55E00", "linestyle": "--", "marker": "s"},
    ZBAR: {"color": "#444444", "linestyle": ":", "marker": "^"},
}


@dataclass(frozen=True, slots=True)
class Shot:
    """How a label lies, how it is photographed, and how much light a shadow takes."""

    pose: Pose
    conditions: Conditions
    shadow: float = 0

    def taken(self, rng: np.random.Generator) -> Picture:
        """Photograph a label."""
        return scenes.single(rng, self.pose, self.conditions, shadow=self.shadow)


Varied = Callable[[Shot, float], Shot]


@dataclass(frozen=True, slots=True)
class Curve:
    """One thing that is varied; its values are in the unit that its axis names."""

    title: str
    axis: str
    values: tuple[float, ...]
    varied: Varied


def _posed(shot: Shot, **changes: float) -> Shot:
    return replace(shot, pose=replace(shot.pose, **changes))  # type: ignore[arg-type]


def _seen(shot: Shot, **changes: float) -> Shot:
    return replace(shot, conditions=replace(shot.conditions, **changes))  # type: ignore[arg-type]


CURVES = (
    Curve("Tilt in the plane", "degrees", tuple(range(0, 181, 15)),
          lambda shot, value: _posed(shot, tilt=value, perspective=0)),
    Curve("Perspective, 1.5 px a module", "degrees", (0, 10, 20, 30, 40, 45, 50, 55, 60),
          lambda shot, value: _posed(shot, perspective=value, ppm=1.5)),
    Curve("Perspective, 2 px a module", "degrees", (0, 10, 20, 30, 40, 45, 50, 55, 60),
          lambda shot, value: _posed(shot, perspective=value, ppm=2.0)),
    Curve("Size", "pixels a module", (0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.7, 2, 3, 4),
          lambda shot, value: _posed(shot, ppm=value)),
    Curve("Defocus", "sigma, modules", (0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6),
          lambda shot, value: _seen(shot, blur=value * shot.pose.ppm)),
    Curve("Motion", "length, modules", (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4),
          lambda shot, value: _seen(shot, motion=value * shot.pose.ppm)),
    Curve("JPEG", "quality", (10, 15, 20, 30, 40, 60, 80, 95),
          lambda shot, value: _seen(shot, jpeg=int(value))),
    Curve("Contrast", "part of full", (0.04, 0.07, 0.1, 0.15, 0.2, 0.35, 0.5, 0.75, 1),
          lambda shot, value: _seen(shot, contrast=value)),
    Curve("Hard shadow", "part of the light taken", (0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95),
          lambda shot, value: replace(shot, shadow=value)),
)  # fmt: skip


def _fair(rng: np.random.Generator) -> Shot:
    """Return what a desk's camera sees on a usual day: two pixels a module, a slight slant."""
    pose = replace(scenes.random_pose(rng, _PPM), frontal=True, perspective=rng.uniform(0, 20))
    direction = float(rng.uniform(0, 180))
    return Shot(pose, Conditions(blur=0.5, direction=direction, noise=3, contrast=0.8, jpeg=80))


def _pictures(place: int, value: float, count: int) -> Iterator[Picture]:
    """Photograph the labels of a point; the same labels at every point of a curve."""
    for number in range(count):
        rng = np.random.default_rng((20, place, number))
        yield CURVES[place].varied(_fair(rng), value).taken(rng)


def rates(place: int, value: float, count: int) -> dict[str, float]:
    """Return which share of a point's labels each reader reads."""
    cv2.setNumThreads(1)  # the workers share the cores
    scores = score(_pictures(place, value, count), symbologies=OUR_SYMBOLOGIES)
    return {name: each.rate for name, each in scores.items()}


def measured(count: int) -> Iterator[tuple[Curve, list[dict[str, float]]]]:
    """Yield each curve with the rates at its values."""
    with ProcessPoolExecutor(_WORKERS) as workers:
        begun = [
            (curve, workers.map(rates, repeat(place), curve.values, repeat(count)))
            for place, curve in enumerate(CURVES)
        ]
        for curve, points in begun:
            yield curve, list(points)


def figure(curves: list[tuple[Curve, list[dict[str, float]]]]) -> Figure:
    """Draw small multiples: one for each thing that is varied."""
    drawn = Figure(figsize=(10, 9), layout="constrained")
    for axes, (curve, points) in zip(drawn.subplots(3, 3).flat, curves, strict=True):
        _draw(axes, curve, points)
    handles, labels = drawn.axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return drawn


def _draw(axes: Axes, curve: Curve, points: list[dict[str, float]]) -> None:
    # Ours is drawn last: where curves coincide it lies on top, and the other marks show beside it.
    for name in reversed(points[0]):
        read = [100 * each[name] for each in points]
        axes.plot(curve.values, read, label=name, markersize=4, linewidth=1.6, **_LOOKS[name])
    axes.set(title=curve.title, xlabel=curve.axis, ylabel="read, %", ylim=(-4, 104))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def main(path: Path, count: int) -> None:
    """Measure, tell and draw."""
    console = Console(width=120)
    done = []
    for curve, points in measured(count):
        done.append((curve, points))
        console.print(f"{curve.title} ({curve.axis})", list(curve.values))
        for name in points[0]:
            console.print(f"  {name:16}", " ".join(f"{each[name]:5.0%}" for each in points))
    # A fixed salt and no date: the same rates are the same file.
    with mpl.rc_context({"svg.hashsalt": "scanner", "svg.fonttype": "path"}):
        figure(done).savefig(path, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, default=_FIGURE, metavar="SVG")
    options.add_argument("--pictures", type=int, default=_PICTURES, help="a point of a curve")
    asked = options.parse_args()
    main(asked.to, asked.pictures)
