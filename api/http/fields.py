"""How codes, instants, ids and the IIN are written in JSON, and read from it.

Codes are strings of 14 digits, grouped or not, also as a scanner types them at another layout of
the keyboard; instants are ISO 8601 with a zone. In commands a wrong one is an error of its field.
In scans nothing is wrong: whatever was sent is kept as text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, NoReturn

from fastapi import Query
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from domain.errors import RefusedError
from domain.numbers import BadCodeError, Code, CodeFault, CodeKind, PacketNumber, PlaceCode
from scanner.keyboards import parse_typed

MAX_ID = 2**53 - 1  # what JSON numbers hold exactly
LONGEST_TEXT = 4096
EXAMPLE_PACKET = "10267000000123"
EXAMPLE_PLACE = "30267100000109"
EXAMPLE_INSTANT = "2026-11-16T09:10:00+05:00"
_REF = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_IIN = re.compile(r"[0-9]{12}")
_IIN_WEIGHTS = (tuple(range(1, 12)), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))
_NO_CHECK_DIGIT = 10


class OtherKindError(RefusedError):
    """A sound code, but of another thing: a badge where a packet is asked for."""

    code = "other-kind"


class BadRefError(RefusedError):
    """A scan without an id by which its repetition could be recognised."""

    code = "bad-ref"


def read_packet(given: str) -> PacketNumber:
    """Read a packet's number. Raises BadCodeError, OtherKindError."""
    return PacketNumber(read_code(given, CodeKind.PACKET).value)


def read_place(given: str) -> PlaceCode:
    """Read a place's code. Raises BadCodeError, OtherKindError."""
    return PlaceCode(read_code(given, CodeKind.PLACE).value)


def read_code(given: str, kind: CodeKind) -> Code:
    """Read a code of one kind. Raises BadCodeError, OtherKindError."""
    code = parse_typed(given)
    if code.kind is not kind:
        raise OtherKindError(kind=code.kind.name.lower().replace("_", "-"))
    return code


def read_instant(given: object) -> datetime | None:
    """Read an instant with a zone as UTC; None if it is not one."""
    if not isinstance(given, str):
        return None
    try:
        at = datetime.fromisoformat(given.strip())
        return at.astimezone(UTC) if at.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None


def is_ref(given: str) -> bool:
    """Tell whether a text can be the id of a scan or a command."""
    return _REF.fullmatch(given) is not None


def is_iin(given: str) -> bool:
    """Tell whether a text is an individual identification number: 12 digits, the last a check.

    The check digit is the weighted sum modulo 11; where that is 10, other weights are tried.
    """
    if not _IIN.fullmatch(given):
        return False
    digits = [int(digit) for digit in given]
    for weights in _IIN_WEIGHTS:
        check = sum(w * d for w, d in zip(weights, digits, strict=False)) % 11
        if check != _NO_CHECK_DIGIT:
            return check == digits[-1]
    return False


# --- fields of commands: wrong values are errors that name the field ----------------------------


def _packet(given: object) -> PacketNumber:
    try:
        return read_packet(_string(given))
    except RefusedError as error:
        _wrong(error)


def _place(given: object) -> PlaceCode:
    try:
        return read_place(_string(given))
    except RefusedError as error:
        _wrong(error)


def _string(given: object) -> str:
    if not isinstance(given, str):
        raise BadCodeError(CodeFault.NOT_DIGITS)
    return given


def _wrong(error: RefusedError) -> NoReturn:
    raise PydanticCustomError(error.code, "not such a code", dict(error.facts))


def _instant(given: object) -> datetime:
    at = read_instant(given)
    if at is None:
        raise PydanticCustomError("bad-instant", "no instant with a zone")
    return at


def _iin(given: str) -> str:
    if not is_iin(given):
        raise PydanticCustomError("bad-iin", "not an IIN")
    return given


def _code_schema(what: str, example: str) -> WithJsonSchema:
    description = f"{what}: 14 digits, grouped by spaces or not."
    return WithJsonSchema({"type": "string", "description": description, "examples": [example]})


PacketField = Annotated[
    PacketNumber, BeforeValidator(_packet), _code_schema("A packet's number", EXAMPLE_PACKET)
]
PlaceField = Annotated[
    PlaceCode, BeforeValidator(_place), _code_schema("A place's code", EXAMPLE_PLACE)
]
InstantField = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": [EXAMPLE_INSTANT]}),
]
RefField = Annotated[
    str,
    Field(
        pattern=rf"^{_REF.pattern}$",
        description="The id that the device gives to this request, unique among all devices"
        " (a UUID will do): sent again it changes nothing.",
        examples=["01J9Z3M8-reg"],
    ),
]
IinField = Annotated[
    str,
    BeforeValidator(lambda given: _iin(given) if isinstance(given, str) else given),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{12}$"}),
]
CounterField = Annotated[
    int,
    Field(strict=True, ge=0, le=MAX_ID, description="The device's own count of its requests."),
]
KeyField = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
OrganisationField = Annotated[int, Field(ge=1, le=9999, examples=[32])]
PersonField = Annotated[int, Field(ge=0, le=MAX_ID, examples=[6])]
EndedSince = Annotated[
    date | None, Query(description="Ended on this day of the country, or later.")
]
EndedUntil = Annotated[
    date | None, Query(description="Ended on this day of the country, or before.")
]


# --- fields of scans: kept as they come ---------------------------------------------------------


def as_text(given: object, longest: int = LONGEST_TEXT) -> str:
    """Keep whatever was sent as text that can be stored."""
    if given is None:
        return ""
    return str(given)[:longest].encode(errors="replace").decode()


def as_counter(given: object) -> int:
    """Keep a usable counter; any other counts as 0, for no scan is lost for its counter."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MAX_ID:
        return given
    return 0


KeptText = Annotated[str, BeforeValidator(as_text)]
KeptCounter = Annotated[int, BeforeValidator(as_counter)]
