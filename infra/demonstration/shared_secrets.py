"""The one password and the one PIN of all invented people, derived from the plan's seed.

Whoever knows the plan can log in to its demonstration, which holds nothing worth stealing. That
everybody has the same would be wrong anywhere else: it is hashed once, as hundreds of people hashed
one by one would take minutes, and it is told in one line.
"""

from __future__ import annotations

from infra.accounts import WeakPinError
from infra.accounts.secrecy import LEAST_PIN, check_pin_strength
from infra.demonstration.chance import dice

_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_GROUPS, _GROUP = 3, 4


def password_of(seed: int) -> str:
    """Return the password of everybody in the demonstration of this seed."""
    luck = dice(seed, "password")
    return "-".join("".join(luck.sample(_LETTERS, _GROUP)) for _ in range(_GROUPS))


def pin_of(seed: int) -> str:
    """Return the PIN of everybody in the demonstration of this seed."""
    luck = dice(seed, "pin")
    while True:
        pin = f"{luck.randrange(10**LEAST_PIN):0{LEAST_PIN}}"
        try:
            check_pin_strength(pin)
        except WeakPinError:
            continue
        return pin
