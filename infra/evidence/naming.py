"""Tells what a stream is of, where its id holds a number that people know."""

from __future__ import annotations

from uuid import UUID

from domain.numbers import is_valid
from domain.streams import number_of


def numbered(stream: UUID) -> int | None:
    """Return the number of the packet, bag or place whose stream it is; None if it has none."""
    number = number_of(stream)
    return number if stream.version == 8 and is_valid(number) else None
