"""Draws how long answers take as packets grow: docs/page-curves.svg, for `bench_audit_pages`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_FILE = Path(__file__).parents[2] / "docs" / "page-curves.svg"
_STROKES = ("-", "--", "-.", ":")
_MARKS = "osv^D"


def draw(curves: Mapping[str, Mapping[int, float]], at_most: float, file: Path = _FILE) -> None:
    """Draw the seconds of each answer over the number of packets, and the aim."""
    mpl.rcParams.update({"svg.hashsalt": "qolhat", "font.size": 8})
    figure = Figure(figsize=(10, 5.5), layout="constrained")
    axes: Axes = figure.subplots()
    for index, (name, points) in enumerate(curves.items()):
        sizes = sorted(points)
        axes.plot(
            sizes,
            [points[size] * 1000 for size in sizes],
            linestyle=_STROKES[index % len(_STROKES)],
            marker=_MARKS[index % len(_MARKS)],
            markersize=4,
            linewidth=1.2,
            label=name,
        )
    axes.axhline(at_most * 1000, color="#B00020", linewidth=0.8)
    axes.set(xscale="log", xlabel="packets in a year", ylabel="whole answer, ms")
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside right upper", frameon=False)
    figure.savefig(file, metadata={"Date": None})
