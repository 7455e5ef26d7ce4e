"""Written complaints about a packet: taken with a slip, answered by its date and time [002 §24].

"An applicant who complains in writing is given a slip naming the date and time of the answer, and
the contacts of those who can tell how it is going." What is complained of lies in the vault; a
complaint moves no packet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.commands import Stamp
from domain.errors import RefusedError
from domain.numbers import PacketNumber


class AnswerTooEarlyError(RefusedError):
    """The slip promises an answer for an instant that is not after the taking of the complaint."""

    code = "answer-too-early"


class UnknownComplaintError(RefusedError):
    """No such complaint was taken about the packet."""

    code = "unknown-complaint"
    status = 404


class ComplaintAnsweredError(RefusedError):
    """The complaint has its answer already."""

    code = "complaint-answered"
    status = 409


@dataclass(frozen=True, slots=True)
class TakeComplaint:
    """Take a complaint and give the slip: answered by `answer_by` (UTC), `ask` can tell."""

    stamp: Stamp
    number: PacketNumber
    answer_by: datetime
    ask: int
    text_ref: str | None = None
    claimed_at: datetime | None = None  # the device's time where it lay in the future


@dataclass(frozen=True, slots=True)
class AnswerComplaint:
    """Answer the complaint that was taken under this id."""

    stamp: Stamp
    number: PacketNumber
    complaint: str
    text_ref: str | None = None
    claimed_at: datetime | None = None  # the device's time where it lay in the future
