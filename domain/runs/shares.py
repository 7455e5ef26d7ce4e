"""What the waiting of many packets comes to, by its parts [003 service 7 §11, rows 2 and 3].

The parts are told apart by what could shorten them: a run that is not missed, another timetable,
a shorter way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from operator import attrgetter

from domain.runs.amounts import mean, median, ninetieth
from domain.runs.waiting import Waiting

_NOTHING = timedelta(0)


class Part(StrEnum):
    """Where the time of a packet between two desks went."""

    MISSED_RUN = "missed-run"
    WAITED_FOR_RUN = "waited-for-run"
    ON_THE_WAY = "on-the-way"


_AMOUNT_OF: dict[Part, Callable[[Waiting], timedelta]] = {
    Part.MISSED_RUN: attrgetter("missed_run"),
    Part.WAITED_FOR_RUN: attrgetter("waited_for_run"),
    Part.ON_THE_WAY: attrgetter("on_the_way"),
}


@dataclass(frozen=True, slots=True)
class PartFigures:
    """One part of the waiting of many packets; `share` is of the whole (None: there is none)."""

    part: Part
    mean: timedelta
    median: timedelta
    ninetieth: timedelta
    share: float | None


@dataclass(frozen=True, slots=True)
class WaitingFigures:
    """How many packets there were, and each part of their time."""

    count: int
    parts: tuple[PartFigures, ...]


def waiting_figures(waits: Sequence[Waiting]) -> WaitingFigures:
    """Measure the parts. In their whole, working time and plain time on the way stand together."""
    amounts = {part: [amount_of(each) for each in waits] for part, amount_of in _AMOUNT_OF.items()}
    whole = sum((sum(each, _NOTHING) for each in amounts.values()), _NOTHING)
    parts = tuple(_figures(part, each, whole) for part, each in amounts.items())
    return WaitingFigures(len(waits), parts)


def _figures(part: Part, amounts: Sequence[timedelta], whole: timedelta) -> PartFigures:
    share = sum(amounts, _NOTHING) / whole if whole else None
    return PartFigures(part, mean(amounts), median(amounts), ninetieth(amounts), share)
