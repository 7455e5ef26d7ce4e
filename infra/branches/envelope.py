"""What goes between a branch and the country: stored events up, answers down.

An envelope is the CloudEvent of a stored event, as the relay writes it, with the branch's name in a
header. A packet's envelopes have its stream as their key, and so stay in order; what concerns every
packet (places, timetables, people) goes to every partition, before whatever refers to it. An answer
is a CloudEvent too, with the branch's name as its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from domain.staff import FAR_PEOPLE
from domain.streams import number_of
from infra.kafka.messages import (
    HEADERS,
    EventMessage,
    UnreadableMessageError,
    message_of,
    read_message,
)
from infra.requests import Status
from infra.store.identity import StoreIdentity
from infra.store.rows import EventRow

BRANCH_HEADER = "branch"
ANSWER_TYPE = "qolhat.answer"
ANSWER_SOURCE = "/qolhat/gatherer"
_OF_ONE_STREAM = frozenset({"pkt", "bag", "rgy", "run", "log", "uns"})
_OF_EVERYTHING = frozenset({"plc", "tms", "prs"})
_STAYS = frozenset({"pkt.doc"})  # its pictures lie in the branch's vault
_LONGEST_NAME = 64
Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event that a branch's store recorded, and whose it is."""

    branch: str
    identity: StoreIdentity
    row: EventRow

    @property
    def id(self) -> str:
        """What it is known by, however often it comes: `store/epoch/position`."""
        return envelope_id(self.identity, self.row[0])


def envelope_id(identity: StoreIdentity, position: int) -> str:
    """Return the id of the envelope of a store's event."""
    return f"{identity.store}/{identity.epoch}/{position}"


def leaves(row: EventRow) -> bool:
    """Tell whether an event is sent; the others concern the branch alone."""
    _, stream, _, topic, _ = row
    family = topic.partition(".")[0]
    if family == "prs":
        return number_of(stream) >= FAR_PEOPLE  # others were numbered by the country, and known
    return family in _OF_ONE_STREAM | _OF_EVERYTHING and topic not in _STAYS


def concerns_everything(row: EventRow) -> bool:
    """Tell whether an event goes to every partition: others may need what it says."""
    return row[3].partition(".")[0] in _OF_EVERYTHING


def headers_of(branch: str) -> Headers:
    """Return the headers of a branch's envelopes."""
    return [*HEADERS, (BRANCH_HEADER, branch.encode())]


def sealed(identity: StoreIdentity, row: EventRow) -> tuple[bytes, bytes]:
    """Return the key and the value of an event's envelope."""
    return message_of(identity, row)


def opened(value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> Envelope:
    """Read an envelope. Raises UnreadableMessageError."""
    message = read_message(value)
    if not isinstance(message, EventMessage):
        raise UnreadableMessageError("no event in it")
    name = dict(headers).get(BRANCH_HEADER, b"")
    branch = bytes(name).decode(errors="replace")
    if not 0 < len(branch) <= _LONGEST_NAME:
        raise UnreadableMessageError("no branch is named")
    return Envelope(branch, message.identity, message.row)


class ToldStanding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a packet stands in the country, or (a bag) how far it has come."""

    number: int
    status: str
    place: int | None = None
    stage: str | None = None


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one envelope in the country. `at` is microseconds since 1970 (UTC).

    `recorded`: the position in the country's log; `error`: the code of what spoke against it.
    """

    store: UUID
    epoch: int
    position: int
    topic: str
    status: Status
    at: int
    recorded: int = 0
    standing: ToldStanding | None = None
    deviations: Sequence[str] = ()
    doubt: str | None = None
    error: str | None = None
    detail: str | None = None

    @property
    def identity(self) -> StoreIdentity:
        """Whose envelope it was."""
        return StoreIdentity(self.store, self.epoch)


class _Answer(msgspec.Struct, frozen=True):
    type: str
    source: str
    id: str
    data: Told
    subject: str = ""
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Answer).decode


def answer_of(told: Told) -> bytes:
    """Write an answer."""
    known = envelope_id(told.identity, told.position)
    return _encode(_Answer(ANSWER_TYPE, ANSWER_SOURCE, known, told, told.topic))


def read_answer(value: bytes | None) -> Told:
    """Read an answer. Raises UnreadableMessageError."""
    try:
        answer: Any = _decode(value or b"")
    except (msgspec.DecodeError, ValueError) as error:
        raise UnreadableMessageError(str(error)) from error
    if answer.type != ANSWER_TYPE:
        raise UnreadableMessageError(f"type {answer.type}")
    told: Told = answer.data
    return told
