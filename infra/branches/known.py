"""What the country knows already of what a branch sent: by the id that the branch's device gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.dispatch.bag import Bag
from domain.dispatch.device_log import KEPT, DeviceLog
from domain.dispatch.errors import RegistryClosedError
from domain.dispatch.registry import Registry
from domain.errors import AlreadyRegisteredError
from domain.numbers import grouped
from domain.packet import Packet
from domain.runs import Run
from domain.unsettled import UnsettledScan
from infra.branches.errors import OtherwiseSettledError, UnreadableEnvelopeError
from infra.desk.errors import ReusedRefError


def is_known(stream: Any, event: Any) -> bool:
    """Tell whether this very thing is recorded. Raises what speaks against recording it."""
    match event:
        case Packet.Event():
            return _is_known_of_packet(stream, event)
        case Bag.Event():
            same = (e for e in stream.entries if e.ref == event.ref and type(e) is type(event))
            return _is_same(next(same, None), event)
        case Registry.Event():
            return _is_known_of_registry(stream, event)
        case Run.Event():
            return _is_same(stream.reports.get(event.ref), event)
        case UnsettledScan.Kept():
            return _is_same(stream.kept, event)
        case UnsettledScan.Settled():
            if stream.settled is not None and stream.settled.ref != event.ref:
                raise OtherwiseSettledError(scan=event.scan)
            return _is_same(stream.settled, event)
    raise UnreadableEnvelopeError(reason=type(event).__qualname__)


def _is_same(known: Any, event: Any) -> bool:
    """Tell whether it is known; another's under the same id is no repetition.

    Raises ReusedRefError.
    """
    if known is None:
        return False
    if (type(known), known.person, known.device) != (type(event), event.person, event.device):
        raise ReusedRefError(ref=event.ref)
    return True


def _is_known_of_packet(packet: Packet, event: Packet.Event) -> bool:
    if event.ref in packet.refs:
        return _is_same(next(e for e in packet.entries if e.ref == event.ref), event)
    if isinstance(event, Packet.Registered) and packet.registration is not None:
        raise AlreadyRegisteredError(number=grouped(packet.number))
    return False


def _is_known_of_registry(registry: Registry, event: Registry.Event) -> bool:
    if isinstance(event, Registry.BagAdded):
        return event.bag in registry.bags
    if isinstance(event, Registry.Begun):
        return _is_same(registry.begun, event)
    if registry.closed is not None and registry.closed.ref != event.ref:
        raise RegistryClosedError(registry=grouped(registry.number))
    return registry.closed is not None


def take_log(log: DeviceLog, event: DeviceLog.Received, now: datetime) -> bool:
    """Record the entries of a piece that did not come another way; False if all did."""
    texts = [event.hashes[i : i + KEPT] for i in range(0, len(event.hashes), KEPT)]
    entries = list(enumerate(texts, event.first))
    known = [text in log.chain.hashes.get(seq, ()) for seq, text in entries]
    turned = dict(zip(event.turned[::2], event.turned[1::2], strict=True))
    start = 0
    while start < len(entries):
        end = start
        while end < len(entries) and not known[end]:
            end += 1
        if end > start:
            seqs = range(entries[start][0], entries[start][0] + end - start)
            log.trigger_event(
                DeviceLog.Received,
                timestamp=now,
                log=event.log,
                person=event.person,
                device=event.device,
                first=seqs.start,
                hashes="".join(texts[start:end]),
                prev=texts[start - 1] if start else event.prev,
                bad=tuple(seq for seq in event.bad if seq in seqs),
                turned=tuple(n for seq in seqs if seq in turned for n in (seq, turned[seq])),
                clock_off=event.clock_off,
            )
        start = end + 1
    return not all(known)
