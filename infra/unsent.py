"""Scans that were read and are not recorded yet: kept in a file, one a line, until they are.

A scan keeps its id, so one that was recorded after all is recognised when it is sent again. The
file is for this machine's user alone: what was typed may name somebody.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from domain.errors import QolhatError
from domain.intake import RawScan
from infra.errors import storage_error

_FOLDER = "unsent"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")


class BadUnsentError(QolhatError):
    """The file of scans that wait to be recorded was altered, and cannot be understood."""

    code = "bad-unsent"


class AlreadyListeningError(QolhatError):
    """Another program listens to this port, and keeps what it could not record."""

    code = "already-listening"


class Unsent:
    """The scans of one port that wait. Used by one program at a time."""

    def __init__(self, folder: Path, port: str) -> None:
        """Take the file of a port. Raises AlreadyListeningError, StorageError."""
        name = _NOT_IN_A_NAME.sub("-", port).strip("-") or "input"
        self.file = folder / _FOLDER / f"{name}.jsonl"
        self._lock = FileLock(self.file.with_suffix(".lock"))
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise AlreadyListeningError(port=port) from error
        except OSError as error:
            raise storage_error(error) from error

    def load(self) -> list[RawScan]:
        """Return the scans that wait, oldest first. Raises BadUnsentError, StorageError."""
        try:
            lines = self.file.read_bytes().splitlines()
            return [msgspec.json.decode(line, type=RawScan) for line in lines]
        except FileNotFoundError:
            return []
        except msgspec.MsgspecError as error:
            raise BadUnsentError(file=str(self.file)) from error
        except OSError as error:
            raise storage_error(error) from error

    def save(self, scans: Sequence[RawScan]) -> None:
        """Keep these and no others; the file changes whole or not at all. Raises StorageError."""
        try:
            if scans:
                self._write(b"".join(msgspec.json.encode(each) + b"\n" for each in scans))
            else:
                self.file.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error) from error

    def _write(self, lines: bytes) -> None:
        draft = self.file.with_suffix(".tmp")
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as opened:
            opened.write(lines)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(self.file)

    def close(self) -> None:
        """Let another program have the file."""
        self._lock.release()
