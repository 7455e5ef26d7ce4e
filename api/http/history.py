"""A packet's history: every recorded entry in order, with what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from api.entries import details_of, kind_of, reason_of
from api.http import schemas
from api.http.telling import Teller
from api.http.visits import visit_out
from domain.errors import UnknownPacketError
from domain.numbers import PacketNumber, grouped
from domain.packet import Packet, order_key
from domain.timeline import Timeline, timeline_of
from projections.visits import VisitRow


def history_of(tell: Teller, number: PacketNumber, visits: Sequence[VisitRow]) -> schemas.History:
    """Tell all that happened to a packet. Raises UnknownPacketError."""
    events: list[Packet.Event] = tell.qolhat.log.events_of(Packet.stream(number))
    if not events:
        raise UnknownPacketError(number=grouped(number))
    told = _Entries(tell, events)
    return schemas.History(
        number=str(number),
        grouped=grouped(number),
        entries=[told.entry(event) for event in sorted(events, key=order_key)],
        visits=[visit_out(tell, visit) for visit in visits],
    )


class _Entries:
    """The events of one packet, and what the timeline made of them."""

    def __init__(self, tell: Teller, events: Sequence[Packet.Event]) -> None:
        self._tell = tell
        self._timeline: Timeline = timeline_of(events, tell.qolhat.regulations)
        self._doubted = {scan.ref for scan in self._timeline.doubted}
        self._counted = {entry.ref: entry for entry in self._timeline.entries}
        self._settled = {e.scan: e.settlement for e in events if isinstance(e, Packet.ScanSettled)}

    def entry(self, event: Packet.Event) -> schemas.EntryOut:
        """Tell one event."""
        tell = self._tell
        return schemas.EntryOut(
            ref=event.ref,
            kind=tell.word(*kind_of(event)),
            happened_at=event.happened_at,
            recorded_at=event.timestamp,
            claimed_at=getattr(event, "claimed_at", None),
            place=tell.maybe_place(event.place),
            person=event.person,
            device=event.device,
            deviations=tell.words("deviation", self._timeline.notes.get(event.ref, ())),
            voided=event.ref in self._timeline.voided,
            in_doubt=event.ref in self._doubted,
            doubt=tell.maybe("doubt", getattr(event, "doubt", None)),
            settled=self._settled.get(event.ref),
            counts_as=self._counts_as(event),
            reason=tell.maybe_word(reason_of(event)),
            text_kept=getattr(event, "text_ref", None) is not None,
            details=details_of(event),
        )

    def _counts_as(self, event: Packet.Event) -> schemas.Corrected | None:
        counted = self._counted.get(event.ref)
        if counted is None or self._settled.get(event.ref) is None:
            return None
        return schemas.Corrected(
            place=self._tell.maybe_place(counted.place), happened_at=counted.happened_at
        )
