"""A packet's ledger as pages, the HTTP API and the command line show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.changed import Changed, changed_in
from api.editions import edition_named
from domain.errors import UnknownPacketError
from domain.ledger import Ledger, ledger_of
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet
from domain.rescoring import (
    CalendarRescoring,
    Rescoring,
    calendar_rescorings_of,
    rescorings_of,
)
from domain.timeline import timeline_of
from infra.bootstrap import Qolhat


@dataclass(frozen=True, slots=True)
class Scored:
    """A packet's time, scored by the norms of an edition: its own, or another one's.

    `entries` are the events that count, in order; `rescored` what late ones among them changed of
    stays that were known, `recalendared` what a changed calendar did, by the packet's own norms.
    """

    number: PacketNumber
    edition: str | None
    norms: str | None
    ledger: Ledger
    entries: Sequence[Packet.Event]
    rescored: Sequence[Rescoring] = ()
    recalendared: Sequence[CalendarRescoring] = ()

    @property
    def changed(self) -> list[Changed]:
        """What both changed."""
        return changed_in(self.number, self.edition, [*self.rescored, *self.recalendared])


def scored(qolhat: Qolhat, number: PacketNumber, norms: str | None = None) -> Scored:
    """Score a packet from its events. Raises UnknownPacketError, UnknownEditionError."""
    events = qolhat.log.events_of(Packet.stream(number))
    if not events:
        raise UnknownPacketError(number=grouped(number))
    other = None if norms is None else edition_named(qolhat, norms)
    timeline = timeline_of(events, qolhat.regulations)
    own = timeline.progress.edition
    if not own:
        return Scored(number, None, norms, Ledger((), ()), timeline.entries)
    edition = qolhat.regulations.edition(own)
    found = ledger_of(timeline, edition, qolhat.clocks, qolhat.now(), other)
    rescored = rescorings_of(events, qolhat.regulations, qolhat.clocks)
    moved = calendar_rescorings_of(timeline, qolhat.regulations, qolhat.clocks)
    return Scored(number, own, norms or own, found, timeline.entries, rescored, moved)
