"""Where the time of a packet (or a bag) between two desks went: for its run, past it, on the way.

Working time of the sender counts for waiting: the night is nobody's. On the way all time counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.calendar import Calendar
from domain.runs.planned import PlannedRun, run_of

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The parts: the first two in working time of the sender, the last one in plain time."""

    waited_for_run: timedelta
    missed_run: timedelta
    on_the_way: timedelta

    @property
    def waited(self) -> timedelta:
        """All working time from ready to taken."""
        return self.waited_for_run + self.missed_run


def split_waiting(
    ready_at: datetime,
    taken_at: datetime,
    handed_at: datetime,
    runs: Sequence[PlannedRun],
    calendar: Calendar,
) -> Waiting:
    """Split the time from ready (at the sender's) to taken (by the courier) to handed over.

    `runs` are those of all days from `ready_at`'s to `taken_at`'s, in order; `calendar` is the
    sender's. The packet could have gone with the first run planned after it was ready; if it did,
    all its waiting was for that run, however late the courier came. If not, it has missed the run
    from the planned time on. If no run was planned meanwhile, there was none to miss. Raises
    OutsideCalendarError.
    """
    missed_from = _missed_from(ready_at, taken_at, runs)
    return Waiting(
        calendar.working_time(ready_at, missed_from),
        calendar.working_time(missed_from, taken_at),
        max(handed_at - taken_at, _NOTHING),
    )


def _missed_from(ready_at: datetime, taken_at: datetime, runs: Sequence[PlannedRun]) -> datetime:
    """Return from when on the packet has missed its run: from its being taken if it has not."""
    could = next((run for run in runs if run.planned_at > ready_at), None)
    if could is None or run_of(taken_at, runs) == could:
        return taken_at
    return min(could.planned_at, taken_at)
