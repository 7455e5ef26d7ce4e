"""Reading of pictures against zxing-cpp alone and zbar, in the same run, on the same pictures.

Generated pictures are seeded, so a run can be repeated; `QOLHAT_BENCH_PICTURES=full` takes five
times as many as `small`. Photographs are read where there are any (see pictures.photos). What must
be reached stands in the row; a ratio is of read rates, or of times. Each trial's own line is told
as soon as it ends.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from tests.bench.pictures import codeless, flatbed, photos, scenes, tables
from tests.bench.pictures.readers import OURS, ZBAR, ZXING, Score, is_ours, score
from tests.bench.pictures.truth import Picture
from tests.bench.report import Row

_SIZES = {"small": 1, "full": 5}
_MOST_TIMES_ZXING = 3
_PROGRESS = Console(stderr=True, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Trial:
    """Pictures of a kind, how many of them, and what share of our codes must be read."""

    what: str
    made: Callable[[np.random.Generator], list[Picture]]
    seed: int
    count: int
    aim: float
    timed: bool = False

    def pictures(self, times: int) -> Iterator[Picture]:
        """Make them, one at a time: twelve megapixels are many."""
        for number in range(self.count * times):
            yield from self.made(np.random.default_rng((self.seed, number)))


TRIALS = (
    Trial("one label, any tilt, perspective to 45°, 1.5+ px a module",
          lambda rng: [scenes.random_single(rng)], 1, 100, 0.99),
    Trial("one label, 1.5+ px a module if it were frontal, perspective to 45°",
          lambda rng: [scenes.random_frontal(rng, float(1.5 * 4 ** rng.random()))], 30, 60, 0.99),
    Trial("one label, frontal 1.5 px a module, perspective to 45°",
          lambda rng: [scenes.random_frontal(rng, 1.5)], 31, 100, 0.99),
    Trial("table of 5-30 packets, 5 MP",
          lambda rng: [tables.table(rng, tables.FIVE_MEGAPIXELS)], 2, 6, 0.98),
    Trial("table of 5-30 packets, 12 MP",
          lambda rng: [tables.table(rng, tables.TWELVE_MEGAPIXELS)], 3, 5, 0.98, timed=True),
    Trial("A4 registry of 30 packets, 150 dpi", flatbed.registry, 4, 2, 1),
    Trial("A4 sheet of 30 labels, 150 dpi", flatbed.sheet, 5, 3, 1),
    Trial("hard shadow, 15-30 % of the light", lambda rng: [scenes.hard_shadow(rng)], 6, 50, 0.9),
    Trial("glare", lambda rng: [scenes.glare(rng)], 7, 50, 0.9),
)  # fmt: skip


def times() -> int:
    """Return how many times the small number of pictures is wanted."""
    return _SIZES[os.environ.get("QOLHAT_BENCH_PICTURES", "small")]


def run() -> list[Row]:
    """Measure all: generated pictures, then photographs."""
    rows: list[Row] = []
    for trial in TRIALS:
        scores = score(trial.pictures(times()), is_ours)
        reached = scores[OURS].rate >= trial.aim and not scores[OURS].wrong
        rows += _rows(f"{trial.what} (aim {trial.aim:.0%}, 0 wrong)", scores, reached=reached)
        if trial.timed:
            rows.append(_time(trial.what, scores))
    return [*rows, *_codeless(), *_others(), *_photographs()]


def _rows(what: str, scores: dict[str, Score], *, reached: bool) -> list[Row]:
    """Compare ours with each of the others; how many pictures stands in the first column."""
    mine = scores[OURS]
    told = f"{what}; {mine.pictures} pictures"
    _PROGRESS.print(f"  {told}: {mine}{'' if reached else ': NOT REACHED'}", style="dim")
    rows = [_row(told, mine, name, scores[name], reached) for name in scores if name != OURS]
    if ZBAR not in scores:
        rows.append(Row(told, ZBAR, str(mine), "libzbar0 is missing", None, None, reached))
    return rows


def _row(what: str, mine: Score, name: str, other: Score, reached: bool) -> Row:
    ratio = mine.rate / other.rate if other.rate and mine.codes else None
    return Row(what, name, str(mine), str(other), ratio, None, reached)


def _time(what: str, scores: dict[str, Score]) -> Row:
    """Compare the speeds: a third of zxing-cpp's is asked for."""
    mine, other = (scores[name].pictures / scores[name].seconds for name in (OURS, ZXING))
    aim = 1 / _MOST_TIMES_ZXING
    ratio = mine / other
    return Row(f"{what}: speed", ZXING, f"{mine:.2f}/s", f"{other:.2f}/s", ratio, aim, ratio >= aim)


# --- nothing of ours ----------------------------------------------------------------------------


def _codeless() -> list[Row]:
    """Nothing of our code spaces may be read where none of our codes stands."""
    rows: list[Row] = []
    for what, made, seed in (
        ("no codes", codeless.codeless, 8),
        ("14 digits, wrong check digits", codeless.nobodys, 9),
    ):
        rngs = (np.random.default_rng((seed, number)) for number in range(30 * times()))
        scores = score(map(made, rngs), is_ours)
        rows += _rows(f"{what} (aim 0 as ours)", scores, reached=not scores[OURS].invented)
    return rows


def _others() -> list[Row]:
    """Codes of others are read no worse than by zxing-cpp alone, and better where it is at a loss.

    Under half read by it is a loss: twice as many are asked for then.
    """
    rows: list[Row] = []
    for seed, symbology in enumerate(codeless.SYMBOLOGIES, 10):
        rngs = [np.random.default_rng((seed, number)) for number in range(15 * times())]
        scores = score(codeless.others(rng, symbology) for rng in rngs)
        mine, other = scores[OURS], scores[ZXING]
        reached = mine.rate >= other.rate and _doubled(mine, other) and not mine.invented
        rows += _rows(f"{symbology} of others (aim not below, twice if under half)", scores,
                      reached=reached)  # fmt: skip
    return rows


def _doubled(mine: Score, other: Score) -> bool:
    """Tell whether the other reads half, or ours twice as many."""
    return other.rate >= 0.5 or mine.rate >= 2 * other.rate


# --- photographs --------------------------------------------------------------------------------


def _photographs() -> list[Row]:
    sets = photos.sets()
    if not sets:
        told = "none here: set QOLHAT_PHOTOS"
        return [Row("photographs", "–", "skipped", told, None, None, reached=True)]
    rows: list[Row] = []
    for each in sets:
        rows += _photo_rows(each.name, photos.photos(each))
    return rows


def _photo_rows(name: str, pictures: list[Picture]) -> list[Row]:
    scores = score(pictures)
    what, reached = _aim_of(name, scores[OURS], scores[ZXING])
    return _rows(f"photographs {name} ({what})", scores, reached=reached)


def _aim_of(name: str, mine: Score, other: Score) -> tuple[str, bool]:
    """Return what a set must reach, by the kind of its codes, and whether it did."""
    if not mine.codes:
        return "aim none of 1-D but EAN and UPC", not mine.linear
    if "code128" in name:
        return "aim 95%, 0 wrong", mine.rate >= 0.95 and not mine.wrong
    if "qr" in name or "matrix" in name:
        return "aim not below zxing-cpp", mine.rate >= other.rate
    what = "aim 95%, twice zxing-cpp if that is under half"
    return what, mine.rate >= 0.95 and _doubled(mine, other)
