"""Commands about bags: packed, sealed, taken over, opened, unpacked, reconciled.

Many packets are given as arguments or, a line each, on standard input: as a keyboard scanner types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from api.cli.dispatch_telling import (
    bag_data,
    bag_lines,
    contents_table,
    discrepancies_table,
    hand_overs_table,
)
from api.cli.display import Line
from api.cli.failure import problem
from api.cli.helping import App
from api.cli.language import say, term
from api.cli.record import SHOWN_OF_A_CODE, batches, exit_by, marked, placed
from api.cli.shell import (
    AsJson,
    At,
    PersonNumber,
    PlaceText,
    Ref,
    Shell,
    Token,
    number_text,
    opened,
    plain,
    source,
)
from api.dispatched import (
    badge_holder,
    bag_journey,
    discrepancies,
    packet_or_none,
    proof_of,
    read_bag,
    read_registry,
    trace_of,
    unpacked,
)
from domain.dispatch.bag import is_seal
from domain.dispatch.errors import SealMissingError
from domain.errors import NoRightError, QolhatError
from domain.intake import NO_PLACE, RawScan
from domain.numbers import PacketNumber, grouped
from domain.rights import Right, rights_of
from infra.bootstrap import Qolhat
from infra.requests import AcceptRequest, BagAnswer, RegistryAnswer, Source, Status
from scanner.keyboards import layout_of

bag_app = App("help.command.bag")
BagNumber = Annotated[str, typer.Argument(help=say("help.bag"))]
Codes = Annotated[list[str] | None, typer.Argument(help=say("help.codes"))]
Badge = Annotated[str, typer.Option(help=say("help.badge-code"))]
RegistryNumber = Annotated[str, typer.Argument(help=say("help.registry"))]


class Condition(StrEnum):
    """What is wrong with a packet that came out of a bag."""

    DAMAGED = "damaged"
    TWICE = "twice"


# --- packing -------------------------------------------------------------------------------------


@bag_app.command("new", help=say("help.command.bag-new"))
def add_bag(
    number: RegistryNumber,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Begin another bag of an open registry; prints its number."""
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        asking = may(qolhat, asking, Right.PACK)
        tell_begun(qolhat.desk.dispatch.add_bag(read_registry(number), asking), as_json)


