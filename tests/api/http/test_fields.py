"""How codes, instants, ids and the IIN are read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.fields import as_counter, as_text, is_iin, is_ref, read_instant

FIRST = range(1, 12)
SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


@given(st.integers(0, 10**11 - 1))
def test_an_iin_has_at_most_one_check_digit(body: int) -> None:
    digits = [str(digit) for digit in range(10) if is_iin(f"{body:011}{digit}")]
    assert len(digits) <= 1


def _weighted(digits: str, weights: Iterable[int]) -> int:
    return sum(w * int(d) for w, d in zip(weights, digits, strict=False)) % 11


@given(st.integers(0, 10**11 - 1), st.integers(0, 9), st.integers(1, 9))
def test_an_iin_with_one_wrong_digit_is_none(body: int, place: int, by: int) -> None:
    text = f"{body:011}"
    changed = text[:place] + str((int(text[place]) + by) % 10) + text[place + 1 :]
    check, again = (_weighted(each, FIRST) for each in (text, changed))
    # the eleventh digit weighs 11, which is nothing modulo 11: it is left out above
    if check != 10 and again != 10:  # the second weights may meet the first by chance
        assert is_iin(f"{text}{check}")
        assert not is_iin(f"{changed}{check}")


def test_the_second_weights_are_tried() -> None:
    bodies = [text for n in range(1000) if _weighted(text := f"{n:011}", FIRST) == 10]
    checks = {text: _weighted(text, SECOND) for text in bodies}
    assert bodies
    assert all(is_iin(f"{text}{check}") is (check != 10) for text, check in checks.items())
    assert 10 in checks.values()


@pytest.mark.parametrize("text", ["", "１２", "85031240123٥", "850312401235\n", " 850312401235"])
def test_what_is_no_iin(text: str) -> None:
    assert not is_iin(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-16T09:10:00+05:00", datetime(2026, 11, 16, 4, 10, tzinfo=UTC)),
        ("2026-11-16T04:10:00Z", datetime(2026, 11, 16, 4, 10, tzinfo=UTC)),
        (" 2026-11-16T04:10:00.250Z ", datetime(2026, 11, 16, 4, 10, 0, 250_000, UTC)),
        ("2026-11-16T09:10:00", None),
        ("2026-11-16", None),
        ("1763266200", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("кеше", None),
        (1763266200, None),
        (None, None),
    ],
)
def test_instants(text: object, at: datetime | None) -> None:
    assert read_instant(text) == at


@pytest.mark.parametrize(
    ("text", "good"),
    [("a", True), ("A-1_.:z", True), ("x" * 64, True), ("x" * 65, False), ("", False), ("қ", False),
     ("a\n", False), ("a b", False)],
)  # fmt: skip
def test_ids(text: str, good: bool) -> None:
    assert is_ref(text) is good


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.binary()))
def test_whatever_a_scan_holds_can_be_stored(sent: object) -> None:
    assert len(as_text(sent).encode()) <= 4 * 4096
    assert 0 <= as_counter(sent) < 2**53
