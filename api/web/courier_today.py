"""What a courier's device must know to work without a network: runs, bags, people, places.

Names of colleagues, so that a badge can be told to be somebody's; nothing of any applicant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from api.web.courier import carrying
from api.web.station import place_name
from api.web.visitor import Visitor
from domain.dispatch.journey import BagState
from infra.courier_runs import RunLine
from projections.bags import BagRow, Bags

router = APIRouter(include_in_schema=False)
Carrying = Annotated[Visitor, Depends(carrying)]
_SHOWN_AFTERWARDS = timedelta(hours=24)  # a bag that was handed over
_COMING = frozenset({BagState.SEALED, BagState.TAKEN, BagState.HANDED_OVER, BagState.RETURNED})


@router.get("/courier/today")
def today(visitor: Carrying) -> dict[str, Any]:
    """Return the day's runs and bags, and the people and places on the way."""
    qolhat = visitor.qolhat
    ends = _ends(visitor)
    return {
        "server_at": qolhat.now().isoformat(),
        "csrf": visitor.session.csrf,
        "language": visitor.speech.language,
        "person": _me(visitor),
        "runs": _runs(visitor),
        "bags": _bags(visitor, ends),
        "people": _people(visitor, ends),
        "places": [
            {
                "code": str(place.code),
                "organisation": place.organisation,
                "name": place_name(visitor, place.code),
                "role": place.role.value,
            }
            for code in sorted(ends)
            for place in qolhat.directory.places_of(code)
        ],
    }


def _ends(visitor: Visitor) -> frozenset[int]:
    """Return the organisations between which the courier carries."""
    routes = visitor.qolhat.courier_runs.routes_of({visitor.organisation})
    ends = {end for route in routes for end in (route.branch, route.authority)}
    return frozenset(ends | {visitor.organisation})


def _me(visitor: Visitor) -> dict[str, Any]:
    place = visitor.first_place()
    return {
        "person": visitor.person,
        "name": visitor.name,
        "badge": _badge(visitor, visitor.person),
        "place": str(place) if place else "",
        "place_name": place_name(visitor, place),
    }


def _badge(visitor: Visitor, person: int) -> str:
    badges = visitor.qolhat.staff.register.badges_of(person, visitor.qolhat.now())
    return str(badges[-1]) if badges else ""


def _organisation(visitor: Visitor, code: int) -> dict[str, Any]:
    return {"code": code, "name": visitor.qolhat.directory.organisation(code).name_kk}


# --- runs ----------------------------------------------------------------------------------------


def _runs(visitor: Visitor) -> list[dict[str, Any]]:
    runs = visitor.qolhat.courier_runs
    lines: list[RunLine] = []
    for route in runs.routes_of({visitor.organisation}):
        day = runs.today(route)
        lines += runs.lines(route, day, day)
    lines.sort(key=lambda line: (line.trip.run.planned_at, line.trip.run.key))
    return [_run(visitor, line) for line in lines]


def _run(visitor: Visitor, line: RunLine) -> dict[str, Any]:
    key = line.trip.run.key
    return {
        "key": str(key),
        "branch": _organisation(visitor, key.branch),
        "authority": _organisation(visitor, key.authority),
        "planned_at": line.trip.run.planned_at.isoformat(),
        "state": line.state.value,
        "state_name": visitor.speech.word("run", line.state.value),
    }


# --- bags ----------------------------------------------------------------------------------------


def _bags(visitor: Visitor, ends: Collection[int]) -> list[dict[str, Any]]:
    """Return the bags to be carried, those that the courier has, and those of the last day."""
    qolhat = visitor.qolhat
    since = qolhat.now() - _SHOWN_AFTERWARDS
    with qolhat.views.reading() as reading:
        view, connection = reading.view(Bags), reading.connection
        rows = {row.number: row for row in view.outgoing(connection, ends, states=_COMING)}
        rows |= {row.number: row for row in view.held(connection, person=visitor.person)}
        carried = view.taken(connection, since, qolhat.now(), courier=visitor.person)
        rows |= {row.number: row for row in carried}
        shown = [row for row in rows.values() if _concerns(visitor, row, ends)]
        packets = view.contents_of_many(connection, [row.number for row in shown])
    names = qolhat.personnel.names({row.holder for row in shown})
    return [_bag(visitor, row, packets[row.number], names) for row in shown]


def _concerns(visitor: Visitor, row: BagRow, ends: Collection[int]) -> bool:
    """Between the courier's own ends only: a clerk's other routes are not carried by this one."""
    mine = visitor.organisation in (row.origin, row.destination)
    return row.holder == visitor.person or (mine and {row.origin, row.destination} <= set(ends))


def _bag(
    visitor: Visitor, row: BagRow, packets: Iterable[int], names: dict[int, str]
) -> dict[str, Any]:
    return {
        "code": str(row.number),
        "registry": str(row.registry),
        "from": _organisation(visitor, row.origin),
        "to": _organisation(visitor, row.destination),
        "seal": row.seal or "",
        "count": row.packed,
        "packets": [str(packet) for packet in packets],
        "state": row.state,
        "state_name": visitor.speech.word("bag", row.state),
        "holder": row.holder,
        "holder_name": names.get(row.holder, f"№ {row.holder}"),
    }


# --- people --------------------------------------------------------------------------------------


def _people(visitor: Visitor, ends: Collection[int]) -> list[dict[str, Any]]:
    """Return who works at the ends of the ways and carries a badge."""
    qolhat, now = visitor.qolhat, visitor.qolhat.now()
    register = qolhat.staff.recent()
    people = [
        member.person
        for member in register.people
        if member.organisation in ends and register.badges_of(member.person, now)
    ]
    names = qolhat.personnel.names(people)
    return [
        {
            "badge": _badge(visitor, person),
            "person": person,
            "name": names.get(person, f"№ {person}"),
            "organisation": register.member(person).organisation,
            "place": str(next(iter(register.places_of(person, now)), "")),
            "roles": sorted(role.value for role in register.roles_of(person, now)),
        }
        for person in people
    ]
