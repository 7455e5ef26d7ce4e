"""The numbers printed as barcodes: 14 digits, two of them check digits by ISO 7064 MOD 97-10.

`K BBBB SSSSSSS CC`: the kind (never 0), the block, the serial number in the block, the check
digits. A block belongs to one issuer (an organisation), so a branch without a network numbers its
packets alone and two branches never collide. The kind keeps the code spaces apart: a badge cannot
be taken for a packet. A place's serial begins with the digit of its role (`roles.PLACE_DIGITS`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import NewType

from domain.errors import RefusedError
from domain.roles import PLACE_DIGITS, ROLE_OF_DIGIT, Role

PacketNumber = NewType("PacketNumber", int)
PlaceCode = NewType("PlaceCode", int)
BadgeCode = NewType("BadgeCode", int)
BagCode = NewType("BagCode", int)
RegistryCode = NewType("RegistryCode", int)

LENGTH = 14
MAX_BLOCK = 9_999
MAX_SERIAL = 9_999_999
_ROLE_WEIGHT = 1_000_000
_REMEMBERED = 4096  # a day scans few places many times
_SEPARATORS = str.maketrans("", "", " \u00a0\u202f-")


class CodeKind(IntEnum):
    """The code spaces, by leading digit. 7, 8 and 9 are kept for later."""

    PACKET = 1
    BAG = 2
    PLACE = 3
    BADGE = 4
    ACTION_CARD = 5
    REGISTRY = 6


_KINDS = frozenset(int(kind) for kind in CodeKind)


class CodeFault(StrEnum):
    """Why a text is not a code."""

    EMPTY = "empty"
    NOT_DIGITS = "not-digits"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    CHECK_DIGITS = "check-digits"
    FOREIGN = "foreign"


class BadCodeError(RefusedError):
    """A text that is not one of our codes; `fault` says why."""

    code = "bad-code"

    def __init__(self, fault: CodeFault) -> None:
        super().__init__(fault=fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Code:
    """A valid code, taken apart."""

    kind: CodeKind
    block: int
    serial: int

    @property
    def value(self) -> int:
        """The whole number with its check digits."""
        return compose(self.kind, self.block, self.serial)

    @property
    def place_role(self) -> Role | None:
        """The role of the place, if this is the code of a place."""
        return ROLE_OF_DIGIT.get(self.serial // _ROLE_WEIGHT)


def compose(kind: CodeKind, block: int, serial: int) -> int:
    """Return the 14-digit number of this kind, block (0-9999) and serial (0-9999999).

    Raises ValueError if block or serial do not fit.
    """
    if not 0 <= block <= MAX_BLOCK or not 0 <= serial <= MAX_SERIAL:
        raise ValueError((block, serial))
    body = (int(kind) * (MAX_BLOCK + 1) + block) * (MAX_SERIAL + 1) + serial
    return body * 100 + 98 - body * 100 % 97


@lru_cache(maxsize=_REMEMBERED)
def parse(text: str) -> Code:
    """Take a typed or scanned text apart; spaces and hyphens between groups are ignored.

    Raises BadCodeError with the fault.
    """
    digits = text.strip().translate(_SEPARATORS)
    fault = _fault(digits)
    if fault is not None:
        raise BadCodeError(fault)
    return take_apart(int(digits))


def _fault(digits: str) -> CodeFault | None:
    if not digits:
        return CodeFault.EMPTY
    if not (digits.isascii() and digits.isdigit()):
        return CodeFault.NOT_DIGITS
    if len(digits) != LENGTH:
        return CodeFault.TOO_SHORT if len(digits) < LENGTH else CodeFault.TOO_LONG
    if int(digits) % 97 != 1:
        return CodeFault.CHECK_DIGITS
    if int(digits[0]) not in _KINDS:
        return CodeFault.FOREIGN
    return None


def take_apart(value: int) -> Code:
    """Split a number that is known to be valid."""
    rest, serial = divmod(value // 100, MAX_SERIAL + 1)
    kind, block = divmod(rest, MAX_BLOCK + 1)
    return Code(CodeKind(kind), block, serial)


def is_valid(value: int) -> bool:
    """Tell whether the number has 14 digits, right check digits and a known kind."""
    return _fault(str(value)) is None


def grouped(value: int) -> str:
    """Write a number in groups for reading aloud: `1026 6000 0012 34`."""
    text = str(value)
    return " ".join((text[:4], text[4:8], text[8:12], text[12:]))


def packet_number(block: int, serial: int) -> PacketNumber:
    """Return the number of a packet of an issuer's block."""
    return PacketNumber(compose(CodeKind.PACKET, block, serial))


def place_code(organisation: int, role: Role, serial: int) -> PlaceCode:
    """Return the code of a place; its role stays for life, because the code is printed on it."""
    if not 0 <= serial < _ROLE_WEIGHT:
        raise ValueError(serial)
    value = compose(CodeKind.PLACE, organisation, PLACE_DIGITS[role] * _ROLE_WEIGHT + serial)
    return PlaceCode(value)


def place_organisation(place: PlaceCode) -> int:
    """Return the code of the organisation in which the place stands."""
    return place // 100 // (MAX_SERIAL + 1) % (MAX_BLOCK + 1)


def place_digit(place: PlaceCode) -> int:
    """Return the digit of the place's role."""
    return place // 100 % (MAX_SERIAL + 1) // _ROLE_WEIGHT


def place_number(place: PlaceCode) -> int:
    """Return which of its role's places in the organisation it is."""
    return place // 100 % _ROLE_WEIGHT


def place_role(place: PlaceCode) -> Role:
    """Return the role of the place. Raises KeyError if the number is not a place's code."""
    return ROLE_OF_DIGIT[place_digit(place)]


def badge_code(organisation: int, serial: int) -> BadgeCode:
    """Return the code on a person's badge."""
    return BadgeCode(compose(CodeKind.BADGE, organisation, serial))


def bag_code(organisation: int, serial: int) -> BagCode:
    """Return the code on the tag of a bag that an organisation packs."""
    return BagCode(compose(CodeKind.BAG, organisation, serial))


def registry_code(organisation: int, serial: int) -> RegistryCode:
    """Return the code of a registry that an organisation makes."""
    return RegistryCode(compose(CodeKind.REGISTRY, organisation, serial))
