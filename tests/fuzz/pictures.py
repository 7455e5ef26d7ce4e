"""Reads damaged pictures: `python -m tests.fuzz.pictures --minutes 60`.

Half of them go through `infra.reading`, as pictures from outside do; the other half are opened in
one process of Python without one that is thrown away (a second process, watched by the first).
Ends with 1 if a worker died, or met an error that nobody thought of; what it died of is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from infra.reading import Reading
from scanner.bad_pictures import BadPicture, BadPictureError, PictureLimits
from scanner.pictures import open_pages
from tests.fuzz.mutating import Mutator
from tests.scanner.samples import seeds

LIMITS = PictureLimits(seconds=20)
_ROOT = Path(__file__).parents[2]
_TOLD_EVERY = 500  # executions
_SHARE_SHOWN = 60.0  # seconds


@dataclass
class Figures:
    """What came of the pictures so far."""

    executions: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    longest_seconds: float = 0.0
    peak_megabytes: float = 0.0

    def took(self, seconds: float, megabytes: float) -> None:
        """Note one picture."""
        self.executions += 1
        self.longest_seconds = max(self.longest_seconds, seconds)
        self.peak_megabytes = max(self.peak_megabytes, megabytes)

    def as_json(self) -> dict[str, object]:
        """Tell all figures."""
        return {
            "executions": self.executions,
            "accepted": self.accepted,
            "refused": dict(self.refused.most_common()),
            "findings": dict(self.findings),
            "longest_seconds": round(self.longest_seconds, 2),
            "peak_megabytes": round(self.peak_megabytes),
        }


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201


class _Heard(logging.Handler):
    """What the reading logs of workers that died and of errors nobody thought of."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


def fuzz_reading(seed: int, until: float, kept: Path, most: int | None = None) -> Figures:
    """Read damaged pictures in workers until an instant of the monotonic clock."""
    figures, mutator, heard = Figures(), Mutator(list(seeds()), seed), _Heard()
    logger = logging.getLogger("infra.reading")
    logger.addHandler(heard)
    reading, shown = Reading(LIMITS, workers=1), time.monotonic()
    try:
        while time.monotonic() < until and figures.executions != most:
            _read_one(reading, mutator, figures, heard, kept)
            if time.monotonic() - shown > _SHARE_SHOWN:
                shown = time.monotonic()
                _tell(json.dumps({"reading": figures.as_json()}))
    finally:
        reading.close()
        logger.removeHandler(heard)
    return figures


def _read_one(
    reading: Reading, mutator: Mutator, figures: Figures, heard: _Heard, kept: Path
) -> None:
    picture, began = mutator.next(), time.monotonic()
    reason: BadPicture | None = None
    try:
        reading.read(picture, pictured=figures.executions % 4 == 0)
        figures.accepted += 1
        mutator.keep(picture)
    except BadPictureError as error:
        reason = error.reason
        figures.refused[reason.value] += 1
    figures.took(time.monotonic() - began, _peak(reading))
    if reason in {BadPicture.READER_ENDED, BadPicture.TOOK_TOO_LONG}:
        told = heard.told.pop() if heard.told else reason.value
        if reason is BadPicture.READER_ENDED:
            figures.findings[told] += 1
        (kept / f"{reason.value}-{figures.executions}.bin").write_bytes(picture)


def _peak(reading: Reading) -> float:
    """Return the most memory that the worker ever had, in megabytes."""
    with contextlib.suppress(OSError, StopIteration):
        for worker in reading.idle:
            status = Path(f"/proc/{worker.process_id}/status").read_text().splitlines()
            line = next(line for line in status if line.startswith("VmHWM:"))
            return int(line.split()[1]) / 1024
    return 0.0


# --- without a worker -----------------------------------------------------------------------------


def fuzz_opening(
    seed: int, until: float, last: Path | None = None, most: int | None = None
) -> Figures:
    """Open damaged pictures in this very process; `last` holds the one that is being opened."""
    figures, mutator = Figures(), Mutator(list(seeds()), seed)
    while time.monotonic() < until and figures.executions != most:
        picture, began = mutator.next(), time.monotonic()
        if last is not None:
            last.write_bytes(picture)
        try:
            for page in open_pages(picture, LIMITS, coloured=figures.executions % 2 == 0):
                assert page.grey.ndim == 2
                assert page.grey.size <= LIMITS.pixels
            figures.accepted += 1
            mutator.keep(picture)
        except BadPictureError as error:
            figures.refused[error.reason.value] += 1
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures.took(time.monotonic() - began, peak)
        if last is not None and figures.executions % _TOLD_EVERY == 0:
            _tell(json.dumps(figures.as_json()))
    return figures


class _Opening(threading.Thread):
    """Keeps a process going that opens damaged pictures; begins it anew when it dies."""

    def __init__(self, seed: int, until: float, kept: Path) -> None:
        super().__init__(daemon=True)
        self._seed, self._until, self._kept = seed, until, kept
        self.all: list[dict[str, object]] = []
        self.deaths: Counter[str] = Counter()

    def run(self) -> None:
        """Go on until the time is over."""
        for attempt in range(1000):
            left = self._until - time.monotonic()
            if left < 5:
                return
            self._run_once(self._seed + attempt, left)

    def _run_once(self, seed: int, seconds: float) -> None:
        last, told = self._kept / f"opening-{seed}.last", "{}"
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.pictures", "--opening", str(last),
             "--seed", str(seed), "--minutes", str(seconds / 60)],
            cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        errors: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        listener = threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True)
        listener.start()
        for line in process.stdout:
            told = line
        if process.wait():
            listener.join(5)
            why = errors[-1].strip() if errors else ""
            self.deaths[f"opening ended with {process.returncode}: {why}"] += 1
        else:
            last.unlink(missing_ok=True)
        self.all.append(json.loads(told))


# --- the command ----------------------------------------------------------------------------------


def _lines(opening: _Opening, reading: Figures) -> Iterator[dict[str, object]]:
    yield {"what": "read in workers"} | reading.as_json()
    for each in opening.all:
        yield {"what": "opened in one process"} | each
    yield {"findings": dict(reading.findings + opening.deaths)}


def main() -> int:
    """Run for so many minutes; return 1 if anything was found."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz.pictures")
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=20_261_122)
    options.add_argument("--keep", type=Path, help="where pictures go that ended a worker")
    options.add_argument("--opening", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    until = time.monotonic() + given.minutes * 60
    if given.opening is not None:
        resource.setrlimit(resource.RLIMIT_AS, (LIMITS.megabytes * 2**20,) * 2)
        _tell(json.dumps(fuzz_opening(given.seed, until, given.opening).as_json()))
        return 0
    kept = given.keep or Path(tempfile.mkdtemp(prefix="qolhat-fuzz-"))
    kept.mkdir(parents=True, exist_ok=True)
    opening = _Opening(given.seed + 1_000_000, until, kept)
    opening.start()
    reading = fuzz_reading(given.seed, until, kept)
    opening.join(LIMITS.seconds * 3)
    for line in _lines(opening, reading):
        _tell(json.dumps(line))
    found = bool(reading.findings or opening.deaths)
    _tell(f"{'FOUND: see ' + str(kept) if found else 'nothing found'}")
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
