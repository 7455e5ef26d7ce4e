"""Weekly working hours of an organisation [002 §9; 003 annex 1, service 7 annex 3; 004 §9]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import ClassVar

from domain.errors import RefusedError

Interval = tuple[time, time]
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PART = re.compile(
    r"(?P<first>Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(?P<last>Mon|Tue|Wed|Thu|Fri|Sat|Sun))?\s+"
    r"(?P<open>\d\d:\d\d)-(?P<close>\d\d:\d\d)"
    r"(?:,?\s*(?:no break|break (?P<pause>\d\d:\d\d)-(?P<resume>\d\d:\d\d)))?\s*"
)


class BadHoursError(RefusedError):
    """Working hours that cannot be read."""

    code = "bad-hours"


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Open intervals of each day, Monday first, in the organisation's local time."""

    days: tuple[tuple[Interval, ...], ...]
    SATURDAY: ClassVar[int] = 5

    @property
    def six_day_week(self) -> bool:
        """Tell whether Saturday is an ordinary working day.

        Under a six-day week only a holiday on Sunday moves, and the government's transfers of
        Saturdays do not apply (Labour Code article 85).
        """
        return bool(self.days[self.SATURDAY])


def parse_hours(text: str) -> WeeklyHours:
    """Read hours as the directory writes them; a remark in brackets is left out.

    For example `Mon-Fri 09:00-18:00, break 13:00-14:00` or
    `Mon-Fri 09:00-20:00 no break; Sat 09:00-15:00`. Raises BadHoursError.
    """
    days: list[tuple[Interval, ...]] = [()] * 7
    for part in re.sub(r"\(.*?\)", "", text).split(";"):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise BadHoursError(text=text)
        first = _DAY_NAMES.index(match["first"])
        last = _DAY_NAMES.index(match["last"] or match["first"])
        intervals = _intervals(match, text)
        days[first : last + 1] = [intervals] * (last - first + 1)
    return WeeklyHours(tuple(days))


def _intervals(match: re.Match[str], text: str) -> tuple[Interval, ...]:
    try:
        edges = [
            time.fromisoformat(match[name])
            for name in ("open", "pause", "resume", "close")
            if match[name]
        ]
    except ValueError as error:
        raise BadHoursError(text=text) from error
    if edges != sorted(set(edges)):
        raise BadHoursError(text=text)
    return tuple(zip(edges[::2], edges[1::2], strict=True))
