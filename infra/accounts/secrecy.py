"""What passwords and PINs are good enough, how they are hashed, and how new ones are drawn.

Argon2id with the parameters of RFC 9106 for little memory (64 MiB a hash): at most two at a time.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from infra.accounts.errors import LogInsBusyError, WeakPasswordError, WeakPinError

LEAST_PASSWORD, LONGEST_PASSWORD = 10, 256
LEAST_PIN, LONGEST_PIN = 6, 12
_LEAST_VARIETY = 4  # different characters in a password
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
_GROUPS, _GROUP = 4, 4
# The commonest passwords and the rows of the three keyboards; digits and signs behind them are
# found too. One that is shorter than ten characters counts with what people put behind it.
_COMMONEST = frozenset((
    "password", "passw0rd", "p@ssw0rd", "parol", "пароль", "құпиясөз", "qwerty", "qwertyuiop",
    "qwertyui", "asdfghjkl", "zxcvbnm", "qazwsxedc", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx3edc",
    "йцукен", "йцукенг", "йцукенгшщз", "йцукенгшщзх", "фывапролд", "фывапролджэ", "ячсмитьбю",
    "әіңғүұқөһ", "abc", "letmein", "welcome", "iloveyou", "admin", "administrator",
    "administration", "superuser", "master", "monkey", "dragon", "football", "sunshine",
    "princess", "changeme", "default", "secret", "qolhat", "қолхат", "kazakhstan", "казахстан",
    "қазақстан", "almaty", "алматы", "astana", "астана", "привет", "любовь", "солнышко",
))  # fmt: skip
_AT_ONCE, _WAITING = 2, 24
_running = threading.BoundedSemaphore(_AT_ONCE)  # of the whole process: they share its memory
_slots = threading.BoundedSemaphore(_AT_ONCE + _WAITING)


def prepared(typed: str) -> str:
    """Return a text as it is hashed: composed the same way, whatever the keyboard sent."""
    letters = typed[: LONGEST_PASSWORD + 1].encode(errors="replace").decode()
    return unicodedata.normalize("NFKC", letters)


def check_strength(password: str, login: str | None) -> None:
    """Refuse what is guessed soon. Raises WeakPasswordError."""
    folded = prepared(password).casefold()
    within = LEAST_PASSWORD <= len(prepared(password)) <= LONGEST_PASSWORD
    if not within or folded == login or _is_common(folded):
        raise WeakPasswordError(least=LEAST_PASSWORD)


def _is_common(folded: str) -> bool:
    bare = folded.strip("0123456789!?.,@#$%*_+- ")
    varied = len(set(folded)) >= _LEAST_VARIETY
    return not varied or not {folded, bare}.isdisjoint(_COMMONEST) or _is_run(folded) or not bare


def check_pin_strength(pin: str) -> None:
    """Refuse repeats, runs and what is no PIN. Raises WeakPinError."""
    digits = pin.isascii() and pin.isdigit()
    if not digits or not LEAST_PIN <= len(pin) <= LONGEST_PIN or _is_repeat(pin) or _is_run(pin):
        raise WeakPinError(least=LEAST_PIN, most=LONGEST_PIN)


def _is_repeat(text: str) -> bool:
    """Tell whether a shorter text repeated makes it: 111111, 121212, 123123."""
    return text in (text + text)[1:-1]


def _is_run(text: str) -> bool:
    """Tell whether every character follows the one before by the same step: 123456, 987654."""
    steps = {ord(second) - ord(first) for first, second in pairwise(text)}
    if text.isascii() and text.isdigit():
        steps = {step % 10 for step in steps}  # 0 follows 9 on the keys
    return len(steps) == 1


def new_password() -> str:
    """Draw a password that can be read aloud and typed: 79 bits."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def new_pin() -> str:
    """Draw a PIN that is neither a repeat nor a run."""
    while True:
        pin = f"{secrets.randbelow(10**LEAST_PIN):0{LEAST_PIN}}"
        try:
            check_pin_strength(pin)
        except WeakPinError:
            continue
        return pin


class Hasher:
    """Hashes and verifies, two at a time; takes as long for nobody as for somebody."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys: str | None = None

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Stand in line; a flood must not occupy every thread. Raises LogInsBusyError."""
        if not _slots.acquire(blocking=False):
            raise LogInsBusyError
        try:
            yield
        finally:
            _slots.release()

    def hash(self, secret: str) -> str:
        """Return what is kept of a secret."""
        with _running:
            return self._hasher.hash(secret)

    def verify(self, kept: str | None, secret: str) -> bool:
        """Tell whether it is the secret; None stands for somebody who has none."""
        if self._nobodys is None:  # for everybody, so that the first stranger is not told apart
            self._nobodys = self.hash(new_password())
        with _running:
            try:
                self._hasher.verify(kept or self._nobodys, secret)
            except VerifyMismatchError:
                return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Tell whether it was hashed with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)
