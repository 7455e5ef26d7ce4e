"""What goes wrong with bags and runs, how often, and whom it strikes: dealt, as troubles are.

Of a mishap with a share of one per cent every hundredth bag gets it, or the next that can have it;
so ten small days show each of them, in hand-overs and in discrepancies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from infra.demonstration.chance import dice


class Mishap(StrEnum):
    """Everything that makes a bag's journey, or a run, differ from the plainest one."""

    # of a registry
    OTHER_BAG = "other-bag"  # a packet of one bag lies in the other one
    # of a bag
    LEFT_OUT = "left-out"  # a packet of the registry stayed on the table; it goes with the next run
    LOST = "lost"  # a packet of the registry is in no bag and on no table
    EXTRA = "extra"  # a packet that is not in the registry
    DAMAGED = "damaged"  # a packet came out torn
    TWICE = "twice"  # two packets with one number
    OTHER_SEAL = "other-seal"
    BROKEN_SEAL = "broken-seal"
    UNDELIVERED = "undelivered"  # nobody was there: the bag came back
    NOT_HANDED_OVER = "not-handed-over"  # opened, and nobody had accepted it
    # of a run
    MISSED = "missed"  # the courier did not go
    OFFLINE = "offline"  # the courier's device sends everything hours later
    CLOCK_OFF = "clock-off"  # the courier's device is two hours ahead


OF_REGISTRIES: Mapping[Mishap, float] = {Mishap.OTHER_BAG: 0.02}
OF_BAGS: Mapping[Mishap, float] = {
    Mishap.LEFT_OUT: 0.02,
    Mishap.LOST: 0.01,
    Mishap.EXTRA: 0.01,
    Mishap.DAMAGED: 0.01,
    Mishap.TWICE: 0.008,
    Mishap.OTHER_SEAL: 0.008,
    Mishap.BROKEN_SEAL: 0.008,
    Mishap.UNDELIVERED: 0.008,
    Mishap.NOT_HANDED_OVER: 0.012,
}
OF_RUNS: Mapping[Mishap, float] = {
    Mishap.MISSED: 0.015,
    Mishap.OFFLINE: 0.05,
    Mishap.CLOCK_OFF: 0.01,
}
_ANY = frozenset(Mishap)


class Misfortune:
    """Deals mishaps to registries, bags or runs in the order of their coming, one at a time."""

    def __init__(self, seed: int, shares: Mapping[Mishap, float]) -> None:
        self._shares = shares
        self._owed = {mishap: dice(seed, "mishap", mishap.value).random() for mishap in shares}

    def deal(self, fits: Callable[[Mishap], bool] = _ANY.__contains__) -> Mishap | None:
        """Deal the next one its mishap, of those that can strike it; mostly none."""
        for mishap, share in self._shares.items():
            self._owed[mishap] += share
        due = (m for m, owed in self._owed.items() if owed >= 1 and fits(m))
        struck = max(due, key=lambda mishap: self._owed[mishap], default=None)
        if struck is not None:
            self._owed[struck] -= 1
        return struck
