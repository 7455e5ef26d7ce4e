"""What this machine can offer to tests: an address in the environment, a cache, or a plain no."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

POSTGRES_ADDRESS = "QOLHAT_TEST_POSTGRES"
KAFKA_ADDRESS = "QOLHAT_TEST_KAFKA"


class ServerUnavailableError(Exception):
    """This machine lacks something; the text says in one line what to install or to set."""


def given(variable: str) -> str | None:
    """Return the address that whoever runs the tests has put into the environment, if any."""
    return os.environ.get(variable) or None


def in_ci() -> bool:
    """Tell whether a missing server is a failure (CI) rather than a skip (somebody's machine)."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def own_cache() -> Path:
    """Return the user's cache folder: what is dear to fetch outlives a checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "qolhat"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shared_cache() -> Path:
    """Return a cache folder that other users may read: root's home is closed to `nobody`."""
    folder = Path(tempfile.gettempdir()) / f"qolhat-cache-{os.geteuid()}"
    folder.mkdir(exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise ServerUnavailableError(f"{folder} belongs to somebody else: remove it")
    folder.chmod(0o755)
    return folder
