"""Opening hours in words: the days that have the same hours together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from babel.core import Locale

from domain.hours import Interval, WeeklyHours


@dataclass(frozen=True, slots=True)
class Opening:
    """Days and their hours: `дс–жм` and `09:00–13:00, 14:00–18:00`, in local time."""

    days: str
    hours: str


def openings(hours: WeeklyHours, language: str) -> tuple[Opening, ...]:
    """Write weekly hours; days off are left out."""
    names = Locale(language).days["stand-alone"]["abbreviated"]
    found = []
    for intervals, same in groupby(enumerate(hours.days), key=lambda day: day[1]):
        days = [names[number] for number, _ in same]
        if intervals:
            label = days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"
            found.append(Opening(label, ", ".join(map(_interval, intervals))))
    return tuple(found)


def _interval(interval: Interval) -> str:
    opened, closed = interval
    return f"{opened:%H:%M}–{closed:%H:%M}"
