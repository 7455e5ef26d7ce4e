"""Codes of receipts: worked out from the number, forgiving in the reading, hard to guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.crockford import read_signs
from domain.numbers import packet_number
from infra.accounts import Accounts
from infra.accounts.errors import TooManyGuessesError
from infra.accounts.guesses import OF_A_PAIR, OF_AN_ADDRESS, Guesses
from infra.database import sqlite_engine
from infra.receipts import Receipts, WrongReceiptError
from infra.vault import VaultKeys, new_key

NUMBER, OTHER = packet_number(267, 1), packet_number(267, 2)
HOME = "192.0.2.7"


class Clock:
    at = datetime(2026, 11, 16, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys() -> VaultKeys:
    return VaultKeys(new_key())


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = sqlite_engine(tmp_path / "vault.db", durable=False)
    yield made
    made.dispose()


@pytest.fixture
def receipts(engine: sa.Engine, clock: Clock, keys: VaultKeys) -> Receipts:
    Accounts(engine, clock, keys).prepare()
    return Receipts(Guesses(engine, clock, keys), keys)


def test_a_code_is_eight_signs_that_are_not_mistaken(keys: VaultKeys) -> None:
    codes = {keys.receipt_code(packet_number(267, serial)) for serial in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    assert set("".join(codes)) >= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")  # all bits are used


def test_a_code_follows_from_number_and_key_alone(keys: VaultKeys) -> None:
    assert keys.receipt_code(NUMBER) == keys.receipt_code(NUMBER)
    assert keys.receipt_code(NUMBER) != VaultKeys(new_key()).receipt_code(NUMBER)


@pytest.mark.parametrize(
    "typed", ["10kq-1m9x", "IOKQ lM9X", "10KQ1M9X", "1okq–im9x", "ІОКQ-1М9Х", " 10KQ-1M9X "]
)
def test_signs_that_look_alike_are_the_same(typed: str) -> None:
    assert read_signs(typed) == "10KQ1M9X"


def test_the_right_code_opens_and_a_wrong_one_does_not(receipts: Receipts, keys: VaultKeys) -> None:
    receipts.check(NUMBER, keys.receipt_code(NUMBER).lower().replace("-", " "), HOME)
    for wrong in (keys.receipt_code(OTHER), "", "7KQF-2M9X", "қате"):
        with pytest.raises(WrongReceiptError):
            receipts.check(NUMBER, wrong, HOME)


def test_guessing_is_slowed_down_and_does_not_lock_out_log_ins(
    receipts: Receipts, keys: VaultKeys, engine: sa.Engine, clock: Clock
) -> None:
    for _ in range(OF_A_PAIR.wrong):
        with pytest.raises(WrongReceiptError):
            receipts.check(NUMBER, "7KQF-2M9X", HOME)
    with pytest.raises(TooManyGuessesError):
        receipts.check(NUMBER, keys.receipt_code(NUMBER), HOME)
    receipts.check(OTHER, keys.receipt_code(OTHER), HOME)
    clock.at += timedelta(minutes=1)
    receipts.check(NUMBER, keys.receipt_code(NUMBER), HOME)
    for serial in range(OF_AN_ADDRESS.wrong):
        with pytest.raises(WrongReceiptError):
            receipts.check(packet_number(267, 100 + serial), "7KQF-2M9X", HOME)
    with pytest.raises(TooManyGuessesError):
        receipts.check(OTHER, keys.receipt_code(OTHER), HOME)
    Guesses(engine, clock, keys).count("login:someone", HOME)  # whoever works there can log in
