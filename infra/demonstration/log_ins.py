"""Keeps the demonstration's log-ins beside its store, so that they can be shown again.

Tokens, the password and the PIN stand there in the clear, which only a demonstration may do: its
people are invented.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from infra.demonstration.staffing import LogIn
from infra.errors import storage_error

LOG_INS_FILE = "demonstration-log-ins.json"


def keep_log_ins(folder: Path, log_ins: Sequence[LogIn]) -> None:
    """Write them for the owner of the folder alone. Raises StorageError."""
    try:
        descriptor = os.open(folder / LOG_INS_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(msgspec.json.encode(log_ins))
    except OSError as error:
        raise storage_error(error) from error


def kept_log_ins(folder: Path) -> tuple[LogIn, ...]:
    """Return those of an earlier demonstration; none if the store was filled otherwise."""
    try:
        return msgspec.json.decode((folder / LOG_INS_FILE).read_bytes(), type=tuple[LogIn, ...])
    except (OSError, msgspec.DecodeError):
        return ()  # the demonstration works without them
