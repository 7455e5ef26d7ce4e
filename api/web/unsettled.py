"""Scans that wait for a decision: it was this packet, here, at this time; or it was nothing.

Every scan has one home: the organisation where it was made; where the place is not known, that of
the person who scanned; where nobody knows the person either, the issuer of the packet's number.
What is left after that is everybody's who settles: no scan is invisible to all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.http.fields import is_ref, read_packet, read_place
from api.http.problems import problem_of
from api.http.schemas import Problem
from api.web.decided import reason_written
from api.web.filed_pages import loose_at, may_settle
from api.web.station import place_name
from api.web.visitor import Visitor, allowed
from domain.commands import Settlement
from domain.directory import Place
from domain.errors import NotYoursError, QolhatError, RefusedError, UnknownOrganisationError
from domain.numbers import PacketNumber, PlaceCode, take_apart
from domain.packet import UnknownScanError
from domain.rights import Reach, Right
from domain.unsettled import Doubt
from infra.bootstrap import Qolhat
from infra.requests import SettleRequest
from projections.unsettled import Fate, Unsettled, UnsettledRow

router = APIRouter(include_in_schema=False)
Settling = Annotated[Visitor, Depends(allowed(Right.SETTLE))]
Reading = Annotated[Visitor, Depends(allowed(Right.SETTLE, Right.SEE_FIGURES))]  # auditors, too
ScanPath = Annotated[str, Path(max_length=64)]
NumberQuery = Annotated[str, Query(alias="number", max_length=40)]
MOST_SHOWN = 200
_MOST_HOMELESS = 5000
_UNBELIEVED = frozenset({Doubt.IN_THE_FUTURE, Doubt.IMPLAUSIBLE_TIME, Doubt.NO_ZONE})
_DONE = frozenset(f"{page}{decision.value}" for page in ("", "page-") for decision in Settlement)
_LOCAL = "%Y-%m-%dT%H:%M"


class BadLocalTimeError(RefusedError):
    """A day and a time of day that cannot be read."""

    code = "bad-local-time"


class SettledAlreadyError(RefusedError):
    """Somebody has decided about this scan meanwhile."""

    code = "settled-already"
    status = 409


# --- whose they are ------------------------------------------------------------------------------


def home_of(qolhat: Qolhat, row: UnsettledRow) -> int | None:
    """Return whose business a scan is; None: everybody's."""
    if row.organisation is not None:
        return row.organisation
    register = qolhat.staff.register
    if row.person in register:
        return register.member(row.person).organisation
    return None if row.number is None else _issuer(qolhat, row.number)


def _issuer(qolhat: Qolhat, number: PacketNumber) -> int | None:
    try:
        return qolhat.directory.organisation(take_apart(number).block).code
    except UnknownOrganisationError:
        return None


def waiting_at(
    qolhat: Qolhat, organisations: Collection[int] | None, limit: int = MOST_SHOWN
) -> list[UnsettledRow]:
    """Return what waits in these organisations (None: in all), the longest waiting first."""
    with qolhat.views.reading() as reading:
        view, connection = reading.view(Unsettled), reading.connection
        found = view.waiting(connection, organisations=organisations, limit=limit)
        if organisations is not None:
            found += [
                row
                for row in view.waiting(connection, nowhere=True, limit=_MOST_HOMELESS)
                if home_of(qolhat, row) in {None, *organisations}
            ]
    return sorted(found, key=lambda row: (row.recorded_at, row.scan))[:limit]


def count_at(qolhat: Qolhat, organisations: Collection[int] | None) -> int:
    """Count what `waiting_at` lists."""
    with qolhat.views.reading() as reading:
        view, connection = reading.view(Unsettled), reading.connection
        count = view.count(connection, organisations)
        if organisations is None:
            return count
        nowhere = view.waiting(connection, nowhere=True, limit=_MOST_HOMELESS)
    return count + sum(home_of(qolhat, row) in {None, *organisations} for row in nowhere)


# --- pages ---------------------------------------------------------------------------------------


