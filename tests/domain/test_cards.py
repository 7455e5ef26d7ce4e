"""Action cards: the desk works with the scanner alone, and a printed card is good for ever."""

from __future__ import annotations

import pytest

from domain.acts import ActKind, Handing, Outcome
from domain.cards import (
    CARD_SERIALS,
    DESK_CARDS,
    Card,
    CardAct,
    StripWidth,
    act_of,
    card_code,
    card_of,
    strip_code,
    strip_width,
)
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
    Card.SEPARATOR: 50000000001575,
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


def test_three_cards_record_nothing_by_themselves() -> None:
    silent = {Card.UNDO, Card.CLEAR, Card.SEPARATOR}
    assert {card for card in Card if act_of(card) is None} == silent


def test_a_separator_belongs_to_a_stack_of_pages_and_to_no_desk() -> None:
    assert set(Card) - set(DESK_CARDS) == {Card.SEPARATOR}


def test_no_two_cards_mean_the_same() -> None:
    acts = [act for card in Card if (act := act_of(card)) is not None]
    assert len(set(acts)) == len(acts)


# --- test strips ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "micrometres"),
    [
        (StripWidth(2, 203), 250),
        (StripWidth(3, 300), 254),
        (StripWidth(12, 1200), 254),
        (StripWidth(250), 250),
    ],
)
def test_a_strips_code_tells_its_width(width: StripWidth, micrometres: int) -> None:
    code = parse(str(strip_code(width)))
    assert strip_width(code) == width
    assert width.micrometres == micrometres
    assert card_of(code) is None


def test_equal_widths_of_two_printers_are_told_apart() -> None:
    assert strip_code(StripWidth(2, 203)) != strip_code(StripWidth(250))


@pytest.mark.parametrize("width", [StripWidth(0), StripWidth(1000), StripWidth(2, 12_000)])
def test_a_width_that_no_code_can_tell_is_refused(width: StripWidth) -> None:
    with pytest.raises(ValueError, match=str(width.amount)):
        strip_code(width)


@pytest.mark.parametrize(
    "other",
    [
        parse(str(card_code(Card.SEPARATOR))),
        parse(str(badge_code(9_999, 250))),
        Code(CodeKind.ACTION_CARD, 9_999, 203_000),
    ],
    ids=["a card", "a badge", "no width"],
)
def test_other_codes_are_no_strips(other: Code) -> None:
    assert strip_width(other) is None
