"""Looks every minute for terms that are about to run out, and tells each once by every way.

Whatever fails is logged, counted and tried again in later rounds, ever more seldom: it never
reaches anybody's scan.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.clocks import Clocks
from domain.directory import Directory
from infra.errors import StorageError
from infra.store.log import EventLog
from infra.views.following import Following
from infra.views.group import ViewGroup
from infra.warnings.channels import Channel, NotToldError
from infra.warnings.message import Message
from infra.warnings.told import Told
from projections.due import DueRow, DueView

ROUND_SECONDS = 60.0
LEAVE_SECONDS = 3.0
LOOK_BACK = timedelta(days=3)  # what began to press before is old news: it stands on the pages
KEPT = timedelta(days=60)
MOST = 500  # terms of one message
LONGEST_PAUSE = timedelta(hours=1)
_ROUND = timedelta(seconds=ROUND_SECONDS)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Way:
    """A channel with what became of its messages; it is not tried again before `pause_until`."""

    channel: Channel
    sent: int = 0
    failed: int = 0
    in_a_row: int = 0
    pause_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch needs of a wired Qolhat."""

    log: EventLog
    views: ViewGroup
    runner: Following
    directory: Directory
    clocks: Clocks
    now: Callable[[], datetime]


class Watch:
    """Tells by each channel what it was not told yet. Use from one thread, or `start` its own."""

    def __init__(self, watched: Watched, told: Told, channels: Sequence[Channel]) -> None:
        self.ways = tuple(Way(channel) for channel in channels)
        self._watched = watched
        self._told = told
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def round(self) -> None:
        """Look once and tell. Raises StorageError; a channel's failure is counted only."""
        now = self._watched.now()
        waiting = [way for way in self.ways if way.pause_until is None or way.pause_until <= now]
        if not waiting or not self._views_are_fresh():
            return
        terms = self._begun(now)
        for way in waiting:
            untold = self._told.untold(way.channel.name, terms)[:MOST]
            if untold:
                self._tell(way, untold, now)
        self._told.forget(now - KEPT)

    def _views_are_fresh(self) -> bool:
        """Views that are being made anew show terms that ended long ago."""
        watched = self._watched
        return watched.runner.wait_for(watched.log.rows.last_position())

    def _begun(self, now: datetime) -> list[DueRow]:
        """Return the running terms that began to press of late, the most urgent first."""
        everywhere = [each.code for each in self._watched.directory.organisations]
        with self._watched.views.reading() as reading:
            return reading.view(DueView).warned(
                reading.connection, now - LOOK_BACK, now, organisations=everywhere
            )

    def _tell(self, way: Way, terms: Sequence[DueRow], now: datetime) -> None:
        message = Message.of(terms, now, self._watched.directory, self._watched.clocks)
        try:
            way.channel.send(message)
        except NotToldError as error:
            self._failed(way, error, now)
            if not error.partly:
                return
        else:
            way.in_a_row, way.pause_until = 0, None
        way.sent += 1
        self._told.note(way.channel.name, terms)

    def _failed(self, way: Way, error: NotToldError, now: datetime) -> None:
        """Count a failure and wait: a round, two, four, up to an hour."""
        way.failed += 1
        way.in_a_row += 1
        way.pause_until = now + min(_ROUND * 2 ** min(way.in_a_row - 1, 10), LONGEST_PAUSE)
        detail = error.facts.get("detail")
        _log.warning("warnings could not be told by %s: %s", way.channel.name, detail)

    # --- following ----------------------------------------------------------------------------

    def start(self) -> None:
        """Look every minute in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.follow, name="warnings", daemon=True)
        self._thread.start()

    def follow(self) -> None:
        """Look every minute until `stop`."""
        while not self._stopping.is_set():
            try:
                self.round()
            except StorageError:
                _log.exception("what presses cannot be read; trying again")
            except Exception:  # noqa: BLE001  a bug must not silence all further warnings
                _log.exception("a round of warnings failed")
            self._stopping.wait(ROUND_SECONDS)

    def stop(self) -> None:
        """Stop looking; a message that is on its way is not waited for long."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(LEAVE_SECONDS)
            self._thread = None