@bag_app.command("put", help=say("help.command.bag-put"))
def put_in(
    bag: BagNumber,
    codes: Codes = None,
    take_out: Annotated[bool, typer.Option("--out", help=say("help.take-out"))] = False,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Put packets into a bag, or take them out of it; each is answered."""
    with opened() as qolhat:
        number, dispatch = read_bag(bag), qolhat.desk.dispatch
        pack = dispatch.take_out if take_out else dispatch.put

        def one(packet: PacketNumber, asking: Source) -> _Told:
            answer = pack(number, packet, asking)
            return _Told(asking.ref, packet, answer.status, answer.error)

        def ask() -> Source:
            asking = placed(source(qolhat, token, person, place, at, ref if codes else ""))
            return may(qolhat, asking, Right.PACK)

        _each(qolhat, codes, ask, one, as_json)


@bag_app.command("seal", help=say("help.command.bag-seal"))
def seal(
    bag: BagNumber,
    number: Annotated[str, typer.Argument(help=say("help.seal"))],
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Close a bag with a numbered seal."""
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        asking = may(qolhat, asking, Right.PACK)
        _finish(qolhat, qolhat.desk.dispatch.seal(read_bag(bag), number, asking), as_json)


# --- on the way and on arrival -------------------------------------------------------------------


@bag_app.command("accept", help=say("help.command.bag-accept"))
def accept(
    bag: BagNumber,
    receiver: Badge = "",
    giver: Badge = "",
    seen: Annotated[str, typer.Option("--seal", help=say("help.seal"))] = "",
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Take a bag over: custody moves to the receiver, named by the badge, else to who types."""
    with opened() as qolhat:
        asking = may(qolhat, source(qolhat, token, person, place, at, ref), Right.SCAN)
        taker = badge_holder(qolhat, receiver, asking.happened_at) if receiver else asking.person
        if receiver and not place:
            asking = replace(asking, place=NO_PLACE)  # where the receiver works
        request = AcceptRequest(
            asking,
            read_bag(bag),
            taker,
            badge_holder(qolhat, giver, asking.happened_at) if giver else None,
            by_badge=bool(receiver),
            seal=_seal(seen),
        )
        answer = qolhat.desk.dispatch.accept(replace(request, proof=proof_of(request)))
        _finish(qolhat, answer, as_json)


def _seal(seen: str) -> str | None:
    """Read the number on a seal: no free text may stand in events. Raises SealMissingError."""
    if seen and not is_seal(seen):
        raise SealMissingError
    return seen or None


@bag_app.command("open", help=say("help.command.bag-open"))
def open_bag(
    bag: BagNumber,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Open a bag: its packets are concluded to have arrived."""
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        asking = may(qolhat, asking, Right.SCAN)
        _finish(qolhat, qolhat.desk.dispatch.open(read_bag(bag), asking), as_json)


@bag_app.command("verify", help=say("help.command.bag-verify"))
def verify(
    bag: BagNumber,
    codes: Codes = None,
    condition: Annotated[Condition | None, typer.Option(help=say("help.condition"))] = None,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Record that packets came out of a bag; each is answered."""
    with opened() as qolhat:
        number = read_bag(bag)
        state = None if condition is None else condition.value

        def one(packet: PacketNumber, asking: Source) -> _Told:
            before = bag_journey(qolhat, number)
            qolhat.desk.dispatch.verify(number, [packet], asking, state)
            return _Told(asking.ref, packet, unpacked(before, packet, state)[1])

        def ask() -> Source:
            asking = placed(source(qolhat, token, person, place, at, ref if codes else ""))
            return may(qolhat, asking, Right.SCAN)

        bag_journey(qolhat, number)  # an unknown bag is told before anything is scanned
        _each(qolhat, codes, ask, one, as_json)


@bag_app.command("reconcile", help=say("help.command.bag-reconcile"))
def reconcile(
    bag: BagNumber,
    token: Token = "",
    person: PersonNumber = None,
    place: PlaceText = "",
    at: At = "",
    ref: Ref = "",
    as_json: AsJson = False,
) -> None:
    """Say that all that was in the bag has been scanned: what was not is missing."""
    with opened() as qolhat:
        asking = placed(source(qolhat, token, person, place, at, ref))
        asking = may(qolhat, asking, Right.SCAN)
        _finish(qolhat, qolhat.desk.dispatch.reconcile(read_bag(bag), asking), as_json)


def _finish(qolhat: Qolhat, answer: BagAnswer, as_json: bool) -> None:  # noqa: FBT001  handed on
    journey = answer.journey
    assert journey is not None  # noqa: S101  what is refused was raised by the desk
    odd = [what.value for ref, what in journey.deviations if ref == answer.ref]
    shown = {"ref": answer.ref, "status": answer.status, "deviations": odd}
    told = " — ".join(
        [term("answer", answer.status.value), *(term("bag-deviation", each) for each in odd)]
    )
    lines: list[Line] = [marked(answer.status, told), *bag_lines(qolhat, journey)]
    Shell(as_json).show(shown | {"bag": bag_data(journey)}, lines)


# --- many packets --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of one code; `packet` None: it was none, and was kept as a scan."""

    ref: str
    packet: PacketNumber | None
    status: Status
    error: Exception | None = None


_One = Callable[[PacketNumber, Source], _Told]


def _each(
    qolhat: Qolhat,
    codes: list[str] | None,
    ask: Callable[[], Source],
    one: _One,
    as_json: bool,  # noqa: FBT001  handed on
) -> None:
    """Record codes one by one as they come; whatever stopped it, what was recorded is told."""
    ask()  # who may not learns it before scanning
    shell = Shell(as_json)
    told: list[dict[str, Any]] = []
    seen: set[Status] = set()
    try:
        for batch in batches(codes):
            for code, asking in _asked(batch, ask()):
                answer = _recorded(qolhat, code, asking, one)
                seen.add(answer.status)
                told.append({"code": code} | plain(answer))
                if not as_json:
                    shell.show(None, _line(code, answer))
    finally:
        if as_json:
            shell.show(told, "")
    exit_by(seen)


def _asked(batch: list[str], asking: Source) -> Iterator[tuple[str, Source]]:
    """Give each of several codes an id of its own."""
    for position, code in enumerate(batch):
        ref = asking.ref if len(batch) == 1 else f"{asking.ref}-{position}"
        counter, layout = asking.counter + position, layout_of(code)
        yield code, replace(asking, ref=ref, counter=counter, layout=layout)


def _recorded(qolhat: Qolhat, code: str, asking: Source, one: _One) -> _Told:
    packet = packet_or_none(code)
    if packet is not None:
        return one(packet, asking)
    by = asking
    raw = RawScan(by.ref, code, str(by.place), by.person, by.device, by.counter, by.happened_at)
    (answer,) = qolhat.desk.scan([raw])
    return _Told(asking.ref, None, answer.status, answer.error)


def _line(code: str, answer: _Told) -> Text:
    told = [code[:SHOWN_OF_A_CODE], term("answer", answer.status.value)]
    if answer.error is not None:
        error = answer.error if isinstance(answer.error, QolhatError) else QolhatError()
        told.append(problem(error)["detail"])
    return marked(answer.status, " — ".join(told))


# --- what is known of a bag ----------------------------------------------------------------------


@bag_app.command("show", help=say("help.command.bag-show"))
def show_bag(bag: BagNumber, as_json: AsJson = False) -> None:
    """Tell a bag's journey: who had it, what was in it, how surely that arrived, what differed."""
    with opened() as qolhat:
        journey = bag_journey(qolhat, read_bag(bag))
        items = discrepancies(qolhat, journey)
        lines: list[Line] = [
            *bag_lines(qolhat, journey),
            hand_overs_table(qolhat, journey),
            contents_table(journey),
        ]
        if items:
            lines.append(
                discrepancies_table(qolhat, [(item, trace_of(qolhat, item)) for item in items])
            )
        Shell(as_json).show(bag_data(journey) | {"discrepancies": items}, lines)


def may(qolhat: Qolhat, asking: Source, right: Right) -> Source:
    """Make sure that the person's roles give a right. Raises NoRightError, UnknownPersonError."""
    roles = qolhat.staff.register.roles_of(asking.person, asking.happened_at)
    if right not in rights_of(roles):
        raise NoRightError(right=right.value)
    return asking


def tell_begun(answer: RegistryAnswer, as_json: bool) -> None:  # noqa: FBT001  handed on
    """Tell the numbers of what was begun."""
    bag = number_text(answer.bag)
    told = say("registry.made", registry=grouped(answer.registry), bag=bag)
    Shell(as_json).show(answer, told)
