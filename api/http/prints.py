"""Prints over HTTP: labels, tags and cards as PDF, PNG, SVG or ZPL, for any printer.

The format is said by `format`, else by `Accept`, else it is PDF. Each contains codes and words that
the caller may see anyway; no applicant's name stands on any of them.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from api.dispatched import read_bag
from api.http.bag_telling import BagPath
from api.http.bags import bag_in_reach
from api.http.calls import Asking
from api.http.fields import EXAMPLE_PACKET, read_packet, read_place
from api.http.media import resource
from api.http.packets import NumberPath
from api.http.places import PlacePath
from api.http.problems import TooManyError, documented, language_of
from api.printing import (
    MOST_LABELS,
    Print,
    Printer,
    card_print,
    cards_print,
    label_print,
    place_print,
    sheet_print,
    strip_print,
    tag_print,
)
from domain.cards import Card
from domain.numbers import place_organisation
from domain.rights import Right
from scanner.labels import (
    COMMON_DPI,
    LEAST_DPI,
    MEDIA_TYPES,
    MOST_DPI,
    SHEET_COLUMNS,
    SHEET_ROWS,
    Format,
)

router = resource("prints")
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_PRINTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What was printed, in the format asked for.",
        "content": dict.fromkeys(MEDIA_TYPES.values(), _BYTES),
    }
}


class Door:
    """What somebody wants printed for, and in which language."""

    def __init__(
        self,
        request: Request,
        wanted: Annotated[
            Format | None, Query(alias="format", description="Left out: by `Accept`, else PDF.")
        ] = None,
        dpi: Annotated[
            int, Query(ge=LEAST_DPI, le=MOST_DPI, description="The printer's dots an inch.")
        ] = COMMON_DPI,
    ) -> None:
        form = wanted or _accepted(request.headers.get("accept", ""))
        self.printer = Printer(form, dpi)
        self.language = language_of(request)

    def answer(self, made: Print) -> Response:
        """Draw it. Raises NoRoomToPrintError."""
        printed = made.drawn(self.printer, self.language)
        headers = {"content-disposition": f'inline; filename="{printed.name}"'}
        return Response(printed.content, 200, headers, printed.media_type)


def _accepted(accept: str) -> Format:
    """Return the first format that a header names."""
    named = (each.partition(";")[0].strip().lower() for each in accept.split(","))
    formats = {media_type: form for form, media_type in MEDIA_TYPES.items()}
    return next((formats[each] for each in named if each in formats), Format.PDF)


Printing = Annotated[Door, Depends(Door)]


@router.get(
    "/packets/{number}/label",
    summary="A packet's label",
    response_class=Response,
    responses=_PRINTED | documented(404),
)
def packet_label(call: Asking, number: NumberPath, door: Printing) -> Response:
    """The label of 58 x 40 mm: barcode, number, service and day."""
    packet = read_packet(number)
    call.require_packet(packet, Right.SEE_PACKETS)
    return door.answer(label_print(call.qolhat, packet, door.language))


@router.get(
    "/labels",
    summary="Labels on sheets of 24",
    response_class=Response,
    responses=_PRINTED | documented(404, 413),
)
def label_sheets(
    call: Asking,
    door: Printing,
    number: Annotated[list[str], Query(examples=[[EXAMPLE_PACKET]])],
    start: Annotated[
        int, Query(ge=1, le=SHEET_COLUMNS * SHEET_ROWS, description="The first free place.")
    ] = 1,
) -> Response:
    """A4 sheets of 3 x 8 labels of 70 x 37 mm; a sheet that was begun can be used up."""
    if len(number) > MOST_LABELS:
        raise TooManyError(limit=MOST_LABELS)
    packets = [read_packet(each) for each in number]
    for packet in packets:
        call.require_packet(packet, Right.SEE_PACKETS)
    return door.answer(sheet_print(call.qolhat, packets, start, door.language))


@router.get(
    "/bags/{bag}/tag",
    summary="A bag's tag",
    response_class=Response,
    responses=_PRINTED | documented(404),
)
def bag_tag(call: Asking, bag: BagPath, door: Printing) -> Response:
    """The tag of A6: from whom to whom, how many packets, the seal; turned as ZPL."""
    bag_in_reach(call, bag, Right.SEE_PACKETS)
    return door.answer(tag_print(call.qolhat, read_bag(bag), door.language))


@router.get(
    "/places/{place}/card",
    summary="A place's card",
    response_class=Response,
    responses=_PRINTED | documented(404),
)
def place_card(call: Asking, place: PlacePath, door: Printing) -> Response:
    """The card of A6 that lies or hangs where scans are made."""
    code = read_place(place)
    call.require(Right.SEE_PACKETS)
    call.require_reach([place_organisation(code)], Right.SEE_PACKETS)
    return door.answer(place_print(call.qolhat, code, door.language))


@router.get("/action-cards", summary="Action cards", response_class=Response, responses=_PRINTED)
def action_cards(_call: Asking, door: Printing) -> Response:
    """All cards: ten on a sheet of A4; as ZPL each alone."""
    return door.answer(cards_print(door.printer.form, door.language))


@router.get(
    "/action-cards/{card}",
    summary="An action card",
    response_class=Response,
    responses=_PRINTED,
)
def action_card(_call: Asking, card: Card, door: Printing) -> Response:
    """One card of 90 x 52 mm; `separator` is the sheet of A4 that parts a stack of pages."""
    return door.answer(card_print(card, door.language))


@router.get("/test-strip", summary="A test strip", response_class=Response, responses=_PRINTED)
def strip(_call: Asking, door: Printing) -> Response:
    """Codes from narrow to wide: what is read tells which width printer and scanner manage."""
    return door.answer(strip_print(door.printer, door.language))
