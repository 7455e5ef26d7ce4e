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


class StorageUnreachableError(StorageError):
    """The database does not answer; no event of the command was sent to it."""

    code = "storage-unreachable"


class OutcomeUnknownError(StorageUnreachableError):
    """The connection was lost over a commit, and the database cannot be asked what became of it.

    The one error after which something may be recorded. Sent again with the same reference, it
    counts once.
    """

    code = "outcome-unknown"


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
_BY_STATE: dict[str, type[StorageError]] = {  # of PostgreSQL
    "53100": StorageFullError,
    "25006": StorageReadOnlyError,
    "42501": StorageReadOnlyError,
    "53300": StorageBusyError,
    "55P03": StorageBusyError,
}
_FULL_IN_SQLITE = "SQLITE_IOERR_SHMSIZE"  # on a full disk, before the file itself is written


def storage_error(error: BaseException) -> StorageError:
    """Name a database's or the system's failure by what the operator can do about it."""
    message = str(error).lower()
    state = getattr(_inner(error), "sqlstate", "")
    if state is None and _is_of_a_connection(_inner(error)):
        return StorageUnreachableError(detail=str(error))
    if state in _BY_STATE:
        return _BY_STATE[state](detail=str(error))
    if _is_of_a_full_disk(error):
        return StorageFullError(detail=str(error))
    for part, kind in _BY_MESSAGE:
        if part in message:
            return kind(detail=str(error))
    return StorageError(detail=str(error))


def _is_of_a_full_disk(error: BaseException) -> bool:
    inner = _inner(error)
    number: object = getattr(inner, "errno", None)
    return number in _FULL or getattr(inner, "sqlite_errorname", "") == _FULL_IN_SQLITE


def _is_of_a_connection(error: BaseException) -> bool:
    """Tell so of psycopg's errors without importing it: it was not the server that said so."""
    names = {kind.__name__ for kind in type(error).mro()}
    return not names.isdisjoint({"OperationalError", "InterfaceError"})


def _inner(error: BaseException) -> BaseException:
    """Return the database's own error out of the library's."""
    return error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
