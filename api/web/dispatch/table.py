"""Many packets in one picture: they lie on a table, somebody photographs them, and confirms.

What is there, what is missing and what does not belong is drawn on the picture and listed. Reading
it records nothing. What a person confirms is recorded as if each packet had been scanned on that
page: put into the bag that is packed, verified out of the one that was opened, seen by a courier
[003 service 7 §11, rows 2-4 and 11-13].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.dispatched import concerned, registry_facts
from api.http.fields import is_ref, read_packet
from api.http.problems import InvalidRequestError, problem_of
from api.table_drawing import SIGNS
from api.table_picture import compare_with, read_table
from api.web.dispatch.bags import doable
from api.web.dispatch.drawing import MOST_MARKS, Drawing, draw, read_drawing, write_drawing
from api.web.dispatch.found import CodePath, Scanning, find_bag, name_of, place_for
from api.web.dispatch.packing import may_pack, packed
from api.web.dispatch.told import Told, told_error
from api.web.dispatch.unpacking import told_verified
from api.web.station import told_scan
from api.web.visitor import Visitor
from domain.dispatch.errors import PictureOutdatedError
from domain.dispatch.journey import BagState, Journey
from domain.dispatch.table_picture import Comparison, Pictured, Purpose
from domain.errors import QolhatError
from domain.intake import RawScan
from domain.numbers import PacketNumber
from domain.rights import Right
from domain.roles import Role
from infra.requests import Source
from scanner.bad_pictures import BadPicture, bad_picture

router = APIRouter(include_in_schema=False)
# The pages by which the same is done packet by packet.
_BY_HAND = {
    Purpose.PACK: "/registries/{registry}?bag={bag}",
    Purpose.UNPACK: "/bags/{bag}/unpack",
    Purpose.CARRY: "/courier",
    Purpose.LOOK: "/bags/{bag}",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A bag, and what its packets are photographed for."""

    journey: Journey
    purpose: Purpose


def _table(visitor: Visitor, given: str) -> Table:
    """Open a bag that is the visitor's business, or that the visitor carries.

    Raises BadCodeError, OtherKindError, UnknownBagError, NotYoursError.
    """
    journey = find_bag(visitor, given)
    if journey.holder != visitor.person:
        visitor.require_reach(concerned(journey), Right.SCAN)
    return Table(journey, _purpose(visitor, journey))


def _purpose(visitor: Visitor, journey: Journey) -> Purpose:
    if journey.state is BagState.OPEN:
        registry = registry_facts(visitor.qolhat, journey.registry)
        if registry.closed_at is None and may_pack(visitor, registry):
            return Purpose.PACK
    if doable(visitor, journey).unpack:
        return Purpose.UNPACK
    carries = any(place.role is Role.COURIER for place in visitor.places())
    return Purpose.CARRY if carries else Purpose.LOOK


# --- the pages -----------------------------------------------------------------------------------


@router.get("/bags/{code}/picture")
def picture(visitor: Scanning, code: CodePath) -> HTMLResponse:
    """Ask for a picture."""
    return _page(visitor, _table(visitor, code))


@router.post("/bags/{code}/picture")
def read(
    visitor: Scanning, code: CodePath, picture: Annotated[UploadFile | None, File()] = None
) -> HTMLResponse:
    """Read a picture and show what is in it; nothing is recorded."""
    table = _table(visitor, code)
    try:
        if picture is None:
            raise bad_picture(BadPicture.EMPTY)
        data = picture.file.read()
        found = read_table(visitor.qolhat, table.journey, table.purpose, data, pictured=True)
    except QolhatError as error:
        return _page(visitor, table, error=error)
    return _page(visitor, table, draw(found))


