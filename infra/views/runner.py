"""Keeps a group of views up with the event log: in batches, for as long as it is asked to."""

from __future__ import annotations

from collections.abc import Callable

from infra.store.log import PAGE, EventLog
from infra.views.following import POLL_SECONDS, Following
from infra.views.group import ViewGroup, ViewsMovedError
from infra.views.rebuild import rebuild


class ViewRunner(Following):
    """Follows the log; several may run at once, of which only one moves the views at a time."""

    def __init__(self, log: EventLog, group: ViewGroup) -> None:
        super().__init__(log, group)
        self._checked = False

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

    def lag(self) -> int:
        """Return how many positions the views are behind. Raises StorageError."""
        return max(0, self._events.rows.last_position() - self._group.position())

    def wake(self) -> None:
        """Look now: something was recorded."""
        self._wake.set()

    def _step(self, after: int) -> int:
        rows = self._events.rows.rows_after(after, PAGE)
        try:
            position = self._group.take(rows, after)
        except ViewsMovedError:
            position = self._group.position()
        self._announce(position)
        return position

    def _renew(self) -> None:
        """Compute all rows again if norms, worked days or hours are not those of the last time."""
        if self._group.outdated():
            rebuild(self._events, self._group)

    def _turn(self) -> float:
        if not self._checked:
            self._renew()
            self._checked = True
        self.catch_up()
        return POLL_SECONDS

    def _reach(self, position: int, timeout: float) -> bool:  # noqa: ARG002  it is as quick as it can be
        return self.catch_up() >= position
