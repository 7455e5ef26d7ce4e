"""What is printed for no packet in particular: sheets of labels, cards, separator, test strip."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse

from api.http.fields import read_packet
from api.http.problems import TooManyError, headers_of, problem_of
from api.printing import (
    MOST_LABELS,
    Printer,
    card_print,
    cards_print,
    sheet_print,
    strip_print,
)
from api.web.facts import facts_of
from api.web.printer import ChosenPrinter
from api.web.visitor import Visiting, Visitor, allowed
from domain.cards import Card
from domain.errors import QolhatError, RefusedError
from domain.numbers import PacketNumber
from domain.rights import Right
from scanner.labels import SHEET_COLUMNS, SHEET_ROWS, Format

router = APIRouter(include_in_schema=False)
Seeing = Annotated[Visitor, Depends(allowed(Right.SEE_PACKETS))]
_PLACES = SHEET_COLUMNS * SHEET_ROWS
_BETWEEN = re.compile(r"[\r\n\t,;]+")
_LONGEST = 60 * MOST_LABELS


class NoLabelError(RefusedError):
    """A sheet of labels was asked for, and no packet was named."""

    code = "no-label"


@router.get("/prints")
def prints(visitor: Visiting) -> HTMLResponse:
    """Show what can be printed here."""
    return _page(visitor)


def _page(
    visitor: Visitor, error: QolhatError | None = None, numbers: str = "", start: int = 1
) -> HTMLResponse:
    problem = None if error is None else problem_of(error, visitor.speech.language)
    return visitor.page(
        "prints.html",
        status=200 if problem is None else problem.status,
        headers=None if error is None else headers_of(error),
        problem=problem,
        numbers=numbers,
        start=start,
        places=_PLACES,
    )


@router.get("/prints/labels")
def labels(
    visitor: Seeing,
    chosen: ChosenPrinter,
    numbers: Annotated[str, Query(max_length=_LONGEST)] = "",
    start: Annotated[int, Query(ge=1, le=_PLACES)] = 1,
) -> Response:
    """Print packets' labels on sheets of 24, from a place that is still free."""
    try:
        packets = [_seen(visitor, given) for given in _lines(numbers)]
        if not packets:
            raise NoLabelError
        if len(packets) > MOST_LABELS:
            raise TooManyError(limit=MOST_LABELS)
        made = sheet_print(visitor.qolhat, packets, start, visitor.speech.language)
        return chosen.answer(visitor, made)
    except QolhatError as error:
        return _page(visitor, error, numbers, start)


def _lines(given: str) -> list[str]:
    return [each for line in _BETWEEN.split(given) if (each := line.strip())]


def _seen(visitor: Visitor, given: str) -> PacketNumber:
    """Read the number of a packet in reach.

    Raises BadCodeError, OtherKindError, UnknownPacketError, NotYoursError.
    """
    facts = facts_of(visitor.qolhat, read_packet(given))
    visitor.require_reach(facts.organisations, Right.SEE_PACKETS)
    return facts.number


@router.get("/prints/cards")
def cards(visitor: Visiting, chosen: ChosenPrinter) -> Response:
    """Print the action cards: one sheet serves every desk."""
    made = cards_print(chosen.printer.form, visitor.speech.language)
    return chosen.answer(visitor, made)


@router.get("/prints/separator.pdf")
def separator(visitor: Visiting, chosen: ChosenPrinter) -> Response:
    """Print the sheet that parts a stack of scanned pages: A4, whatever the label printer."""
    chosen.use(Printer(Format.PDF, chosen.printer.dpi))
    return chosen.answer(visitor, card_print(Card.SEPARATOR, visitor.speech.language))


@router.get("/prints/strip")
def strip(visitor: Visiting, chosen: ChosenPrinter) -> Response:
    """Print a test strip for the chosen printer."""
    return chosen.answer(visitor, strip_print(chosen.printer, visitor.speech.language))
