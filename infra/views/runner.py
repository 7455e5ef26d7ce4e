"""Keeps a group of views up with the event log: in batches, for as long as it is asked to."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from infra.errors import StorageError
from infra.store.log import PAGE, EventLog
from infra.views.group import ViewGroup, ViewsMovedError
from infra.views.rebuild import rebuild

POLL_SECONDS = 0.2
RETRY_SECONDS = 1.0
_log = logging.getLogger(__name__)


class ViewRunner:
    """Follows the log; several may run at once, of which only one moves the views at a time."""

    def __init__(self, log: EventLog, group: ViewGroup) -> None:
        self._events = log
        self._group = group
        self._position = 0
        self._moved = threading.Condition()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Take in all that is recorded now; return the position. Raises StorageError.

        `progress` is told the position reached and the one aimed at.
        """
        until = self._events.rows.last_position()
        after = self._group.position()
        while after < until:
            after = self._step(after)
            if progress is not None:
                progress(after, until)
        self._announce(after)
        return after

    def _step(self, after: int) -> int:
        rows = self._events.rows.rows_after(after, PAGE)
        try:
            position = self._group.take(rows, after)
        except ViewsMovedError:
            position = self._group.position()
        self._announce(position)
        return position

    def _announce(self, position: int) -> None:
        with self._moved:
            self._position = position
            self._moved.notify_all()

    def start(self) -> None:
        """Follow the log in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._follow, name="views", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look now: something was recorded."""
        self._wake.set()

    def stop(self) -> None:
        """Stop following, after the batch at hand."""
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
        """Tell whether a thread follows the log."""
        return self._thread is not None and self._thread.is_alive()

    def lag(self) -> int:
        """Return how many positions the views are behind. Raises StorageError."""
        return max(0, self._events.rows.last_position() - self._group.position())

    def wait_for(self, position: int, timeout: float = 5.0) -> bool:
        """Wait until the views show that position; False if they do not in time (seconds).

        Where no thread follows the log, the caller catches up itself.
        """
        if self._position >= position:
            return True
        if not self.following:
            return self.catch_up() >= position
        deadline = time.monotonic() + timeout
        self.wake()
        with self._moved:
            while self._position < position:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._moved.wait(left)
        return True

    def _renew(self) -> None:
        """Compute all rows again if norms, worked days or hours are not those of the last time."""
        if self._group.outdated():
            rebuild(self._events, self._group)

    def _follow(self) -> None:
        checked = False
        while not self._stopping.is_set():
            pause = POLL_SECONDS
            try:
                if not checked:
                    self._renew()
                    checked = True
                self.catch_up()
            except StorageError:
                _log.exception("views cannot be kept up; trying again")
                pause = RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                self._wake.wait(pause)
            self._wake.clear()
