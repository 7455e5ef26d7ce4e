"""Packing at a desk: packets are put into a bag, taken out of it, the bag is sealed.

It may be refused; a packet that is refused was seen there all the same. What is no packet's number
is kept as a scan and waits to be settled [003 service 7 §11, rows 2 and 11].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from api.dispatched import Arrival, bag_journey, packet_or_none, read_bag
from api.http import schemas
from api.http.bag_telling import BagPath, step_out, summary_out
from api.http.calls import Call, Calling
from api.http.media import resource
from api.http.problems import OF_A_COMMAND, TooManyError, documented, problem_for
from api.http.schemas import MOST_AT_ONCE
from api.http.telling import Teller
from domain.intake import RawScan
from domain.numbers import BagCode, PacketNumber
from domain.rights import Right
from infra.requests import Answer, PackAnswer, Source, Status
from scanner.keyboards import layout_of

router = resource("bags")
_OF_PACKING = OF_A_COMMAND | documented(404, 409)


def _to_pack(call: Call, given: str) -> BagCode:
    """Return a bag that the caller's organisation packs; raises what `bag_in_reach` does."""
    call.require(Right.PACK)
    journey = bag_journey(call.qolhat, read_bag(given))
    call.require_reach([journey.origin], Right.PACK)
    return journey.number


@router.post("/bags/{bag}/packets", summary="Put packets into a bag", responses=_OF_PACKING)
def put_in(call: Calling, bag: BagPath, body: schemas.PackedIn) -> schemas.PacketsAnswered:
    """Put one packet in or up to 500; each has an answer, in the order of the request.

    A packet that may not go in was seen there all the same; what is no packet's number is kept as
    a scan and waits to be settled.
    """
    number, read = _to_pack(call, bag), read_all(call, body, Right.PACK)
    dispatch = call.qolhat.desk.dispatch
    return _packed(call, number, read, lambda each: dispatch.put(number, *each.for_packing))


@router.post("/bags/{bag}/taken-out", summary="Take packets out of a bag", responses=_OF_PACKING)
def take_out(call: Calling, bag: BagPath, body: schemas.PackedIn) -> schemas.PacketsAnswered:
    """Take packets out of a bag that is not sealed yet; each has an answer."""
    number, read = _to_pack(call, bag), read_all(call, body, Right.PACK)
    dispatch = call.qolhat.desk.dispatch
    return _packed(call, number, read, lambda each: dispatch.take_out(number, *each.for_packing))


@router.post("/bags/{bag}/seal", summary="Close and seal a bag", responses=_OF_PACKING)
def seal_bag(call: Calling, bag: BagPath, body: schemas.SealIn) -> schemas.BagAnswered:
    """Close a bag with a numbered seal: nothing is put in or taken out any more."""
    number, source = _to_pack(call, bag), call.source(body, Right.PACK)
    answer = call.qolhat.desk.dispatch.seal(number, body.seal, source)
    call.recorded()
    return step_out(call.tell, answer)


@dataclass(frozen=True, slots=True)
class CodeRead:
    """One of many codes: a packet's number, or something else."""

    code: str
    packet: PacketNumber | None
    source: Source

    @property
    def for_packing(self) -> tuple[PacketNumber, Source]:
        """What is packed, and who does it. Only of a packet's number."""
        assert self.packet is not None  # noqa: S101  others are kept as scans
        return self.packet, self.source


_Packer = Callable[[CodeRead], PackAnswer]


def read_all(call: Call, body: schemas.PackedIn, right: Right) -> list[CodeRead]:
    """Read what was sent; of several, each has an id of its own. Raises TooManyError."""
    if len(body.codes) > MOST_AT_ONCE:
        raise TooManyError(limit=MOST_AT_ONCE)
    source = call.source(body, right)
    if len(body.codes) == 1:
        code = body.codes[0]
        return [CodeRead(code, packet_or_none(code), replace(source, layout=layout_of(code)))]
    return [_one_of_many(code, source, position) for position, code in enumerate(body.codes)]


def _one_of_many(code: str, source: Source, position: int) -> CodeRead:
    packet = packet_or_none(code)
    ref, layout = f"{source.ref}.{packet or position}", layout_of(code)
    return CodeRead(code, packet, replace(source, ref=ref, layout=layout))


def _packed(
    call: Call, bag: BagCode, read: list[CodeRead], pack: _Packer
) -> schemas.PacketsAnswered:
    kept = keep_as_scans(call, read)
    done: dict[str, PackAnswer] = {}
    for each in read:
        if each.packet is not None and each.source.ref not in done:
            done[each.source.ref] = pack(each)
    call.recorded()
    positions = [each.position for each in done.values()]
    positions += [each.position for each in kept.values()]
    answers = [
        kept_out(call.tell, each, kept[each.source.ref])
        if each.packet is None
        else _packed_out(call.tell, each, done[each.source.ref])
        for each in read
    ]
    return packets_answered(call, bag, answers, max(positions))


def keep_as_scans(call: Call, read: Iterable[CodeRead]) -> dict[str, Answer]:
    """Keep what is no packet's number as scans that wait to be settled."""
    raw = [_raw(each) for each in read if each.packet is None]
    answers = call.qolhat.desk.scan(raw) if raw else []
    return {answer.ref: answer for answer in answers}


def _raw(read: CodeRead) -> RawScan:
    by = read.source
    return RawScan(
        by.ref, read.code, str(by.place), by.person, by.device, by.counter, by.happened_at
    )


def _packed_out(tell: Teller, read: CodeRead, answer: PackAnswer) -> schemas.PacketAnswered:
    problem = None if answer.error is None else problem_for(answer.error, tell.language)
    return packet_answered(tell, read, None, answer.status, problem=problem)


def kept_out(tell: Teller, read: CodeRead, answer: Answer) -> schemas.PacketAnswered:
    """Tell that something was kept as a scan."""
    return packet_answered(tell, read, None, answer.status, scan=tell.answer(answer))


def packet_answered(
    tell: Teller,
    read: CodeRead,
    found: Arrival | None,
    status: Status,
    *,
    problem: schemas.Problem | None = None,
    scan: schemas.Answer | None = None,
) -> schemas.PacketAnswered:
    """Tell what became of one code."""
    return schemas.PacketAnswered(
        ref=read.source.ref,
        number=None if read.packet is None else str(read.packet),
        status=status.value,
        status_text=tell.word("answer", status.value).text,
        found=None if found is None else tell.word("arrival", found.value),
        problem=problem,
        scan=scan,
    )


def packets_answered(
    call: Call, bag: BagCode, answers: list[schemas.PacketAnswered], position: int
) -> schemas.PacketsAnswered:
    """Tell what became of all, and how the bag stands now."""
    journey = bag_journey(call.qolhat, bag)
    return schemas.PacketsAnswered(
        answers=answers, bag=summary_out(call.tell, journey), position=position
    )
