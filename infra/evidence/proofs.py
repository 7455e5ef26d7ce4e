"""Proofs that a packet's events are in the log under a signed head: short enough for a receipt.

A proof holds the head, the events with their places in the log, and the nodes that lead from them
to the root: whoever has it needs no store to check it, and reads in it what was recorded. One proof
for all events holds no node twice; where it is too long for one code, each code proves some.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from domain.merkle import HASH_BYTES, root_by_shared, shared_proof
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.streams import number_of
from infra.evidence.book import EvidenceBook, KeptHead
from infra.evidence.errors import NothingSealedError
from infra.evidence.leaves import CHUNK, RawRow, canonical, cut
from infra.evidence.witness import HEAD_BYTES, BadWitnessError, Head, read_head, unwrapped
from infra.store.log import EventLog
from infra.store.rows import LAST_VERSION, EventRow

KIND = "QP1."
MOST_IN_A_CODE = 2_200  # letters: a QR code of 149 modules, which prints well at 60 mm
_MOST_EVENTS = 10_000
_count = struct.Struct(">H")
_event = struct.Struct(">QH")  # its place, and how many bytes follow
_STREAM = slice(9, 25)  # of an event's bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """That these events (their very bytes) are at these places (from 0) of the log under a head."""

    head: Head
    events: dict[int, bytes]
    nodes: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """What is printed."""
        listed = sorted(self.events.items())
        events = b"".join(_event.pack(place, len(hashed)) + hashed for place, hashed in listed)
        packed = self.head.packed + _count.pack(len(self.events)) + events + b"".join(self.nodes)
        return KIND + base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @property
    def leaves(self) -> dict[int, bytes]:
        """The events' leaves, by place."""
        return {place: sha256(hashed).digest() for place, hashed in self.events.items()}

    @property
    def packet(self) -> int:
        """The number of the packet, as the first event says."""
        return number_of(self._streams[0])

    @property
    def _streams(self) -> list[UUID]:
        return [UUID(bytes=hashed[_STREAM]) for hashed in self.events.values()]

    @property
    def holds(self) -> bool:
        """Tell whether the nodes lead to the signed root, and all events are of one packet."""
        root = root_by_shared(self.leaves, self.head.size, self.nodes)
        one = Packet.stream(PacketNumber(self.packet))
        return root == self.head.root and self.head.is_signed() and set(self._streams) == {one}


def read_proof(text: str) -> Proof:
    """Read what is printed. Raises BadWitnessError; whether it holds is not looked at."""
    packed = unwrapped(text, KIND)
    head, at = read_head(packed[:HEAD_BYTES]), HEAD_BYTES + _count.size
    if len(packed) < at:
        raise BadWitnessError
    events: dict[int, bytes] = {}
    for _ in range(_count.unpack_from(packed, HEAD_BYTES)[0]):
        if len(packed) < at + _event.size:
            raise BadWitnessError
        place, length = _event.unpack_from(packed, at)
        at += _event.size
        events[place] = packed[at : at + length]
        at += length
        if length < _STREAM.stop or len(packed) < at:
            raise BadWitnessError
    if not events or (len(packed) - at) % HASH_BYTES:
        raise BadWitnessError
    return Proof(head, events, tuple(cut(packed[at:])))


def raw_of(row: EventRow) -> RawRow:
    """Return a stored event as it is hashed."""
    at, stream, version, topic, state = row
    text = state if isinstance(state, bytes) else str(state).encode()
    return at, stream.bytes, version, topic.encode(), text


@dataclass(frozen=True, slots=True)
class PacketProofs:
    """A packet's events under the last head, and proofs of them; `later` events came after it."""

    head: KeptHead
    events: tuple[EventRow, ...]
    places: tuple[int, ...]
    whole: Proof
    codes: tuple[Proof, ...]
    later: int


def prove(log: EventLog, book: EvidenceBook, number: PacketNumber) -> PacketProofs:
    """Prove a packet's events up to the last closed day.

    Raises NothingSealedError if there is none under a head, StorageError.
    """
    last, stream = book.last_head(), Packet.stream(number)
    before = UUID(int=stream.int - 1), LAST_VERSION
    rows = log.rows.rows_by_stream(before, stream, 2**62, _MOST_EVENTS)
    sealed = [row for row in rows if last is not None and row[0] <= last.position]
    if last is None or not sealed:
        raise NothingSealedError(packet=number)
    prover = _Prover(book, last, number)
    places = [prover.place(row) for row in sealed]
    whole, codes = prover.proof(sorted(places)), prover.codes(sorted(places))
    return PacketProofs(last, tuple(sealed), tuple(places), whole, codes, len(rows) - len(sealed))


class _Prover:
    def __init__(self, book: EvidenceBook, last: KeptHead, number: int) -> None:
        self._book, self._head, self._number = book, last.head, number
        self._subtree = book.subtree(self._head.size)
        self._events: dict[int, bytes] = {}

    def place(self, row: EventRow) -> int:
        """Return where in the tree an event is. Raises NothingSealedError."""
        chunk = self._book.chunk_at(row[0])
        if chunk is None or row[0] not in chunk.places:
            raise NothingSealedError(packet=self._number)
        place = chunk.number * CHUNK + chunk.places.index(row[0])
        self._events[place] = canonical(raw_of(row))
        return place

    def proof(self, places: Sequence[int]) -> Proof:
        """Prove some of the events together."""
        nodes = shared_proof(places, self._head.size, self._subtree)
        events = {place: self._events[place] for place in places}
        return Proof(self._head, events, tuple(nodes))

    def codes(self, places: Sequence[int]) -> tuple[Proof, ...]:
        """Prove all events, in as few proofs as fit into a code each."""
        found: list[Proof] = []
        rest = list(places)
        while rest:
            count = len(rest)
            while count > 1 and len(self.proof(rest[:count]).text) > MOST_IN_A_CODE:
                count -= 1
            found.append(self.proof(rest[:count]))
            rest = rest[count:]
        return tuple(found)
