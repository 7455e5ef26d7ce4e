"""The line from all devices to the desk: sends commands in order of time and counts the answers.

Scans that reach the desk within a second of each other share one call, as they would share a commit
in a busy hour. Nothing is to be refused here: a refusal is a fault of the simulation, and raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from domain.intake import RawScan
from domain.numbers import PacketNumber
from infra.bootstrap import Qolhat
from infra.demonstration.agenda import SimulatedClock
from infra.requests import (
    ActRequest,
    Answer,
    ComplaintAnswerRequest,
    ComplaintRequest,
    Registration,
    SettleRequest,
    Source,
    Status,
)

MOST_IN_A_CALL = 500
_WINDOW = timedelta(seconds=1)


class Wire:
    """Drives the desk as users would, and keeps `tally`: what was sent, and what was answered."""

    def __init__(self, qolhat: Qolhat, clock: SimulatedClock) -> None:
        self._desk = qolhat.desk
        self._clock = clock
        self._waiting: list[RawScan] = []
        self._since = clock()
        self.tally: Counter[str] = Counter()

    def scan(self, scans: Iterable[RawScan]) -> None:
        """Send scans: with the next call, at the latest a second from now."""
        if not self._waiting:
            self._since = self._clock()
        self._waiting.extend(scans)
        if len(self._waiting) >= MOST_IN_A_CALL:
            self.send()

    def send_before(self, coming: datetime) -> None:
        """Send what waits, unless something else comes within the second."""
        if self._waiting and coming - self._since > _WINDOW:
            self.send()

    def send(self) -> None:
        """Send the scans that wait."""
        waiting, self._waiting = self._waiting, []
        for first in range(0, len(waiting), MOST_IN_A_CALL):
            self._note("scans", self._desk.scan(waiting[first : first + MOST_IN_A_CALL]))

    def register(self, request: Registration) -> PacketNumber:
        """Register a packet; return its number."""
        self.send()
        answer = self._desk.register(request)
        self._note("registrations", [answer])
        assert answer.standing is not None  # noqa: S101  a registration always has one
        return answer.standing.number

    def act(self, numbers: Sequence[PacketNumber], request: ActRequest) -> None:
        """Do something to packets."""
        self.send()
        answers = self._desk.act(numbers, request)
        self._note("acts", answers)
        self.tally[f"act {request.kind.value}"] += len(answers)

    def void(self, number: PacketNumber, scan: str, source: Source) -> None:
        """Take a scan back."""
        self.send()
        self._note("voidings", [self._desk.void(number, scan, source)])

    def settle(self, request: SettleRequest) -> None:
        """Decide about an unsettled scan."""
        self.send()
        self._note("settlements", [self._desk.settle(request)])

    def complain(self, request: ComplaintRequest) -> None:
        """Hand a written complaint in."""
        self.send()
        self._note("complaints", [self._desk.complain(request)])

    def answer_complaint(self, request: ComplaintAnswerRequest) -> None:
        """Answer a complaint."""
        self.send()
        self._note("answers", [self._desk.answer_complaint(request)])

    def _note(self, what: str, answers: Sequence[Answer]) -> None:
        tally = self.tally
        for answer in answers:
            if answer.error is not None:
                raise answer.error
            if answer.status is not Status.DUPLICATE:
                tally[what] += 1
            if answer.status is not Status.ACCEPTED:
                tally[answer.status.value] += 1
            if answer.doubt is not None and answer.status is Status.UNSETTLED:
                tally[f"doubt {answer.doubt}"] += 1
            for deviation in answer.deviations:
                tally[f"deviation {deviation.value}"] += 1
