"""The courier's device: a numbered, chained log that is sent when there is a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.dispatch.device_log import LogEntry
from domain.numbers import PlaceCode
from infra.demonstration.chance import dice
from infra.demonstration.workers import Worker
from infra.desk.device_logs import SentLog

_MILLISECOND = timedelta(milliseconds=1)
_NOTHING = timedelta(0)


class Phone:
    """Writes one log for one courier. `ahead` is how far its clock is, `offline` has no network."""

    def __init__(self, owner: Worker, zone: ZoneInfo, seed: int) -> None:
        self.owner = owner
        self._zone = zone
        self._luck: Random = dice(seed, "phone", owner.handset.number)
        self._log = self._id()
        self._waiting: list[LogEntry] = []
        self._seq = 0
        self._hash = ""
        self._server_at = ""
        self.ahead = _NOTHING
        self.offline = False

    def load_page(self, now: datetime, *, ahead: timedelta, offline: bool) -> None:
        """Open the courier's page anew, for the next run. `now` is the true time (UTC)."""
        self._boot, self._booted_at = self._id(), now
        self.ahead, self.offline = ahead, offline

    def write(
        self, kind: str, at: datetime, code: object, place: PlaceCode, **facts: object
    ) -> None:
        """Write the next entry: what happened at `at` (UTC, not before the page was opened)."""
        self._seq += 1
        blank = LogEntry(
            self._seq,
            self._hash,
            "",
            self._id(),
            kind,
            self._shown(at),
            self._boot,
            (at - self._booted_at) // _MILLISECOND,
            self._server_at,
            self.owner.handset.person,
            str(place),
            str(code),
            tuple((name, str(fact)) for name, fact in facts.items()),
        )
        self._hash = blank.computed
        self._waiting.append(replace(blank, hash=self._hash))

    def to_send(self, now: datetime) -> SentLog | None:
        """Take what waits, as the device sends it at `now` (UTC); None if nothing does."""
        if not self._waiting:
            return None
        waiting, self._waiting = self._waiting, []
        self._server_at = now.isoformat()
        device = self.owner.handset
        return SentLog(self._log, device.person, device.number, now + self.ahead, waiting)

    def _shown(self, at: datetime) -> str:
        return (at + self.ahead).astimezone(self._zone).isoformat(timespec="milliseconds")

    def _id(self) -> str:
        return str(UUID(int=self._luck.getrandbits(128), version=4))
