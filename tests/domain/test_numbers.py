"""The numbers on the barcodes: 14 digits, check digits, code spaces that cannot be confused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.numbers import (
    MAX_BLOCK,
    MAX_SERIAL,
    BadCodeError,
    Code,
    CodeFault,
    CodeKind,
    badge_code,
    compose,
    grouped,
    is_valid,
    packet_number,
    parse,
    place_code,
    place_organisation,
    place_role,
    take_apart,
)
from domain.roles import PLACE_DIGITS, Role

blocks = st.integers(0, MAX_BLOCK)
serials = st.integers(0, MAX_SERIAL)
kinds = st.sampled_from(CodeKind)


@given(kinds, blocks, serials)
def test_a_code_is_14_digits_and_can_be_taken_apart(
    kind: CodeKind, block: int, serial: int
) -> None:
    value = compose(kind, block, serial)
    assert len(str(value)) == 14
    assert take_apart(value) == Code(kind, block, serial) == parse(str(value))
    assert take_apart(value).value == value
    assert is_valid(value)


@given(kinds, blocks, serials)
def test_read_aloud_in_groups_it_is_understood_again(
    kind: CodeKind, block: int, serial: int
) -> None:
    value = compose(kind, block, serial)
    assert parse(grouped(value)).value == value
    assert parse(f"  {grouped(value).replace(' ', '-')}\r\n").value == value


@given(kinds, blocks, serials, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(
    kind: CodeKind, block: int, serial: int, position: int, shift: int
) -> None:
    digits = list(str(compose(kind, block, serial)))
    digits[position] = str((int(digits[position]) + shift) % 10)
    with pytest.raises(BadCodeError):
        parse("".join(digits))


@given(kinds, blocks, serials, st.integers(0, 12))
def test_two_swapped_digits_are_always_noticed(
    kind: CodeKind, block: int, serial: int, position: int
) -> None:
    digits = list(str(compose(kind, block, serial)))
    if digits[position] == digits[position + 1]:
        return
    digits[position], digits[position + 1] = digits[position + 1], digits[position]
    with pytest.raises(BadCodeError):
        parse("".join(digits))


def test_code_spaces_differ_by_their_first_digit_which_is_never_0() -> None:
    first_digits = {str(compose(kind, 1, 1))[0] for kind in CodeKind}
    assert len(first_digits) == len(CodeKind)
    assert "0" not in first_digits


def test_two_issuers_never_give_the_same_number() -> None:
    one = {packet_number(267, serial) for serial in range(1000)}
    other = {packet_number(268, serial) for serial in range(1000)}
    assert not one & other


@pytest.mark.parametrize("role", list(PLACE_DIGITS))
def test_a_place_carries_its_organisation_and_role_in_its_code(role: Role) -> None:
    place = place_code(566, role, 42)
    assert place_role(place) is role
    assert place_organisation(place) == 566
    assert take_apart(place).place_role is role


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", CodeFault.EMPTY),
        ("   ", CodeFault.EMPTY),
        ("1026700000012", CodeFault.TOO_SHORT),
        ("102670000001233", CodeFault.TOO_LONG),
        ("1026700000012O", CodeFault.NOT_DIGITS),  # a letter O
        ("١٠٢٦٧٠٠٠٠٠٠١٢٣", CodeFault.NOT_DIGITS),  # digits of another script
        ("10267000000124", CodeFault.CHECK_DIGITS),
        ("4870123456789", CodeFault.TOO_SHORT),  # an EAN from a shop
    ],
)
def test_a_text_that_is_no_code_is_refused_with_its_fault(text: str, fault: CodeFault) -> None:
    with pytest.raises(BadCodeError) as refused:
        parse(text)
    assert refused.value.fault is fault


def test_a_number_of_a_space_that_is_not_ours_is_foreign() -> None:
    body = 900_000_000_012
    with pytest.raises(BadCodeError) as refused:
        parse(str(body * 100 + 98 - body * 100 % 97))
    assert refused.value.fault is CodeFault.FOREIGN


def test_a_serial_or_block_that_does_not_fit_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="10000"):
        packet_number(MAX_BLOCK + 1, 1)
    with pytest.raises(ValueError, match="1000000"):
        place_code(1, Role.HEAD, 1_000_000)
    assert badge_code(1, MAX_SERIAL)
