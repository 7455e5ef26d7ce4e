"""What lies at a place, the most urgent first, and a mark that changes when any of it does.

A packet is judged by its nearest term [003 annexes 3, 4 and 7; 002 §7 and §15], as in every other
list (ADR 18).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from domain.numbers import PacketNumber, PlaceCode
from domain.urgency import Urgency
from infra.bootstrap import Qolhat
from infra.pressing import pressing_of
from projections.due import DueRow, DueView
from projections.holdings import Holding, Holdings
from projections.pressing import Moment, Whose

MOST_AT_A_PLACE = 5000
_MOST_TERMS = 3 * MOST_AT_A_PLACE
_NEVER = datetime.max.replace(tzinfo=UTC)
_ORDER = (Urgency.OVERDUE, Urgency.SOON, None)


@dataclass(frozen=True, slots=True)
class Lying:
    """An open packet at a place; `due` is the term for which it stands where it stands."""

    holding: Holding
    due: DueRow | None = None
    urgency: Urgency | None = None

    @property
    def number(self) -> PacketNumber:
        """The packet's number."""
        return self.holding.number

    @property
    def rank(self) -> tuple[int, datetime, datetime, PacketNumber]:
        """Overdue before soon before the rest; then by the term, then the longest there."""
        due_at = self.due.due_at if self.due is not None else _NEVER
        return _ORDER.index(self.urgency), due_at, self.holding.since or _NEVER, self.number


@dataclass(frozen=True, slots=True)
class Count:
    """How many packets a place holds, how many of them press, and how many nobody scanned in."""

    packets: int = 0
    late: int = 0
    soon: int = 0
    inferred: int = 0


def lying_at(qolhat: Qolhat, place: PlaceCode) -> list[Lying]:
    """Return the open packets at a place, the most urgent first."""
    now = qolhat.now()
    with qolhat.views.reading() as reading:
        held = reading.view(Holdings).at(reading.connection, place=place, limit=MOST_AT_A_PLACE)
        terms = reading.view(DueView).next(reading.connection, place=place, limit=_MOST_TERMS)
    by_number = defaultdict(list)
    for term in terms:
        by_number[term.number].append(term)
    found = [_lying(holding, by_number[holding.number], now) for holding in held]
    return sorted(found, key=lambda each: each.rank)


def _lying(holding: Holding, terms: Sequence[DueRow], now: datetime) -> Lying:
    """Judge a packet by its running terms, of which the nearest comes first."""
    if not terms:
        return Lying(holding)
    if terms[0].due_at < now:
        return Lying(holding, terms[0], Urgency.OVERDUE)
    warned = next((term for term in terms if term.warn_at <= now), None)
    return Lying(holding, warned or terms[0], None if warned is None else Urgency.SOON)


def count_of(lying: Collection[Lying]) -> Count:
    """Count what lies somewhere."""
    found = [each.urgency for each in lying]
    inferred = sum(not each.holding.verified for each in lying)
    return Count(len(found), found.count(Urgency.OVERDUE), found.count(Urgency.SOON), inferred)


def counts_in(qolhat: Qolhat, organisation: int) -> dict[PlaceCode, Count]:
    """Count what lies at each place of an organisation that holds anything."""
    whose = Whose([organisation])
    with qolhat.views.reading() as reading:
        packets = reading.view(Holdings).sureties(reading.connection, organisation)
        pressing = pressing_of(reading, Moment(qolhat.now()))
        late = pressing.by_place(Urgency.OVERDUE, whose)
        soon = pressing.by_place(Urgency.SOON, whose)
    return {
        place: Count(sure.packets, late.get(place, 0), soon.get(place, 0), sure.inferred)
        for place, sure in packets.items()
    }


def mark_of(lying: Collection[Lying]) -> str:
    """Return a mark that is another one when a row that is shown would be."""
    digest = sha256()
    for each in lying:
        held, due = each.holding, each.due
        shown = (held.number, held.status, held.since, held.stage, held.waiting, held.verified,
                 each.urgency, due and due.due_at, held.paused_since)  # fmt: skip
        digest.update(repr(shown).encode())
    return digest.hexdigest()[:16]
