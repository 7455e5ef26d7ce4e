"""Arrays as PostgreSQL takes them in binary, written in one go.

psycopg looks at every item of a list by itself: for the events of a commit that took longer than
the disk did.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_UUID, _UUIDS = 2950, 2951  # numbers of types, the same in every PostgreSQL
_INTEGER, _INTEGERS = 23, 1007
_TEXT, _TEXTS = 25, 1009
_HEADER = struct.Struct("!iiIii").pack  # dimensions, has it nulls, the items' type, how many, first
_LENGTH = struct.Struct("!i").pack
_UUID_LENGTH, _INTEGER_LENGTH = _LENGTH(16), _LENGTH(4)


class Array(bytes):
    """An array, written down."""


class Uuids(Array):
    """A `uuid[]`."""

    @classmethod
    def of(cls, values: Sequence[UUID]) -> Uuids:
        """Write it."""
        head = _HEADER(1, 0, _UUID, len(values), 1)
        return cls(head + b"".join([_UUID_LENGTH + value.bytes for value in values]))


class Integers(Array):
    """An `integer[]`."""

    @classmethod
    def of(cls, values: Sequence[int]) -> Integers:
        """Write it."""
        head = _HEADER(1, 0, _INTEGER, len(values), 1)
        return cls(head + b"".join([_INTEGER_LENGTH + _LENGTH(value) for value in values]))


class Texts(Array):
    """A `text[]`."""

    @classmethod
    def of(cls, values: Sequence[bytes]) -> Texts:
        """Write it; the values are in UTF-8."""
        head = _HEADER(1, 0, _TEXT, len(values), 1)
        return cls(head + b"".join([_LENGTH(len(value)) + value for value in values]))


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        return bytes(obj)


class _UuidsDumper(_AsItIs):
    oid = _UUIDS


class _IntegersDumper(_AsItIs):
    oid = _INTEGERS


class _TextsDumper(_AsItIs):
    oid = _TEXTS


def teach_arrays(connection: Connection[Any]) -> None:
    """Let a connection take such arrays as values."""
    connection.adapters.register_dumper(Uuids, _UuidsDumper)
    connection.adapters.register_dumper(Integers, _IntegersDumper)
    connection.adapters.register_dumper(Texts, _TextsDumper)
