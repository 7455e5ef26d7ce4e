"""A server's clock that jumps: real time, and what a file of eight bytes adds to it.

The file is shared by the tests, which write it, and the processes that have taken the clock over.
"""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import infra.bootstrap
from infra.desk import utc_now

_SECONDS = struct.Struct("<d")


class JumpingClock:
    """Tells the time that the file wants."""

    def __init__(self, file: Path) -> None:
        """Make the file if it is missing: the clock is right."""
        if not file.exists():
            file.write_bytes(_SECONDS.pack(0.0))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _SECONDS.size)

    def __call__(self) -> datetime:
        """Return the time in UTC."""
        (seconds,) = _SECONDS.unpack_from(self._shared)
        return datetime.now(UTC) + timedelta(seconds=seconds)

    def jump(self, seconds: float) -> None:
        """Let the clock be ahead by so many seconds, or behind; at once, for everybody."""
        _SECONDS.pack_into(self._shared, 0, seconds)


def install(file: Path) -> None:
    """Let everything that is wired from now on in this process go by that clock."""
    wire = infra.bootstrap.bootstrap
    assert wire.__defaults__ == (utc_now,), "bootstrap takes the clock as its only default"
    wire.__defaults__ = (JumpingClock(file),)
