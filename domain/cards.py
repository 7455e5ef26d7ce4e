"""Action cards: printed barcodes by which a desk works with the scanner alone.

One scans the card and then the packets: each gets the act of the card. A card belongs to no
organisation (block 0), so one printed sheet serves every desk. What an act needs beside (reasons of
a refusal, the executor of a resolution) is asked for by the page or scanned as that one's badge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.acts import ActKind, Handing, Outcome
from domain.numbers import Code, CodeKind, compose

_NO_BLOCK = 0


class Card(StrEnum):
    """The cards, in the order of the route; the last two take back what one did oneself."""

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
}
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