def _page(
    visitor: Visitor,
    table: Table,
    drawing: Drawing | None = None,
    *,
    ref: str = "",
    answers: Sequence[Told] = (),
    error: QolhatError | None = None,
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    return visitor.page(
        "dispatch/table.html",
        status=200 if problem is None else problem.status,
        bag=table.journey,
        purpose=table.purpose.value,
        by_hand=_BY_HAND[table.purpose].format(
            bag=table.journey.number, registry=table.journey.registry
        ),
        organisation=lambda each: name_of(visitor, each),
        problem=problem,
        answers=answers,
        signs={kind.value: sign for kind, sign in SIGNS.items()},
        ref=ref or str(uuid4()),
        **_drawn(visitor, table, drawing),
    )


def _drawn(visitor: Visitor, table: Table, drawing: Drawing | None) -> dict[str, Any]:
    """Return what the page shows of a picture."""
    if drawing is None:
        return {"drawing": None}
    found = _compared(visitor, table, drawing.numbers)
    kinds = [each.what for each in found.seen]
    return {
        "drawing": drawing,
        "sent_back": write_drawing(drawing),
        "found": found,
        "counts": [(kind.value, kinds.count(kind)) for kind in Pictured if kind in kinds],
    }


def _compared(visitor: Visitor, table: Table, numbers: Sequence[PacketNumber]) -> Comparison:
    return compare_with(visitor.qolhat, table.journey, table.purpose, numbers)


# --- confirming ----------------------------------------------------------------------------------


class ConfirmForm(BaseModel):
    """What the page sends back: its drawing, the packets that it listed, or the one pressed."""

    purpose: Purpose
    ref: str = Field(max_length=48)
    drawing: str = ""
    packet: list[str] = Field(default=[], max_length=MOST_MARKS)
    one: str = Field(default="", max_length=40)


@router.post("/bags/{code}/picture/confirm")
def confirm(
    visitor: Scanning, code: CodePath, form: Annotated[ConfirmForm, Form()]
) -> HTMLResponse:
    """Record packets that the reader saw in the picture; sent twice it is recorded once."""
    table, drawing = _table(visitor, code), read_drawing(form.drawing)
    try:
        numbers = _confirmed(visitor, table, form)
        answers = _record(visitor, table, numbers, form.ref)
    except QolhatError as error:
        return _page(visitor, table, drawing, ref=form.ref, error=error)
    visitor.qolhat.runner.wake()
    return _page(visitor, _table(visitor, code), drawing, ref=form.ref, answers=answers)


def _confirmed(visitor: Visitor, table: Table, form: ConfirmForm) -> list[PacketNumber]:
    """Return what is to be recorded: never a number that nobody has registered.

    Raises InvalidRequestError, PictureOutdatedError.
    """
    given = [form.one] if form.one else form.packet
    numbers = list(dict.fromkeys(read_packet(each) for each in given))
    if not is_ref(form.ref) or not numbers:
        raise InvalidRequestError
    found = _compared(visitor, table, numbers)
    unknown = any(each.what is Pictured.UNKNOWN for each in found.seen)
    if unknown or table.purpose is not form.purpose or table.purpose is Purpose.LOOK:
        raise PictureOutdatedError
    return numbers


def _record(
    visitor: Visitor, table: Table, numbers: Sequence[PacketNumber], ref: str
) -> list[Told]:
    match table.purpose:
        case Purpose.PACK:
            return _pack(visitor, table.journey, numbers, ref)
        case Purpose.UNPACK:
            return _unpack(visitor, table.journey, numbers, ref)
        case _:
            return _carry(visitor, numbers, ref)


def _pack(visitor: Visitor, bag: Journey, numbers: Sequence[PacketNumber], ref: str) -> list[Told]:
    place = place_for(visitor, (bag.origin,))
    return [
        packed(visitor, bag.number, number, visitor.source(place.code, ref=_of(ref, number)))
        for number in numbers
    ]


def _unpack(
    visitor: Visitor, bag: Journey, numbers: Sequence[PacketNumber], ref: str
) -> list[Told]:
    """Verify all in one commit; each has its own id, alone or among others."""
    one = len(numbers) == 1
    place = place_for(visitor, (bag.to, bag.origin))
    source = _after_opening(
        bag, visitor.source(place.code, ref=_of(ref, numbers[0]) if one else ref)
    )
    answer = visitor.qolhat.desk.dispatch.verify(bag.number, numbers, source, how="photo")
    return [
        told_verified(visitor, replace(answer, ref=_of(ref, number)), number) for number in numbers
    ]


def _after_opening(bag: Journey, source: Source) -> Source:
    opened = bag.opened_at or source.happened_at
    return replace(source, happened_at=max(source.happened_at, opened))


def _carry(visitor: Visitor, numbers: Sequence[PacketNumber], ref: str) -> list[Told]:
    place = next(place.code for place in visitor.places() if place.role is Role.COURIER)
    by = visitor.source(place, ref=ref)
    at = (by.person, by.device, by.counter, by.happened_at)
    raw = [RawScan(_of(ref, number), str(number), str(place), *at) for number in numbers]
    answers = visitor.qolhat.desk.scan(raw)
    return [
        told_scan(visitor, answer)
        if not isinstance(answer.error, QolhatError)
        else told_error(visitor, answer.ref, answer.error, str(number))
        for number, answer in zip(numbers, answers, strict=True)
    ]


def _of(ref: str, number: PacketNumber) -> str:
    """Return the id of one packet's record: the same whether it is sent alone or with others."""
    return f"{ref}.{number}"
