"""A packet's page: where it is, every stage with its clock, who held it, what to do, what to print.

The clocks are drawn from the events at the moment of asking [003 annexes 3, 4, 7; 002 §7].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Annotated, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from api.filed import filings, pages_in
from api.filed import held as pages_held
from api.http.fields import is_ref, read_packet
from api.http.history import history_of
from api.http.problems import InvalidRequestError, headers_of, problem_of
from api.http.schemas import EditionMark
from api.http.telling import Teller
from api.web.acting import (
    Details,
    act,
    act_request,
    executors_of,
    pause_grounds,
    place_for,
    possible_acts,
)
from api.web.facts import PacketFacts, facts_of
from api.web.held import Held, held_of
from api.web.prints import printable
from api.web.station import next_step, place_name, said_left
from api.web.visitor import Visitor, allowed
from domain.acts import ActKind, Handing, Outcome
from domain.errors import QolhatError, RefusedError
from domain.numbers import place_organisation
from domain.rights import Right
from domain.zones import local_day
from infra.evidence.closing import ZONE
from infra.requests import ActRequest, Source
from projections.complaints import ComplaintRow, Complaints
from scanner.labels import PacketLabel, draw_svg

router = APIRouter(include_in_schema=False)
T = TypeVar("T")
_HALF_A_DAY = timedelta(hours=12)
_CLOCKS_DIFFER = timedelta(minutes=5)
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))]
NumberPath = Annotated[str, Path(max_length=40)]


class NoSuchActError(RefusedError):
    """A button that this page does not have."""

    code = "no-such-act"


class BadClockTimeError(RefusedError):
    """A time of day that is not written as hours and minutes."""

    code = "bad-clock-time"


def open_packet(visitor: Visitor, given: str) -> PacketFacts:
    """Return a packet in the visitor's reach.

    Raises BadCodeError, OtherKindError, UnknownPacketError, NotYoursError.
    """
    facts = facts_of(visitor.qolhat, read_packet(given))
    visitor.require_reach(facts.organisations, Right.SEE_PACKETS)
    return facts


@router.get("/packets/{number}")
def packet(
    visitor: Seeing, number: NumberPath, done: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """Show the packet."""
    return packet_page(visitor, open_packet(visitor, number), done=done)


def packet_page(
    visitor: Visitor, facts: PacketFacts, *, done: str = "", error: QolhatError | None = None
) -> HTMLResponse:
    """Answer with the packet's page; what was done just now, or why it could not be, on top."""
    problem = None if error is None else problem_of(error, visitor.speech.language)
    held = held_of(visitor, facts, "packet")
    tell = Teller(visitor.qolhat, visitor.speech.language)
    entries = history_of(tell, facts.number, ()).entries
    acts = possible_acts(visitor, facts)
    return visitor.page(
        "packet.html",
        status=200 if problem is None else problem.status,
        headers=None if error is None else headers_of(error),
        facts=facts,
        held=held,
        texts=_texts(visitor, facts, held),
        names=_names(visitor, facts),
        entries=entries,
        mark=_mark(tell, facts),
        acts=acts,
        executors=_executors(visitor, facts) if ActKind.RESOLUTION in acts else (),
        grounds=_grounds(visitor, facts),
        pauses=pause_grounds(visitor, facts),
        next_step=next_step(visitor, facts),
        terms=_terms(visitor, facts),
        place_name=lambda code: place_name(visitor, code),
        forms=printable(visitor, facts),
        complaints=_complaints(visitor, facts),
        may_complain=visitor.reach(Right.COMPLAIN).covers(facts.organisations),
        provable=_is_provable(visitor, facts),
        filings=filings(pages_held(visitor.qolhat, pages_in(facts.events))),
        may_file=visitor.reach(Right.SCAN).covers(facts.organisations),
        ref=str(uuid4()),
        done=done if done in _DONE else "",
        problem=problem,
    )


_DONE = frozenset({*(kind.value for kind in ActKind), "complained", "answered", "pages"})


def _is_provable(visitor: Visitor, facts: PacketFacts) -> bool:
    """Tell whether the day on which the first event was recorded has been closed and signed."""
    kept = visitor.qolhat.evidence.last_head()
    if kept is None or not facts.events:
        return False
    first = min(event.timestamp for event in facts.events)
    return local_day(first, ZONE) <= kept.head.day


def _executors(visitor: Visitor, facts: PacketFacts) -> tuple[tuple[str, str], ...]:
    place = place_for(visitor, facts, ActKind.RESOLUTION)
    return executors_of(visitor, place_organisation(place))


def _names(visitor: Visitor, facts: PacketFacts) -> dict[int, str]:
    """Return the names of the staff who had to do with the packet."""
    people = {event.person for event in facts.events} | {s.visit.person for s in facts.stays}
    if facts.progress.executor is not None:
        people.add(facts.progress.executor)
    return visitor.qolhat.personnel.names(people)


def _texts(visitor: Visitor, facts: PacketFacts, held: Held | None) -> dict[str, str]:
    """Return what was written at acts and decisions, by their ids; complaints have their page."""
    if held is None:
        return {}
    refs = {
        event.ref: ref
        for event in facts.events
        if event.of_paper and (ref := getattr(event, "text_ref", None))
    }
    found = visitor.qolhat.vault.get_many(list(refs.values()))
    if found and not (held.applicant or held.papers):  # else it is recorded already
        visitor.saw([str(facts.number)], "packet")
    return {event: str(found[ref]["text"]) for event, ref in refs.items() if ref in found}


