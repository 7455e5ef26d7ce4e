"""Why somebody decided so about a scan that waited: the text, which lies in the vault."""

from __future__ import annotations

from api.web.visitor import Visitor
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.unsettled import UnsettledScan
from infra.bootstrap import Qolhat
from projections.unsettled import UnsettledRow


def reason_written(visitor: Visitor, row: UnsettledRow) -> str | None:
    """Return what was written at the decision; it may name people: so it is noted who looked."""
    ref = _reference(visitor.qolhat, row)
    written = None if ref is None else visitor.qolhat.vault.get(ref)
    if written is None:
        return None
    visitor.saw([str(row.number) if row.number else f"scan:{row.scan}"], "unsettled")
    return str(written["text"])


def _reference(qolhat: Qolhat, row: UnsettledRow) -> str | None:
    """Find the decision: beside a scan of no packet, else in its packet."""
    for event in qolhat.log.events_of(UnsettledScan.stream(row.scan)):
        if isinstance(event, UnsettledScan.Settled):
            return event.text_ref
    if not row.number:
        return None
    for event in qolhat.log.events_of(Packet.stream(PacketNumber(row.number))):
        if isinstance(event, Packet.ScanSettled) and event.scan == row.scan:
            return event.text_ref
    return None
