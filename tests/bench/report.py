"""What a bench reports: a figure, its baseline in the same run, their ratio and the aim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. A ratio above its aim is good; None: no baseline, a bare figure."""

    what: str
    against: str
    figure: str
    baseline: str
    ratio: float | None
    aim: float | None
    reached: bool


def ratio_row(what: str, against: str, figure: float, baseline: float, aim: float | None) -> Row:
    """Compare two rates (operations per second) measured in the same run; perhaps with no aim."""
    ratio = figure / baseline
    reached = aim is None or ratio >= aim
    return Row(what, against, f"{figure:,.0f}/s", f"{baseline:,.0f}/s", ratio, aim, reached)


def rate(work: Callable[[], int], *, seconds: float = 1.0) -> float:
    """Call `work` (which returns how many operations it did) for about `seconds`; operations/s."""
    done, started = 0, perf_counter()
    while (elapsed := perf_counter() - started) < seconds:
        done += work()
    return done / elapsed
