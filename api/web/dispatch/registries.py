"""What my organisation sends and gets: registries, bags on their way, what is still to be cleared.

A new registry goes to the usual destination; where there are several, nothing is preselected. What
is printed of a closed registry is what was sent, and the same as data [003 service 7 §11, row 2].
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from io import StringIO
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from api import forms
from api.dispatched import RegistryFacts, service_keys
from api.http.problems import NotFoundError, problem_of
from api.printing import Print, Printer, tags_print
from api.proved import witness_before
from api.web.dispatch.found import (
    CodePath,
    Packing,
    Seeing,
    name_of,
    open_registry,
    packed_of,
    packing_places,
    source_at,
)
from api.web.printer import ChosenPrinter
from api.web.prints import letterhead, pdf
from api.web.visitor import Visitor
from domain.directory import Place
from domain.dispatch.errors import NoSuchDestinationError
from domain.dispatch.journey import BagState, Journey
from domain.errors import QolhatError
from domain.numbers import CodeKind, PacketNumber
from domain.rights import Right
from projections.bags import Bags
from projections.discrepancies import Discrepancies
from scanner.keyboards import parse_typed

router = APIRouter(include_in_schema=False)
_RECENT = timedelta(days=7)  # for which closed registries are listed
_MOST = 200  # bags in a list
_PATIENCE = 2.0  # seconds: rather a list of a moment ago than none
_AWAY = frozenset(BagState) - {BagState.OPEN, BagState.RECONCILED}
_PAGES = {
    CodeKind.BAG: "/bags/{code}",
    CodeKind.REGISTRY: "/registries/{code}",
    CodeKind.PACKET: "/packets/{code}",
}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a registry can go, from one of the visitor's places."""

    place: Place
    to: int
    name: str

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.place.code}-{self.to}"


def destinations(visitor: Visitor) -> list[Destination]:
    """Return where the visitor's organisations send papers: their authority, or its clients."""
    directory = visitor.qolhat.directory
    found: list[Destination] = []
    for place in packing_places(visitor):
        authority = directory.authority_of(place.organisation)
        to = directory.clients_of(place.organisation) if authority is None else (authority,)
        named = visitor.speech.sorted_by_name((each, name_of(visitor, each)) for each in to)
        found += [Destination(place, code, name) for code, name in named]
    return found


# --- the page ------------------------------------------------------------------------------------


@router.get("/dispatch")
def overview(visitor: Seeing) -> HTMLResponse:
    """Show what goes out, what comes in, and what differed."""
    return _overview(visitor)


def _overview(visitor: Visitor, error: QolhatError | None = None, code: str = "") -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    mine = {place.organisation for place in visitor.places()} or {visitor.organisation}
    return visitor.page(
        "dispatch/overview.html",
        status=200 if problem is None else problem.status,
        problem=problem,
        code=code,
        destinations=destinations(visitor) if visitor.may(Right.PACK) else [],
        organisation=lambda each: name_of(visitor, each),
        may_settle=visitor.may(Right.SETTLE, Right.SEE_FIGURES),
        ref=str(uuid4()),
        **_lists(visitor, mine),
    )


def _lists(visitor: Visitor, mine: Collection[int]) -> dict[str, Any]:
    """Return what these organisations send, what comes to them, and what is not cleared."""
    qolhat = visitor.qolhat
    qolhat.runner.wait_for(qolhat.log.rows.last_position(), _PATIENCE)
    with qolhat.views.reading() as reading:
        bags, connection = reading.view(Bags), reading.connection
        since = qolhat.now() - _RECENT
        registries = bags.registries_of(connection, mine, since=since)
        incoming = bags.incoming(connection, mine, limit=_MOST)
        outgoing = bags.outgoing(connection, mine, states=_AWAY, limit=_MOST)
        open_items = reading.view(Discrepancies).count_open(connection, organisations=mine)
    people = {row.holder for row in (*incoming, *outgoing)}
    return {
        "registries": registries,
        "incoming": incoming,
        "outgoing": outgoing,
        "open_items": open_items,
        "names": qolhat.personnel.names(people),
    }


@router.get("/dispatch/find")
def find(visitor: Seeing, code: Annotated[str, Query(max_length=60)] = "") -> Response:
    """Lead to the bag, the registry or the packet of a code that was scanned."""
    try:
        found = parse_typed(code)
        if found.kind not in _PAGES:
            raise NotFoundError
    except QolhatError as error:
        return _overview(visitor, error, code)
    return RedirectResponse(_PAGES[found.kind].format(code=found.value), 303)


