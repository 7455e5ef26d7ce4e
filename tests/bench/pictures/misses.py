"""`python -m tests.bench.pictures.misses DIR`: save what our reader missed or got wrong, and why.

Beside each picture stands a text: what was missed, what was wrong, how the picture was made.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2

from tests.bench.bench_scanner import TRIALS, times
from tests.bench.pictures.readers import OURS, Reading, is_ours, score
from tests.bench.pictures.truth import Picture


class Saver:
    """Keeps the pictures with which something is wrong."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._seen = folder, 0
        self.saved = 0

    def __call__(self, name: str, picture: Picture, got: Reading) -> None:
        """Hear what a reader got; only ours is of interest."""
        if name != OURS:
            return
        self._seen += 1
        if got.missed or got.wrong:
            self._save(f"{picture.name}-{self._seen:04}", picture, got)

    def _save(self, stem: str, picture: Picture, got: Reading) -> None:
        narrow = {each.text: round(each.module_px, 2) for each in picture.truths}
        told = {
            "missed": {text: narrow.get(text) for text in sorted(got.missed)},
            "wrong": sorted(got.wrong),
            "made": dict(picture.made),
        }
        cv2.imwrite(str(self._folder / f"{stem}.png"), picture.grey)
        path = self._folder / f"{stem}.json"
        path.write_text(json.dumps(told, indent=1), encoding="utf-8")
        self.saved += 1


def main(folder: Path) -> None:
    """Read every generated picture of the bench."""
    saver = Saver(folder)
    for trial in TRIALS:
        score(trial.pictures(times()), is_ours, saver)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path, metavar="DIR")
    main(options.parse_args().folder)
