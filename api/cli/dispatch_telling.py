"""How registries, bags and what differed are told on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.cli.display import Line, Sheet, table
from api.cli.language import say, term
from api.cli.shell import (
    local,
    number_text,
    plain,
    short_name,
    where,
)
from api.dispatched import (
    Arrival,
    RegistryFacts,
    found_of,
    proof_code,
)
from domain.dispatch.discrepancies import Discrepancy
from domain.dispatch.journey import Journey
from domain.dispatch.tracing import Trace
from domain.numbers import PacketNumber, grouped
from infra.bootstrap import Qolhat

# --- registries -----------------------------------------------------------------------------------


def registry_data(facts: RegistryFacts, services: dict[PacketNumber, str | None]) -> dict[str, Any]:
    """Tell a registry as codes and numbers."""
    bags = [
        {
            "bag": bag.number,
            "state": bag.state.value,
            "seal": bag.seal,
            "packets": [{"number": each, "service": services[each]} for each in bag.contents],
        }
        for bag in facts.bags
    ]
    return {
        "registry": facts.number,
        "sender": facts.sender,
        "to": facts.to,
        "begun_at": facts.begun_at,
        "closed_at": facts.closed_at,
        "closed_by": facts.closed_by,
        "bags": bags,
    }


def registry_lines(
    qolhat: Qolhat, facts: RegistryFacts, services: dict[PacketNumber, str | None]
) -> list[Line]:
    """Show a registry: a line a packet."""
    made = table("", "packet", "service", "bag", "seal", "status")
    for bag, packet in facts.lines:
        made.add_row(
            grouped(packet),
            services[packet] or "–",
            grouped(bag.number),
            bag.seal or "–",
            term("bag", bag.state.value),
        )
    sender, to = short_name(qolhat, facts.sender), short_name(qolhat, facts.to)
    head = say("registry.head", registry=grouped(facts.number), sender=sender, to=to)
    return [head, say("registry.closed-at", at=local(facts.closed_at)), made]


# --- bags -----------------------------------------------------------------------------------------


def bag_data(journey: Journey) -> dict[str, Any]:
    """Tell a bag as codes and numbers, verified and inferred apart."""
    found = found_of(journey)
    arrivals = list(found.values())
    counts = {each.value: arrivals.count(each) for each in Arrival}
    data: dict[str, Any] = plain(journey)
    return data | {"complete": journey.complete, "arrivals": found, "counts": counts}


def bag_lines(qolhat: Qolhat, journey: Journey) -> list[Line]:
    """Show where a bag is, and how surely its packets arrived."""
    made = table("", "bag", "status", "place", "person", "since", "seal")
    made.add_row(
        grouped(journey.number),
        term("bag", journey.state.value),
        where(qolhat, journey.place),
        str(journey.holder),
        local(journey.since),
        journey.seal or "–",
    )
    found = list(found_of(journey).values())
    counted = ((each, found.count(each)) for each in Arrival)
    told = ", ".join(f"{term('arrival', each.value)}: {count}" for each, count in counted if count)
    return [made, told] if told else [made]


def hand_overs_table(qolhat: Qolhat, journey: Journey) -> Sheet:
    """Show who gave a bag to whom."""
    made = table("title.hand-overs", "happened", "recorded", "giver", "receiver", "place", "status",
                 "proof", "remarks")  # fmt: skip
    for each in journey.hand_overs:
        remarks = [term("bag-deviation", deviation.value) for deviation in each.deviations]
        made.add_row(
            local(each.at),
            local(each.recorded_at),
            "–" if each.giver is None else str(each.giver),
            str(each.receiver),
            where(qolhat, each.place),
            term("bag", each.state.value),
            proof_code(each.proof or "") or "–",
            ", ".join(remarks),
        )
    return made


def contents_table(journey: Journey) -> Sheet:
    """Show what was in a bag, and what came out of it."""
    made = table("title.contents", "packet", "arrival", "put", "verified")
    for number, found in found_of(journey).items():
        put, taken = journey.contents.get(number), journey.verified.get(number)
        made.add_row(
            grouped(number),
            term("arrival", found.value),
            local(put.at if put else None),
            local(taken.at if taken else None),
        )
    return made


# --- what differed --------------------------------------------------------------------------------


def discrepancies_table(qolhat: Qolhat, found: Sequence[tuple[Discrepancy, Trace | None]]) -> Sheet:
    """Show what differed, and who had a missing packet last."""
    made = table(
        "title.discrepancies", "what", "packet", "bag", "owner", "since", "last", "settled"
    )
    for item, trace in found:
        made.add_row(
            term("discrepancy", item.kind.value),
            number_text(item.packet),
            grouped(item.bag),
            short_name(qolhat, item.owner),
            local(item.opened_at),
            _last(qolhat, trace),
            term("settled-as", item.settled_as),
        )
    return made


def _last(qolhat: Qolhat, trace: Trace | None) -> str:
    """Say who had a missing packet in hand last, and until when nobody saw it."""
    if trace is None or trace.last is None:
        return "–"
    last = trace.last
    told = f"{last.person}, {where(qolhat, last.place)}, {local(last.at)}"
    return f"{told} … {local(trace.until)}" if trace.until else f"{told} …"
