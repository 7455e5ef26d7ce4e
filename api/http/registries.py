"""Registries: lists of packets that go together to one destination, in one or more bags.

Closing freezes a registry: as data it is what was printed and signed [003 service 7 §11, row 2].
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response

from api.dispatched import RegistryFacts, read_registry, registry_facts, service_keys
from api.http import schemas
from api.http.calls import Asking, Call, Calling
from api.http.media import resource
from api.http.problems import OF_A_COMMAND, documented
from api.http.telling import Teller
from domain.dispatch.journey import Journey
from domain.numbers import PacketNumber, RegistryCode, grouped
from domain.rights import Right
from infra.requests import RegistryAnswer
from projections.bags import Bags, RegistryRow

router = resource("registries")
RegistryPath = Annotated[
    str, Path(description="The registry's number.", examples=[schemas.EXAMPLE_REGISTRY])
]
_CSV = "text/csv"
_AS_A_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "model": schemas.RegistryOut,
        "description": "The registry; with `format=csv` or `Accept: text/csv` a line a packet.",
        "content": {_CSV: {"schema": {"type": "string"}}},
    }
}
_COLUMNS = ("registry", "from", "to", "bag", "seal", "packet", "service")
_AT_ONCE = 1000


# --- making --------------------------------------------------------------------------------------


@router.post("/registries", status_code=201, summary="Begin a registry", responses=OF_A_COMMAND)
def begin_registry(call: Calling, body: schemas.RegistryIn) -> schemas.RegistryAnswered:
    """Begin a registry with its first bag; sent again with the same `ref` it gives the same."""
    source = call.source(body, Right.PACK)
    return _answered(call, call.qolhat.desk.dispatch.begin(source, body.to))


@router.post(
    "/registries/{number}/bags",
    status_code=201,
    summary="Begin another bag",
    responses=OF_A_COMMAND | documented(404, 409),
)
def add_bag(
    call: Calling, number: RegistryPath, body: schemas.SentFrom
) -> schemas.RegistryAnswered:
    """Begin another bag of an open registry."""
    registry, source = _to_pack(call, number), call.source(body, Right.PACK)
    return _answered(call, call.qolhat.desk.dispatch.add_bag(registry, source))


@router.post(
    "/registries/{number}/close",
    summary="Close a registry",
    responses=OF_A_COMMAND | documented(404, 409),
)
def close_registry(
    call: Calling, number: RegistryPath, body: schemas.SentFrom
) -> schemas.RegistryAnswered:
    """Freeze a registry whose bags are all sealed; empty bags are left out of it."""
    registry, source = _to_pack(call, number), call.source(body, Right.PACK)
    return _answered(call, call.qolhat.desk.dispatch.close(registry, source))


def _to_pack(call: Call, given: str) -> RegistryCode:
    """Return a registry that the caller's organisation sends.

    Raises NoRightError, BadCodeError, OtherKindError, UnknownRegistryError, NotYoursError.
    """
    call.require(Right.PACK)
    facts = registry_facts(call.qolhat, read_registry(given))
    call.require_reach([facts.sender], Right.PACK)
    return facts.number


def _answered(call: Call, answer: RegistryAnswer) -> schemas.RegistryAnswered:
    call.recorded()
    return schemas.RegistryAnswered(
        registry=str(answer.registry),
        grouped=grouped(answer.registry),
        bag=None if answer.bag is None else str(answer.bag),
        position=answer.position,
    )


# --- asking --------------------------------------------------------------------------------------


@router.get("/registries", summary="Registries of an organisation")
def registries(
    call: Asking,
    organisation: Annotated[int | None, Query(ge=1, le=9999, description="Who sends.")] = None,
    state: Annotated[Literal["open", "closed"] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.RegistryList:
    """What organisations send: the open registries first, then the last closed first."""
    organisations = call.within(Right.SEE_PACKETS, organisation)
    if organisations is None:
        organisations = [each.code for each in call.qolhat.directory.organisations]
    found: list[RegistryRow] = []
    with call.qolhat.views.reading() as reading:
        view, offset, more = reading.view(Bags), 0, True
        while more and len(found) < limit:
            rows = view.registries_of(
                reading.connection, organisations, limit=_AT_ONCE, offset=offset
            )
            found += [row for row in rows if state is None or _state(row) == state]
            offset, more = offset + _AT_ONCE, len(rows) == _AT_ONCE
    return schemas.RegistryList(items=[_row_out(call.tell, row) for row in found[:limit]])


def _state(registry: RegistryRow | RegistryFacts) -> str:
    return "open" if registry.closed_at is None else "closed"


def _row_out(tell: Teller, row: RegistryRow) -> schemas.RegistryLine:
    return schemas.RegistryLine(
        number=str(row.number),
        grouped=grouped(row.number),
        sender=tell.organisation(row.sender),
        to=tell.organisation(row.to),
        state=_state(row),
        begun_at=row.begun_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        bags=row.bags,
        packets=row.packets,
    )


@router.get(
    "/registries/{number}",
    summary="A registry as data",
    response_model=schemas.RegistryOut,
    responses=_AS_A_TABLE | documented(404),
)
def registry(
    call: Asking,
    request: Request,
    number: RegistryPath,
    wanted: Annotated[
        Literal["json", "csv"] | None,
        Query(alias="format", description="Left out: by `Accept`."),
    ] = None,
) -> schemas.RegistryOut | Response:
    """Its bags with their seals, and in each the packets with the keys of their services."""
    call.require(Right.SEE_PACKETS)
    facts = registry_facts(call.qolhat, read_registry(number))
    call.require_reach([facts.sender, facts.to], Right.SEE_PACKETS)
    services = service_keys(call.qolhat, (each for _, each in facts.lines))
    by_accept = "csv" if _CSV in request.headers.get("accept", "") else "json"
    if (wanted or by_accept) == "csv":
        return _table(facts, services)
    return registry_out(call.tell, facts, services)


def _table(facts: RegistryFacts, services: dict[PacketNumber, str | None]) -> Response:
    written = StringIO()
    table = csv.writer(written)
    table.writerow(_COLUMNS)
    table.writerows(
        (facts.number, facts.sender, facts.to, bag.number, bag.seal or "", number, services[number])
        for bag, number in facts.lines
    )
    headers = {"content-disposition": f'attachment; filename="registry-{facts.number}.csv"'}
    return Response(written.getvalue(), 200, headers, f"{_CSV}; charset=utf-8")


def registry_out(
    tell: Teller, facts: RegistryFacts, services: dict[PacketNumber, str | None]
) -> schemas.RegistryOut:
    """Tell of a registry; bags in which nothing was put are left out of a closed one."""
    shown = [bag for bag in facts.bags if bag.contents or facts.closed_at is None]
    return schemas.RegistryOut(
        number=str(facts.number),
        grouped=grouped(facts.number),
        sender=tell.organisation(facts.sender),
        to=tell.organisation(facts.to),
        state=_state(facts),
        begun_at=facts.begun_at,
        begun_by=facts.begun_by,
        closed_at=facts.closed_at,
        closed_by=facts.closed_by,
        packets=len(facts.lines),
        bags=[_bag_out(tell, bag, services) for bag in shown],
    )


def _bag_out(
    tell: Teller, bag: Journey, services: dict[PacketNumber, str | None]
) -> schemas.ListedBag:
    return schemas.ListedBag(
        number=str(bag.number),
        grouped=grouped(bag.number),
        state=tell.word("bag", bag.state.value),
        seal=bag.seal,
        packets=[
            schemas.ListedPacket(number=str(each), grouped=grouped(each), service=services[each])
            for each in bag.contents
        ],
    )
