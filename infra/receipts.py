"""Asking without a log-in: the packet's number and the code on its receipt open its stage.

The code follows from the number by a key (`VaultKeys.receipt_code`); nothing is kept of it. Wrong
guesses are counted as those of log-ins are, but apart from them: whoever guesses receipts in the
hall of a centre locks nobody out of work.
"""

from __future__ import annotations

from hmac import compare_digest

from domain.crockford import read_signs
from domain.errors import RefusedError
from domain.numbers import PacketNumber
from infra.accounts.guesses import Guesses, network_of
from infra.vault import VaultKeys


class WrongReceiptError(RefusedError):
    """Number and code do not fit together, or there is no such packet; which is not told."""

    code = "wrong-receipt"
    status = 404


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
        right = read_signs(self._keys.receipt_code(number))
        if not compare_digest(read_signs(code).encode(), right.encode()):
            raise WrongReceiptError
        self._guesses.clear(name, apart)
