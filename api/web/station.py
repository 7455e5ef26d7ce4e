"""The station: a keyboard scanner, one field, and the last result filling the screen.

The page queues scans and sends them as the network allows; each is answered when it is durable. All
words come from here, the page's scripts hold none.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.http.fields import (
    BadRefError,
    CounterField,
    InstantField,
    KeptCounter,
    KeptText,
    PacketField,
    PlaceField,
    RefField,
    is_ref,
    read_instant,
    read_place,
)
from api.http.problems import problem_for
from api.http.schemas import MOST_AT_ONCE
from api.web.acting import Details, Question, act, card_request, question
from api.web.camera import WITH_CAMERA
from api.web.facts import PacketFacts, facts_of
from api.web.visitor import Visitor, allowed
from domain.acts import ROLES_OF_ACT
from domain.cards import DESK_CARDS, Card, act_of, card_code
from domain.corrections import VoidReason
from domain.directory import Place
from domain.errors import QolhatError, RefusedError, UnknownPersonError
from domain.intake import RawScan
from domain.norms import Due
from domain.numbers import (
    BadgeCode,
    CodeKind,
    PacketNumber,
    PlaceCode,
    grouped,
    place_organisation,
)
from domain.progress import CLOSED, VisitKind
from domain.rights import Right
from infra.errors import StorageError
from infra.requests import Answer, Status
from scanner.keyboards import parse_typed

router = APIRouter(include_in_schema=False)
Scanning = Annotated[Visitor, Depends(allowed(Right.SCAN))]


class Tone(StrEnum):
    """How an answer looks and sounds."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class QueuedScan(BaseModel):
    """A scan as the page's queue has it; nothing in it is refused but a missing id."""

    ref: KeptText = ""
    code: KeptText = ""
    how: KeptText = ""
    happened_at: KeptText = ""
    counter: KeptCounter = 0
    place: KeptText = ""


class Queued(BaseModel):
    """What the page's queue sends at once; `person` is whose scans these are."""

    person: int | None = None
    scans: list[QueuedScan] = Field(max_length=MOST_AT_ONCE)


class CardScanned(BaseModel):
    """A card (or its button) applied to packets, with what was asked for beside."""

    ref: RefField
    counter: CounterField = 0
    happened_at: InstantField | None = None
    place: PlaceField
    card: Card
    numbers: list[PacketField] = Field(min_length=1, max_length=MOST_AT_ONCE)
    executor: int | None = None
    badge: str | None = Field(default=None, max_length=40)
    grounds: list[str] = Field(default_factory=list, max_length=50)
    text: str | None = Field(default=None, max_length=4000)
    incoming_number: str | None = Field(default=None, max_length=64)


class Undo(BaseModel):
    """One's own last scan, taken back."""

    ref: RefField
    counter: CounterField = 0
    happened_at: InstantField | None = None
    place: PlaceField
    number: PacketField
    scan: str = Field(max_length=64)
    reason: VoidReason | None = None


class OtherPersonError(RefusedError):
    """The scans in the queue are another person's: they wait until that one logs in again."""

    code = "other-person"
    status = 409


@router.get("/station")
def station(visitor: Scanning, place: Annotated[str, Query(max_length=40)] = "") -> HTMLResponse:
    """Show the station at one of the person's places."""
    here = _here(visitor, place)
    codes = {str(card_code(card)): card.value for card in Card}
    return visitor.page(
        "station.html",
        headers=WITH_CAMERA,
        here=here,
        cards=_cards(visitor),
        void_reasons=list(VoidReason),
        codes=codes,
        texts=_texts(visitor),
    )


def _here(visitor: Visitor, wanted: str) -> Place | None:
    """Return the place asked for if it is the person's, else the first of theirs."""
    places = visitor.places()
    try:
        code = read_place(wanted) if wanted else None
    except RefusedError:
        code = None
    fallback = next(iter(places), None)
    return next((place for place in places if place.code == code), fallback)


def _cards(visitor: Visitor) -> list[tuple[Card, int]]:
    """Return the cards that this person may use, with their codes."""
    return [(card, card_code(card)) for card in DESK_CARDS if _usable(visitor, card)]


def _usable(visitor: Visitor, card: Card) -> bool:
    act_on_card = act_of(card)
    return act_on_card is None or bool(visitor.roles & ROLES_OF_ACT[act_on_card.kind])


_TEXT_KEYS = (
    "already", "armed", "blocked", "checking", "cleared", "count", "dismiss",
    "kept-locally", "logged-out", "not-done", "nothing-to-undo", "offline", "ok",
    "others", "pending", "refused-list", "separator", "storage", "strip", "typed",
    "unknown-code", "waiting", "wrong-check",
)  # fmt: skip


def _texts(visitor: Visitor) -> dict[str, str]:
    """Return what the page's scripts may have to say, in the reader's language."""
    return {key: visitor.speech.say(f"station.js.{key}") for key in _TEXT_KEYS}


