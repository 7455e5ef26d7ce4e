"""Errors of the machine rather than of the field: what failed, and what the operator can do."""

from __future__ import annotations

import errno

from domain.errors import QolhatError


class StorageError(QolhatError):
    """The store did not take the events; nothing of the command was recorded."""

    code = "storage-failed"
    status = 503


class StorageFullError(StorageError):
    """The disk is full."""

    code = "storage-full"
    status = 507


class StorageReadOnlyError(StorageError):
    """The folder or the file cannot be written."""

    code = "storage-read-only"


class StorageBusyError(StorageError):
    """Another program holds the file for too long."""

    code = "storage-busy"


class ConflictError(StorageError):
    """Others kept changing the same packet while the command was being decided."""

    code = "conflict"
    status = 409


_BY_MESSAGE: tuple[tuple[str, type[StorageError]], ...] = (
    ("full", StorageFullError),
    ("no space left", StorageFullError),
    ("readonly", StorageReadOnlyError),
    ("read-only", StorageReadOnlyError),
    ("unable to open", StorageReadOnlyError),
    ("permission denied", StorageReadOnlyError),
    ("locked", StorageBusyError),
)


_FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
_FULL_IN_SQLITE = "SQLITE_IOERR_SHMSIZE"  # on a full disk, before the file itself is written


def storage_error(error: BaseException) -> StorageError:
    """Name a database's or the system's failure by what the operator can do about it."""
    message = str(error).lower()
    if _is_of_a_full_disk(error):
        return StorageFullError(detail=str(error))
    for part, kind in _BY_MESSAGE:
        if part in message:
            return kind(detail=str(error))
    return StorageError(detail=str(error))


def _is_of_a_full_disk(error: BaseException) -> bool:
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    number: object = getattr(inner, "errno", None)
    return number in _FULL or getattr(inner, "sqlite_errorname", "") == _FULL_IN_SQLITE
