"""Simulated time: a clock that shows what it is set to, and a queue of what is to happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

Task = Callable[[], object]


class SimulatedClock:
    """The `now` of a simulated Qolhat."""

    def __init__(self, now: datetime = datetime(2012, 12, 10, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the simulated time."""
        return self.now


class Agenda:
    """What is to happen, in order of time; of two things at one instant, the first noted first."""

    def __init__(self, clock: SimulatedClock, horizon: datetime) -> None:
        self.clock = clock
        self.horizon = horizon
        self._queue: list[tuple[datetime, int, Task]] = []
        self._noted = 0

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return self.clock.now

    def at(self, when: datetime, task: Task) -> None:
        """Note a task. What lies past the horizon will not happen, and is forgotten at once."""
        if when <= self.horizon:
            self._noted += 1
            heappush(self._queue, (max(when, self.clock.now), self._noted, task))

    def after(self, seconds: float, task: Task) -> None:
        """Note a task for so many seconds from now."""
        self.at(self.clock.now + timedelta(seconds=seconds), task)

    def run(self, before_each: Callable[[datetime], None]) -> None:
        """Do everything in order; `before_each` is told the time of what comes next."""
        while self._queue:
            when, _, task = heappop(self._queue)
            before_each(when)
            self.clock.now = when
            task()
