"""What the host of a virtual machine took away while something was measured.

A machine that shares its processors with others is slower than it looks, and not evenly: a row is
to be believed as far as nothing was taken.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

_STEAL = 8  # the column of /proc/stat


def stolen_seconds() -> float:
    """Return for how long, since the start, processors were wanted here and given to others.

    0 where no such thing is told (no Linux, no virtual machine).
    """
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
        return int(fields[_STEAL]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0.0


class Stolen:
    """How much of one processor was taken away over some time."""

    share: float = 0.0

    def __str__(self) -> str:
        return f"the host took {self.share:.0%} of one processor away"


@contextmanager
def watched() -> Iterator[Stolen]:
    """Tell, at the end, what was taken away."""
    stolen, begun, before = Stolen(), perf_counter(), stolen_seconds()
    yield stolen
    stolen.share = (stolen_seconds() - before) / (perf_counter() - begun)
