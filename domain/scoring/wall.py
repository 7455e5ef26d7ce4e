"""A zone's wall clock over arrays of instants.

Instants are microseconds since 1970 (UTC); local times are microseconds since 1970 on the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.calendar import Calendar

Instants = NDArray[np.int64]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Return an instant as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """Return the instant (UTC) of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


@dataclass(frozen=True, slots=True)
class Wall:
    """The offsets from UTC of a zone, and where they change.

    `turns` are the instants of the changes, `walls` the local times from which on a time that
    occurs once or twice has the offset after the change: of one that occurs twice, the first.
    """

    offsets: Instants
    turns: Instants
    walls: Instants

    @classmethod
    def of(cls, calendar: Calendar) -> Wall:
        """Return the wall clock of a calendar's zone."""
        known = list(calendar.offsets())
        offsets = [offset // _MICROSECOND for _, _, offset in known]
        turns = [micros(begins) for begins, _, _ in known[1:]]
        walls = [turn + max(pair) for turn, pair in zip(turns, pairwise(offsets), strict=True)]
        return cls(_array(offsets), _array(turns), _array(walls))

    def local(self, instants: Instants) -> Instants:
        """Return what the wall shows at these instants."""
        return instants + self._offset(self.turns, instants)

    def at(self, local: Instants) -> Instants:
        """Return the instants of local times; of one that occurs twice, the first."""
        return local - self._offset(self.walls, local)

    def _offset(self, turns: Instants, values: Instants) -> Instants | np.int64:
        """Return the offsets; one for all where no change lies between the first and the last."""
        if not values.size:
            return values
        first, last = np.searchsorted(turns, (values.min(), values.max()), side="right")
        if first == last:
            only: np.int64 = self.offsets[first]
            return only
        offsets: Instants = self.offsets[np.searchsorted(turns, values, side="right")]
        return offsets


def _array(values: list[int]) -> Instants:
    return np.array(values, dtype=np.int64)
