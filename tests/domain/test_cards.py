"""Action cards: the desk works with the scanner alone, and a printed card is good for ever."""

from __future__ import annotations

import pytest

from domain.acts import ActKind, Handing, Outcome
from domain.cards import CARD_SERIALS, Card, CardAct, act_of, card_code, card_of
from domain.numbers import Code, CodeKind, badge_code, is_valid, parse

PRINTED = {
    Card.INCOMING: 50000000000120,
    Card.RESOLUTION: 50000000000217,
    Card.ENTITLED: 50000000000314,
    Card.NOT_ENTITLED: 50000000000411,
    Card.GRANTED: 50000000000508,
    Card.REFUSED: 50000000000605,
    Card.SIGNED: 50000000000702,
    Card.RETURNED: 50000000000896,
    Card.SENT_BACK: 50000000000993,
    Card.ISSUED: 50000000001090,
    Card.POSTED: 50000000001187,
    Card.HANDED_BACK: 50000000001284,
    Card.UNDO: 50000000001381,
    Card.CLEAR: 50000000001478,
}


def test_what_was_printed_is_read_for_ever() -> None:
    assert {card: card_code(card) for card in Card} == PRINTED
    assert len(set(CARD_SERIALS.values())) == len(Card)


@pytest.mark.parametrize("card", Card)
def test_a_scanned_card_is_the_card_that_was_printed(card: Card) -> None:
    code = card_code(card)
    assert is_valid(code)
    assert card_of(parse(str(code))) is card


@pytest.mark.parametrize(
    "other",
    [
        parse(str(badge_code(0, CARD_SERIALS[Card.SIGNED]))),
        Code(CodeKind.ACTION_CARD, 32, CARD_SERIALS[Card.SIGNED]),
        Code(CodeKind.ACTION_CARD, 0, 9_999_999),
    ],
    ids=["a badge", "another block", "a serial that no card has"],
)
def test_other_codes_are_no_cards(other: Code) -> None:
    assert card_of(other) is None


def test_a_card_fixes_what_the_act_says() -> None:
    assert act_of(Card.NOT_ENTITLED) == CardAct(ActKind.RIGHT, entitled=False)
    assert act_of(Card.REFUSED) == CardAct(ActKind.DRAFTED, outcome=Outcome.REFUSED)
    assert act_of(Card.POSTED) == CardAct(ActKind.ISSUED, handing=Handing.POSTED)


def test_two_cards_record_nothing_by_themselves() -> None:
    assert {card for card in Card if act_of(card) is None} == {Card.UNDO, Card.CLEAR}


def test_no_two_cards_mean_the_same() -> None:
    acts = [act for card in Card if (act := act_of(card)) is not None]
    assert len(set(acts)) == len(acts)
