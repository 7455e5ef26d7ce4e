"""Action cards: printed barcodes by which a desk works with the scanner alone.

One scans the card and then the packets: each gets the act of the card. A card belongs to no
organisation (block 0), so one printed sheet serves every desk. What an act needs beside (reasons of
a refusal, the executor of a resolution) is asked for by the page or scanned as that one's badge.

The codes of a test strip stand in a block of their own: each says how wide its modules are, so that
whoever scans them learns what the printer and the scanner manage. They mean no act and no packet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.acts import ActKind, Handing, Outcome
from domain.numbers import Code, CodeKind, compose

_NO_BLOCK = 0
_STRIP_BLOCK = 9_999  # no organisation's, and no card's
_STRIP_WEIGHT = 1_000  # the serial: dots an inch, then how many dots (or micrometres) a module has
_MICROMETRES_PER_INCH = 25_400


class Card(StrEnum):
    """The cards, in the order of the route; those behind them record no act."""

    INCOMING = "incoming"
    RESOLUTION = "resolution"
    ENTITLED = "entitled"
    NOT_ENTITLED = "not-entitled"
    GRANTED = "granted"
    REFUSED = "refused"
    SIGNED = "signed"
    RETURNED = "returned"
    SENT_BACK = "sent-back"
    ISSUED = "issued"
    POSTED = "posted"
    HANDED_BACK = "handed-back"
    UNDO = "undo"  # one's own last scan, within a minute
    CLEAR = "clear"  # the card scanned before is meant no longer
    SEPARATOR = "separator"  # a sheet between the packets of a stack that a flatbed scans


# Printed on cards, therefore never changed and never given to another.
CARD_SERIALS: dict[Card, int] = {
    Card.INCOMING: 1,
    Card.RESOLUTION: 2,
    Card.ENTITLED: 3,
    Card.NOT_ENTITLED: 4,
    Card.GRANTED: 5,
    Card.REFUSED: 6,
    Card.SIGNED: 7,
    Card.RETURNED: 8,
    Card.SENT_BACK: 9,
    Card.ISSUED: 10,
    Card.POSTED: 11,
    Card.HANDED_BACK: 12,
    Card.UNDO: 13,
    Card.CLEAR: 14,
    Card.SEPARATOR: 15,
}
DESK_CARDS = tuple(card for card in Card if card is not Card.SEPARATOR)
_CARD_OF_SERIAL = {serial: card for card, serial in CARD_SERIALS.items()}


@dataclass(frozen=True, slots=True)
class CardAct:
    """The act that a card stands for, with what is fixed by the card."""

    kind: ActKind
    entitled: bool | None = None
    outcome: Outcome | None = None
    handing: Handing | None = None


_ACTS: dict[Card, CardAct] = {
    Card.INCOMING: CardAct(ActKind.INCOMING),
    Card.RESOLUTION: CardAct(ActKind.RESOLUTION),
    Card.ENTITLED: CardAct(ActKind.RIGHT, entitled=True),
    Card.NOT_ENTITLED: CardAct(ActKind.RIGHT, entitled=False),
    Card.GRANTED: CardAct(ActKind.DRAFTED, outcome=Outcome.GRANTED),
    Card.REFUSED: CardAct(ActKind.DRAFTED, outcome=Outcome.REFUSED),
    Card.SIGNED: CardAct(ActKind.SIGNED),
    Card.RETURNED: CardAct(ActKind.RETURNED),
    Card.SENT_BACK: CardAct(ActKind.SENT_BACK),
    Card.ISSUED: CardAct(ActKind.ISSUED, handing=Handing.IN_PERSON),
    Card.POSTED: CardAct(ActKind.ISSUED, handing=Handing.POSTED),
    Card.HANDED_BACK: CardAct(ActKind.HANDED_BACK),
}


def card_code(card: Card) -> int:
    """Return the 14-digit number that is printed on the card."""
    return compose(CodeKind.ACTION_CARD, _NO_BLOCK, CARD_SERIALS[card])


def card_of(code: Code) -> Card | None:
    """Return the card with this code; None if it is the code of another thing."""
    if code.kind is not CodeKind.ACTION_CARD or code.block != _NO_BLOCK:
        return None
    return _CARD_OF_SERIAL.get(code.serial)


def act_of(card: Card) -> CardAct | None:
    """Return the act that the card stands for; None for those that record none."""
    return _ACTS.get(card)


# --- test strips ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StripWidth:
    """How wide the modules of a strip's code are: dots of a printer, or micrometres (dpi 0)."""

    amount: int
    dpi: int = 0

    @property
    def micrometres(self) -> int:
        """The width on paper."""
        return round(self.amount * _MICROMETRES_PER_INCH / self.dpi) if self.dpi else self.amount


def strip_code(width: StripWidth) -> int:
    """Return the 14-digit number of a test strip's code. Raises ValueError if it does not fit."""
    if not 0 < width.amount < _STRIP_WEIGHT:
        raise ValueError(width)
    return compose(CodeKind.ACTION_CARD, _STRIP_BLOCK, width.dpi * _STRIP_WEIGHT + width.amount)


def strip_width(code: Code) -> StripWidth | None:
    """Return which width of a test strip was read; None if it is the code of another thing."""
    if code.kind is not CodeKind.ACTION_CARD or code.block != _STRIP_BLOCK:
        return None
    dpi, amount = divmod(code.serial, _STRIP_WEIGHT)
    return StripWidth(amount, dpi) if amount else None
