"""Proofs that a packet's events are in the log under a signed head: short enough for a receipt.

A proof names the packet, the head, where its events lie in the log and their leaves, and holds the
nodes that lead from them to the root: whoever has it needs no store to check it. One proof for all
events holds no node twice; where that is too long for one code, each code is a proof of some.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from domain.merkle import HASH_BYTES, root_by_shared, shared_proof
from domain.numbers import PacketNumber
from domain.packet import Packet
from infra.evidence.book import EvidenceBook, KeptHead
from infra.evidence.errors import NothingSealedError
from infra.evidence.leaves import CHUNK, cut
from infra.evidence.witness import HEAD_BYTES, BadWitnessError, Head, read_head, unwrapped
from infra.store.log import EventLog
from infra.store.rows import LAST_VERSION, EventRow

KIND = "QP1."
MOST_IN_A_CODE = 2_200  # letters: a QR code of 149 modules, which prints well at 60 mm
_MOST_EVENTS = 10_000
_layout = struct.Struct(">QH")
_place = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Proof:
    """That these leaves are at these places (from 0) of the log under a head."""

    head: Head
    packet: int
    leaves: dict[int, bytes]
    nodes: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """What is printed."""
        places = b"".join(_place.pack(place) for place in sorted(self.leaves))
        hashes = b"".join(self.leaves[place] for place in sorted(self.leaves))
        about = _layout.pack(self.packet, len(self.leaves))
        packed = self.head.packed + about + places + hashes + b"".join(self.nodes)
        return KIND + base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @property
    def holds(self) -> bool:
        """Tell whether the nodes lead to the head's root, and the head is signed by its key."""
        root = root_by_shared(self.leaves, self.head.size, self.nodes)
        return root == self.head.root and self.head.is_signed()


def read_proof(text: str) -> Proof:
    """Read what is printed. Raises BadWitnessError; whether it holds is not looked at."""
    packed = unwrapped(text, KIND)
    head = read_head(packed[:HEAD_BYTES])
    rest = packed[HEAD_BYTES:]
    if len(rest) < _layout.size:
        raise BadWitnessError
    packet, count = _layout.unpack(rest[: _layout.size])
    rest = rest[_layout.size :]
    own = count * (_place.size + HASH_BYTES)
    if not 0 < count <= _MOST_EVENTS or len(rest) < own or (len(rest) - own) % HASH_BYTES:
        raise BadWitnessError
    places = [_place.unpack_from(rest, each * _place.size)[0] for each in range(count)]
    hashes = cut(rest[count * _place.size : own])
    return Proof(head, packet, dict(zip(places, hashes, strict=True)), tuple(cut(rest[own:])))


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
    before = type(stream)(int=stream.int - 1), LAST_VERSION
    rows = log.rows.rows_by_stream(before, stream, 2**62, _MOST_EVENTS)
    sealed = [row for row in rows if last is not None and row[0] <= last.position]
    if last is None or not sealed:
        raise NothingSealedError(packet=number)
    prover = _Prover(book, last, number)
    places = [prover.place(row[0]) for row in sealed]
    whole, codes = prover.proof(sorted(places)), prover.codes(sorted(places))
    return PacketProofs(last, tuple(sealed), tuple(places), whole, codes, len(rows) - len(sealed))


class _Prover:
    def __init__(self, book: EvidenceBook, last: KeptHead, number: int) -> None:
        self._book, self._head, self._number = book, last.head, number
        self._subtree = book.subtree(self._head.size)
        self._leaves: dict[int, bytes] = {}

    def place(self, position: int) -> int:
        """Return where in the tree the event of a position is. Raises NothingSealedError."""
        chunk = self._book.chunk_at(position)
        if chunk is None or position not in chunk.places:
            raise NothingSealedError(packet=self._number)
        within = chunk.places.index(position)
        place = chunk.number * CHUNK + within
        self._leaves[place] = chunk.leaves[within * HASH_BYTES : (within + 1) * HASH_BYTES]
        return place

    def proof(self, places: Sequence[int]) -> Proof:
        """Prove some of the leaves together."""
        nodes = shared_proof(places, self._head.size, self._subtree)
        leaves = {place: self._leaves[place] for place in places}
        return Proof(self._head, self._number, leaves, tuple(nodes))

    def codes(self, places: Sequence[int]) -> tuple[Proof, ...]:
        """Prove all leaves, in as few proofs as fit into a code each."""
        found: list[Proof] = []
        rest = list(places)
        while rest:
            count = len(rest)
            while count > 1 and len(self.proof(rest[:count]).text) > MOST_IN_A_CODE:
                count -= 1
            found.append(self.proof(rest[:count]))
            rest = rest[count:]
        return tuple(found)
