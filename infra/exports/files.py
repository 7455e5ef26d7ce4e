"""Writes a file so that its name stands for the whole of it, or for nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from infra.errors import storage_error


def part_of(target: Path) -> Path:
    """Return the name under which a file lies while it is written."""
    return target.with_name(f"{target.name}.part")


def write_file(target: Path, pieces: Iterable[bytes]) -> int:
    """Write the pieces beside the target, then give it its name; return how many bytes.

    Whatever goes wrong, or whoever interrupts, what was written so far goes away. Raises
    StorageFullError, StorageError, and what making the pieces raises.
    """
    part = part_of(target)
    try:
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        part.replace(target)
    except OSError as error:
        raise storage_error(error) from error
    finally:
        part.unlink(missing_ok=True)
    return size
