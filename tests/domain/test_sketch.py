"""Quantiles from buckets are near the true ones, whatever the order of adding and taking away."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sketch import ACCURACY, Tail, bucket_of, length_of, quantile

_LENGTHS = st.lists(st.integers(0, 400 * 86_400 * 1_000_000), min_size=1, max_size=60)
_SHARES = st.sampled_from([Fraction(1, 2), Fraction(9, 10), Fraction(99, 100), Fraction(1)])


def spans(micros: list[int]) -> list[timedelta]:
    return [timedelta(microseconds=each) for each in micros]


@given(_LENGTHS, _SHARES)
def test_a_quantile_is_within_two_per_cent(micros: list[int], share: Fraction) -> None:
    lengths = sorted(spans(micros))
    true = lengths[max(1, -(-share.numerator * len(lengths) // share.denominator)) - 1]
    told = quantile(Counter(map(bucket_of, lengths)), share)
    assert told is not None
    assert abs(told - true) <= max(true * float(ACCURACY), timedelta(seconds=1))


@given(_LENGTHS, _LENGTHS)
def test_what_was_added_can_be_taken_away_again(one: list[int], other: list[int]) -> None:
    kept, more = Counter(map(bucket_of, spans(one))), Counter(map(bucket_of, spans(other)))
    both = kept + more
    both.subtract(more)
    assert +both == kept


@given(_LENGTHS, st.integers(0, 400 * 86_400 * 1_000_000))
def test_a_tail_counts_the_buckets_after_that_of_a_length(micros: list[int], one: int) -> None:
    (length,), buckets = spans([one]), list(map(bucket_of, spans(micros)))
    expected = sum(bucket > bucket_of(length) for bucket in buckets)
    assert Tail(Counter(buckets)).longer_than(length) == expected
    assert Tail({}).longer_than(length) == 0


def test_the_edges_are_for_ever() -> None:
    """What is stored under a number must not come to mean something else."""
    told = [bucket_of(timedelta(seconds=s)) for s in (0, 1, 2, 60, 900, 3600, 86_400, 777_600)]
    assert told == [0, 0, 18, 103, 171, 205, 285, 340]
    assert length_of(0) == timedelta(0)
    assert length_of(10_000) > timedelta(days=36_000)


def test_nothing_has_no_median() -> None:
    assert quantile({}, Fraction(1, 2)) is None
    with pytest.raises(ValueError, match="less than nothing"):
        bucket_of(timedelta(seconds=-1))
