"""Asking without a log-in: the packet's number and the code on its receipt open its stage.

The code follows from the number by a key (`VaultKeys.receipt_code`); nothing is kept of it. Wrong
guesses are counted as those of log-ins are, but apart from them: whoever guesses receipts in the
hall of a centre locks nobody out of work.
"""

from __future__ import annotations

from hmac import compare_digest

from domain.errors import RefusedError
from domain.numbers import PacketNumber
from infra.accounts.guesses import Guesses, network_of
from infra.vault import VaultKeys

# Signs that are taken for others [Crockford's base 32]; those after L are Cyrillic: a phone in
# Kazakh writes letters that look the same.
_MEANT = str.maketrans("OILОІАВСЕЗНКМРТУХ", "01101ABCE3HKMPTYX", "- \u00a0\u2010\u2011\u2013\u2014")


class WrongReceiptError(RefusedError):
    """Number and code do not fit together, or there is no such packet; which is not told."""

    code = "wrong-receipt"
    status = 404


def read_code(typed: str) -> str:
    """Return a code as it is compared: without case, hyphen and mistakable signs."""
    return typed.upper().translate(_MEANT)


class Receipts:
    """Checks codes. Every method raises StorageError if the database fails."""

    def __init__(self, guesses: Guesses, keys: VaultKeys) -> None:
        self._guesses = guesses
        self._keys = keys

    def check(self, number: PacketNumber, code: str, address: str) -> None:
        """Make sure that it is the code of this number; `address` is where the guess comes from.

        Raises WrongReceiptError, TooManyGuessesError.
        """
        name, apart = f"receipt:{number}", f"receipt:{network_of(address)}"
        self._guesses.count(name, apart)
        right = read_code(self._keys.receipt_code(number))
        if not compare_digest(read_code(code).encode(), right.encode()):
            raise WrongReceiptError
        self._guesses.clear(name, apart)
