"""What people work with: enrolled devices (tokens), and stations (browsers that know their number).

A device speaks for a person, so that whoever enrols it must be allowed to change that person. A
station belongs to the organisation in which it stands; one that nobody has placed yet, to those who
are logged in at it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.http.fields import read_place
from api.http.problems import problem_of
from api.web.admin.choosing import named
from api.web.admin.deeds import HandedOut, hand_out
from api.web.admin.history import said_place
from api.web.admin.reaching import Administering, Looking, changeable, may_change, workplaces
from api.web.visitor import Visitor
from domain.errors import NotYoursError, RefusedError
from domain.numbers import PlaceCode, grouped, place_organisation
from domain.rights import Right
from domain.staff import EnrolledDevice
from infra.accounts import Station, UnknownStationError

router = APIRouter()
Number = Annotated[int, Path(ge=1, le=2**53)]
LONGEST_NAME = 60
MOST_SHOWN = 200  # of more, one asks for a person's


class UnknownDeviceError(RefusedError):
    """No device has this number, or it was turned away."""

    code = "unknown-device"
    status = 404


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station, who is logged in at it now, and whether the visitor may change it."""

    station: Station
    place: str
    people: tuple[int, ...]
    can_change: bool


@router.get("/admin/devices")
def devices(
    visitor: Looking,
    person: Annotated[str, Query(max_length=20)] = "",
    done: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Show the devices and stations within reach."""
    return _page(visitor, person, done=done)


@router.post("/admin/devices")
def enrol(visitor: Administering, person: Annotated[str, Form(max_length=20)] = "") -> HTMLResponse:
    """Enrol a device that speaks for a person, and show its token once."""
    try:
        number = changeable(visitor, int(person) if person.isdecimal() else 0).person
    except RefusedError as error:
        return _page(visitor, person, error=error)
    device, token = visitor.qolhat.personnel.enrol(number, by=visitor.person)
    name = named(visitor, [number])[number]
    return hand_out(visitor, HandedOut(number, name, device=device, token=token))


@router.post("/admin/devices/{device}/revoke")
def revoke(visitor: Administering, device: Number) -> Response:
    """Turn a device away."""
    known = visitor.qolhat.staff.refresh().devices
    enrolled = next((each for each in known if each.device == device), None)
    if enrolled is None:
        raise UnknownDeviceError(device=device)
    changeable(visitor, enrolled.person)
    visitor.qolhat.personnel.revoke(device, by=visitor.person)
    return RedirectResponse("/admin/devices?done=revoked", 303)


# --- stations ------------------------------------------------------------------------------------


@router.get("/admin/devices/stations/{number}")
def station(visitor: Administering, number: Number) -> HTMLResponse:
    """Ask how a station is called and where it stands."""
    return _station_page(visitor, _within(visitor, number))


@router.post("/admin/devices/stations/{number}")
def describe(
    visitor: Administering,
    number: Number,
    name: Annotated[str, Form(max_length=1000)] = "",
    place: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Say how a station is called and where it stands."""
    row, called = _within(visitor, number), " ".join(name.split())[:LONGEST_NAME]
    try:
        where = _place(visitor, place)
    except RefusedError as error:
        return _station_page(visitor, row, error=error, typed=(called, place))
    visitor.qolhat.stations.describe(number, name=called, place=where)
    return RedirectResponse("/admin/devices?done=described", 303)


@router.post("/admin/devices/stations/{number}/turn-away")
def turn_away(visitor: Administering, number: Number) -> Response:
    """Let nobody work at a station any more; whoever is logged in there is logged out."""
    _within(visitor, number)
    visitor.qolhat.stations.turn_away(number)
    visitor.qolhat.sessions.end_at(number)
    return RedirectResponse("/admin/devices?done=turned-away", 303)


def _place(visitor: Visitor, typed: str) -> PlaceCode | None:
    """Return where a station stands; None: nowhere yet.

    Raises BadCodeError, OtherKindError, UnknownPlaceError, NotYoursError.
    """
    if not typed.strip():
        return None
    code = visitor.qolhat.directory.place(read_place(typed)).code
    visitor.require_reach({place_organisation(code)}, Right.ADMINISTER)
    return code


def _within(visitor: Visitor, number: int) -> StationRow:
    """Return a station that the visitor may change. Raises UnknownStationError, NotYoursError."""
    row = next((row for row in _stations(visitor) if row.station.number == number), None)
    if row is None:
        raise UnknownStationError(station=number)
    if not row.can_change:
        raise NotYoursError
    return row


def _stations(visitor: Visitor) -> list[StationRow]:
    """Return the stations that the visitor may see."""
    present: dict[int, list[int]] = defaultdict(list)
    for session in visitor.qolhat.sessions.open():
        if session.person not in present[session.station]:
            present[session.station].append(session.person)
    rows = []
    for each in visitor.qolhat.stations.all():
        people = tuple(present[each.number])
        if _reaches(visitor, each, people, Right.SEE_STAFF):
            place = "" if each.place is None else said_place(visitor, each.place)
            can_change = _reaches(visitor, each, people, Right.ADMINISTER)
            rows.append(StationRow(each, place, people, can_change))
    return rows


def _reaches(visitor: Visitor, each: Station, people: tuple[int, ...], right: Right) -> bool:
    reach = visitor.reach(right)
    if reach.organisations is None:
        return True
    if each.place is not None:
        return reach.covers({place_organisation(each.place)})
    register, now = visitor.qolhat.staff.register, visitor.qolhat.now()
    theirs = [workplaces(register.member(person), now) for person in people]
    return bool(theirs) and all(reach.covers(places) for places in theirs)


# --- pages ---------------------------------------------------------------------------------------


def _station_page(
    visitor: Visitor,
    row: StationRow,
    *,
    error: RefusedError | None = None,
    typed: tuple[str, str] | None = None,
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    code = row.station.place
    name, place = typed or (row.station.name, grouped(code) if code else "")
    return visitor.page(
        "admin/station.html",
        status=200 if problem is None else problem.status,
        row=row,
        name=name,
        place=place,
        names=named(visitor, list(row.people)),
        problem=problem,
    )


def _page(
    visitor: Visitor, person: str, *, done: str = "", error: RefusedError | None = None
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    enrolled = _devices(visitor, int(person) if person.isdecimal() else None)
    stations = sorted(_stations(visitor), key=lambda row: row.station.last_seen, reverse=True)
    shown = [
        (each, may_change(visitor, visitor.qolhat.staff.register.member(each.person)))
        for each in enrolled[:MOST_SHOWN]
    ]
    people = {each.person for each, _ in shown}
    people |= {each for row in stations[:MOST_SHOWN] for each in row.people}
    return visitor.page(
        "admin/devices.html",
        status=200 if problem is None else problem.status,
        devices=shown,
        devices_count=len(enrolled),
        stations=stations[:MOST_SHOWN],
        stations_count=len(stations),
        names=named(visitor, sorted(people)),
        person=person,
        done=done if done in ("revoked", "described", "turned-away") else "",
        problem=problem,
    )


def _devices(visitor: Visitor, person: int | None) -> list[EnrolledDevice]:
    """Return the devices of people within reach, or of one of them, in the order of numbers."""
    register, now = visitor.qolhat.staff.refresh(), visitor.qolhat.now()
    reach = visitor.reach(Right.SEE_STAFF)
    return sorted(
        (
            each
            for each in register.devices
            if person in (None, each.person)
            and reach.covers(workplaces(register.member(each.person), now))
        ),
        key=lambda device: device.device,
    )
