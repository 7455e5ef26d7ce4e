"""Hours since 1970 (UTC), by which views add up what hangs on the moment of asking."""

from __future__ import annotations

import sqlalchemy as sa

HOUR = 3_600_000_000  # microseconds


def hour_of(at: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Return the hour in which an instant (microseconds) lies."""
    return floor(at, HOUR) // literal(HOUR)


def floor(column: sa.ColumnElement[int], length: int) -> sa.ColumnElement[int]:
    """Round down to a multiple; before 1970, too, where databases round up."""
    each = literal(length)
    return column - (column % each + each) % each


def literal(number: int) -> sa.ColumnElement[int]:
    """Return a number that stands in the statement: what is grouped by it must be the same."""
    return sa.literal_column(str(number), sa.BigInteger)
