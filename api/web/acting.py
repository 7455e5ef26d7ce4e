"""Acts from the pages: a card or a button, one packet or forty, and what else must be known.

The same way for a scanned card and a clicked button [003 service 7 §11]. A head names one of the
authority's executors; a refusal takes its reasons from the edition's list where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from api.web.facts import PacketFacts, facts_of
from api.web.visitor import Visitor
from domain.acts import EXECUTORS, ROLES_OF_ACT, ActKind
from domain.cards import Card, act_of
from domain.errors import NotYoursError, UnknownPacketError
from domain.intake import NO_PLACE
from domain.numbers import PacketNumber, PlaceCode, place_organisation, place_role
from domain.progress import VisitKind
from domain.regulations.edition import Edition, PauseGround
from domain.rights import Right
from infra.requests import ActRequest, Answer, Source, Status

_WITH_TEXT = frozenset(
    {
        ActKind.DRAFTED,
        ActKind.RETURNED,
        ActKind.WITHDRAWN,
        ActKind.LOST,
        ActKind.FOUND,
        ActKind.RELABELLED,
        ActKind.PAUSED,
        ActKind.RESUMED,
    }
)


_WITH_GROUNDS = frozenset({ActKind.DRAFTED, ActKind.PAUSED})


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
        grounds=details.grounds if kind in _WITH_GROUNDS else (),
        text=details.text if kind in _WITH_TEXT else None,
        began_at=details.began_at if kind is ActKind.ISSUED else None,
    )


def question(
    visitor: Visitor, request: ActRequest, numbers: Sequence[PacketNumber], details: Details
) -> Question | None:
    """Tell what must be asked before this is recorded."""
    match request.kind:
        case ActKind.RESOLUTION if request.executor is None:
            return Question(Need.EXECUTOR, executors_of(visitor, _deciding(visitor, request)))
        case ActKind.DRAFTED if request.outcome == "refused" and not (
            request.grounds or request.text
        ):
            grounds = common_grounds(visitor, numbers)
            return Question(Need.GROUNDS if grounds else Need.REASONS, grounds)
        case ActKind.INCOMING if request.incoming_number is None and not details.asked:
            return Question(Need.INCOMING_NUMBER) if len(numbers) == 1 else None
        case _:
            return None


def executors_of(visitor: Visitor, organisation: int | None = None) -> tuple[tuple[str, str], ...]:
    """Return an organisation's executors with their names, in order of names.

    Without one, of the visitor's. Whoever stands in for an executor is one.
    """
    whose = organisation or visitor.organisation
    people = visitor.qolhat.staff.register.people
    found = [each.person for each in people if _is_executor(visitor, each.person, whose)]
    names = visitor.qolhat.personnel.names(found)
    listed = [(str(person), names.get(person, f"№ {person}")) for person in found]
    return tuple(visitor.speech.sorted_by_name(listed))


def _is_executor(visitor: Visitor, person: int, organisation: int) -> bool:
    register, now = visitor.qolhat.staff.register, visitor.qolhat.now()
    return register.has_role_in(person, EXECUTORS, organisation, now)


def _deciding(visitor: Visitor, request: ActRequest) -> int:
    """Return the organisation in which a resolution is written."""
    return place_organisation(request.source.place) or visitor.organisation


def common_grounds(
    visitor: Visitor, numbers: Sequence[PacketNumber]
) -> tuple[tuple[str, str], ...]:
    """Return the grounds of refusal that all these packets' editions hold."""
    found: dict[str, str] | None = None
    for edition in _editions_of(visitor, numbers):
        texts = {
            g.key: g.names.in_language(visitor.speech.language) for g in edition.refusal.grounds
        }
        found = texts if found is None else {k: v for k, v in found.items() if k in texts}
    return tuple((found or {}).items())


def _editions_of(visitor: Visitor, numbers: Sequence[PacketNumber]) -> Iterator[Edition]:
    """Yield the packets' editions; what is unknown is refused by itself, and hinders no other."""
    for number in numbers:
        try:
            edition = facts_of(visitor.qolhat, number).edition
        except UnknownPacketError:
            continue
        if edition is not None:
            yield edition