# --- scans ---------------------------------------------------------------------------------------


@router.post("/station/scans")
def scans(visitor: Scanning, body: Queued) -> dict[str, Any]:
    """Record the scans of the page's queue; each has an answer of its own."""
    if body.person not in (None, visitor.person):
        raise OtherPersonError
    sound = [each for each in body.scans if is_ref(each.ref)]
    answers = visitor.qolhat.desk.scan([_raw(visitor, each) for each in sound])
    visitor.qolhat.runner.wake()
    unsound = (each.ref for each in body.scans if not is_ref(each.ref))
    answers += [Answer(ref, Status.REFUSED, 0, error=BadRefError()) for ref in unsound]
    metrics = visitor.request.app.state.metrics
    for answer in answers:
        metrics.scan(answer.status.value)
    return {"answers": [told_scan(visitor, each) for each in answers]}


def _raw(visitor: Visitor, scan: QueuedScan) -> RawScan:
    return RawScan(
        scan.ref,
        scan.code,
        scan.place,
        visitor.person,
        visitor.session.station,
        scan.counter,
        read_instant(scan.happened_at),
        scan.happened_at,
    )


def told_scan(visitor: Visitor, answer: Answer) -> dict[str, Any]:
    """Tell what became of a scan: of a packet where it is now, of anything else why it waits."""
    if answer.standing is None:
        return _told_other(visitor, answer)
    facts = facts_of(visitor.qolhat, answer.standing.number)
    again = facts.lay_since(answer.ref)
    told = told_packet(visitor, answer, facts)
    if again is not None and answer.status in (Status.ACCEPTED, Status.DUPLICATE):
        since = visitor.speech.moment(again)
        verdict = visitor.speech.say("station.already-here", since=since)
        told |= {"tone": Tone.AMBER, "verdict": verdict}
    return told


def _told_other(visitor: Visitor, answer: Answer) -> dict[str, Any]:
    """Tell of what is no packet's number, or could not be stored."""
    speech = visitor.speech
    if answer.error is not None:
        problem = problem_for(answer.error, speech.language)
        told = _shape(answer, "refused", Tone.RED, problem.title, remarks=[problem.detail])
        # What the store could not take stays in the page's queue and is sent again.
        return told | {"retry": True} if isinstance(answer.error, StorageError) else told
    fault = [speech.word("fault", answer.fault)] if answer.fault else []
    verdict = speech.word("doubt", answer.doubt)
    remarks = [*fault, speech.say("station.kept"), *advice(visitor, answer.layout)]
    return _shape(answer, "unsettled", Tone.RED, verdict, remarks=remarks)


def advice(visitor: Visitor, layout: str | None) -> list[str]:
    """Advise another layout of the keyboard, where a code had to be put right."""
    if layout is None:
        return []
    named = visitor.speech.word("layout", layout)
    return [visitor.speech.say("station.repaired", layout=named)]


# --- what is told of a packet --------------------------------------------------------------------

_TONES = {
    Status.ACCEPTED: Tone.GREEN,
    Status.DUPLICATE: Tone.AMBER,
    Status.DEVIATION: Tone.AMBER,
    Status.UNSETTLED: Tone.RED,
    Status.REFUSED: Tone.RED,
}


def told_packet(visitor: Visitor, answer: Answer, facts: PacketFacts) -> dict[str, Any]:
    """Tell the packet, its service, from where to where, what to do next, and the time left."""
    speech = visitor.speech
    remarks = [speech.word("deviation", each) for each in answer.deviations]
    if answer.doubt is not None:
        remarks.append(speech.word("doubt", answer.doubt))
    remarks += advice(visitor, answer.layout)
    before, progress = facts.previous_place, facts.progress
    return _shape(
        answer,
        "unsettled" if answer.status is Status.UNSETTLED else "packet",
        _TONES[answer.status],
        speech.word("answer", answer.status.value),
        number=str(facts.number),
        grouped=grouped(facts.number),
        service=_service(visitor, facts),
        **{"from": place_name(visitor, before)},
        to=place_name(visitor, progress.place),
        next=next_step(visitor, facts),
        left=time_left(visitor, facts),
        remarks=remarks,
        undo=answer.status in (Status.ACCEPTED, Status.DEVIATION),
    )


def _shape(answer: Answer, kind: str, tone: Tone, verdict: str, **told: object) -> dict[str, Any]:
    empty = dict.fromkeys(("number", "grouped", "service", "from", "to", "next", "left"), "")
    blank = {"remarks": [], "undo": False}
    return {**empty, **blank, "ref": answer.ref, "kind": kind, "tone": tone, "verdict": verdict,
            **told}  # fmt: skip


def _service(visitor: Visitor, facts: PacketFacts) -> str:
    if facts.edition is None:
        return ""
    service = facts.edition.service
    return f"{service.key} · {service.names.in_language(visitor.speech.language)}"


