"""The desk: the one way by which anything is recorded, whoever asks (HTTP, command line, replay).

It judges, puts what may name people into the vault, lets the packet decide, and answers only when
the events are durable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.corrections import ErasureReason, VoidReason
from domain.intake import RawScan
from domain.numbers import PacketNumber
from infra.desk import acting, complaining, correcting, filing, scanning
from infra.desk.correcting import SETTLERS
from infra.desk.counter import Counter, DeskRules, utc_now
from infra.desk.device_logs import DeviceLogs
from infra.desk.dispatching import Dispatching
from infra.desk.registering import Registering, applicant_ref, papers_ref
from infra.requests import (
    ActRequest,
    Answer,
    ComplaintAnswerRequest,
    ComplaintRequest,
    FilingAnswer,
    FilingRequest,
    PageAnswer,
    PageSettleRequest,
    Registration,
    SettleRequest,
    Source,
)

__all__ = [
    "SETTLERS",
    "Counter",
    "Desk",
    "DeskRules",
    "applicant_ref",
    "papers_ref",
    "utc_now",
]


class Desk:
    """Records registrations, scans, acts, voidings, settlements, complaints and their answers."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._registering = Registering(counter)
        self.dispatch = Dispatching(counter)
        self.logs = DeviceLogs(counter, self.dispatch)

    def register(self, request: Registration) -> Answer:
        """Accept a packet. Raises RefusedError or StorageError; sent again it gives the same."""
        return self._registering.register(request)

    def scan(self, scans: Sequence[RawScan]) -> list[Answer]:
        """Record scans; each has an answer of its own, a failing one leaves the rest alone.

        One that could not be stored is answered as refused, with a StorageError in it.
        """
        return scanning.scan(self._counter, scans)

    def act(self, numbers: Iterable[PacketNumber], request: ActRequest) -> list[Answer]:
        """Do the same to each packet; each is an event of its own, and may be refused alone.

        Raises WrongRoleError, UnknownPersonError, UnknownPlaceError, StorageError.
        """
        return acting.act(self._counter, numbers, request)

    def void(
        self, number: PacketNumber, scan: str, source: Source, reason: VoidReason | None = None
    ) -> Answer:
        """Take back one's own scan of less than a minute ago. Raises VoidRefusedError."""
        return correcting.void(self._counter, number, scan, source, reason)

    def settle(self, request: SettleRequest) -> Answer:
        """Decide about an unsettled scan. Raises UnknownScanError, WrongRoleError and others."""
        return correcting.settle(self._counter, request)

    def erase(
        self, number: PacketNumber, source: Source, reason: ErasureReason | None = None
    ) -> Answer:
        """Erase the personal data of one packet; its events stay, with a mark that it was done."""
        return correcting.erase(self._counter, number, source, reason)

    def complain(self, request: ComplaintRequest) -> Answer:
        """Take a written complaint about a packet; sent again it changes nothing.

        Raises WrongRoleError, UnknownPacketError, UnknownPersonError, UnknownPlaceError,
        AnswerTooEarlyError, ReusedRefError, ErasedError, StorageError.
        """
        return complaining.complain(self._counter, request)

    def answer_complaint(self, request: ComplaintAnswerRequest) -> Answer:
        """Answer a written complaint; sent again it changes nothing.

        Raises WrongRoleError, UnknownPacketError, UnknownPlaceError, UnknownComplaintError,
        ComplaintAnsweredError, ReusedRefError, ErasedError, StorageError.
        """
        return complaining.answer(self._counter, request)

    def file(self, request: FilingRequest) -> FilingAnswer:
        """File the pages of a scanned file to their packets; sent again it changes nothing.

        Raises WrongRoleError, UnknownPlaceError, UnknownPacketError, StorageError.
        """
        return filing.file(self._counter, request)

    def settle_page(self, request: PageSettleRequest) -> PageAnswer:
        """Decide about a page that waits; sent again it changes nothing.

        Raises UnknownPageError, PageSettledError, WrongRoleError, UnknownPacketError,
        ReasonMissingError, ErasedError, StorageError.
        """
        return filing.settle(self._counter, request)
