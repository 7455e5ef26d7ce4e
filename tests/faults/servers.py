"""The PostgreSQL of a country: durable, on a disk that is soon full."""

from __future__ import annotations

from contextlib import AbstractContextManager

from tests.servers.postgres import OwnPostgres, own_postgres

_MEGABYTES = 320
_SETTINGS = {
    "shared_buffers": "32MB",
    "min_wal_size": "32MB",
    "max_wal_size": "64MB",
}


def small_postgres() -> AbstractContextManager[OwnPostgres]:
    """Start it; the disk is a real one only where it can be mounted."""
    return own_postgres(settings=_SETTINGS, megabytes=_MEGABYTES)