def place_name(visitor: Visitor, code: PlaceCode | None) -> str:
    """Name a place: its role and number, and the organisation where it is another's."""
    if not code:
        return ""
    place = visitor.qolhat.directory.place(code)
    named = f"{visitor.speech.word('role', place.role.value)} {place.number}"
    if place.organisation == visitor.organisation:
        return named
    return f"{named}, {visitor.qolhat.directory.organisation(place.organisation).name_kk}"


def next_step(visitor: Visitor, facts: PacketFacts) -> str:
    """Say what is to be done with the packet next, and by whom."""
    speech, stage, progress = visitor.speech, facts.stage, facts.progress
    if facts.status in CLOSED or stage is None or progress.lost:
        return speech.word("status", facts.status.value)
    if progress.open is None or progress.open.kind != VisitKind.STAGE.value:
        return speech.say("station.pass-to", role=speech.word("role", stage.holder.value))
    steps = []
    for ending in stage.ends:
        if ending.after is not None and ending.after.value != progress.last_act:
            continue
        if ending.act is not None:
            steps.append(speech.word("act", ending.act.value))
        elif ending.scan is not None:
            role = speech.word("role", ending.scan.value)
            steps.append(speech.say("station.pass-to", role=role))
    name = stage.names.in_language(speech.language)
    if facts.standstill is not None:
        name = f"{speech.say('packet.paused')} · {name}"
    return f"{name}: {' / '.join(steps)}" if steps else name


def time_left(visitor: Visitor, facts: PacketFacts) -> str:
    """Say how much working time is left of the nearest term, or by how much it is overrun."""
    due = facts.next_due
    return "" if due is None else said_left(visitor, facts, due)


def said_left(visitor: Visitor, facts: PacketFacts, due: Due) -> str:
    """Say how much working time is left of one term."""
    left = facts.left(due)
    key = "station.overdue" if due.at < facts.now else "station.left"
    until = visitor.speech.moment(due.at)
    return visitor.speech.say(key, span=visitor.speech.span(left), until=until)


# --- cards ---------------------------------------------------------------------------------------


@router.post("/station/acts")
def acts(visitor: Scanning, body: CardScanned) -> dict[str, Any]:
    """Apply a card to packets, or say what must be known first."""
    details = Details(
        executor=body.executor if body.badge is None else _badge_holder(visitor, body.badge),
        grounds=tuple(body.grounds),
        text=(body.text or "").strip() or None,
        incoming_number=(body.incoming_number or "").strip() or None,
        asked=body.incoming_number is not None,
    )
    source = visitor.source(
        body.place, ref=body.ref, counter=body.counter, happened_at=body.happened_at
    )
    request = card_request(body.card, source, details)
    if request is None:
        return {"answers": []}
    asked = question(visitor, request, body.numbers, details)
    if asked is not None:
        return _told_question(visitor, asked)
    answers = act(visitor, body.numbers, request)
    pairs = zip(dict.fromkeys(body.numbers), answers, strict=True)
    return {"answers": [_told_act(visitor, body.card, number, each) for number, each in pairs]}


def _told_question(visitor: Visitor, asked: Question) -> dict[str, Any]:
    title = visitor.speech.say(f"station.needs.{asked.need.value}")
    choices = [{"key": key, "label": label} for key, label in asked.choices]
    return {"needs": asked.need, "title": title, "choices": choices}


def _badge_holder(visitor: Visitor, badge: str) -> int:
    """Return whose badge was scanned. Raises UnknownPersonError."""
    code = parse_typed(badge)
    member = None
    if code.kind is CodeKind.BADGE:
        member = visitor.qolhat.staff.refresh().by_badge(BadgeCode(code.value))
    if member is None:
        raise UnknownPersonError(person=grouped(code.value))
    return member.person


def _told_act(visitor: Visitor, card: Card, number: PacketNumber, answer: Answer) -> dict[str, Any]:
    if answer.error is not None:
        told = _told_other(visitor, answer)
        return told | {"number": str(number), "grouped": grouped(number)}
    told = told_packet(visitor, answer, facts_of(visitor.qolhat, number))
    done = visitor.speech.word("card", card.value)
    if answer.status is Status.ACCEPTED:
        told["verdict"] = done
    return told | {"undo": False, "card": card}


@router.post("/station/void")
def void(visitor: Scanning, body: Undo) -> dict[str, Any]:
    """Take back one's own last scan."""
    visitor.require_reach([place_organisation(body.place)], Right.SCAN)
    source = visitor.source(
        body.place, ref=body.ref, counter=body.counter, happened_at=body.happened_at
    )
    try:
        answer = visitor.qolhat.desk.void(body.number, body.scan, source, body.reason)
    except QolhatError as error:
        return {"answers": [_told_other(visitor, Answer(body.ref, Status.REFUSED, 0, error=error))]}
    visitor.qolhat.runner.wake()
    told = told_packet(visitor, answer, facts_of(visitor.qolhat, body.number))
    return {"answers": [told | {"verdict": visitor.speech.say("station.undone"), "undo": False}]}
