"""Follows views that others fill: workers, from Kafka. To be asked like whoever fills them here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from infra.errors import StorageError
from infra.store.log import EventLog
from infra.views.group import ViewGroup

POLL_SECONDS = 0.5  # nobody waits: only figures and pages that follow a place look at it
QUICK_SECONDS = 0.02  # while somebody waits
RETRY_SECONDS = 1.0
CATCH_UP_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Whoever knows how far the views are, and has them brought further."""

    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Bring the views up to what is recorded now, as far as possible; return the position."""

    def start(self) -> None:
        """Follow them in a thread of its own until `stop`."""

    def wake(self) -> None:
        """Look now: something was recorded."""

    def stop(self) -> None:
        """Stop following."""

    @property
    def position(self) -> int:
        """The position that the views show, as far as this process knows; costs nothing to ask."""

    @property
    def following(self) -> bool:
        """Tell whether a thread follows them."""

    def lag(self) -> int:
        """Return how many positions the views are behind. Raises StorageError."""

    def wait_for(self, position: int, timeout: float = 5.0) -> bool:
        """Wait until the views show that position; False if they do not in time (seconds)."""


class FedViews:
    """Knows how far the workers are; moves nothing.

    `is_ours`: the views are made of this store's events in its present life; as long as they are
    not, their position means nothing here.
    """

    def __init__(
        self, log: EventLog, group: ViewGroup, is_ours: Callable[[], bool] = lambda: True
    ) -> None:
        self._events = log
        self._group = group
        self._is_ours = is_ours
        self._position = 0
        self._waiting = 0
        self._moved = threading.Condition()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Wait until the workers have come to what is recorded now; return the position.

        Not for ever: who asks is told what there is. Raises StorageError.
        """
        until, deadline = self._events.rows.last_position(), time.monotonic() + CATCH_UP_SECONDS
        while (position := self._look()) < until:
            if progress is not None:
                progress(position, until)
            if time.monotonic() > deadline:
                _log.warning("the workers are %s events behind", until - position)
                break
            time.sleep(QUICK_SECONDS)
        return position

    def _look(self) -> int:
        position = self._group.position() if self._is_ours() else 0
        with self._moved:
            self._position = position
            self._moved.notify_all()
        return position

    def start(self) -> None:
        """Follow the views in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._follow, name="views", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look now, if somebody waits: what was recorded a moment ago no worker can have yet."""
        if self._waiting:
            self._wake.set()

    def stop(self) -> None:
        """Stop following."""
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

    def lag(self) -> int:
        """Return how many positions the views are behind. Raises StorageError."""
        return max(0, self._events.rows.last_position() - self._look())

    def wait_for(self, position: int, timeout: float = 5.0) -> bool:
        """Wait until the views show that position; False if they do not in time (seconds)."""
        deadline = time.monotonic() + timeout
        if not self.following:
            return self._look_until(position, deadline)
        with self._moved:
            self._waiting += 1
            try:
                self.wake()
                while self._position < position:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        return False
                    self._moved.wait(left)
            finally:
                self._waiting -= 1
        return True

    def _look_until(self, position: int, deadline: float) -> bool:
        while self._look() < position:
            if time.monotonic() > deadline:
                return False
            time.sleep(QUICK_SECONDS)
        return True

    def _follow(self) -> None:
        while not self._stopping.is_set():
            pause = QUICK_SECONDS if self._waiting else POLL_SECONDS
            try:
                self._look()
            except StorageError:
                _log.exception("how far the views are cannot be seen; trying again")
                pause = RETRY_SECONDS
            self._wake.wait(pause)
            self._wake.clear()
