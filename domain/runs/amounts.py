"""Means and percentiles of lengths of time; of nothing they are nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import median as median_of
from statistics import quantiles

_NOTHING = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)


def mean(amounts: Sequence[timedelta]) -> timedelta:
    """Return the mean."""
    return sum(amounts, _NOTHING) / len(amounts) if amounts else _NOTHING


def median(amounts: Sequence[timedelta]) -> timedelta:
    """Return the median."""
    if not amounts:
        return _NOTHING
    return timedelta(microseconds=median_of(amount // _MICROSECOND for amount in amounts))


def ninetieth(amounts: Sequence[timedelta]) -> timedelta:
    """Return the 90th percentile; between two amounts it is interpolated."""
    if len(amounts) < 2:
        return sum(amounts, _NOTHING)
    exact = [amount // _MICROSECOND for amount in amounts]
    return timedelta(microseconds=quantiles(exact, n=10, method="inclusive")[-1])
