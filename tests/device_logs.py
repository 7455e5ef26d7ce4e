"""A courier's device, as tests have it: writes its log as the page does, chained and numbered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid5

from domain.dispatch.device_log import LogEntry

_NAMES = UUID(int=1)


@dataclass
class Device:
    """One device and its log; `log` names it."""

    person: int
    place: str = ""
    log: str = "log-1"
    entries: list[LogEntry] = field(default_factory=list)

    def write(self, kind: str, code: str, at: datetime, **facts: str) -> LogEntry:
        """Write the next entry; `mono` are its monotonic milliseconds, else those of the clock."""
        seq = len(self.entries) + 1
        before = self.entries[-1] if self.entries else None
        entry = LogEntry(
            seq,
            before.hash if before else "",
            "",
            str(uuid5(_NAMES, f"{self.log}/{seq}")),
            kind,
            at.isoformat(),
            "boot-1",
            int(facts.pop("mono", round(at.timestamp() * 1000))),
            "",
            self.person,
            facts.pop("place", self.place),
            code,
            tuple(facts.items()),
        )
        self.entries.append(replace(entry, hash=entry.computed))
        return self.entries[-1]
