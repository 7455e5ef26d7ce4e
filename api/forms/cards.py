"""What is scanned at a desk: sheets of action cards, badges of staff, cards of places.

An action card carries a sign beside its title, so that it is found without reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from reportlab.graphics import renderPDF
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from api.forms.barcodes import LEAST_HEIGHT, barcode
from api.forms.sheet import BODY, SMALL, STRONG, Story, paragraph
from api.forms.small import Box, set_in, small_pages
from api.forms.wording import Wording
from domain.cards import Card, card_of
from domain.numbers import BadgeCode, CodeKind, PlaceCode, place_role, take_apart
from domain.roles import Role
from domain.workdays import Language
from scanner.typeface import REGULAR

CARD_SIZE = (90 * mm, 52 * mm)
BADGE_SIZE = (86 * mm, 54 * mm)
PLACE_SIZE = (148 * mm, 105 * mm)  # A6
COLUMNS, ROWS = 2, 5
_EDGE = 5 * mm
_CARD_BARS = 14 * mm
_CARD_TITLE = ParagraphStyle("card-title", STRONG, fontSize=15, leading=18)
_MIDDLE = ParagraphStyle("card-middle", BODY, alignment=TA_CENTER)
_MIDDLE_SMALL = ParagraphStyle("card-middle-small", SMALL, alignment=TA_CENTER)
_PERSON = ParagraphStyle("card-person", STRONG, fontSize=14, leading=17, alignment=TA_CENTER)
_PLACE = ParagraphStyle("card-place", STRONG, fontSize=26, leading=31, alignment=TA_CENTER)
_SIGNS: dict[Card, str] = {
    Card.INCOMING: "№",
    Card.RESOLUTION: "✎",
    Card.ENTITLED: "☑",
    Card.NOT_ENTITLED: "☒",
    Card.GRANTED: "✔",
    Card.REFUSED: "✘",
    Card.SIGNED: "✒",
    Card.RETURNED: "↩",
    Card.SENT_BACK: "⇐",
    Card.ISSUED: "☛",
    Card.POSTED: "✉",
    Card.HANDED_BACK: "⚑",
    Card.UNDO: "↺",
    Card.CLEAR: "∅",
    Card.SEPARATOR: "✂",
}
_PERSONS_SIGN, _OTHER_SIGN = "☺", "●"


@dataclass(frozen=True, slots=True)
class ActionCard:
    """A card of a sheet: an act's, or a person's badge code (to name the executor)."""

    code: int
    title: str


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands on the badge of somebody who works here."""

    code: BadgeCode
    name: str
    role: Role
    organisation: str


@dataclass(frozen=True, slots=True)
class PlaceCard:
    """What stands on the card of a place; its role is in the code."""

    code: PlaceCode
    name: str
    organisation: str


def sign_of(code: int) -> str:
    """Return the sign of a card's code."""
    apart = take_apart(code)
    if apart.kind is CodeKind.BADGE:
        return _PERSONS_SIGN
    card = card_of(apart)
    return _OTHER_SIGN if card is None else _SIGNS[card]


def action_cards_pdf(cards: Sequence[ActionCard], language: Language) -> bytes:
    """Set cards on A4, ten a sheet, to be cut out."""
    wording, many = Wording(language), COLUMNS * ROWS
    sheets = [cards[first : first + many] for first in range(0, max(len(cards), 1), many)]
    draws = [partial(_draw_sheet, sheet) for sheet in sheets]
    return small_pages(wording, wording.say("cards.title"), A4, draws)


def _draw_sheet(cards: Sequence[ActionCard], canvas: Canvas) -> None:
    width, height = CARD_SIZE
    left, top = (A4[0] - COLUMNS * width) / 2, (A4[1] + ROWS * height) / 2
    for place, card in enumerate(cards):
        row, column = divmod(place, COLUMNS)
        _draw_card(
            card, Box(left + column * width, top - (row + 1) * height, width, height), canvas
        )


def _draw_card(card: ActionCard, box: Box, canvas: Canvas) -> None:
    canvas.setLineWidth(0.4)
    canvas.setDash(2, 2)
    canvas.rect(box.x, box.y, box.width, box.height)
    canvas.setDash()
    bars = barcode(card.code, _CARD_BARS)
    foot = _EDGE + bars.height + 2 * mm
    room = box.height - foot - _EDGE
    canvas.setFont(REGULAR, 34)
    canvas.drawCentredString(box.x + 14 * mm, box.y + foot + room / 2 - 12, sign_of(card.code))
    text = Box(box.x + 26 * mm, box.y + foot, box.width - 26 * mm - _EDGE, room)
    set_in(canvas, text, [paragraph(card.title, _CARD_TITLE)], middle=True)
    renderPDF.draw(bars, canvas, box.x + (box.width - bars.width) / 2, box.y + _EDGE)


def badge_pdf(badge: Badge, language: Language) -> bytes:
    """Set a badge, a page of 86 x 54 mm."""
    wording = Wording(language)
    draw = partial(_draw_badge, badge, wording)
    return small_pages(wording, wording.say("badge.title"), BADGE_SIZE, [draw])


def _draw_badge(badge: Badge, wording: Wording, canvas: Canvas) -> None:
    _draw_centred(canvas, badge.code, BADGE_SIZE, LEAST_HEIGHT, [
        paragraph(badge.organisation, _MIDDLE_SMALL),
        paragraph(badge.name, _PERSON),
        paragraph(wording.role(badge.role), _MIDDLE),
    ])  # fmt: skip


def place_card_pdf(card: PlaceCard, language: Language) -> bytes:
    """Set the card of a place, a page of A6."""
    wording = Wording(language)
    draw = partial(_draw_place, card, wording)
    return small_pages(wording, wording.say("place.title"), PLACE_SIZE, [draw])


def _draw_place(card: PlaceCard, wording: Wording, canvas: Canvas) -> None:
    _draw_centred(canvas, card.code, PLACE_SIZE, 2 * LEAST_HEIGHT, [
        paragraph(card.organisation, _MIDDLE),
        paragraph(card.name, _PLACE),
        paragraph(wording.role(place_role(card.code)), _MIDDLE),
    ])  # fmt: skip


def _draw_centred(
    canvas: Canvas, code: int, size: tuple[float, float], height: float, texts: Story
) -> None:
    """Set texts in the middle, the barcode below them."""
    bars = barcode(code, height)
    foot = _EDGE + bars.height + 1 * mm
    text = Box(_EDGE, foot, size[0] - 2 * _EDGE, size[1] - foot - _EDGE)
    set_in(canvas, text, texts, middle=True)
    renderPDF.draw(bars, canvas, (size[0] - bars.width) / 2, _EDGE)