@router.get("/unsettled")
def unsettled(
    visitor: Reading,
    organisation: Annotated[int | None, Query(ge=1, le=9999)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """List what waits in reach, or in one organisation."""
    reach = reach_of_unsettled(visitor)
    whose = reach.organisations
    if organisation is not None:
        if not reach.covers([organisation]):
            raise NotYoursError
        whose = frozenset({organisation})
    rows = waiting_at(visitor.qolhat, whose)
    pages = loose_at(visitor, whose)
    return visitor.page(
        "unsettled.html",
        rows=rows,
        more=max(0, count_at(visitor.qolhat, whose) - len(rows)),
        organisation=organisation and visitor.qolhat.directory.organisation(organisation),
        names=visitor.qolhat.personnel.names({r.person for r in rows} | {p.person for p in pages}),
        place_name=lambda code: place_name(visitor, code),
        address=address_of,
        pages=pages,
        may_settle=lambda row: may_settle(visitor, row),
        done=done if done in _DONE else "",
    )


def reach_of_unsettled(visitor: Visitor) -> Reach:
    """Return where the visitor may read what waits: who settles, and who reads all."""
    return visitor.reach(Right.SETTLE) | visitor.reach(Right.SEE_FIGURES)


def _may_settle(visitor: Visitor, row: UnsettledRow) -> bool:
    home = home_of(visitor.qolhat, row)
    may = visitor.may(Right.SETTLE)
    return may and (home is None or visitor.reach(Right.SETTLE).covers([home]))


def address_of(row: UnsettledRow) -> str:
    """Return the address of a scan's page; an id is unique only within one packet's events."""
    return f"/unsettled/{quote(row.scan, safe='')}?number={row.number or 0}"


@router.get("/unsettled/{scan}")
def one(visitor: Reading, scan: ScanPath, number: NumberQuery = "") -> HTMLResponse:
    """Show a scan; to those who may decide also what was sent, and the form."""
    return _page(visitor, _open(visitor, scan, number))


def _open(visitor: Visitor, scan: str, number: str) -> UnsettledRow:
    """Return a scan in the visitor's reach, as fresh as the log.

    Raises UnknownScanError, BadCodeError, OtherKindError, NotYoursError.
    """
    qolhat = visitor.qolhat
    qolhat.runner.wait_for(qolhat.log.rows.last_position())
    within = None
    if number:
        within = PacketNumber(0) if number == "0" else read_packet(number)
    with qolhat.views.reading() as reading:
        row = reading.view(Unsettled).of(reading.connection, scan, within)
    if row is None:
        raise UnknownScanError(scan=scan)
    home = home_of(qolhat, row)
    if home is not None and not reach_of_unsettled(visitor).covers([home]):
        raise NotYoursError
    return row


class SettleForm(BaseModel):
    """What the form sends; `time_was` is the time as the form showed it first."""

    decision: Settlement
    ref: str = Field(default="", max_length=64)
    number: str = Field(default="", max_length=60)
    place: str = Field(default="", max_length=40)
    place_code: str = Field(default="", max_length=40)
    time: str = Field(default="", max_length=40)
    time_was: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=4000)


@router.post("/unsettled/{scan}")
def settle(
    visitor: Settling,
    scan: ScanPath,
    form: Annotated[SettleForm, Form()],
    within: NumberQuery = "",
) -> Response:
    """Apply the scan, with what was wrong put right, or dismiss it."""
    row = _open(visitor, scan, within)
    if not _may_settle(visitor, row):
        raise NotYoursError
    try:
        if row.fate != Fate.WAITING.value:
            raise SettledAlreadyError
        answer = visitor.qolhat.desk.settle(_request(visitor, row, form))
    except QolhatError as error:
        return _page(visitor, row, form, error)
    visitor.qolhat.runner.wait_for(answer.position)
    return RedirectResponse(f"/unsettled?done={form.decision.value}", 303)


def _request(visitor: Visitor, row: UnsettledRow, form: SettleForm) -> SettleRequest:
    """Read the form; of what is dismissed only the remark.

    Raises BadCodeError, OtherKindError, BadLocalTimeError.
    """
    ref = form.ref if is_ref(form.ref) else None
    source, text = visitor.source(visitor.first_place(), ref=ref), form.text.strip() or None
    if form.decision is Settlement.DISMISS:
        return SettleRequest(source, row.scan, form.decision, row.number, text=text)
    place = form.place_code.strip() or form.place
    changed = form.time != form.time_was
    return SettleRequest(
        source,
        row.scan,
        form.decision,
        row.number or (read_packet(form.number) if form.number.strip() else None),
        read_place(place) if place else None,
        local_time(visitor, form.time) if changed and form.time else None,
        text,
    )


def local_time(visitor: Visitor, given: str) -> datetime:
    """Read a day and a time by the clocks that the visitor sees. Raises BadLocalTimeError."""
    try:
        local = datetime.strptime(given[: len("2026-11-16T09:10")], _LOCAL)  # noqa: DTZ007  below
        return local.replace(tzinfo=ZoneInfo(visitor.speech.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLocalTimeError from None


# Which field an error is about.
_FIELDS = {
    "number-missing": "number",
    "bad-code": "number",
    "other-kind": "number",
    "unknown-packet": "number",
    "place-missing": "place",
    "unknown-place": "place",
    "time-missing": "time",
    "impossible-time": "time",
    "bad-local-time": "time",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A place that can be chosen."""

    place: Place
    name: str


def _page(
    visitor: Visitor,
    row: UnsettledRow,
    form: SettleForm | None = None,
    error: QolhatError | None = None,
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    people = {row.person, row.settled_by or 0} - {0}
    may_settle, waits = _may_settle(visitor, row), row.fate == Fate.WAITING.value
    return visitor.page(
        "unsettled_scan.html",
        status=200 if problem is None else problem.status,
        row=row,
        waits=waits,
        reason=reason_written(visitor, row) if may_settle and not waits else None,
        may_settle=may_settle,
        raw=_raw(visitor, row) if may_settle else {},
        names=visitor.qolhat.personnel.names(people),
        place_name=lambda code: place_name(visitor, code),
        choices=_choices(visitor, row),
        typed=form or _untouched(visitor, row),
        ref=form.ref if form is not None else str(uuid4()),
        wrong=_wrong(form, error, problem),
        problem=problem,
        address=address_of(row),
    )


def _wrong(
    form: SettleForm | None, error: QolhatError | None, problem: Problem | None
) -> dict[str, str]:
    """Return what is to be said at which field."""
    if form is None or error is None or problem is None or error.code not in _FIELDS:
        return {}
    field = _FIELDS[error.code]
    if field == "number" and _sound(form.number) and form.place_code.strip():
        field = "place_code"  # a code of another thing was scanned as the place
    return {field: problem.detail}


def _sound(number: str) -> bool:
    try:
        read_packet(number)
    except RefusedError:
        return not number.strip()
    return True


def _raw(visitor: Visitor, row: UnsettledRow) -> dict[str, Any]:
    """Return what was typed or read, which may hold a name: so it is noted who looked."""
    raw = None if row.raw_ref is None else visitor.qolhat.vault.get(row.raw_ref)
    if raw is None:
        return {}
    visitor.saw([str(row.number) if row.number else f"scan:{row.scan}"], "unsettled")
    return raw


def _untouched(visitor: Visitor, row: UnsettledRow) -> SettleForm:
    """Return the form as it is shown first: with what is believed of the scan."""
    time = ""
    if row.doubt not in _UNBELIEVED:
        time = row.happened_at.astimezone(ZoneInfo(visitor.speech.zone)).strftime(_LOCAL)
    return SettleForm(
        decision=Settlement.APPLY,
        number="" if row.number is None else str(row.number),
        place="" if row.place is None else str(row.place),
        time=time,
        time_was=time,
    )


def _choices(visitor: Visitor, row: UnsettledRow) -> Sequence[Choice]:
    """Return the places of the scan's home, and the one that it named."""
    directory = visitor.qolhat.directory
    places = {
        p.code: p for p in directory.places_of(home_of(visitor.qolhat, row) or visitor.organisation)
    }
    if row.place is not None:
        code = PlaceCode(row.place)
        places.setdefault(code, directory.place(code))
    return [Choice(place, place_name(visitor, code)) for code, place in places.items()]
