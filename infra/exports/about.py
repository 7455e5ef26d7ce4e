"""What an export says of itself: of which store, up to which position, made when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from infra.exports.names import iso
from infra.exports.source import Source


@dataclass(frozen=True, slots=True)
class About:
    """The store's id and life, the position (everything recorded up to it is in), the instant."""

    store: str
    epoch: int
    position: int
    exported_at: str

    @classmethod
    def of(cls, source: Source, now: datetime) -> About:
        """Say it of an export that is made now (UTC)."""
        identity = source.identity
        return cls(str(identity.store), identity.epoch, source.position, iso(now))

    def facts(self) -> dict[str, str]:
        """Return it as texts."""
        return {
            "store": self.store,
            "epoch": str(self.epoch),
            "position": str(self.position),
            "exported_at": self.exported_at,
        }
