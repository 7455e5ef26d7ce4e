"""A few damaged pictures of those that are read by the hour before a release."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.fuzz.mutating import Mutator
from tests.fuzz.pictures import fuzz_opening, fuzz_reading
from tests.scanner.samples import seeds


def test_damaged_pictures_are_read_or_refused_and_no_worker_dies(tmp_path: Path) -> None:
    figures = fuzz_reading(7, math.inf, tmp_path, most=30)
    assert figures.findings == {}
    assert figures.executions == figures.accepted + figures.refused.total() == 30
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of what is damaged
def test_damaged_pictures_are_opened_or_refused() -> None:
    figures = fuzz_opening(7, math.inf, most=150)
    assert figures.executions == figures.accepted + figures.refused.total() == 150
    assert figures.accepted > 10
    assert len(figures.refused) > 2


def test_the_same_seed_damages_in_the_same_way() -> None:
    whole = list(seeds())
    one, other = Mutator(whole, 5), Mutator(whole, 5)
    assert [one.next() for _ in range(50)] == [other.next() for _ in range(50)]
    assert Mutator(whole, 6).next() != Mutator(whole, 5).next()