def act(visitor: Visitor, numbers: Sequence[PacketNumber], request: ActRequest) -> list[Answer]:
    """Do it to each packet that is in reach; another organisation's is refused alone.

    Raises NoRightError, NotYoursError (from another organisation's place), NotAnExecutorError,
    WrongRoleError and what `Desk.act` raises.
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
    try:
        visitor.require_act_on(number, request.kind)
    except (UnknownPacketError, NotYoursError) as error:
        return Answer(request.source.ref, Status.REFUSED, 0, error=error)
    return None


# Acts that may be due whatever the stage; the order is that of the buttons.
_ALWAYS = (ActKind.RELABELLED, ActKind.WITHDRAWN, ActKind.LOST, ActKind.FOUND)


def possible_acts(visitor: Visitor, facts: PacketFacts) -> tuple[ActKind, ...]:
    """Return the acts that the route expects of this visitor now, then those that never wait."""
    kinds = (*_expected(facts), *_of_the_clock(visitor, facts), *_unexpected(facts))
    return tuple(kind for kind in kinds if _may(visitor, facts, kind))


def _expected(facts: PacketFacts) -> Iterator[ActKind]:
    stage, progress = facts.stage, facts.progress
    if stage is None or progress.open is None or progress.open.kind != VisitKind.STAGE.value:
        return
    for ending in stage.ends:
        if ending.act is not None and ending.act is not ActKind.REGISTERED:
            yield ending.act
    for each in stage.allows:
        if each.after is None or each.after.value == progress.last_act:
            yield each.act
    if facts.kept_too_long:
        yield ActKind.HANDED_BACK


def pause_grounds(visitor: Visitor, facts: PacketFacts) -> tuple[PauseGround, ...]:
    """Return the grounds on which the visitor may stop the clock of the packet's stage."""
    visit = facts.progress.open
    if facts.stage is None or visit is None or visit.kind != VisitKind.STAGE.value:
        return ()
    return tuple(each for each in facts.stage.pauses if not visitor.roles.isdisjoint(each.roles))


def _of_the_clock(visitor: Visitor, facts: PacketFacts) -> Iterator[ActKind]:
    if pause_grounds(visitor, facts):
        visit = facts.progress.open
        stands = visit is not None and visit.standing is not None
        yield ActKind.RESUMED if stands else ActKind.PAUSED


def _unexpected(facts: PacketFacts) -> Iterator[ActKind]:
    if facts.edition is None:
        yield ActKind.RELABELLED
    elif facts.progress.ending is None:
        yield from (kind for kind in _ALWAYS if (kind is ActKind.FOUND) == facts.progress.lost)


def _may(visitor: Visitor, facts: PacketFacts, kind: ActKind) -> bool:
    """Tell whether the visitor may do it: to this packet, and from where it would be done."""
    if visitor.roles.isdisjoint(ROLES_OF_ACT[kind]):
        return False
    place = place_for(visitor, facts, kind)
    try:
        visitor.require_act(facts.organisations, kind)
        visitor.require_act([place_organisation(place)], kind)
    except NotYoursError:
        return False
    return True


def place_for(visitor: Visitor, facts: PacketFacts, kind: ActKind | None) -> PlaceCode:
    """Choose from which of the visitor's places something is done to a packet.

    The place where the packet lies if it is theirs, else one whose role may do it, else the first,
    those in the packet's organisations before others (the visitor may stand in elsewhere). Those
    who have none (managers) speak of the last place in their reach where the packet was.
    """
    mine = [place.code for place in visitor.places()]
    here = facts.progress.place or NO_PLACE
    if here in mine:
        return here
    if not mine:
        reach = visitor.reach(Right.ACT)
        been = (event.place for event in reversed(facts.timeline.entries) if event.place)
        return next((place for place in been if reach.covers([place_organisation(place)])), here)
    return max(mine, key=lambda place: _fitness(facts, kind, place))


def _fitness(facts: PacketFacts, kind: ActKind | None, place: PlaceCode) -> tuple[bool, bool]:
    fits = kind is not None and place_role(place) in ROLES_OF_ACT[kind]
    return fits, place_organisation(place) in facts.parties
