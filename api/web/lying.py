"""What lies at a place, the most urgent first, and a mark that changes when any of it does.

Urgent by the terms of the regulation [003 annexes 3, 4 and 7; 002 §7 and §15]: of several terms
that run for one packet the nearest counts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from domain.numbers import PacketNumber, PlaceCode, place_organisation
from domain.workdays import OutsideCalendarError
from infra.bootstrap import Qolhat
from projections.due import DueRow, DueView
from projections.holdings import Holding, Holdings

SOON = timedelta(hours=1)  # of working time: as long as most stages have
MOST_AT_A_PLACE = 5000
_NEVER = datetime.max.replace(tzinfo=UTC)


class Urgency(StrEnum):
    """How near the nearest term is, the most urgent first."""

    LATE = "late"
    SOON = "soon"
    CALM = "calm"


_ORDER = {urgency: place for place, urgency in enumerate(Urgency)}


@dataclass(frozen=True, slots=True)
class Lying:
    """An open packet at a place; `due` is the nearest of its terms, where one runs."""

    holding: Holding
    due: DueRow | None
    urgency: Urgency

    @property
    def number(self) -> PacketNumber:
        """The packet's number."""
        return self.holding.number

    @property
    def _rank(self) -> tuple[int, datetime, datetime, PacketNumber]:
        due_at = self.due.due_at if self.due is not None else _NEVER
        return _ORDER[self.urgency], due_at, self.holding.since or _NEVER, self.number


@dataclass(frozen=True, slots=True)
class Count:
    """How many packets a place or an organisation holds, and how many of them are urgent."""

    packets: int = 0
    late: int = 0
    soon: int = 0


def soon_until(qolhat: Qolhat, organisation: int, now: datetime) -> datetime:
    """Return the instant up to which a term runs out soon by the organisation's working hours."""
    try:
        return qolhat.clocks.calendar(organisation).add_working_time(now, SOON)
    except OutsideCalendarError:
        return now + SOON


def lying_at(qolhat: Qolhat, place: PlaceCode) -> list[Lying]:
    """Return the open packets at a place: overdue, then by due instant, then the longest there."""
    now = qolhat.now()
    soon = soon_until(qolhat, place_organisation(place), now)
    with qolhat.views.reading() as reading:
        held = reading.view(Holdings).at(reading.connection, place=place, limit=MOST_AT_A_PLACE)
        terms = reading.view(DueView).next(
            reading.connection, place=place, limit=3 * MOST_AT_A_PLACE
        )
    nearest: dict[PacketNumber, DueRow] = {}
    for term in terms:
        nearest.setdefault(term.number, term)
    found = [_lying(holding, nearest.get(holding.number), now, soon) for holding in held]
    return sorted(found, key=lambda each: each._rank)  # noqa: SLF001  of this module


def _lying(holding: Holding, due: DueRow | None, now: datetime, soon: datetime) -> Lying:
    urgency = Urgency.CALM
    if due is not None and due.due_at < soon:
        urgency = Urgency.LATE if due.due_at < now else Urgency.SOON
    return Lying(holding, due, urgency)


def count_of(lying: Collection[Lying]) -> Count:
    """Count what lies somewhere."""
    urgencies = [each.urgency for each in lying]
    return Count(len(urgencies), urgencies.count(Urgency.LATE), urgencies.count(Urgency.SOON))


def counts_in(qolhat: Qolhat, organisation: int) -> dict[PlaceCode, Count]:
    """Count what lies at each place of an organisation that holds anything."""
    now = qolhat.now()
    soon = soon_until(qolhat, organisation, now)
    with qolhat.views.reading() as reading:
        packets = dict(reading.view(Holdings).counts(reading.connection, organisation))
        due = reading.view(DueView)
        late = due.packets_before(reading.connection, now, organisation=organisation)
        urgent = due.packets_before(reading.connection, soon, organisation=organisation)
    return {
        place: Count(count, late.get(place, 0), urgent.get(place, 0) - late.get(place, 0))
        for place, count in packets.items()
    }


def mark_of(lying: Collection[Lying]) -> str:
    """Return a mark that is another one when a row that is shown would be."""
    digest = sha256()
    for each in lying:
        held, due = each.holding, each.due
        shown = (held.number, held.status, held.since, held.stage, held.waiting, held.verified,
                 each.urgency, due and due.due_at)  # fmt: skip
        digest.update(repr(shown).encode())
    return digest.hexdigest()[:16]
