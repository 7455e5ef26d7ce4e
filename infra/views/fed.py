"""Follows views that others fill: workers, from Kafka. To be asked like whoever fills them here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from infra.store.log import EventLog
from infra.views.following import Following
from infra.views.group import ViewGroup

POLL_SECONDS = 0.5  # nobody waits: only figures and pages that follow a place look at it
QUICK_SECONDS = 0.02  # while somebody waits
CATCH_UP_SECONDS = 30.0
_log = logging.getLogger(__name__)


class FedViews(Following):
    """Knows how far the workers are; moves nothing.

    `is_ours`: the views are made of this store's events in its present life; as long as they are
    not, their position means nothing here.
    """

    def __init__(
        self, log: EventLog, group: ViewGroup, is_ours: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(log, group)
        self._is_ours = is_ours

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

    def lag(self) -> int:
        """Return how many positions the views are behind. Raises StorageError."""
        return max(0, self._events.rows.last_position() - self._look())

    def wake(self) -> None:
        """Look now, if somebody waits: what was recorded a moment ago no worker can have yet."""
        if self._waiting:
            self._wake.set()

    def _look(self) -> int:
        position = self._group.position() if self._is_ours() else 0
        self._announce(position)
        return position

    def _turn(self) -> float:
        self._look()
        return QUICK_SECONDS if self._waiting else POLL_SECONDS

    def _reach(self, position: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while self._look() < position:
            if time.monotonic() > deadline:
                return False
            time.sleep(QUICK_SECONDS)
        return True
