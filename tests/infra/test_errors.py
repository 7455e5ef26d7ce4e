"""A machine's failure is named by what the operator can do about it."""

from __future__ import annotations

import errno
import sqlite3

import pytest
from eventsourcing.persistence import OperationalError

from infra.errors import (
    StorageBusyError,
    StorageError,
    StorageFullError,
    StorageReadOnlyError,
    storage_error,
)


class _NoRoomForSharedMemory(sqlite3.OperationalError):
    """What SQLite says on a disk that was full before it came."""

    sqlite_errorname = "SQLITE_IOERR_SHMSIZE"


NO_ROOM = _NoRoomForSharedMemory("disk I/O error")


@pytest.mark.parametrize(
    ("failure", "named"),
    [
        (sqlite3.OperationalError("database or disk is full"), StorageFullError),
        (NO_ROOM, StorageFullError),
        (OperationalError(NO_ROOM), StorageFullError),
        (OSError(errno.ENOSPC, "No space left on device"), StorageFullError),
        (OSError(errno.EFBIG, "File too large"), StorageFullError),
        (sqlite3.OperationalError("attempt to write a readonly database"), StorageReadOnlyError),
        (PermissionError(errno.EACCES, "Permission denied"), StorageReadOnlyError),
        (sqlite3.OperationalError("database is locked"), StorageBusyError),
        (sqlite3.OperationalError("disk I/O error"), StorageError),
    ],
)
def test_a_failure_says_what_to_do(failure: Exception, named: type[StorageError]) -> None:
    assert type(storage_error(failure)) is named
