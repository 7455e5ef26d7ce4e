"""Follows how far views are in a thread of its own; whoever wrote something can wait for it."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from infra.errors import StorageError
from infra.store.log import EventLog
from infra.views.group import ViewGroup

POLL_SECONDS = 0.2
RETRY_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Following(ABC):
    """Knows how far the views of a store are, and has them brought further."""

    def __init__(self, log: EventLog, group: ViewGroup) -> None:
        self._events = log
        self._group = group
        self._position = 0
        self._waiting = 0  # who wants to see a position
        self._moved = threading.Condition()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Bring the views up to what is recorded now, as far as possible; return the position.

        `progress` is told the position reached and the one aimed at. Raises StorageError.
        """

    @abstractmethod
    def lag(self) -> int:
        """Return how many positions the views are behind. Raises StorageError."""

    @abstractmethod
    def wake(self) -> None:
        """Look now: something was recorded."""

    @abstractmethod
    def _turn(self) -> float:
        """Look once; return how long until the next look (seconds). Raises StorageError."""

    @abstractmethod
    def _reach(self, position: int, timeout: float) -> bool:
        """Bring the views to a position where no thread does; tell whether they are there."""

    def start(self) -> None:
        """Follow the views in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._follow, name="views", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following, after what is at hand."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def position(self) -> int:
        """The position that the views show, as far as this process knows; costs nothing to ask."""
        return self._position

    @property
    def following(self) -> bool:
        """Tell whether a thread follows the views."""
        return self._thread is not None and self._thread.is_alive()

    def wait_for(self, position: int, timeout: float = 5.0) -> bool:
        """Wait until the views show that position; False if they do not in time (seconds)."""
        if self._position >= position:
            return True
        if not self.following:
            return self._reach(position, timeout)
        with self._moved:
            self._waiting += 1
            try:
                self._wake.set()
                return self._moved.wait_for(lambda: self._position >= position, timeout)
            finally:
                self._waiting -= 1

    def _announce(self, position: int) -> None:
        with self._moved:
            self._position = position
            self._moved.notify_all()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._turn()
            except StorageError:
                _log.exception("views cannot be followed; trying again")
                pause = RETRY_SECONDS
            self._wake.wait(pause)
            self._wake.clear()