def _mark(tell: Teller, facts: PacketFacts) -> EditionMark | None:
    """Name the edition, and who applies it beyond the law."""
    progress = facts.progress
    if facts.edition is None or progress.accepted_at is None:
        return None
    return tell.mark(facts.edition.id, progress.accepting, progress.accepted_at)


def _grounds(visitor: Visitor, facts: PacketFacts) -> list[tuple[str, str]]:
    if facts.edition is None:
        return []
    language = visitor.speech.language
    return [(g.key, g.names.in_language(language)) for g in facts.edition.refusal.grounds]


def _terms(visitor: Visitor, facts: PacketFacts) -> list[tuple[str, str, bool]]:
    """Return the running terms: the name of the clock, what is left, whether it is overrun."""
    if facts.standstill is not None:
        return []
    running = (("stage", facts.stage_due), ("total", facts.total_due))
    return [
        (clock, said_left(visitor, facts, due), due.at < facts.now)
        for clock, due in running
        if due is not None
    ]


def _complaints(visitor: Visitor, facts: PacketFacts) -> list[ComplaintRow]:
    with visitor.qolhat.views.reading() as reading:
        return reading.view(Complaints).of(reading.connection, facts.number)


@router.get("/packets/{number}/barcode.svg")
def barcode(visitor: Seeing, number: NumberPath) -> Response:
    """Draw the packet's barcode."""
    facts = open_packet(visitor, number)
    return Response(draw_svg(PacketLabel(facts.number)), media_type="image/svg+xml")


# --- acts ----------------------------------------------------------------------------------------


class ActForm(BaseModel):
    """What the form of a button sends."""

    kind: str = Field(max_length=40)
    ref: str = Field(default="", max_length=64)
    executor: str = Field(default="", max_length=20)
    outcome: str = Field(default="", max_length=20)
    grounds: list[str] = Field(default_factory=list, max_length=50)
    text: str = Field(default="", max_length=4000)
    incoming_number: str = Field(default="", max_length=64)
    handing: str = Field(default="", max_length=20)
    entitled: str = Field(default="", max_length=5)
    came_at: str = Field(default="", max_length=5)
    csrf: str = ""


@router.post("/packets/{number}/acts")
def do(
    visitor: Annotated[Visitor, Depends(allowed(Right.ACT))],
    number: NumberPath,
    form: Annotated[ActForm, Form()],
) -> Response:
    """Do what a button says."""
    facts = open_packet(visitor, number)
    try:
        request = _request(visitor, facts, form)
        answer = act(visitor, [facts.number], request)[0]
        if isinstance(answer.error, QolhatError):
            raise answer.error
    except QolhatError as error:
        return packet_page(visitor, facts, error=error)
    return RedirectResponse(f"/packets/{facts.number}?done={request.kind.value}", 303)


def _request(visitor: Visitor, facts: PacketFacts, form: ActForm) -> ActRequest:
    kind = _kind(form.kind)
    details = Details(
        executor=read_code(form.executor),
        grounds=tuple(form.grounds),
        text=form.text.strip() or None,
        incoming_number=form.incoming_number.strip() or None,
        began_at=clock_time(visitor, form.came_at, facts.now),
    )
    request = act_request(kind, source_for(visitor, facts, kind, form.ref), details)
    match kind:
        case ActKind.DRAFTED:
            return replace(request, outcome=_chosen(_OUTCOMES, form.outcome))
        case ActKind.ISSUED:
            return replace(request, handing=_chosen(_HANDINGS, form.handing))
        case ActKind.RIGHT:
            return replace(request, entitled=_chosen(_ANSWERS, form.entitled))
        case _:
            return request


_OUTCOMES = {each.value: each for each in Outcome}
_HANDINGS = {each.value: each for each in Handing}
_ANSWERS = {"yes": True, "no": False}


def _chosen(choices: Mapping[str, T], given: str) -> T | None:
    """Return what was chosen; None if nothing was. Raises InvalidRequestError."""
    if given and given not in choices:
        raise InvalidRequestError
    return choices.get(given)


def read_code(given: str) -> int | None:
    """Read whom (or which organisation) a form names; None: nobody. Raises InvalidRequestError."""
    if given and not given.isdecimal():
        raise InvalidRequestError
    return int(given) if given else None


def _kind(given: str) -> ActKind:
    try:
        kind = ActKind(given)
    except ValueError:
        raise NoSuchActError from None
    if kind is ActKind.REGISTERED:
        raise NoSuchActError
    return kind


def source_for(visitor: Visitor, facts: PacketFacts, kind: ActKind | None, ref: str) -> Source:
    """Say who does something to a packet, and from where."""
    return visitor.source(place_for(visitor, facts, kind), ref=ref if is_ref(ref) else None)


def clock_time(visitor: Visitor, given: str, now: datetime) -> datetime | None:
    """Read a time of today (after midnight: of yesterday) by the organisation's clock.

    What lies ahead by less than clocks differ is now; a time still to come cannot have been.
    Raises BadClockTimeError.
    """
    if not given:
        return None
    try:
        clock = time.fromisoformat(given)
    except ValueError:
        raise BadClockTimeError from None
    zone = ZoneInfo(visitor.speech.zone)
    at = datetime.combine(now.astimezone(zone).date(), clock, zone)
    if at - now > _HALF_A_DAY:
        return at - timedelta(days=1)
    if at - now > _CLOCKS_DIFFER:
        raise BadClockTimeError
    return min(at, now)
