"""`python -m tests.bench.pictures --make DIR`: write samples to look at, their codes outlined."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tests.bench.bench_scanner import TRIALS
from tests.bench.pictures.truth import Picture


def outlined(picture: Picture) -> npt.NDArray[np.uint8]:
    """Return a picture in colour with a red line around each of its codes."""
    shown = cv2.cvtColor(picture.grey, cv2.COLOR_GRAY2BGR)
    for truth in picture.truths:
        corners = np.rint(np.array(truth.corners)).astype(np.int32)
        cv2.polylines(shown, [corners], isClosed=True, color=(0, 0, 255))
    return np.asarray(shown, np.uint8)


def make(folder: Path, count: int) -> None:
    """Write the first pictures of each trial."""
    folder.mkdir(parents=True, exist_ok=True)
    for trial in TRIALS:
        for number in range(count):
            made = trial.made(np.random.default_rng((trial.seed, number)))
            for page, picture in enumerate(made, 1):
                name = f"{trial.seed}-{picture.name}-{number:03}-{page}.png"
                cv2.imwrite(str(folder / name), outlined(picture))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--make", type=Path, required=True, metavar="DIR")
    options.add_argument("--count", type=int, default=3)
    asked = options.parse_args()
    make(asked.make, asked.count)
