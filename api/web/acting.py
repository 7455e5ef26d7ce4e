"""Acts from the pages: a card or a button, one packet or forty, and what else must be known.

The same way for a scanned card and a clicked button [003 service 7 §11]. A head names one of the
authority's executors; a refusal takes its reasons from the edition's list where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from api.web.facts import PacketFacts, facts_of
from api.web.visitor import Visitor
from domain.acts import ROLES_OF_ACT, ActKind
from domain.cards import Card, act_of
from domain.errors import NotYoursError, UnknownPacketError
from domain.intake import NO_PLACE
from domain.numbers import PacketNumber, grouped, place_organisation
from domain.packet import Packet
from domain.progress import VisitKind
from domain.rights import Right
from domain.roles import Role
from infra.requests import ActRequest, Answer, Source, Status


class Need(StrEnum):
    """What must be said before an act can be recorded."""

    EXECUTOR = "executor"
    GROUNDS = "grounds"  # a choice of the edition's
    REASONS = "reasons"  # a text, where the sources hold no list
    INCOMING_NUMBER = "incoming-number"


@dataclass(frozen=True, slots=True)
class Details:
    """What was said beside the act itself."""

    executor: int | None = None
    grounds: tuple[str, ...] = ()
    text: str | None = None
    incoming_number: str | None = None
    began_at: datetime | None = None
    asked: bool = False  # what can be left empty was left empty


@dataclass(frozen=True, slots=True)
class Question:
    """What the page must ask; `choices` are keys with their texts."""

    need: Need
    choices: tuple[tuple[str, str], ...] = field(default=())


def card_request(card: Card, source: Source, details: Details) -> ActRequest | None:
    """Return the act that a card stands for; None for those that record none."""
    act = act_of(card)
    if act is None:
        return None
    request = act_request(act.kind, source, details)
    return replace(request, entitled=act.entitled, outcome=act.outcome, handing=act.handing)


def act_request(kind: ActKind, source: Source, details: Details) -> ActRequest:
    """Return the request for an act with what belongs to it."""
    return ActRequest(
        source,
        kind,
        incoming_number=details.incoming_number if kind is ActKind.INCOMING else None,
        executor=details.executor if kind is ActKind.RESOLUTION else None,
        grounds=details.grounds if kind is ActKind.DRAFTED else (),
        text=details.text,
        began_at=details.began_at if kind is ActKind.ISSUED else None,
    )


def question(
    visitor: Visitor, request: ActRequest, numbers: Sequence[PacketNumber], details: Details
) -> Question | None:
    """Tell what must be asked before this is recorded."""
    match request.kind:
        case ActKind.RESOLUTION if request.executor is None:
            return Question(Need.EXECUTOR, executors_of(visitor))
        case ActKind.DRAFTED if request.outcome == "refused" and not (
            request.grounds or request.text
        ):
            grounds = common_grounds(visitor, numbers)
            return Question(Need.GROUNDS if grounds else Need.REASONS, grounds)
        case ActKind.INCOMING if request.incoming_number is None and not details.asked:
            return Question(Need.INCOMING_NUMBER) if len(numbers) == 1 else None
        case _:
            return None


def executors_of(visitor: Visitor) -> tuple[tuple[str, str], ...]:
    """Return the executors of the visitor's organisation with their names, in order of names."""
    qolhat, now = visitor.qolhat, visitor.qolhat.now()
    register = qolhat.staff.register
    people = [
        member.person
        for member in register.people
        if member.organisation == visitor.organisation
        and Role.EXECUTOR in register.roles_of(member.person, now)
    ]
    names = qolhat.personnel.names(people)
    listed = [(str(person), names.get(person, f"№ {person}")) for person in people]
    return tuple(visitor.speech.sorted_by_name(listed))


def common_grounds(
    visitor: Visitor, numbers: Sequence[PacketNumber]
) -> tuple[tuple[str, str], ...]:
    """Return the grounds of refusal that all these packets' editions hold."""
    found: dict[str, str] | None = None
    for number in numbers:
        edition = facts_of(visitor.qolhat, number).edition
        grounds = edition.refusal.grounds if edition is not None else ()
        texts = {g.key: g.names.in_language(visitor.speech.language) for g in grounds}
        found = texts if found is None else {k: v for k, v in found.items() if k in texts}
    return tuple((found or {}).items())


def act(visitor: Visitor, numbers: Sequence[PacketNumber], request: ActRequest) -> list[Answer]:
    """Do it to each packet that is in reach; another organisation's is refused alone.

    Raises NoRightError, NotYoursError (from another organisation's place), WrongRoleError and what
    `Desk.act` raises.
    """
    visitor.require(Right.ACT)
    if request.source.place != NO_PLACE:
        visitor.require_act([place_organisation(request.source.place)], request.kind)
    answers = {number: _refusal(visitor, number, request) for number in dict.fromkeys(numbers)}
    reached = [number for number, refused in answers.items() if refused is None]
    done = visitor.qolhat.desk.act(reached, request) if reached else []
    visitor.qolhat.runner.wake()
    answers.update(zip(reached, done, strict=True))
    return [answer for answer in answers.values() if answer is not None]


def _refusal(visitor: Visitor, number: PacketNumber, request: ActRequest) -> Answer | None:
    events = visitor.qolhat.log.events_of(Packet.stream(number))
    error: Exception | None = None
    if not events:
        error = UnknownPacketError(number=grouped(number))
    else:
        facts = PacketFacts(visitor.qolhat, number, tuple(events), visitor.qolhat.now())
        try:
            visitor.require_act(facts.organisations, request.kind)
        except NotYoursError as refused:
            error = refused
    if error is None:
        return None
    return Answer(request.source.ref, Status.REFUSED, 0, error=error)


# Acts that may be due whatever the stage; the order is that of the buttons.
_ALWAYS = (ActKind.RELABELLED, ActKind.WITHDRAWN, ActKind.LOST, ActKind.FOUND)


def possible_acts(visitor: Visitor, facts: PacketFacts) -> tuple[ActKind, ...]:
    """Return the acts that the route expects of this visitor now, then those that never wait."""
    expected = tuple(kind for kind in _expected(facts) if _may(visitor, kind))
    if facts.progress.ending is not None:
        return expected
    lost = facts.progress.lost
    others = [kind for kind in _ALWAYS if _may(visitor, kind) and (kind is ActKind.FOUND) == lost]
    return (*expected, *others)


def _expected(facts: PacketFacts) -> tuple[ActKind, ...]:
    stage, progress = facts.stage, facts.progress
    if stage is None or progress.open is None or progress.open.kind != VisitKind.STAGE.value:
        return ()
    ending = [each.act for each in stage.ends if each.act is not None]
    allowed = [
        each.act
        for each in stage.allows
        if each.after is None or each.after.value == progress.last_act
    ]
    uncollected = [ActKind.HANDED_BACK] if progress.rendered_at else []
    return tuple(
        kind for kind in (*ending, *allowed, *uncollected) if kind is not ActKind.REGISTERED
    )


def _may(visitor: Visitor, kind: ActKind) -> bool:
    return bool(visitor.roles & ROLES_OF_ACT[kind])