@router.post("/dispatch")
def begin(
    visitor: Packing,
    to: Annotated[str, Form(max_length=30)] = "",
    ref: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Begin a registry with its first bag."""
    chosen = next((each for each in destinations(visitor) if each.key == to), None)
    try:
        if chosen is None:
            raise NoSuchDestinationError
        source = source_at(visitor, chosen.place, ref)
        answer = visitor.qolhat.desk.dispatch.begin(source, chosen.to)
    except QolhatError as error:
        return _overview(visitor, error)
    visitor.qolhat.runner.wake()
    return RedirectResponse(f"/registries/{answer.registry}", 303)


# --- on paper, and as data -----------------------------------------------------------------------


@router.get("/registries/{code}.pdf")
def printed(visitor: Seeing, code: CodePath) -> Response:
    """Print a closed registry, in two copies."""
    facts = _closed(visitor, code)
    return pdf(print_registry(visitor, facts), f"registry-{facts.number}.pdf")


def print_registry(visitor: Visitor, facts: RegistryFacts) -> bytes:
    """Set a closed registry on paper, in two copies; what is frozen is set once for all readers."""
    services = _services(visitor, facts)
    made = forms.RegistryForm(
        number=facts.number,
        sender=letterhead(visitor, facts.sender),
        recipient=letterhead(visitor, facts.to),
        closed_at=facts.closed_at or facts.begun_at,
        zone=visitor.qolhat.directory.organisation(facts.sender).zone,
        bags=tuple(_lines(bag, services) for bag in packed_of(facts)),
        made_by=visitor.qolhat.personnel.names([facts.begun_by]).get(facts.begun_by),
        witness=witness_before(visitor.qolhat, facts.closed_at or facts.begun_at),
    )
    return _set(made, visitor.speech.language)


_set = lru_cache(maxsize=16)(forms.registry_pdf)  # what is closed is frozen


def _lines(bag: Journey, services: Mapping[PacketNumber, str]) -> forms.BagLines:
    lines = tuple(forms.PacketLine(number, services[number]) for number in bag.contents)
    return forms.BagLines(bag.number, bag.seal or "", lines)


@router.get("/registries/{code}/tags.pdf")
def tags(visitor: Seeing, code: CodePath) -> Response:
    """Print the tags of a registry's bags; of an open one with what lies in them now."""
    printed = _tags(visitor, code).drawn(Printer(), visitor.speech.language)
    return pdf(printed.content, printed.name)


@router.get("/registries/{code}/tags")
def tags_here(visitor: Seeing, code: CodePath, chosen: ChosenPrinter) -> Response:
    """Print the tags for the printer beside this computer."""
    return chosen.answer(visitor, _tags(visitor, code))


def _tags(visitor: Visitor, code: str) -> Print:
    facts = open_registry(visitor, code)
    bags = packed_of(facts) or list(facts.bags)
    return tags_print(visitor.qolhat, facts, bags, visitor.speech.language)


def _closed(visitor: Visitor, code: str) -> RegistryFacts:
    """Return a registry that is frozen: an open one is not printed. Raises NotFoundError."""
    facts = open_registry(visitor, code)
    if facts.closed_at is None:
        raise NotFoundError
    return facts


def _services(visitor: Visitor, facts: RegistryFacts) -> dict[PacketNumber, str]:
    packets = [number for _, number in facts.lines]
    return {n: key or "" for n, key in service_keys(visitor.qolhat, packets).items()}


@router.get("/registries/{code}.json")
def as_json(visitor: Seeing, code: CodePath) -> JSONResponse:
    """Give a registry as data; times are UTC."""
    facts = open_registry(visitor, code)
    services = _services(visitor, facts)
    told = {
        "registry": str(facts.number),
        "from": {"code": facts.sender, "name": name_of(visitor, facts.sender)},
        "to": {"code": facts.to, "name": name_of(visitor, facts.to)},
        "begun_at": facts.begun_at.isoformat(),
        "closed_at": facts.closed_at and facts.closed_at.isoformat(),
        "bags": [
            {
                "bag": str(bag.number),
                "seal": bag.seal or "",
                "packets": [{"number": str(n), "service": services[n]} for n in bag.contents],
            }
            for bag in packed_of(facts)
        ],
    }
    return JSONResponse(told)


@router.get("/registries/{code}.csv")
def as_csv(visitor: Seeing, code: CodePath) -> Response:
    """Give a registry as a table: a line a packet."""
    facts = open_registry(visitor, code)
    services = _services(visitor, facts)
    written = StringIO()
    table = csv.writer(written)
    table.writerow(("registry", "from", "to", "bag", "seal", "packet", "service"))
    for bag in packed_of(facts):
        begin_of_line = (facts.number, facts.sender, facts.to, bag.number, bag.seal or "")
        table.writerows((*begin_of_line, number, services[number]) for number in bag.contents)
    headers = {"content-disposition": f'attachment; filename="registry-{facts.number}.csv"'}
    return Response(written.getvalue(), 200, headers, "text/csv; charset=utf-8")
