"""What is scanned at a desk: sheets of action cards, badges of staff, cards of places.

An action card carries a sign beside its title, so that it is found without reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.forms.wording import Wording, cleaned
from domain.cards import Card, card_of
from domain.numbers import BadgeCode, CodeKind, PlaceCode, place_role, take_apart
from domain.roles import Role
from domain.workdays import Language
from scanner import labels
from scanner.artefact import Artefact, Paragraph
from scanner.labels import CARD_COLUMNS as COLUMNS
from scanner.labels import CARD_ROWS as ROWS
from scanner.labels import COMMON_DPI, Format, drawn

__all__ = ["COLUMNS", "ROWS", "ActionCard", "Badge", "PlaceCard", "sign_of"]

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
    title = Wording(language).say("cards.title")
    sheets = labels.on_card_sheets([action_card(each) for each in cards])
    return drawn(sheets, Format.PDF, COMMON_DPI, title, language)


def action_card(card: ActionCard) -> Artefact:
    """Describe an action card."""
    return labels.action_card(card.code, sign_of(card.code), cleaned(card.title))


def badge_pdf(badge: Badge, language: Language) -> bytes:
    """Set a badge, a page of 86 x 54 mm."""
    title = Wording(language).say("badge.title")
    return drawn([staff_badge(badge, language)], Format.PDF, COMMON_DPI, title, language)


def staff_badge(badge: Badge, language: Language) -> Artefact:
    """Describe a badge."""
    return labels.badge(badge.code, [
        Paragraph(cleaned(badge.organisation), 8),
        Paragraph(cleaned(badge.name), 14, bold=True),
        Paragraph(Wording(language).role(badge.role), 10),
    ])  # fmt: skip


def place_card_pdf(card: PlaceCard, language: Language) -> bytes:
    """Set the card of a place, a page of A6."""
    title = Wording(language).say("place.title")
    return drawn([place_card(card, language)], Format.PDF, COMMON_DPI, title, language)


def place_card(card: PlaceCard, language: Language) -> Artefact:
    """Describe the card of a place."""
    return labels.place_card(card.code, [
        Paragraph(cleaned(card.organisation), 10),
        Paragraph(cleaned(card.name), 26, bold=True),
        Paragraph(Wording(language).role(place_role(card.code)), 10),
    ])  # fmt: skip
