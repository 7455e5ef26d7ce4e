"""The line from all devices to the desk: sends commands in order of time and counts the answers.

Scans that reach the desk within a second of each other share one call, as they would share a commit
in a busy hour. Nothing is to be refused here: a refusal is a fault of the simulation, and raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from domain.corrections import VoidReason
from domain.dispatch.device_log import Finding
from domain.dispatch.discrepancies import Discrepancy, SettledAs
from domain.dispatch.journey import Journey
from domain.intake import RawScan
from domain.numbers import BagCode, PacketNumber, RegistryCode
from infra.bootstrap import Qolhat
from infra.demonstration.agenda import SimulatedClock
from infra.demonstration.tracking import Tracking
from infra.desk.device_logs import SentLog
from infra.requests import (
    AcceptRequest,
    ActRequest,
    Answer,
    BagAnswer,
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
    """Drives the desk as users would, and keeps `tally`: what was sent, and what was answered.

    `findings` are what the server says of each courier's log.
    """

    def __init__(self, qolhat: Qolhat, clock: SimulatedClock) -> None:
        self._desk = qolhat.desk
        self._dispatch, self._logs = qolhat.desk.dispatch, qolhat.desk.logs
        self._tracking = Tracking(qolhat)
        self._clock = clock
        self._waiting: list[RawScan] = []
        self._since = clock()
        self.tally: Counter[str] = Counter()
        self.findings: dict[str, tuple[Finding, ...]] = {}  # by device log

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

    def void(
        self, number: PacketNumber, scan: str, source: Source, reason: VoidReason | None
    ) -> None:
        """Take a scan back."""
        self.send()
        self._note("voidings", [self._desk.void(number, scan, source, reason)])

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

    # --- dispatch -------------------------------------------------------------------------------

    def begin_registry(self, source: Source, to: int) -> tuple[RegistryCode, BagCode]:
        """Begin a registry; return it and its first bag."""
        self.send()
        begun = self._dispatch.begin(source, to)
        assert begun.bag is not None  # noqa: S101  a registry begins with a bag
        return begun.registry, begun.bag

    def add_bag(self, registry: RegistryCode, source: Source) -> BagCode:
        """Begin another bag of a registry."""
        added = self._dispatch.add_bag(registry, source)
        assert added.bag is not None  # noqa: S101  that is what was asked for
        return added.bag

    def put(self, bag: BagCode, packet: PacketNumber, source: Source) -> None:
        """Put a packet into a bag."""
        self.send()
        answer = self._dispatch.put(bag, packet, source)
        if answer.error is not None:
            raise answer.error
        self.tally["packed"] += 1

    def seal(self, bag: BagCode, seal: str, source: Source) -> None:
        """Seal a bag."""
        self._note_bag("bags", self._dispatch.seal(bag, seal, source))

    def close_registry(self, registry: RegistryCode, source: Source) -> None:
        """Freeze a registry."""
        self._dispatch.close(registry, source)
        self.tally["registries"] += 1

    def accept(self, request: AcceptRequest) -> None:
        """Take a bag over."""
        self.send()
        self._note_bag("acceptances", self._dispatch.accept(request))

    def break_seal(self, bag: BagCode, source: Source, text: str) -> None:
        """Say that a seal is broken."""
        self._note_bag("broken seals", self._dispatch.break_seal(bag, source, text=text))

    def open(self, bag: BagCode, source: Source) -> None:
        """Open a bag."""
        self.send()
        self._note_bag("openings", self._dispatch.open(bag, source))

    def verify(
        self,
        bag: BagCode,
        packets: Sequence[PacketNumber],
        source: Source,
        condition: str | None = None,
        how: str = "scan",
    ) -> None:
        """Scan packets out of a bag."""
        self.send()
        answer = self._dispatch.verify(bag, packets, source, condition, how)
        self._note_bag("openings", answer, 0)
        self.tally["verified"] += len(packets)

    def reconcile(self, bag: BagCode, source: Source) -> Journey:
        """Say that everything was scanned out of a bag; return what is known of it then."""
        self.send()
        return self._note_bag("reconciled", self._dispatch.reconcile(bag, source))

    def settle_item(
        self, item: Discrepancy, settled_as: SettledAs, source: Source, text: str
    ) -> None:
        """Decide about a discrepancy."""
        answer = self._dispatch.settle(item.bag, item.kind, item.packet, settled_as, source, text)
        self._note_bag("decisions", answer)

    def discrepancies(self, bag: BagCode) -> list[Discrepancy]:
        """List the discrepancies of a bag as they are now, once what waits is sent."""
        self.send()
        return self._tracking.discrepancies(bag)

    def synchronise(self, sent: SentLog) -> None:
        """Send a part of a courier's log."""
        self.send()
        received = self._logs.receive(sent)
        for answer in received.answers:
            if answer.error is not None:
                raise answer.error
            if answer.scan is not None:
                self._note("scans", [answer.scan])
            elif answer.status is Status.DUPLICATE:
                self.tally[Status.DUPLICATE.value] += 1
            self.tally["entries"] += answer.status is not Status.DUPLICATE
        self.findings[sent.log] = received.findings

    def _note_bag(self, what: str, answer: BagAnswer, count: int = 1) -> Journey:
        if answer.error is not None:
            raise answer.error
        assert answer.journey is not None  # noqa: S101  the bag is begun
        self.tally[what] += count
        return answer.journey

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
